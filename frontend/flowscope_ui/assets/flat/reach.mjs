// The stage of a run with two outputs: their plane, in which paths go, over all that a network of one or two parameters
// can reach there.

import { niceTicks } from "../canvas/ticks.mjs";
import { later } from "../stream/later.mjs";
import { Flat } from "./flat.mjs";

/**
 * @import { Port } from "../stream/port.mjs"
 * @import { Column, Lane, Store } from "../stream/store.mjs"
 * @import { Ink, Look, Meta, Words } from "../types.d.ts"
 * @import { FlatMarks, FlatScales } from "./flat.mjs"
 */

const BEYOND = 4; // a parameter is looked at so far beyond where lanes have been
const EVERY = 4; // lines of the grid of two parameters

/** @typedef {Words["stage"] & Words["reach"]} ReachWords */

/** @extends {Flat<ReachWords>} */
export class Reach extends Flat {
  /**
   * @param {HTMLElement} place
   * @param {ReachWords} words
   * @param {Port} port
   */
  constructor(place, words, port) {
    super(place, "reach", words);
    this.port = port;
    /** @type {{ points: number[][], shape: number[] } | null} */
    this.ground = null;
    /** @type {Store | null} */
    this.store = null;
    /** @type {{ meta: Meta, low: number[], high: number[] } | null} */
    this.box = null;
    /** @type {FlatMarks & { target: number[] }} */
    this.marks = later;
  }

  /**
   * A new run. Returns whether it can be drawn here: two outputs on the wire.
   *
   * @param {Meta} meta
   * @param {unknown} _
   * @param {Ink} ink
   */
  show(meta, _, ink) {
    if (meta.target?.length !== 2) return false;
    Object.assign(this, { ground: null, store: null, box: null });
    this.place.dataset.empty = "";
    this.frame(meta);
    this.around([this.marks.target, ...this.marks.start, ...(this.marks.best ? [this.marks.best] : [])], 0.05);
    this.ink(ink);
    return true;
  }

  /** @param {Meta} meta */
  frame(meta) {
    this.meta = meta;
    this.every = niceTicks(0, meta.spec.horizon, 80)[1];
    this.marks = {
      target: /** @type {number[]} */ (meta.target),
      best: meta.best?.outputs ?? null,
      start: meta.start.map(({ outputs }) => /** @type {number[]} */ (outputs)),
    };
  }

  /**
   * Another run of the same sizes, in the same ranges.
   *
   * @param {Meta} meta
   */
  again(meta) {
    this.frame(meta);
    this.store = null;
    this.forget();
  }

  /** @param {boolean} hidden */
  hide(hidden) {
    this.layer.canvas.hidden = hidden;
    if (hidden) this.meta = later;
  }

  /**
   * @param {Lane} lane
   * @param {number} row
   * @param {number[]} at
   */
  coordinates(lane, row, at) {
    const { data, width } = /** @type {Column} */ (lane.columns.outputs);
    [at[0], at[1]] = [data[row * width], data[row * width + 1]];
  }

  /**
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   */
  draw(store, frame, looks) {
    if (!this.meta) return;
    this.units = store.units;
    if (this.store !== store) {
      this.store = store;
      this.survey([]);
    }
    const runs = looks.map((look) => ({ ...look, count: look.lane.columns.outputs ? look.lane.upTo(frame) : 0 }));
    this.grow(runs);
    const scales = this.scales();
    const context = this.layer.begin();
    const taken = this.axes(scales, ["f_1", "f_2"]);
    context.save();
    context.beginPath();
    context.rect(scales.left, scales.top, scales.right - scales.left, scales.bottom - scales.top);
    context.clip();
    if (this.ground) this.reachable(scales, this.ground);
    context.restore();
    const traced = this.trace(runs, scales);
    taken.push(
      ...this.tell(this.ground ? [{ text: this.words.reachable, color: this.inks.dim }] : [], traced, scales, taken),
    );
    this.paths(traced, this.marks, scales, taken);
  }

  /**
   * A curve of one parameter; of two, their grid and what it covers.
   *
   * @param {FlatScales} scales
   * @param {{ points: number[][], shape: number[] }} ground
   */
  reachable(scales, { points, shape }) {
    const { layer, inks } = this;
    const [rows, columns = 1] = shape;
    /** @param {number} k */
    const pixel = (k) => [scales.x(points[k][0]), scales.y(points[k][1])];
    /**
     * @param {number[]} indices
     * @param {{ color: string, width: number, alpha: number }} style
     */
    const line = (indices, style) => layer.stroke(new Float32Array(indices.flatMap(pixel)), indices.length, style);
    /**
     * @param {number} count
     * @param {(k: number) => number} at
     */
    const along = (count, at) => Array.from({ length: count }, (_, k) => at(k));
    if (columns === 1)
      return line(
        along(rows, (k) => k),
        { color: inks.dim, width: 1.6, alpha: 0.75 },
      );
    for (let row = 0; row < rows; row += EVERY)
      line(
        along(columns, (k) => row * columns + k),
        { color: inks.dim, width: 1, alpha: 0.4 },
      );
    for (let column = 0; column < columns; column += EVERY)
      line(
        along(rows, (k) => k * columns + column),
        { color: inks.dim, width: 1, alpha: 0.4 },
      );
    return undefined;
  }

  /**
   * Asks for what the network can reach from around the starts and where `lanes` have been, unless that is known.
   *
   * @param {Lane[]} lanes
   */
  survey(lanes) {
    const { meta } = this;
    const [{ theta: first }] = meta.start;
    if (meta.parameters > 2 || !first) return;
    const seen = meta.start.map(({ theta }) => /** @type {number[]} */ (theta));
    for (const {
      columns: { theta },
      count,
    } of lanes)
      for (let row = 0; theta && row < count; row += 1)
        seen.push(Array.from(theta.data.subarray(row * theta.width, (row + 1) * theta.width)));
    const axes = Array.from({ length: meta.parameters }, (_, axis) => axis);
    const [least, most] = [Math.min, Math.max].map((pick) =>
      axes.map((axis) =>
        seen.reduce((found, point) => (Number.isFinite(point[axis]) ? pick(found, point[axis]) : found), first[axis]),
      ),
    );
    const before = this.box;
    if (
      before &&
      before.meta === meta &&
      axes.every((axis) => least[axis] >= before.low[axis] && most[axis] <= before.high[axis])
    )
      return;
    const box = { meta, low: least.map((value) => value - BEYOND), high: most.map((value) => value + BEYOND) };
    this.box = box;
    this.port.ground(box.low, box.high).then((found) => {
      if (this.box !== box || !("outputs" in found) || !found.outputs) return;
      this.ground = { points: found.outputs, shape: found.shape };
      this.stale = true;
      this.port.news();
    });
  }

  /**
   * The drawing stands still: the network is looked at all along the paths.
   *
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   */
  commit(store, frame, looks) {
    if (this.meta && this.store === store) this.survey(looks.filter(({ shown }) => shown).map(({ lane }) => lane));
  }

  /**
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   */
  table(store, frame, looks) {
    const rows = looks
      .filter(({ shown }) => shown)
      .flatMap(({ lane }) =>
        Array.from({ length: lane.upTo(frame) }, (_, row) => [
          lane.name,
          lane.seed,
          lane.columns.time.data[row],
          .../** @type {Column} */ (lane.columns.outputs).data.subarray(2 * row, 2 * row + 2),
        ]),
      );
    return { columns: ["curve", "seed", "t", "f_1", "f_2"], rows };
  }
}
