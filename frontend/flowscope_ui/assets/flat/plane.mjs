// Paths among the contours of the loss: over the whole plane of parameters where p = 2, else on an exact slice through
// an iterate.

import { niceTicks } from "../canvas/ticks.mjs";
import { short } from "../text/format.mjs";
import { Flat } from "./flat.mjs";
import { contoursOf, drawBalls, drawContours } from "./ground.mjs";

/**
 * @import { Names } from "../canvas/scene.mjs"
 * @import { Port } from "../stream/port.mjs"
 * @import { Column, Lane, Store } from "../stream/store.mjs"
 * @import { Ink, Look, Meta, Refusal, Setting, Slice, Words } from "../types.d.ts"
 * @import { FlatMarks, FlatRun, FlatScales } from "./flat.mjs"
 * @import { Contour } from "./ground.mjs"
 */

const REACH = 8; // from a start: a best point further out (an infimum that is not attained) would make the paths tiny

/**
 * From places on a grid of `shape` to those in a box: θ₁ changes from row to row, θ₂ along a row.
 *
 * @param {number[]} shape
 * @param {number[]} low
 * @param {number[]} high
 * @returns {(place: number[]) => number[]}
 */
function placed([rows, columns], low, high) {
  return ([column, row]) => [
    low[0] + (row / (rows - 1)) * (high[0] - low[0]),
    low[1] + (column / (columns - 1)) * (high[1] - low[1]),
  ];
}

/** @typedef {Words["panels"]["plane"] & Names} TerrainWords */

/** @extends {Flat<TerrainWords>} */
export class Terrain extends Flat {
  /**
   * @param {HTMLElement} place
   * @param {string} name
   * @param {TerrainWords} words
   * @param {Port} port
   */
  constructor(place, name, words, port) {
    super(place, name, words);
    this.port = port;
    /** @type {Contour[] | null} */
    this.ground = null;
    /** @type {Slice | null} */
    this.slice = null;
    /** @type {string | null} */
    this.asked = null; // the lane and frame of the slice
    /** @type {string | undefined} */
    this.sentence = undefined; // why there is none
    this.whole = false; // whether it is the plane of all parameters
    /** @type {Store | null} */
    this.store = null;
    /** @type {{ low: number[], high: number[] } | null} */
    this.box = null; // over which losses are asked for
    /** @type {FlatMarks | undefined} */
    this.marks = undefined;
    this.metric = false;
  }

  /**
   * @param {Meta} meta
   * @param {Ink} ink
   */
  open(meta, ink) {
    Object.assign(this, {
      meta,
      inks: ink,
      ground: null,
      slice: null,
      asked: null,
      every: niceTicks(0, meta.spec.horizon, 80)[1],
    });
    this.whole = meta.parameters === 2 && meta.start[0].theta !== null;
    this.store = null;
    this.marks = undefined; // those of the run before are no marks of one that has no plane
    this.place.dataset.empty = "";
    if (meta.start[0].theta === null || meta.parameters < 2)
      return this.say((this.place.dataset.empty = meta.parameters < 2 ? this.words.line : this.words.large));
    this.marks = this.whole
      ? { best: meta.best?.theta ?? null, start: meta.start.map(({ theta }) => /** @type {number[]} */ (theta)) }
      : { best: null, start: [] };
    const { best, start: starts } = this.marks;
    this.cut = !this.whole;
    /** @param {number[]} point */
    const near = (point) =>
      starts.some((start) => Math.max(...start.map((value, k) => Math.abs(value - point[k]))) <= REACH);
    if (this.whole) this.around([...starts, ...(best && near(best) ? [best] : [])], 0.4);
    return true;
  }

  /**
   * Shows metric ellipses or not.
   *
   * @param {Set<string>} layers
   */
  choose(layers) {
    this.metric = layers.has("metric");
    this.stale = true;
  }

