// A panel as SVG or PNG: its canvases' strokes recorded as paths over Plotly's axes and the sheet, under a heading and
// over a caption.

import { Layer } from "../canvas/layer.mjs";
import { wrapped } from "./caption.mjs";

/** @import { Head, Ink, View } from "../types.d.ts" */

/**
 * A context that keeps what is drawn as SVG.
 *
 * @typedef {new (width: number, height: number) => CanvasRenderingContext2D & { getSvg(): SVGElement }} Recorder
 */

const NS = "http://www.w3.org/2000/svg";
const EDGE = 14;
const HEAD = 34;
const ROW = 14;
const SIZE = 10; // of the caption's type
const FINE = 2; // pixels of a PNG per CSS pixel

/**
 * The panel in `place` as an SVG document: `view` is drawn anew by `draw()` while its layers record. `heading` is
 * {title, formula}, `caption` its lines, `link` the address in full.
 *
 * @param {object} picture
 * @param {HTMLElement} picture.place
 * @param {View} picture.view
 * @param {() => void} picture.draw
 * @param {Pick<Head, "title" | "formula">} picture.heading
 * @param {string[]} picture.caption
 * @param {string} picture.link
 * @param {Ink} picture.ink
 */
export async function svgPicture({ place, view, draw, heading, caption, link, ink }) {
  const { Context } = await import("svgcanvas");
  const [width, height] = [place.clientWidth, place.clientHeight];
  const below = captionRows(caption, width);
  const total = HEAD + height + ROW * below.length + EDGE;
  /** @type {Element[]} */
  const parts = [element("rect", { width, height: total, fill: ink.panel })];
  const raster = view.raster?.(FINE);
  if (raster) parts.push(element("image", { href: raster, width, height }));
  const axes = await view.axes?.svg?.(width, height);
  if (axes) parts.push(new DOMParser().parseFromString(axes, "image/svg+xml").documentElement);
  parts.push(...record(Context, view, draw));
  for (const part of parts.slice(1)) part.setAttribute("y", String(HEAD));
  const root = element("svg", {
    xmlns: NS,
    width,
    height: total,
    viewBox: `0 0 ${width} ${total}`,
    "xml:space": "preserve",
  });
  root.append(
    worded("title", heading.title),
    worded("desc", [...caption, link].join("\n")),
    worded("style", await fontFaces()),
    ...parts,
  );
  root.append(frame(Context, { width, height: total, heading, below, from: HEAD + height, ink }));
  return new XMLSerializer().serializeToString(root);
}

/**
 * An SVG document as a PNG of twice its size.
 *
 * @param {string} svg
 * @returns {Promise<Blob | null>}
 */
export async function pngPicture(svg) {
  const address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  const image = Object.assign(new Image(), { src: address });
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), {
    width: FINE * image.width,
    height: FINE * image.height,
  });
  /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(address);
  return new Promise((resolve) => {
    canvas.toBlob(resolve, "image/png");
  });
}

/**
 * A data: address, or an SVG document that is given our font, as an image.
 *
 * @param {string} source
 */
export async function imageOf(source) {
  const data = source.startsWith("data:");
  const svg = data ? "" : source.replace(/(<svg[^>]*>)/, `$1<style>${await fontFaces()}</style>`);
  const address = data ? source : URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  const image = Object.assign(new Image(), { src: address });
  await image.decode();
  if (!data) URL.revokeObjectURL(address);
  return image;
}

/**
 * The rows of a caption in a picture of that width.
 *
 * @param {string[]} caption
 * @param {number} width
 */
export function captionRows(caption, width) {
  const layer = new Layer(document.createElement("div"), "caption");
  return wrapped(caption, width - 2 * EDGE, (text) => layer.measure(text, SIZE, 450));
}

/**
 * What the view's layers draw, each as an SVG element.
 *
 * @param {Recorder} Context
 * @param {View} view
 * @param {() => void} draw
 * @returns {SVGElement[]}
 */
function record(Context, view, draw) {
  const layers = Object.values(view).filter((each) => each instanceof Layer);
  const contexts = layers.map((layer) => new Context(layer.width, layer.height));
  layers.reduceRight((act, layer, k) => () => layer.redirect(contexts[k], act), draw)();
  return contexts.map((context) => context.getSvg());
}

/**
 * @param {Recorder} Context
 * @param {object} what
 * @param {number} what.width
 * @param {number} what.height
 * @param {Pick<Head, "title" | "formula">} what.heading
 * @param {string[]} what.below
 * @param {number} what.from
 * @param {Ink} what.ink
 * @returns {SVGElement}
 */
function frame(Context, { width, height, heading, below, from, ink }) {
  const layer = new Layer(document.createElement("div"), "frame");
  const context = new Context(width, height);
  layer.redirect(context, () => {
    const after = EDGE + layer.words(heading.title, EDGE, HEAD / 2 + 2, { color: ink.text, size: 14, weight: 650 }) + 9;
    if (after + layer.measure(heading.formula) < width - EDGE)
      layer.words(heading.formula, after, HEAD / 2 + 3, { color: ink.dim });
    below.forEach((text, row) =>
      layer.words(text, EDGE, from + ROW * (row + 0.7), { color: ink.dim, size: SIZE, weight: 450 }),
    );
  });
  return context.getSvg();
}

/** The faces of our font that the page has loaded, for a document that stands alone. */
async function fontFaces() {
  const loaded = new Set(
    [...document.fonts].filter(({ status }) => status === "loaded").map(({ unicodeRange }) => unicodeRange),
  );
  const rules = [...document.styleSheets].flatMap((sheet) =>
    [...sheet.cssRules]
      .filter((rule) => rule instanceof CSSFontFaceRule)
      .flatMap((rule) => ({ rule, from: rule.parentStyleSheet?.href ?? "" }))
      .filter(({ from }) => from),
  );
  const faces = rules
    .filter(({ rule: { style } }) => loaded.has(style.getPropertyValue("unicode-range")))
    .map(async ({ rule, from }) => {
      const address = new URL(/url\("?([^")]+)/.exec(rule.style.getPropertyValue("src"))?.[1] ?? "", from);
      const bytes = new Uint8Array(await (await fetch(address)).arrayBuffer());
      return rule.cssText.replace(
        /url\([^)]*\)/,
        `url(data:font/woff2;base64,${btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""))})`,
      );
    });
  return (await Promise.all(faces)).join("\n");
}

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 */
function element(name, attributes) {
  const node = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) if (key !== "xmlns") node.setAttribute(key, String(value));
  return node;
}

/**
 * @param {string} name
 * @param {string} text
 */
function worded(name, text) {
  return Object.assign(document.createElementNS(NS, name), { textContent: text });
}
