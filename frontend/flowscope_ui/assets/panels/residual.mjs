// The residual in the modes of K: per solver a bar for each |vᵢ·r|, with a mark where theory puts it.

import { ring, rowAt } from "../canvas/cursor.mjs";
import { Layer } from "../canvas/layer.mjs";
import { drawAxis, fill, shortened } from "../canvas/ruler.mjs";
import { clamped } from "../canvas/scale.mjs";
import { later } from "../stream/later.mjs";
import { short } from "../text/format.mjs";
import { Decay, trackAt } from "../theory/mode.mjs";

/**
 * @import { Column, Lane, Store } from "../stream/store.mjs"
 * @import { Axis, Choice, DrawnLane, Edges, GhostLane, Ink, Look, Meta, Setting, Style, Words } from "../types.d.ts"
 */

/**
 * A lane in its modes, by track: bars, where they began, where theory puts them, what is beyond them, and the row under
 * the cursor or −1.
 *
 * @typedef {object} Bars
 * @property {Lane} lane
 * @property {Style} style
 * @property {number[]} bars
 * @property {number[]} begun
 * @property {number[]} marks
 * @property {number | null} beyond
 * @property {number} row
 */

const LEAST = -16;
const FIRST_DECADES = 4;
const [TOP, LEFT, HEAD, FOOT, GAP] = [24, 38, 20, 20, 12];
const ASPECT = 1; // wished of one solver's picture

export class Residual {
  /**
   * `choice` has get(name) and set(name, value): its `basis` is "start" for the eigenvectors of t = 0, else those of
   * now.
   *
   * @param {HTMLElement} place
   * @param {Words["panels"]["modes"]} words
   * @param {Choice} choice
   */
  constructor(place, words, choice) {
    this.place = place;
    this.words = words;
    this.choice = choice;
    /** @type {Meta} */
    this.meta = later;
    /** @type {Ink} */
    this.inks = later;
    /** @type {Map<number, Decay>} */
    this.decays = new Map();
    this.low = Infinity; // as powers of ten
    this.high = -Infinity;
    this.frozen = false; // whether the eigenvectors are those of t = 0
    /** @type {(DrawnLane & { bars: number[], marks: number[] })[]} */
    this.drawn = [];
    /** @type {{ lane: number, row: number }[]} */
    this.pointed = [];
    /** @type {GhostLane[]} */
    this.ghosts = later;
    /** @type {number | null | undefined} */
    this.cursor = undefined;
    this.stale = false;
    this.layer = new Layer(place, "modes");
    this.button = Object.assign(document.createElement("button"), {
      className: "chip",
      type: "button",
      title: words.basis_title,
    });
    this.button.addEventListener("click", (event) => {
      choice.set("basis", choice.get("basis") === "start" ? undefined : "start");
      this.stale = true;
      if (event.detail) this.button.blur();
    });
    place.append(this.button);
    new ResizeObserver(() => {
      this.layer.resize(place);
      this.stale = true;
    }).observe(place);
  }

  /**
   * @param {Pick<Store, "meta">} store
   * @param {Ink} ink
   */
  show({ meta }, ink) {
    Object.assign(this, { meta, decays: new Map() });
    this.settle();
    this.ink(ink);
  }

  /** The next drawing is laid out from its rows alone. */
  settle() {
    Object.assign(this, { low: Infinity, high: -Infinity });
  }

  /** @param {Ink} ink */
  ink(ink) {
    this.inks = ink;
    this.stale = true;
  }