  /**
   * @param {Lane} lane
   * @param {number} row
   * @param {number[]} at
   */
  coordinates(lane, row, at) {
    const { data, width } = /** @type {Column} */ (lane.columns.theta);
    if (this.whole) {
      [at[0], at[1]] = [data[row * width], data[row * width + 1]];
      return;
    }
    const { theta, directions } = /** @type {Slice} */ (this.slice);
    at.fill(0);
    for (let k = 0; k < width; k += 1)
      for (const axis of [0, 1]) at[axis] += directions[axis][k] * (data[row * width + k] - theta[k]);
  }

  /**
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   */
  draw(store, frame, looks) {
    this.units = store.units;
    if (!this.marks) return this.say(this.place.dataset.empty ?? "");
    if (this.store !== store) this.begin(store);
    if (!this.whole && !this.slice) return this.say(this.sentence ?? this.words.wait);
    this.place.dataset.empty = "";
    const runs = looks.map((look) => ({ ...look, count: look.lane.columns.theta ? look.lane.upTo(frame) : 0 }));
    if (this.whole) this.grow(runs);
    const scales = this.scales();
    const context = this.layer.begin();
    const taken = this.axes(scales, this.whole ? ["θ_1", "θ_2"] : this.names());
    context.save();
    context.beginPath();
    context.rect(scales.left, scales.top, scales.right - scales.left, scales.bottom - scales.top);
    context.clip();
    if (this.ground) drawContours(this.layer, this.ground, scales, this.inks, taken);
    if (this.metric && store.surface) drawBalls(this.layer, store.surface, scales, this.inks);
    context.restore();
    const traced = this.trace(runs, scales);
    taken.push(...this.tell(this.notes(scales, runs), traced, scales, taken));
    return this.paths(traced, this.marks, scales, taken);
  }

  /** The sheet that the ground is read from is another one. */
  resurface() {
    this.store = null;
    this.stale = true;
  }

  /**
   * The ground of a run whose stage knows the outputs all over the plane; of another it is asked for.
   *
   * @param {Store} store
   */
  begin(store) {
    Object.assign(this, { store, box: null });
    const { surface, meta } = store;
    if (!this.whole) return;
    const { target } = meta;
    if (!surface || !target || !meta.loss?.is_squares) return void this.survey();
    const { rows, columns, points, theta } = surface;
    const last = 2 * (rows * columns - 1);
    const loss = Float64Array.from(
      { length: rows * columns },
      (_, k) => target.reduce((sum, value, axis) => sum + (points[3 * k + axis] - value) ** 2, 0) / (2 * meta.samples),
    );
    this.lay(loss, { rows, columns }, placed([rows, columns], [theta[0], theta[1]], [theta[last], theta[last + 1]]));
  }

  /** Asks for the losses all over what is in sight, unless they are known. */
  survey() {
    const { box } = this;
    const store = /** @type {Store} */ (this.store);
    const { low, high } = this.scales().seen;
    if (box && low.every((value, axis) => value >= box.low[axis] && high[axis] <= box.high[axis])) return;
    const asked = { low, high };
    this.box = asked;
    this.port.ground(low, high).then((found) => {
      if (this.box !== asked || this.store !== store || !("shape" in found)) return;
      const [rows, columns] = found.shape;
      this.lay(
        Float64Array.from(found.loss, (value) => value ?? NaN),
        { rows, columns },
        placed(found.shape, low, high),
      );
      this.port.news();
    });
  }

  /**
   * Contours of `loss`, less the best in class, on a grid that `place` maps to the plane.
   *
   * @param {Float64Array} loss
   * @param {{ rows: number, columns: number }} size
   * @param {(place: number[]) => number[]} place
   */
  lay(loss, size, place) {
    // an infimum that is not attained spaces them too
    this.ground = contoursOf(loss, (this.meta.best ?? this.meta.infimum)?.loss ?? 0, size, place);
    this.stale = true;
  }

  names() {
    return /** @type {Slice} */ (this.slice).names;
  }

