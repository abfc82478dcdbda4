// The path of one lane in a picture: pixels are kept and extended; only a moved camera or range projects everything
// again.

import { Beads } from "./label.mjs";

/** @import { Lane } from "../stream/store.mjs" */
/** @import { Point } from "../types.d.ts" */

const APART = 10; // pixels between the boxes that names keep clear of

export class Trail {
  /** @param {Lane} lane */
  constructor(lane) {
    this.lane = lane;
    this.count = 0;
    this.version = -1;
    this.epoch = 0;
    /** @type {Float32Array} */
    this.pixels = new Float32Array(2048);
    /** @type {Int32Array} */
    this.indices = new Int32Array(1024);
    /** @type {Uint8Array} */
    this.hidden = new Uint8Array(1024);
    /** @type {[number, number, boolean]} */
    this.at = [0, 0, false];
    this.kept = 0;
    this.beads = new Beads(APART);
  }

  /**
   * Brings the pixels up to `count` rows; `project(k, at)` puts x, y and whether it is hidden of row k into `at`, the
   * same while `version` is.
   *
   * @param {number} count
   * @param {number} version
   * @param {(row: number, at: [number, number, boolean]) => void} project
   */
  update(count, version, project) {
    if (version !== this.version || this.lane.epoch !== this.epoch || count < this.count) {
      this.count = this.kept = 0;
      this.version = version;
      this.epoch = this.lane.epoch;
      this.beads = new Beads(APART);
    }
    const { at } = this;
    for (let k = this.count; k < count; k += 1) {
      project(k, at);
      this.put(at[0], at[1], k, at[2]);
    }
    this.count = count;
  }

  /**
   * Keeps a point, or moves the last one when it is less than half a pixel from the one before.
   *
   * @param {number} x
   * @param {number} y
   * @param {number} index
   * @param {boolean} hidden
   */
  put(x, y, index, hidden) {
    const p = this.pixels;
    const last = 2 * (this.kept - 1);
    const near = this.kept > 1 && (x - p[last - 2]) ** 2 + (y - p[last - 1]) ** 2 < 0.25;
    if (!near) this.kept += 1;
    if (2 * this.kept > p.length) {
      this.pixels = grow(p, Float32Array);
      this.indices = grow(this.indices, Int32Array);
      this.hidden = grow(this.hidden, Uint8Array);
    }
    this.pixels[2 * this.kept - 2] = x;
    this.pixels[2 * this.kept - 1] = y;
    this.indices[this.kept - 1] = index;
    this.hidden[this.kept - 1] = hidden ? 1 : 0;
  }

  /** @returns {Point | null} */
  get head() {
    return this.kept ? { x: this.pixels[2 * this.kept - 2], y: this.pixels[2 * this.kept - 1] } : null;
  }

  /** The pieces that are hidden or not, as they follow each other: [{from, to, hidden}], ends included. */
  pieces() {
    /** @type {{ from: number, to: number, hidden: boolean }[]} */
    const out = [];
    for (let k = 0; k < this.kept; k += 1) {
      const hidden = this.hidden[k] === 1;
      const last = out.at(-1);
      if (last?.hidden === hidden) last.to = k;
      else out.push({ from: Math.max(0, k - 1), to: k, hidden });
    }
    return out;
  }

  /**
   * Ticks at equal flow time, at least `apart` pixels from each other: [{x, y, nx, ny}] with the unit normal of the
   * path.
   *
   * @param {number} every
   * @param {number} apart
   */
  ticks(every, apart) {
    const out = [];
    const time = this.lane.columns.time.data;
    let due = every;
    let last = { x: this.pixels[0], y: this.pixels[1] };
    for (let k = 1; k < this.kept; k += 1) {
      if (time[this.indices[k]] < due - 1e-9) continue;
      while (due <= time[this.indices[k]] + 1e-9) due += every;
      const [x0, y0, x, y] = this.pixels.subarray(2 * k - 2, 2 * k + 2);
      const length = Math.hypot(x - x0, y - y0);
      if (length < 1e-3 || Math.hypot(x - last.x, y - last.y) < apart) continue;
      last = { x, y };
      out.push({ x, y, nx: -(y - y0) / length, ny: (x - x0) / length });
    }
    return out;
  }
}

/**
 * @template {Float32Array | Int32Array | Uint8Array} Data
 * @param {Data} data
 * @param {new (length: number) => Data} Kind
 */
function grow(data, Kind) {
  const wider = new Kind(2 * data.length);
  wider.set(data);
  return wider;
}