  /**
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   */
  draw(store, frame, looks) {
    if (!this.meta) return;
    const { layer, inks, words } = this;
    layer.begin();
    this.stale = false;
    this.frozen = this.choice.get("basis") === "start";
    this.button.textContent = this.frozen ? words.basis_start : words.basis_now;
    this.button.setAttribute("aria-pressed", String(this.frozen));
    const cells = looks
      .filter(({ lane, shown }) => shown && lane.first !== false && lane.columns.modes && lane.upTo(frame))
      .map(({ lane, style }) => ({
        ...this.read(lane, style, lane.upTo(frame)),
        row: rowAt(store.units, lane, lane.upTo(frame), this.cursor),
      }));
    this.pointed = cells.filter(({ row }) => row >= 0).map(({ lane, row }) => ({ lane: lane.lane, row }));
    this.drawn = looks.map(({ lane, shown }) => ({
      points: shown ? lane.upTo(frame) : 0,
      last: null,
      bars: cells.find((cell) => cell.lane === lane)?.bars ?? [],
      marks: cells.find((cell) => cell.lane === lane)?.marks ?? [],
    }));
    this.button.hidden = !cells.length;
    if (!cells.length) {
      layer.words(words.none, layer.width / 2, layer.height / 2, { color: inks.dim, size: 12.5, align: "center" });
      return;
    }
    this.grow(cells);
    const unit = layer.scale;
    const columns = this.arrange(cells.length);
    const rows = Math.ceil(cells.length / columns);
    const [wide, tall] = [(layer.width - LEFT * unit) / columns, (layer.height - TOP * unit) / rows];
    layer.words(shortened(layer, words.legend, layer.width - this.button.offsetWidth - 34, 11, 500), 14, 12 * unit, {
      color: inks.dim,
      size: 11,
    });
    cells.forEach((cell, index) => {
      const [x, y] = [LEFT * unit + (index % columns) * wide, TOP * unit + Math.floor(index / columns) * tall];
      this.cell(cell, {
        left: x,
        right: x + wide - GAP,
        top: y + HEAD * unit,
        bottom: y + tall - FOOT * unit,
        first: index % columns === 0,
      });
    });
  }

  /**
   * The number of columns that brings the pictures nearest to their wished shape.
   *
   * @param {number} count
   */
  arrange(count) {
    const { width, height } = this.layer;
    /** @param {number} columns */
    const shape = (columns) => {
      const rows = Math.ceil(count / columns);
      return Math.abs(Math.log((width * rows) / (columns * height * ASPECT))) + (rows * columns) / count;
    };
    return Array.from({ length: count }, (_, k) => k + 1).reduce((best, each) =>
      shape(each) < shape(best) - 1e-9 ? each : best,
    );
  }

  /**
   * Bars, where they began and where theory puts them, by track.
   *
   * @param {Lane} lane
   * @param {Style} style
   * @param {number} count
   */
  read(lane, style, count) {
    const { outside, rates } = lane.columns;
    const still = /** @type {Column} */ (lane.columns.modes_start);
    const { width } = still;
    const bars = this.bars(lane, count - 1);
    const begun = still.data.subarray(0, width);
    if (rates && !this.decays.has(lane.lane)) this.decays.set(lane.lane, new Decay(lane));
    const fallen = rates && this.decays.get(lane.lane)?.upTo(count);
    const marks = fallen ? Array.from(begun, (value, track) => value * Math.exp(-fallen[track])) : [];
    const beyond = this.meta.target && this.meta.target.length > width && !this.frozen ? outside.data[count - 1] : null;
    return { lane, style, bars, begun: Array.from(begun), marks, beyond };
  }

  /**
   * |vᵢ·r| at a row, by track.
   *
   * @param {Lane} lane
   * @param {number} row
   */
  bars(lane, row) {
    const [modes, still] = [lane.columns.modes, lane.columns.modes_start].map((each) => /** @type {Column} */ (each));
    const { width } = modes;
    const bars = new Array(width).fill(0);
    for (let place = 0; place < width; place += 1) {
      if (this.frozen) bars[place] = still.data[row * width + place];
      else bars[trackAt(lane, row, place)] = modes.data[row * width + place];
    }
    return bars;
  }

  /** @param {Bars[]} cells */
  grow(cells) {
    const greatest = Math.max(
      ...cells.flatMap(({ bars, begun, beyond }) => [...bars, ...begun, beyond ?? 0]).filter(Number.isFinite),
      1e-15,
    );
    this.high = Math.max(this.high, Math.ceil(Math.log10(greatest) + 0.1));
    const least = Math.min(...cells.flatMap(({ bars }) => bars).filter((value) => value > 0), 1);
    this.low = Math.max(LEAST, Math.min(this.low, this.high - FIRST_DECADES, Math.floor(Math.log10(least) - 0.3)));
  }

