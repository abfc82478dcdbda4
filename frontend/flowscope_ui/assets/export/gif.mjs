// A GIF, frame by frame, in one palette for all of them.

import { applyPalette, GIFEncoder, quantize } from "gifenc";

/** @import { Encoder } from "./film.mjs" */

export const FORMAT = { width: 960, height: 540, rate: 12.5, type: "image/gif" };
const HOLD = 1.5; // seconds that the last frame stays before the film begins again

/**
 * An encoder of `canvas`; `sample()` draws the frame with the most colours on it.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {() => void} sample
 * @returns {Promise<Encoder>}
 */
export async function encode(canvas, sample) {
  const { width, height } = canvas;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  const pixels = () => context.getImageData(0, 0, width, height).data;
  sample();
  const palette = quantize(pixels(), 256);
  const encoder = GIFEncoder();
  let first = true;
  return {
    add: async (_start, seconds, last) => {
      encoder.writeFrame(applyPalette(pixels(), palette), width, height, {
        palette: first ? palette : undefined,
        delay: 1000 * (last ? HOLD : seconds),
      });
      first = false;
    },
    finish: async () => {
      encoder.finish();
      return new Blob([encoder.bytes()], { type: FORMAT.type });
    },
    cancel: async () => {},
  };
}
