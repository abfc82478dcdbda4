// The stage and the loss panel once more, out of sight and at a fixed size: what a film is taken of, whatever the page
// shows meanwhile.

import { Layer } from "../canvas/layer.mjs";
import { panel } from "../chart/loss.mjs";
import { timeAt } from "../stream/clock.mjs";
import { hasReference } from "../stream/convention.mjs";
import { later } from "../stream/later.mjs";
import { captionRows, imageOf } from "./picture.mjs";

/** @import { Drawings, FilmedStage, Ink, Size } from "../types.d.ts" */

const HEAD = 46;
const TITLE = 24; // of each panel
const ROW = 14;
const SHARE = 0.57; // of the width for the stage
const EDGE = 16;

export class Booth {
  /**
   * Builds the two views for the run that `scope` shows; `caption` is a list of lines.
   *
   * @param {Drawings} scope
   * @param {Size} size
   * @param {{ caption: string[], title: string }} words
   * @param {Ink} ink
   */
  constructor(scope, { width, height }, { caption, title }, ink) {
    this.scope = scope;
    this.ink = ink;
    this.title = title;
    this.looks = scope.looks.map((look) => ({ ...look }));
    this.store = scope.store;
    this.caption = captionRows(caption.slice(1), width);
    /** @type {FilmedStage | null} */
    this.stage = null;
    /** @type {ReturnType<typeof panel>} */
    this.chart = later;
    /** @type {HTMLCanvasElement} */
    this.still = later; // what stays
    this.canvas = Object.assign(document.createElement("canvas"), { width, height });
    this.words = new Layer(document.createElement("div"), "film");
    const below = ROW * this.caption.length + 10;
    const tall = height - HEAD - TITLE - below;
    const wide = Math.round(SHARE * width);
    this.room = document.createElement("div");
    this.room.style.cssText = "position: fixed; left: -20000px; top: 0";
    document.body.append(this.room);
    this.spots = [
      { x: 0, width: wide },
      { x: wide, width: width - wide - EDGE },
    ].map(({ x, width: across }) => ({
      x,
      y: HEAD + TITLE,
      width: across,
      height: tall,
      place: this.place(across, tall),
    }));
    const { loss } = scope.text.panels;
    this.titles = [
      scope.stage?.words.title ?? "",
      hasReference(scope.store.meta) ? `${loss.title} ${scope.store.units.caption(loss.formula)}` : loss.raw_title,
    ];
  }

  /**
   * @param {number} width
   * @param {number} height
   */
  place(width, height) {
    const place = Object.assign(document.createElement("div"), { className: "place" });
    place.style.cssText = `width: ${width}px; height: ${height}px`;
    this.room.append(place);
    return place;
  }

  /** Draws what stays: sheet, axes, words. The time axis holds the whole run from the first frame on. */
  async open() {
    const {
      scope,
      store,
      ink,
      looks,
      spots: [left, right],
    } = this;
    this.stage = scope.anotherStage(left.place);
    this.stage?.draw(store, store.head, looks);
    this.chart = panel({ place: right.place, text: scope.text, words: scope.text.panels.loss });
    this.chart.show(store, ink);
    this.chart.draw(store, store.head, looks);
    this.chart.axes.catchUp();
    this.chart.axes.held = true;
    const axes = await imageOf(await this.chart.axes.svg(right.width, right.height));
    this.chart.draw(store, store.head, looks);
    const raster = this.stage?.raster && (await imageOf(this.stage.raster(1)));
    this.still = Object.assign(document.createElement("canvas"), {
      width: this.canvas.width,
      height: this.canvas.height,
    });
    const context = /** @type {CanvasRenderingContext2D} */ (this.still.getContext("2d"));
    context.fillStyle = ink.panel;
    context.fillRect(0, 0, this.still.width, this.still.height);
    if (raster) context.drawImage(raster, left.x, left.y, left.width, left.height);
    context.drawImage(axes, right.x, right.y, right.width, right.height);
    this.words.redirect(context, () => this.tell());
  }

  tell() {
    const { words, ink, canvas, spots, titles } = this;
    words.words(this.title, EDGE, HEAD / 2 + 2, { color: ink.text, size: 17, weight: 680 });
    spots.forEach(({ x }, k) =>
      words.words(titles[k], x + EDGE, HEAD + TITLE / 2, { color: ink.text, size: 13, weight: 640 }),
    );
    this.caption.forEach((text, row) =>
      words.words(text, EDGE, canvas.height - ROW * (this.caption.length - row - 0.5) - 5, {
        color: ink.dim,
        size: 10,
        weight: 450,
      }),
    );
  }

  /**
   * Draws frame `frame` on the canvas.
   *
   * @param {number} frame
   */
  draw(frame) {
    const {
      store,
      looks,
      spots: [left, right],
    } = this;
    const context = /** @type {CanvasRenderingContext2D} */ (
      this.canvas.getContext("2d", { willReadFrequently: true })
    );
    context.drawImage(this.still, 0, 0);
    for (const { view, x, y, width, height } of [
      { view: this.stage, ...left },
      { view: this.chart, ...right },
    ]) {
      if (!view) continue;
      view.draw(store, frame, looks);
      context.drawImage(view.layer.canvas, x, y, width, height);
    }
    this.words.redirect(context, () =>
      this.words.words(`t = ${timeAt(store, frame).toFixed(2)}`, this.canvas.width - EDGE, HEAD / 2 + 2, {
        color: this.ink.text,
        size: 17,
        weight: 640,
        align: "right",
      }),
    );
  }

  close() {
    window.Plotly.purge(this.chart.axes.plot);
    this.stage?.renderer?.dispose();
    this.stage?.renderer?.forceContextLoss();
    this.room.remove();
  }
}
