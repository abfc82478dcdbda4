// A 2-D canvas over a place: crisp at any pixel ratio, with the few strokes and words that the drawings share.

import { parts } from "../text/typeset.mjs";
import { magnification } from "./magnification.mjs";
import { paintMarker } from "./palette.mjs";

/** @import { Align, Box, Point } from "../types.d.ts" */

export const FONT = "'Inter Variable', Inter, system-ui, sans-serif";

/** @typedef {{ color: string, dash?: number[], width?: number, halo?: string | null, alpha?: number }} Stroke */
/** @typedef {{ color: string, size?: number, weight?: number, align?: Align, halo?: string | null }} Type */

export class Layer {
  /**
   * @param {HTMLElement} place
   * @param {string} name
   */
  constructor(place, name) {
    this.canvas = document.createElement("canvas");
    this.canvas.className = "layer";
    this.canvas.dataset.layer = name;
    place.append(this.canvas);
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    this.width = 0;
    this.height = 0;
    this.ratio = 1;
    this.resize(place);
  }

  /** @param {HTMLElement} place */
  resize(place) {
    this.width = place.clientWidth;
    this.height = place.clientHeight;
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.max(1, Math.round(this.width * ratio));
    this.canvas.height = Math.max(1, Math.round(this.height * ratio));
    this.ratio = ratio;
  }

  /** Of type, strokes and heads. */
  get scale() {
    return magnification.scale;
  }

  /**
   * Calls `draw` while everything that is drawn here goes to `context`, in CSS pixels.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {() => void} draw
   */
  redirect(context, draw) {
    const { context: own, ratio } = this;
    Object.assign(this, { context, ratio: 1 });
    try {
      draw();
    } finally {
      Object.assign(this, { context: own, ratio });
    }
  }

  /**
   * Calls `draw` with a part of this layer, {x, y, width, height}, as if it were the whole.
   *
   * @param {Box} part
   * @param {() => void} draw
   */
  within({ x, y, width, height }, draw) {
    const { context, width: wide, height: tall } = this;
    context.save();
    context.translate(x, y);
    context.beginPath();
    context.rect(0, 0, width, height);
    context.clip();
    Object.assign(this, { width, height });
    try {
      draw();
    } finally {
      Object.assign(this, { width: wide, height: tall });
      context.restore();
    }
  }

  /** Clears and returns the context, in CSS pixels. */
  begin() {
    this.context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    this.context.clearRect(0, 0, this.width, this.height);
    this.context.lineJoin = this.context.lineCap = "round";
    return this.context;
  }

  /**
   * Strokes points (x₀, y₀, x₁, y₁, …) with a halo that keeps crossing lines apart.
   *
   * @param {ArrayLike<number>} points
   * @param {number} count
   * @param {Stroke} look
   */
  stroke(points, count, { color, dash = [], width: thin = 2, halo = null, alpha = 1 }) {
    if (count < 1) return;
    const width = thin * this.scale;
    const context = this.context;
    context.save();
    context.globalAlpha = alpha;
    if (halo) {
      context.strokeStyle = halo;
      context.lineWidth = width + 2.5;
      context.globalAlpha = 0.55 * alpha;
      this.trace(points, count);
      context.stroke();
      context.globalAlpha = alpha;
    }
    context.lineCap = dash.length ? "butt" : "round";
    context.setLineDash(dash);
    context.strokeStyle = color;
    context.lineWidth = width;
    this.trace(points, count);
    context.stroke();
    context.restore();
  }

  /**
   * @param {ArrayLike<number>} points
   * @param {number} count
   */
  trace(points, count) {
    const { context } = this;
    context.beginPath();
    context.moveTo(points[0], points[1]);
    for (let k = 1; k < count; k += 1) context.lineTo(points[2 * k], points[2 * k + 1]);
  }

  /**
   * @param {string} kind
   * @param {number} x
   * @param {number} y
   * @param {number} r
   * @param {string} color
   * @param {string} rim
   */
  marker(kind, x, y, r, color, rim) {
    paintMarker(this.context, kind, x, y, r * this.scale, color, rim);
  }

  /**
   * Words with `_1`, `_{min}` as subscripts and `^{−2t}` as a superscript; returns their width.
   *
   * @param {string} text
   * @param {number} x
   * @param {number} y
   * @param {Type} look
   */
  words(text, x, y, { color, size: points = 12, weight = 500, align = "left", halo = null }) {
    const context = this.context;
    const size = points * this.scale;
    const runs = parts(text).map(({ mark, text: run }) => {
      const shift = mark === "_" ? 0.22 : mark === "^" ? -0.38 : 0;
      return { text: run, shift: shift * size, font: `${weight} ${shift ? 0.74 * size : size}px ${FONT}`, at: 0 };
    });
    let width = 0;
    for (const run of runs) {
      context.font = run.font;
      run.at = width;
      width += context.measureText(run.text).width;
    }
    const left = align === "left" ? x : align === "right" ? x - width : x - width / 2;
    context.textAlign = "left";
    context.textBaseline = "middle";
    for (const run of runs) {
      context.font = run.font;
      if (halo) {
        context.strokeStyle = halo;
        context.lineWidth = 3.5;
        context.strokeText(run.text, left + run.at, y + run.shift);
      }
      context.fillStyle = color;
      context.fillText(run.text, left + run.at, y + run.shift);
    }
    return width;
  }

  /**
   * A thin line from an anchor to the near end of words of `width` at (x, y).
   *
   * @param {Point} anchor
   * @param {number} x
   * @param {number} y
   * @param {number} width
   * @param {string} color
   */
  leader(anchor, x, y, width, color) {
    const end = x > anchor.x ? x - 3 : x + width < anchor.x ? x + width + 3 : x + width / 2;
    const lift = end > x && end < x + width ? Math.sign(anchor.y - y) * 8 : 0;
    this.stroke(new Float32Array([anchor.x, anchor.y, end, y + lift]), 2, { color, width: 1, alpha: 0.8 });
  }

  /**
   * @param {string} text
   * @param {number} [size]
   * @param {number} [weight]
   */
  measure(text, size = 12, weight = 500) {
    this.context.font = `${weight} ${size * this.scale}px ${FONT}`;
    return this.context.measureText(
      parts(text)
        .map((run) => run.text)
        .join(""),
    ).width;
  }
}
