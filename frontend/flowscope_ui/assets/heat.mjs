// The history of one lane's eigenvalues as an image: a column of pixels per stretch of the clock, appended as rows come, never redrawn.

import { trackAt } from "./mode.mjs";

const COLUMNS = 2048; // over the whole horizon
const SHADES = 256;
const VIRIDIS = [ // a polynomial in t per channel, highest power first (M. Zucker's fit)
  [-5.435455855934631, 4.776384997670288, 6.228269936347081, -4.634230498983486, -0.3308618287255563, 0.1050930431085774, 0.2777273272234177],
  [4.645852612178535, -13.74514537774601, 14.17993336680509, -5.799100973351585, 0.214847559468213, 1.404613529898575, 0.005407344544966578],
  [26.3124352495832, -65.35303263337234, 56.69055260068105, -19.33244095627987, 0.09509516302823659, 1.384590162594685, 0.3340998053353061],
];

/** Red, green and blue (0 … 255) of t in [0, 1] in viridis. */
export function viridis(t) {
  return VIRIDIS.map((powers) => Math.round(255 * Math.min(1, Math.max(0, powers.reduce((sum, each) => sum * t + each, 0)))));
}

const PALETTE = Array.from({ length: SHADES }, (_, k) => viridis(k / (SHADES - 1)));

/** The shade of an eigenvalue in the fixed exponents [low, high]. */
export function shade(value, low, high) {
  const t = value > 0 ? (Math.log10(value) - low) / (high - low) : 0;
  return PALETTE[Math.round((SHADES - 1) * Math.min(1, Math.max(0, t)))];
}

export class Heat {
  /** `span` are the exponents [low, high] of the colours, `horizon` is the end of the clock. */
  constructor(lane, span, horizon) {
    Object.assign(this, { lane, span, horizon, count: 0, filled: 0, epoch: lane.epoch });
    this.modes = lane.columns.eigenvalues.width;
    this.canvas = Object.assign(document.createElement("canvas"), { width: COLUMNS, height: this.modes });
    this.context = this.canvas.getContext("2d");
  }

  /** The column of pixels behind flow time `time`. */
  column(time) {
    return Math.min(COLUMNS, 1 + Math.floor((time / this.horizon) * COLUMNS));
  }

  /** Appends what rows up to `count` bring. */
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

  /** One row into its column, and into those that no row falls into. */
  paint(image, first) {
    const { time, eigenvalues } = this.lane.columns;
    const row = this.count;
    const end = this.column(time.data[row]);
    const from = Math.max(first, row ? Math.min(end - 1, this.column(time.data[row - 1])) : 0);
    for (let place = 0; place < this.modes; place += 1) {
      const [red, green, blue] = shade(eigenvalues.data[row * this.modes + place], ...this.span);
      const line = trackAt(this.lane, row, place) * image.width;
      for (let column = from; column < end; column += 1) image.data.set([red, green, blue, 255], 4 * (line + column - first));
    }
  }

  /** Draws the history up to flow time `now` into the box [left, top, width, height] of a clock that ends at `time`. */
  draw(context, now, time, [left, top, width, height]) {
    const columns = Math.min(this.filled, this.column(now));
    if (!columns) return;
    context.save();
    context.imageSmoothingEnabled = false;
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    context.drawImage(this.canvas, 0, 0, columns, this.modes, left, top, (width * columns * this.horizon) / (COLUMNS * time), height);
    context.restore();
  }
}
