// An MP4, frame by frame, through the browser's own video encoder.

import {
  BufferTarget,
  CanvasSource,
  getFirstEncodableVideoCodec,
  Mp4OutputFormat,
  Output,
  QUALITY_HIGH,
} from "mediabunny";

/** @import { Encoder } from "./film.mjs" */

export const FORMAT = { width: 1280, height: 720, rate: 30, type: "video/mp4" };
const CODECS = ["avc", "vp9", "av1"]; // the first plays everywhere

/**
 * An encoder of `canvas`, or null where the browser has none.
 *
 * @param {HTMLCanvasElement} canvas
 * @returns {Promise<Encoder | null>}
 */
export async function encode(canvas) {
  const { width, height } = canvas;
  const codec = window.VideoEncoder
    ? await getFirstEncodableVideoCodec(CODECS, { width, height, bitrate: QUALITY_HIGH })
    : null;
  if (!codec) return null;
  const output = new Output({ format: new Mp4OutputFormat({ fastStart: "in-memory" }), target: new BufferTarget() });
  const source = new CanvasSource(canvas, { codec, bitrate: QUALITY_HIGH });
  output.addVideoTrack(source, { frameRate: FORMAT.rate });
  await output.start();
  return {
    add: (start, seconds) => source.add(start, seconds),
    finish: async () => {
      await output.finalize();
      return new Blob([output.target.buffer], { type: FORMAT.type });
    },
    cancel: () => output.cancel(),
  };
}
