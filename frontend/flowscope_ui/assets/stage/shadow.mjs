// @ts-nocheck
// The shadows of the paths on the three walls behind the sheet.

import { Trail } from "../canvas/trail.mjs";

const AXES = [0, 1, 2];

export class Shadows {
  constructor() {
    this.trails = new Map();
    this.point = [0, 0, 0];
  }

  /** Draws the shadows of `runs` on `walls` ({axis, value}), as `sight` sees them. */
  draw(layer, runs, walls, sight) {
    for (const { lane, trail, style } of runs.filter(({ shown, lane: each }) => shown && each.first)) {
      if (!this.trails.has(lane))
        this.trails.set(
          lane,
          AXES.map(() => new Trail(lane)),
        );
      for (const wall of walls)
        this.stroke(layer, this.trails.get(lane)[wall.axis], trail.count, wall, sight, style.color);
    }
  }

  stroke(layer, shadow, count, { axis, value }, sight, color) {
    const { point } = this;
    const { data } = shadow.lane.columns.outputs;
    shadow.update(count, sight.view.version, (row, at) => {
      for (const other of AXES) point[other] = data[3 * row + other];
      point[axis] = value;
      sight.project(point, 0, at);
    });
    for (const { from, to, hidden } of shadow.pieces())
      layer.stroke(shadow.pixels.subarray(2 * from), to - from + 1, { color, width: 1.3, alpha: hidden ? 0.1 : 0.45 });
  }
}
