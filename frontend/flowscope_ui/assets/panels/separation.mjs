// Angle and distance between two paths that a person chooses: the angle of their velocities above, how far apart they
// are below, in outputs and in θ.

import { rowAt } from "../canvas/cursor.mjs";
import { Layer } from "../canvas/layer.mjs";
import { plumb } from "../canvas/rule.mjs";
import { drawAxis, drawClock, inset, shortened } from "../canvas/ruler.mjs";
import { across, clamped, facets, grownClock, power, scale } from "../canvas/scale.mjs";
import { along } from "../stream/clock.mjs";
import { later } from "../stream/later.mjs";
import { short } from "../text/format.mjs";
import { PAIRINGS, separation, SLOWEST } from "../theory/pair.mjs";
import { degrees, drawCurves } from "./parting.mjs";

/**
 * @import { Store } from "../stream/store.mjs"
 * @import { Pairing } from "../theory/pair.mjs"
 * @import { Axis, Choice, DrawnLane, Edges, GhostLane, Ink, Look } from "../types.d.ts"
 * @import { Meta, Setting, Style, Units, Words } from "../types.d.ts"
 */

/** @typedef {{ angle: Float64Array, distance: Float64Array }} Space */
/**
 * What is drawn of a pair of paths.
 *
 * @typedef {object} ToldPair
 * @property {Float64Array} place
 * @property {Space | null} outputs
 * @property {Space | null} theta
 * @property {Float64Array} time
 * @property {number[]} pair
 * @property {Pairing} pairing
 * @property {string[]} [notes]
 */

const MARGINS = { left: 42, right: 78, top: 46, foot: 36 };
const GAP = 20;
const SHARE = 0.44; // of the height for the angles
const TOPS = [10, 45, 90, 180]; // degrees, up to which the strip of the angles may reach
const LEAST = 1e-13; // a distance below it is rounding: the range is not for it
const DECADES = 6; // below the greatest distance: paths begin at one point
/** @type {Record<"outputs" | "theta", { width: number, mark: string }>} */
const SPACES = { outputs: { width: 2.6, mark: "f" }, theta: { width: 1.5, mark: "θ" } };

/**
 * What is told of outputs and, where it is recorded, of θ, with its look.
 *
 * @param {ToldPair} told
 */
function spacesOf(told) {
  return /** @type {const} */ (["outputs", "theta"]).flatMap((name) => {
    const space = told[name];
    return space ? [{ name, ...space, ...SPACES[name] }] : [];
  });
}

export class Separation {
  /**
   * `choice` has get(name) and set(name, value): `pair` is two lanes, `pairing` one of PAIRINGS.
   *
   * @param {HTMLElement} place
   * @param {Words["panels"]["pair"]} words
   * @param {Choice} choice
   */
  constructor(place, words, choice) {
    this.place = place;
    this.words = words;
    this.choice = choice;
    /** @type {Meta} */
    this.meta = later;
    /** @type {Units} */
    this.units = later;
    /** @type {Ink} */
    this.inks = later;
    /** @type {number[]} */
    this.pair = later; // two lanes
    this.range = 0; // of the clock
    this.top = TOPS[0];
    this.low = Infinity; // of the distances, as powers of ten
    this.high = -Infinity;
    /** @type {DrawnLane[]} */
    this.drawn = [];
    /** @type {ToldPair | null} */
    this.told = null;
    this.tables = null;
    /** @type {{ lane: number, row: number }[] | undefined} */
    this.pointed = undefined;
    /** @type {GhostLane[]} */
    this.ghosts = later;
    /** @type {number | null | undefined} */
    this.cursor = undefined;
    this.stale = false;
    this.layer = new Layer(place, "pair");
    this.bar = Object.assign(document.createElement("div"), { className: "pairing" });
    this.lanes = [0, 1].map((index) =>
      this.select(words.lanes[index], () =>
        choice.set(
          "pair",
          this.lanes.map(({ value }) => Number(value)),
        ),
      ),
    );
    this.pairing = this.select(words.pairing, () =>
      choice.set("pairing", this.pairing.value === PAIRINGS[0] ? undefined : this.pairing.value),
    );
    this.pairing.append(...PAIRINGS.map((name) => new Option(words.pairings[name], name)));
    this.bar.append(...this.lanes, this.pairing);
    place.append(this.bar);
    new ResizeObserver(() => {
      this.layer.resize(place);
      this.stale = true;
    }).observe(place);
  }

  /**
   * @param {string} label
   * @param {() => void} act
   */
  select(label, act) {
    const select = document.createElement("select");
    select.title = label;
    select.setAttribute("aria-label", label);
    select.addEventListener("change", () => {
      act();
      this.begin();
    });
    return select;
  }

