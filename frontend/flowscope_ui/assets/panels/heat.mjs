// The history of one lane's eigenvalues as an image: a column of pixels per stretch of the clock, appended as rows
// come, never redrawn.

import { shade } from "../canvas/shade.mjs";
import { trackAt } from "../theory/mode.mjs";

/** @import { Column, Lane } from "../stream/store.mjs" */

const COLUMNS = 2048; // over the whole horizon

export class Heat {
  /**
   * `span` are the exponents [low, high] of the colours, `horizon` is the end of the clock.
   *
   * @param {Lane} lane
   * @param {number[]} span
   * @param {number} horizon
   */
  constructor(lane, span, horizon) {
    this.lane = lane;
    this.span = span;
    this.horizon = horizon;
    this.count = 0;
    this.filled = 0;
    this.epoch = lane.epoch;
    this.values = /** @type {Column} */ (lane.columns.eigenvalues);
    this.modes = this.values.width;
    this.canvas = Object.assign(document.createElement("canvas"), { width: COLUMNS, height: this.modes });
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
  }

  /**
   * The column of pixels behind flow time `time`.
   *
   * @param {number} time
   */
  column(time) {
    return Math.min(COLUMNS, 1 + Math.floor((time / this.horizon) * COLUMNS));
  }

  /**
   * Appends what rows up to `count` bring.
   *
   * @param {number} count
   */
  grow(count) {
    if (this.epoch !== this.lane.epoch) Object.assign(this, { count: 0, filled: 0, epoch: this.lane.epoch });
    const first = this.filled;
    const last = count ? this.column(this.lane.columns.time.data[count - 1]) : 0;
    if (last <= first) {
      this.count = Math.max(this.count, count);
      return;
    }
    const image = this.context.createImageData(last - first, this.modes);
    for (; this.count < count; this.count += 1) this.paint(image, first);
    this.context.putImageData(image, first, 0);
    this.filled = last;
  }

  /**
   * One row into its column, and into those that no row falls into.
   *
   * @param {ImageData} image
   * @param {number} first
   */
  paint(image, first) {
    const { time } = this.lane.columns;
    const row = this.count;
    const end = this.column(time.data[row]);
    const from = Math.max(first, row ? Math.min(end - 1, this.column(time.data[row - 1])) : 0);
    for (let place = 0; place < this.modes; place += 1) {
      const [red, green, blue] = shade(this.values.data[row * this.modes + place], this.span[0], this.span[1]);
      const line = trackAt(this.lane, row, place) * image.width;
      for (let column = from; column < end; column += 1)
        image.data.set([red, green, blue, 255], 4 * (line + column - first));
    }
  }

  /**
   * Draws the history up to flow time `now` into the box [left, top, width, height] of a clock that ends at `time`.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {number} now
   * @param {number} time
   * @param {number[]} box
   */
  draw(context, now, time, [left, top, width, height]) {
    const columns = Math.min(this.filled, this.column(now));
    if (!columns) return;
    context.save();
    context.imageSmoothingEnabled = false;
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    context.drawImage(
      this.canvas,
      0,
      0,
      columns,
      this.modes,
      left,
      top,
      (width * columns * this.horizon) / (COLUMNS * time),
      height,
    );
    context.restore();
  }
}
