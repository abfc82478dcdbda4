// A film of the recorded run: every frame drawn in a booth and encoded, in small turns so that the page stays quick and
// can cancel.

import { Booth } from "./booth.mjs";

/** @import { Drawings, Ink } from "../types.d.ts" */

/**
 * What takes pictures from a canvas, each of which lasts from `start` for `seconds`.
 *
 * @typedef {object} Encoder
 * @property {(start: number, seconds: number, last: boolean) => Promise<void>} add
 * @property {() => Promise<Blob>} finish
 * @property {() => Promise<void>} cancel
 */

const ENCODERS = { gif: () => import("./gif.mjs"), mp4: () => import("./mp4.mjs") };

/**
 * The run that `scope` shows, as far as it has come, in `seconds` of film. `report(share, left)` is told how much is
 * done and the seconds that the rest will take. Returns a Blob, or null where the browser cannot encode it; rejects
 * with `signal`'s reason when it is aborted.
 *
 * @param {"gif" | "mp4"} kind
 * @param {object} film
 * @param {Drawings} film.scope
 * @param {number} film.seconds
 * @param {string[]} film.caption
 * @param {string} film.title
 * @param {Ink} film.ink
 * @param {AbortSignal} film.signal
 * @param {(share: number, left: number) => void} film.report
 * @returns {Promise<Blob | null>}
 */
export async function takeFilm(kind, { scope, seconds, caption, title, ink, signal, report }) {
  const { FORMAT, encode } = await ENCODERS[kind]();
  const booth = new Booth(scope, FORMAT, { caption, title }, ink);
  const frames = framesOf(scope.store.head, Math.round(seconds * FORMAT.rate));
  /** @type {Encoder | null} */
  let encoder = null;
  try {
    await booth.open();
    encoder = await encode(booth.canvas, () => booth.draw(scope.store.head));
    if (!encoder) return null;
    const begun = performance.now();
    for (const [k, frame] of frames.entries()) {
      booth.draw(frame);
      await encoder.add(k / FORMAT.rate, 1 / FORMAT.rate, k === frames.length - 1);
      const share = (k + 1) / frames.length;
      report(share, ((performance.now() - begun) / 1000) * (1 / share - 1));
      await turn();
      signal.throwIfAborted();
    }
    return await encoder.finish();
  } catch (reason) {
    await encoder?.cancel();
    throw reason;
  } finally {
    booth.close();
  }
}

/**
 * Which frames of the run 0 … `head` the `count` pictures of a film show.
 *
 * @param {number} head
 * @param {number} count
 */
export function framesOf(head, count) {
  return Array.from({ length: count }, (_, k) => Math.round((k * head) / Math.max(1, count - 1)));
}

/** Lets everything else have its turn; unlike a timer, also in a hidden tab. */
function turn() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = resolve;
    port2.postMessage(null);
  });
}