  /**
   * @param {Pick<Store, "meta" | "units">} store
   * @param {Ink} ink
   */
  show({ meta, units }, ink) {
    Object.assign(this, { meta, units });
    const seeds = new Set(meta.lanes.map(({ seed }) => seed)).size;
    for (const select of this.lanes)
      select.replaceChildren(
        ...meta.lanes.map(({ lane, name, seed }) => new Option(seeds > 1 ? `${name}, ${seed}` : name, String(lane))),
      );
    this.begin();
    this.ink(ink);
  }

  /** Another pair, or another pairing: new ranges. */
  begin() {
    const { choice, meta } = this;
    const asked = (choice.get("pair") ?? []).filter((lane) => meta.lanes[lane]);
    const seeds = meta.lanes.filter(({ solver }) => solver === 0).length;
    this.pair = asked.length === 2 ? asked : [0, Math.min(seeds, meta.lanes.length - 1)];
    this.lanes.forEach((select, index) => {
      select.value = String(this.pair[index]);
    });
    this.pairing.value = choice.get("pairing") ?? PAIRINGS[0];
    this.settle();
    this.stale = true;
  }

  /** The next drawing is laid out from its rows alone. */
  settle() {
    Object.assign(this, { range: 0, top: TOPS[0], low: Infinity, high: -Infinity });
  }

  /** @param {Ink} ink */
  ink(ink) {
    this.inks = ink;
    this.stale = true;
  }

  /**
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   */
  draw(store, frame, looks) {
    if (!this.meta) return;
    this.layer.begin();
    this.stale = false;
    const pair = this.pair.map((lane) => looks[lane]);
    pair.forEach(({ style }, index) => {
      this.lanes[index].style.borderLeft = `4px solid ${style.color}`;
    });
    const counts = pair.map(({ lane }) => lane.upTo(frame));
    Object.assign(this, { told: null, pointed: [] });
    this.drawn = looks.map(({ lane }) => ({
      points: this.pair.includes(lane.lane) ? lane.upTo(frame) : 0,
      last: null,
    }));
    const silence = this.silence(pair, counts);
    this.place.dataset.empty = silence;
    if (silence) return;
    const [first, second] = pair.map(({ lane }) => lane);
    const pairing = /** @type {Pairing} */ (this.pairing.value);
    const told = {
      ...separation(first, second, counts, pairing),
      time: along(this.units, first, counts[0]),
      pair: this.pair,
      pairing,
    };
    this.told = told;
    this.grow(told);
    const row = rowAt(this.units, first, counts[0], this.cursor);
    if (row >= 0) this.pointed = this.pair.slice(0, 1).map((lane) => ({ lane, row }));
    this.paint(
      told,
      pair.map(({ style }) => style),
      pair.map(({ lane }) => lane.name),
    );
  }

  /**
   * Why there is nothing to draw; "" where there is.
   *
   * @param {Look[]} pair
   * @param {number[]} counts
   */
  silence(pair, counts) {
    const hidden = pair.find(({ shown }) => !shown);
    if (hidden) return this.words.hidden.replace("{name}", hidden.lane.name);
    if (!counts.every(Boolean) || pair.some(({ lane: { columns } }) => columns.outputs && !columns.motion))
      return "\u00a0"; // a method has not moved yet
    return pair.every(({ lane }) => lane.columns.outputs) ? "" : this.words.large;
  }

  /**
   * Ranges hold what was drawn, and never shrink.
   *
   * @param {ToldPair} told
   */
  grow(told) {
    const now = told.time[told.time.length - 1];
    this.range = grownClock(this.range, now, this.units, this.meta.spec.horizon);
    let least = Infinity;
    for (const { angle, distance } of spacesOf(told)) {
      for (const value of angle) while (value > this.top) this.top = TOPS[TOPS.indexOf(this.top) + 1];
      for (const value of distance) {
        if (!(value > LEAST)) continue;
        const exponent = Math.log10(value);
        this.high = Math.max(this.high, Math.ceil(exponent + 1e-9));
        least = Math.min(least, exponent);
      }
    }
    this.low = Math.min(this.low, Math.max(Math.floor(least), this.high - DECADES));
    if (this.low > this.high) [this.low, this.high] = [-DECADES, 0]; // they have not parted so far
  }

