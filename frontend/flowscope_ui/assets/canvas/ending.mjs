// Where a path leaves the picture, and how a lane ended that did not arrive: nothing that runs away is cropped in
// silence.

/** @import { Lane } from "../stream/store.mjs" */
/** @import { Layer } from "./layer.mjs" */
/** @import { Exit, Sentences, Size } from "../types.d.ts" */

const INSET = 12; // pixels from the edge at which the arrow's tip stands
const LENGTH = 13;
const AWAY = ["diverged", "escaped"];

/**
 * Where `trail` leaves a picture of that size for good, and which way: {x, y, dx, dy} with a unit direction; null while
 * its head is in sight.
 *
 * @param {{ pixels: ArrayLike<number>, kept: number }} trail
 * @param {Size} size
 * @returns {Exit | null}
 */
export function exitOf({ pixels, kept }, { width, height }) {
  const inside = (/** @type {number} */ k) =>
    pixels[2 * k] >= INSET &&
    pixels[2 * k] <= width - INSET &&
    pixels[2 * k + 1] >= INSET &&
    pixels[2 * k + 1] <= height - INSET;
  if (!kept || inside(kept - 1)) return null;
  let last = kept - 1;
  while (last >= 0 && !inside(last)) last -= 1;
  const [x0, y0] = last < 0 ? [width / 2, height / 2] : [pixels[2 * last], pixels[2 * last + 1]];
  const next = last < 0 ? kept - 1 : last + 1;
  const [wide, tall] = [pixels[2 * next] - x0, pixels[2 * next + 1] - y0];
  /**
   * @param {number} from
   * @param {number} by
   * @param {number} most
   */
  const reach = (from, by, most) => (by > 0 ? (most - INSET - from) / by : by < 0 ? (INSET - from) / by : Infinity);
  const share = Math.max(0, Math.min(reach(x0, wide, width), reach(y0, tall, height)));
  const length = Math.hypot(wide, tall) || 1;
  return { x: x0 + share * wide, y: y0 + share * tall, dx: wide / length, dy: tall / length };
}

/**
 * An arrow whose tip is at (x, y).
 *
 * @param {Layer} layer
 * @param {Exit} exit
 * @param {string} color
 * @param {string} rim
 */
export function drawExit(layer, { x, y, dx, dy }, color, rim) {
  const { context } = layer;
  const [long, half] = [LENGTH * layer.scale, 0.45 * LENGTH * layer.scale];
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x - long * dx - half * dy, y - long * dy + half * dx);
  context.lineTo(x - 0.7 * long * dx, y - 0.7 * long * dy);
  context.lineTo(x - long * dx + half * dy, y - long * dy - half * dx);
  context.closePath();
  context.lineWidth = 3;
  context.strokeStyle = rim;
  context.stroke();
  context.fillStyle = color;
  context.fill();
}

/**
 * Whether a lane has run away, once all of it is among its first `count` rows.
 *
 * @param {Lane} lane
 * @param {number} count
 */
export function isAway(lane, count) {
  return count === lane.count && AWAY.includes(lane.status);
}

/**
 * "diverged at step 14", where `words` has a sentence for how the lane ended and all of it is among its first `count`
 * rows; else "".
 *
 * @param {Lane} lane
 * @param {number} count
 * @param {Sentences | undefined} words
 */
export function endingOf(lane, count, words) {
  return (count === lane.count && words?.[lane.status]?.replace("{k}", String(lane.last("step", count)))) || "";
}
