// The shadows of the paths on the three walls behind the sheet.

import { Trail } from "../canvas/trail.mjs";

/**
 * @import { Layer } from "../canvas/layer.mjs"
 * @import { Column, Lane } from "../stream/store.mjs"
 * @import { PathRun } from "../types.d.ts"
 * @import { Wall } from "./box.mjs"
 * @import { Sight } from "./sight.mjs"
 */

const AXES = [0, 1, 2];

export class Shadows {
  constructor() {
    /** @type {Map<Lane, Trail[]>} */
    this.trails = new Map();
    this.point = [0, 0, 0];
  }

  /**
   * Draws the shadows of `runs` on `walls` ({axis, value}), as `sight` sees them.
   *
   * @param {Layer} layer
   * @param {PathRun[]} runs
   * @param {Wall[]} walls
   * @param {Sight} sight
   */
  draw(layer, runs, walls, sight) {
    for (const { lane, trail, style } of runs.filter(({ shown, lane: each }) => shown && each.first)) {
      const shadows = this.trails.get(lane) ?? AXES.map(() => new Trail(lane));
      this.trails.set(lane, shadows);
      for (const wall of walls) this.stroke(layer, shadows[wall.axis], trail.count, wall, sight, style.color);
    }
  }

  /**
   * @param {Layer} layer
   * @param {Trail} shadow
   * @param {number} count
   * @param {Wall} wall
   * @param {Sight} sight
   * @param {string} color
   */
  stroke(layer, shadow, count, { axis, value }, sight, color) {
    const { point } = this;
    const { data } = /** @type {Column} */ (shadow.lane.columns.outputs);
    shadow.update(count, sight.view.version, (row, at) => {
      for (const other of AXES) point[other] = data[3 * row + other];
      point[axis] = value;
      sight.project(point, 0, at);
    });
    for (const { from, to, hidden } of shadow.pieces())
      layer.stroke(shadow.pixels.subarray(2 * from), to - from + 1, { color, width: 1.3, alpha: hidden ? 0.1 : 0.45 });
  }
}