  /**
   * On a slice, whose it is and how far from it the other heads are; what the contours are.
   *
   * @param {FlatScales} scales
   * @param {FlatRun[]} runs
   */
  notes(scales, runs) {
    const { inks, words, layer } = this;
    const contours = { text: (this.meta.best ?? this.meta.infimum) ? words.excess : words.loss, color: inks.dim };
    if (this.whole) return this.ground ? [contours] : [];
    const slice = /** @type {Slice} */ (this.slice);
    const own = /** @type {Store} */ (this.store).lanes[slice.lane];
    const others = runs.filter(({ lane, count, shown }) => shown && count && lane.first && lane !== own);
    const away = others.map(({ lane, count, style }) => ({
      text: words.away.replace("{name}", lane.name).replace("{d}", short(this.away(lane, count))),
      color: style.color,
    }));
    const lines = [
      { text: words.slice.replace("{name}", own.name).replace("{k}", String(slice.frame)), color: inks.text },
      ...away,
      contours,
    ];
    return lines.slice(0, Math.max(2, Math.floor((scales.bottom - scales.top) / (32 * layer.scale))));
  }

  /**
   * The distance of a head from the slice.
   *
   * @param {Lane} lane
   * @param {number} count
   */
  away(lane, count) {
    const { data, width } = /** @type {Column} */ (lane.columns.theta);
    const at = [0, 0];
    this.coordinates(lane, count - 1, at);
    const { theta, directions } = /** @type {Slice} */ (this.slice);
    return Math.hypot(
      ...theta.map(
        (value, k) => data[(count - 1) * width + k] - value - at[0] * directions[0][k] - at[1] * directions[1][k],
      ),
    );
  }

  /**
   * The drawing stands still: a slice through where the chosen solver, else the first, is now.
   *
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   */
  commit(store, frame, looks) {
    const { lane } =
      [...looks.filter(({ chosen }) => chosen), ...looks].find(
        ({ shown, lane: each }) => shown && each.columns.theta,
      ) ?? {};
    if (!lane || !this.marks) return;
    if (this.whole) {
      if (this.box) this.survey();
      return;
    }
    const key = `${lane.lane} ${frame}`;
    if (key === this.asked) return;
    this.asked = key;
    this.port.slice(lane.lane, frame).then((found) => {
      if (this.asked !== key || this.store !== store) return;
      this.accept(found);
      this.port.news();
    });
  }

  /** @param {Slice | Refusal} found */
  accept(found) {
    if ("sentence" in found) {
      this.sentence = found.sentence;
      this.stale = true;
      return;
    }
    this.slice = found;
    const { reach, side, loss } = found;
    /** @param {number} k */
    const along = (k) => reach * ((2 * k) / (side - 1) - 1);
    this.around(
      [
        [-reach, -reach],
        [reach, reach],
      ],
      0,
    );
    const place = (/** @type {number[]} */ [column, row]) => [along(column), along(row)];
    this.lay(Float64Array.from(loss), { rows: side, columns: side }, place);
  }

  /**
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   */
  table(store, frame, looks) {
    const at = [0, 0];
    const known = this.marks && (this.whole || this.slice);
    const rows = known
      ? looks
          .filter(({ shown, lane }) => shown && lane.columns.theta)
          .flatMap(({ lane }) =>
            Array.from({ length: lane.upTo(frame) }, (_, row) => {
              this.coordinates(lane, row, at);
              return [lane.name, lane.seed, lane.columns.time.data[row], ...at];
            }),
          )
      : [];
    return { columns: ["curve", "seed", "t", ...(known && !this.whole ? this.names() : ["θ_1", "θ_2"])], rows };
  }
}

/** The panel of the deck. */
export class Plane extends Terrain {
  /**
   * @param {Pick<Store, "meta">} store
   * @param {Ink} ink
   */
  show({ meta }, ink) {
    return this.open(meta, ink);
  }

  /**
   * Of a lane at `count` rows, what the panel is about, for readers.
   *
   * @param {Lane} lane
   * @param {number} count
   */
  said(lane, count) {
    return lane.columns.theta ? lane.columns.theta.row(count).slice(0, 4).map(short).join(", ") : "";
  }
}

/** @param {Setting<"plane">} setting */
export function panel({ place, text, words, port }) {
  return new Plane(place, "plane", { ...text.stage, ...words }, port);
}