  /**
   * @param {ToldPair} told
   * @param {Style[]} styles
   * @param {string[]} names
   */
  paint(told, styles, names) {
    const { layer, inks, words } = this;
    const unit = layer.scale;
    const box = inset(layer, MARGINS);
    const [angles, distances] = facets(box, [SHARE, 1 - SHARE], GAP * unit);
    /** @type {Axis} */
    const turned = { kind: "linear", low: 0, high: this.top };
    /** @type {Axis} */
    const apart = { kind: "log", low: this.low, high: this.high };
    const x = across(box, this.range);
    drawAxis(layer, angles, turned, inks, degrees(this.top, angles.bottom - angles.top));
    drawAxis(layer, distances, apart, inks);
    drawClock(layer, { ...box, time: this.range, title: this.units.axis.title }, inks);
    /**
     * @param {"angle" | "distance"} quantity
     * @param {{ x: (value: number) => number, y: (value: number) => number, top: number, bottom: number }} at
     * @param {(value: number) => string} text
     */
    const curves = (quantity, at, text) =>
      drawCurves(
        layer,
        told.time,
        spacesOf(told).map((space) => ({ ...space, values: space[quantity] })),
        styles,
        at,
        text,
        inks,
      );
    curves("angle", { ...angles, x, y: scale(turned, angles) }, (value) => `${value.toFixed(value < 10 ? 2 : 1)}°`);
    curves("distance", { ...distances, x, y: clamped(apart, distances) }, short);
    for (const { title, top: y } of [
      { title: words.angle, top: angles.top },
      { title: words.distance, top: distances.top },
    ]) {
      layer.words(shortened(layer, title, layer.width - box.left - 6, 10.5, 600), box.left, y - 8 * unit, {
        color: inks.dim,
        size: 10.5,
        weight: 600,
        halo: inks.panel,
      });
    }
    for (const { row } of this.pointed ?? []) this.point(told, row, x(told.time[row]), angles, distances);
    const said = words.said[told.pairing].replace("{a}", names[0]).replace("{b}", names[1]);
    layer.words(shortened(layer, said, layer.width - box.left - 24, 11.5, 600), box.left, 14 * unit, {
      color: inks.text,
      size: 11.5,
      weight: 600,
    }); // behind the choices, for a picture
    const notes = [
      told.theta ? "" : words.theta,
      Number.isNaN(told.outputs?.angle.at(-1)) ? words.gap.replace("{least}", power(Math.log10(SLOWEST))) : "",
    ].filter(Boolean);
    told.notes = [said, ...notes];
    notes.forEach((text, k) =>
      layer.words(text, layer.width - 8, angles.bottom - (7 + 14 * k) * unit, {
        color: inks.dim,
        size: 10.5,
        align: "right",
        halo: inks.panel,
      }),
    );
  }

  /**
   * The line of the cursor, with what is told of a row.
   *
   * @param {ToldPair} told
   * @param {number} row
   * @param {number} x
   * @param {Edges} angles
   * @param {Edges} distances
   */
  point(told, row, x, angles, distances) {
    const { layer, inks } = this;
    /** @type {["angle" | "distance", Edges][]} */
    const strips = [
      ["angle", angles],
      ["distance", distances],
    ];
    for (const [quantity, { top, bottom }] of strips) {
      plumb(layer, x, top, bottom, inks.dim, []);
      spacesOf(told).forEach((space, k) =>
        layer.words(`${space.mark}  ${short(space[quantity][row])}`, x + 6, top + (k + 0.7) * 13 * layer.scale, {
          color: inks.text,
          size: 11,
          weight: 600,
          halo: inks.panel,
        }),
      );
    }
  }

  /**
   * The rows as a table: the first path's clock, and what is drawn there.
   *
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   */
  table(store, frame, looks) {
    this.draw(store, frame, looks);
    const { told } = this;
    const spaces = told ? spacesOf(told) : [];
    const rows = told
      ? Array.from(told.time, (time, row) => [
          looks[this.pair[0]].lane.name,
          looks[this.pair[1]].lane.name,
          told.pairing,
          time,
          ...spaces.flatMap(({ angle, distance }) => [angle[row], distance[row]]),
        ])
      : [];
    return {
      columns: [
        "first",
        "second",
        "pairing",
        this.units.axis.letter,
        ...spaces.flatMap(({ name }) => [`angle_${name}`, `distance_${name}`]),
      ],
      rows,
    };
  }

  /** The newest angle and distance of the two outputs, for readers. */
  spoken() {
    const { outputs } = this.told ?? {};
    return outputs ? `${short(outputs.angle.at(-1))}°, ${short(outputs.distance.at(-1))}` : undefined;
  }
}

/** @param {Setting<"pair">} setting */
export function panel({ place, words, choice }) {
  return new Separation(place, words, choice);
}
