// Everything a person chose is in the address: one table of state ↔ query.

/** @import { Address, Choice, Chosen, PanelEntry, Spec, Tune } from "../types.d.ts" */

/** @param {Spec} spec */
const encode = (spec) =>
  btoa(Array.from(new TextEncoder().encode(JSON.stringify(spec)), (byte) => String.fromCharCode(byte)).join(""))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
/** @param {string} text */
const decode = (text) =>
  JSON.parse(
    new TextDecoder().decode(
      Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0)),
    ),
  );

/** @type {string[]} */
export const SHOWN = []; // the panels that are open unless the address says otherwise

export const LAYERS = ["spheres", "sublevel", "tangent"]; // of the stage, unless the address says otherwise
export const BAND = "quartiles"; // how several seeds are drawn unless the address says otherwise
export const VERSION = "1"; // of the addresses; what a later one changes, its table must still read
export const LONGEST = 8192; // characters of a spec that an address carries; a longer one is told by its run
const LIMITED = ["spec", "tunes"];

/**
 * Takes from the manifest which panels are open at first.
 *
 * @param {PanelEntry[]} panels
 */
export function declare(panels) {
  SHOWN.splice(0, SHOWN.length, ...panels.filter(({ shown }) => shown).map(({ name }) => name));
}

/**
 * How a value of the state is read and written; one that is the default is written as "".
 *
 * @template Value
 * @typedef {{ read(text: string): NonNullable<Value>, write(value: NonNullable<Value>): string }} Column
 */

/** @type {{ [Name in keyof Chosen]-?: Column<Chosen[Name]> }} */
const TABLE = {
  run: { read: String, write: (run) => run },
  preset: { read: String, write: (preset) => preset },
  spec: { read: decode, write: (spec) => spec && encode(spec) },
  tunes: {
    read: (text) => text.split("*").map(readTune),
    write: (tunes) => tunes.map(({ frame, solver, rho }) => `${frame}_${solver}_${rho}`).join("*"),
  }, // ρ set by hand
  hide: { read: (text) => new Set(text.split("-").map(number)), write: (hidden) => [...hidden].sort().join("-") },
  panels: {
    read: (text) => text.split(".").filter(Boolean),
    write: (names) => (`${names}` === `${SHOWN}` ? "" : names.join(".") || "."),
  },
  focus: { read: number, write: (solver) => String(solver) },
  // two lanes held against each other
  pair: { read: (text) => text.split("-").map(number), write: (lanes) => lanes.join("-") },
  pairing: { read: String, write: (pairing) => pairing },
  composition: { read: String, write: String }, // three modules and their wires
  basis: { read: String, write: (basis) => basis },
  layers: {
    read: (text) => new Set(text.split(".").filter(Boolean)),
    write: (layers) => ([...layers].sort().join(".") === LAYERS.join(".") ? "" : [...layers].sort().join(".") || "."),
  },
  camera: {
    read: (text) => numbers(text, 7),
    write: (camera) => camera?.map((value) => Number(value.toFixed(6))).join("_"),
  },
  // of the stage, where a hand has left the run another one than its own
  box: { read: corners, write: (values) => values?.map((value) => Number(value.toFixed(6))).join("_") },
  projector: {
    read: (text) => {
      if (text !== "1") throw new RangeError(text);
      return true;
    },
    write: (on) => (on ? "1" : ""),
  },
  lang: { read: String, write: (language) => language },
  theme: { read: String, write: (theme) => theme },
  loss: { read: String, write: (loss) => (loss === "mean" ? "" : loss) },
  clock: { read: String, write: (clock) => (clock === "t" ? "" : clock) },
  band: { read: String, write: (band) => (band === BAND ? "" : band) },
  share: { read: number, write: (share) => (Number(share) === 1e-4 ? "" : String(share)) },
  over: { read: (text) => text.split(".").filter(Boolean), write: (runs) => runs.join(".") }, // runs that are laid over
  at: { read: (text) => Math.max(0, Math.round(number(text))), write: String }, // the frame at which the drawing stands
  speed: { read: number, write: (speed) => (speed === 1 ? "" : String(speed)) },
  lesson: { read: String, write: (name) => name },
  step: { read: number, write: (step) => String(step) }, // from 1
  lock: { read: (text) => text.split(".").filter(Boolean), write: (names) => names.join(".") },
};

/**
 * @param {string} text
 * @param {number} count
 */
function numbers(text, count) {
  const values = text.split("_").map(Number);
  if (values.length !== count || !values.every(Number.isFinite)) throw new RangeError(text);
  return values;
}

/**
 * @param {string} text
 * @returns {Tune}
 */
function readTune(text) {
  const [frame, solver, rho] = numbers(text, 3);
  return { frame, solver, rho };
}

/** @param {string} text */
function corners(text) {
  const values = numbers(text, 6);
  if (!values.slice(0, 3).every((low, axis) => low < values[axis + 3])) throw new RangeError(text);
  return values;
}

/** @param {string} text */
function number(text) {
  const value = Number(text);
  if (!text || !Number.isFinite(value)) throw new RangeError(text);
  return value;
}

/**
 * The state in the address, and under `lost` what of it could not be read, [name, text]; what is missing is left out.
 *
 * @returns {Address}
 */
export function readAddress(search = window.location.search) {
  const query = new URLSearchParams(search);
  /** @type {Address} */
  const state = { lost: [] };
  for (const [name, text] of query) {
    if (name === "v" && text === VERSION) continue;
    try {
      Object.assign(state, { [name]: TABLE[/** @type {keyof Chosen} */ (name)].read(text) });
    } catch {
      state.lost.push([name, text]); // a link cut short in an e-mail, or of another version, still opens the rest
    }
  }
  return state;
}

/**
 * The query of a state, versioned; empty where it is the page as it opens.
 *
 * @param {Partial<Chosen>} state
 */
export function addressOf(state) {
  const query = new URLSearchParams();
  for (const name of /** @type {(keyof Chosen)[]} */ (Object.keys(TABLE))) {
    const text = written(name, state[name]);
    const told = name === "preset" && state.lesson; // its name may tell the answer of a question
    if (text && !told && !(LIMITED.includes(name) && text.length > LONGEST)) query.set(name, text);
  }
  if (query.size) query.set("v", VERSION);
  return query.toString();
}

/**
 * A value of the state as it stands in the address.
 *
 * @param {keyof Chosen} name
 * @param {Chosen[keyof Chosen]} value
 */
function written(name, value) {
  /** @type {Column<Chosen[keyof Chosen]>} */
  const column = TABLE[name];
  return value === undefined ? "" : column.write(value);
}

/**
 * Whether an address cannot carry `spec`.
 *
 * @param {Spec} spec
 */
export function isLong(spec) {
  return encode(spec).length > LONGEST;
}

/** @param {Partial<Chosen>} state */
export function writeAddress(state) {
  const search = addressOf(state);
  window.history.replaceState(null, "", search ? `?${search}` : window.location.pathname);
}

/**
 * `state` as views see it: `set(name, value)` also writes the address.
 *
 * @param {Chosen} state
 * @returns {Choice}
 */
export function remembered(state) {
  return { get: (name) => state[name], set: (name, value) => writeAddress(Object.assign(state, { [name]: value })) };
}
