// The function of two inputs that a network is, as a map per lane: shades, lines of equal value, and the samples in the
// shade of their targets.

import { contourLines } from "../canvas/contour.mjs";
import { viridis } from "../canvas/shade.mjs";

/**
 * @import { Layer } from "../canvas/layer.mjs"
 * @import { Lane } from "../stream/store.mjs"
 * @import { Ink, Style } from "../types.d.ts"
 * @import { Room } from "./truth.mjs"
 */

/**
 * The function of a lane, row by row over its inputs.
 *
 * @typedef {{ lane: Lane, style: Style, values: number[] }} MapCurve
 */
/**
 * What is drawn of several functions.
 *
 * @typedef {object} Maps
 * @property {number[][]} inputs
 * @property {number[]} shape
 * @property {MapCurve[]} maps
 * @property {{ at: number[], target: number }[]} samples
 * @property {number[]} range that of the shades
 */

const LINES = 8;
const GAP = 10;
const HEAD = 18;

/**
 * @param {number} width
 * @param {number} height
 * @param {number} count
 * @param {number} columns
 */
const sizeOf = (width, height, count, columns) => Math.min(width / columns, height / Math.ceil(count / columns));

/**
 * Cells for so many pictures in a room of this size, as square as they can be.
 *
 * @param {Room} room
 * @param {number} count
 */
function cellsIn({ left, top, right, bottom }, count) {
  const [width, height] = [right - left, bottom - top];
  const columns = Array.from({ length: count }, (_, k) => k + 1).reduce(
    (best, each) => (sizeOf(width, height, count, each) > sizeOf(width, height, count, best) ? each : best),
    1,
  );
  const rows = Math.ceil(count / columns);
  return Array.from({ length: count }, (_, k) => ({
    x: left + ((k % columns) * width) / columns,
    y: top + (Math.floor(k / columns) * height) / rows,
    width: width / columns - GAP,
    height: height / rows - GAP,
  }));
}

/**
 * Draws `maps` (each {lane, style, values}, row by row over θ… inputs of `shape`) into `room`, with `samples` [{at,
 * target}]; `range` is that of the shades.
 *
 * @param {Layer} layer
 * @param {Ink} inks
 * @param {Room} room
 * @param {Maps} drawn
 */
export function drawMaps(layer, inks, room, { inputs, shape, maps, samples, range }) {
  const [rows, columns] = shape;
  const [low, high] = [inputs[0], inputs[inputs.length - 1]];
  /** @param {number} value */
  const t = (value) => (value - range[0]) / (range[1] - range[0] || 1);
  cellsIn(room, maps.length).forEach((cell, k) => {
    const { lane, style, values } = maps[k];
    const head = HEAD * layer.scale;
    const [top, height] = [cell.y + head, cell.height - head];
    /** @param {number} value */
    const x = (value) => cell.x + ((value - low[0]) / (high[0] - low[0])) * cell.width;
    /** @param {number} value */
    const y = (value) => top + height - ((value - low[1]) / (high[1] - low[1])) * height;
    layer.context.imageSmoothingEnabled = true;
    layer.context.drawImage(shaded(values, rows, columns, t), cell.x, top, cell.width, height);
    const levels = Array.from(
      { length: LINES },
      (_, each) => range[0] + ((each + 1) / (LINES + 1)) * (range[1] - range[0]),
    );
    for (const { lines } of contourLines(values, { rows, columns }, levels)) {
      for (const line of lines) {
        const points = line.flatMap(([column, row]) => [
          cell.x + (row / (rows - 1)) * cell.width,
          top + height - (column / (columns - 1)) * height,
        ]);
        layer.stroke(new Float32Array(points), line.length, { color: inks.panel, width: 0.9, alpha: 0.7 });
      }
    }
    for (const { at, target } of samples)
      layer.marker("circle", x(at[0]), y(at[1]), 5, `rgb(${viridis(t(target))})`, inks.text);
    layer.words(lane.name, cell.x, cell.y + 0.45 * head, { color: style.color, size: 12.5, weight: 600 });
  });
}

/**
 * Values as a small picture: the first input to the right, the second upwards.
 *
 * @param {ArrayLike<number>} values
 * @param {number} rows
 * @param {number} columns
 * @param {(value: number) => number} t
 */
function shaded(values, rows, columns, t) {
  const canvas = Object.assign(document.createElement("canvas"), { width: rows, height: columns });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(rows, columns);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      image.data.set([...viridis(t(values[row * columns + column])), 255], 4 * ((columns - 1 - column) * rows + row));
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/**
 * The shades with their numbers, at the foot of `room`.
 *
 * @param {Layer} layer
 * @param {Ink} inks
 * @param {{ right: number, bottom: number }} room
 * @param {number[]} range
 */
export function drawShades(layer, inks, { right, bottom }, range) {
  const width = 120 * layer.scale;
  const [x, y] = [right - width, bottom + 14 * layer.scale];
  for (let k = 0; k < width; k += 2) {
    layer.context.fillStyle = `rgb(${viridis(k / width)})`;
    layer.context.fillRect(x + k, y, 2.5, 6 * layer.scale);
  }
  [range[0], range[1]].forEach((value, k) =>
    layer.words(String(Number(value.toPrecision(2))).replace("-", "−"), x + k * width, y + 15 * layer.scale, {
      color: inks.dim,
      size: 10.5,
      align: k ? "right" : "left",
    }),
  );
}