  /**
   * @param {Bars} bars
   * @param {Edges & { first: boolean }} box
   */
  cell({ lane, style, bars, begun, marks, beyond, row }, box) {
    const { layer, inks } = this;
    /** @type {Axis} */
    const axis = { kind: "log", low: this.low, high: this.high };
    drawAxis(layer, box, axis, inks);
    const y = clamped(axis, box);
    const name = shortened(layer, lane.name, box.right - box.left - 12, 11.5, 650);
    layer.marker(style.marker, box.left + 4, box.top - 10 * layer.scale, 3.4, style.color, inks.panel);
    layer.words(name, box.left + 12, box.top - 10 * layer.scale, { color: style.color, size: 11.5, weight: 650 });
    const slots = bars.length + (beyond === null ? 0 : 1);
    const step = Math.min((box.right - box.left) / slots, 64);
    const thick = Math.max(1.5, 0.62 * step);
    bars.forEach((value, track) => {
      const middle = box.left + (track + 0.5) * step;
      this.column(middle, thick, y(begun[track]), box.bottom, style.color, 0.16);
      this.column(middle, thick, value > 0 ? y(value) : box.bottom, box.bottom, style.color, 0.92);
    });
    marks.forEach((value, track) => {
      const middle = box.left + (track + 0.5) * step;
      if (Math.log10(value) < this.low) return;
      layer.stroke(new Float32Array([middle - 0.44 * step, y(value), middle + 0.44 * step, y(value)]), 2, {
        color: inks.text,
        width: 2,
        halo: inks.panel,
      });
    });
    for (const [track, value] of row < 0 ? [] : this.bars(lane, row).entries()) {
      const level = y(value);
      if (value > 0 && level >= box.top && level <= box.bottom)
        ring(layer, box.left + (track + 0.5) * step, level, style.color, inks.panel, Math.min(4, 0.3 * step));
    }
    const every = Math.max(1, Math.ceil((15 * layer.scale) / step));
    bars.forEach((_, track) => {
      if (track % every === 0)
        layer.words(String(track + 1), box.left + (track + 0.5) * step, box.bottom + 10 * layer.scale, {
          color: inks.dim,
          size: 10.5,
          align: "center",
        });
    });
    if (beyond === null) return;
    const middle = box.left + (bars.length + 0.5) * step;
    if (beyond > 0) this.column(middle, thick, y(beyond), box.bottom, inks.dim, 0.55);
    layer.words("⊥", middle, box.bottom + 10 * layer.scale, { color: inks.dim, size: 10.5, align: "center" });
  }

  /**
   * @param {number} middle
   * @param {number} width
   * @param {number} top
   * @param {number} bottom
   * @param {string} color
   * @param {number} alpha
   */
  column(middle, width, top, bottom, color, alpha) {
    fill(this.layer, middle - width / 2, top, width, Math.max(0, bottom - top), color, alpha);
  }

  /**
   * The bars at `frame`, for the CSV.
   *
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   */
  table(store, frame, looks) {
    const rows = looks
      .filter(({ shown, lane }) => shown && lane.columns.modes && lane.upTo(frame))
      .flatMap(({ lane, style }) => {
        const { bars, begun, marks } = this.read(lane, style, lane.upTo(frame));
        return bars.map((value, track) => [lane.name, lane.seed, track + 1, begun[track], value, marks[track] ?? NaN]);
      });
    return { columns: ["curve", "seed", "mode", "start", "now", "theory"], rows };
  }

  /**
   * Of a lane at `count` rows, what the panel is about, for readers.
   *
   * @param {Lane} lane
   * @param {number} count
   */
  said(lane, count) {
    return lane.columns.modes ? short(Math.max(...lane.columns.modes.row(count))) : "";
  }
}

/** @param {Setting<"modes">} setting */
export function panel({ place, words, choice }) {
  return new Residual(place, words, choice);
}
