// Latent diffusion: the samples of one solver over the latents of the data, the digits they stand for, and how far the
// samples are from the data, solver by solver.

import { rowAt } from "../canvas/cursor.mjs";
import { whole } from "../canvas/decimate.mjs";
import { Drawing } from "../canvas/drawing.mjs";
import { plumb, rule } from "../canvas/rule.mjs";
import { drawAxis, drawClock, fill, inset, shortened } from "../canvas/ruler.mjs";
import { across, clamped, grownClock } from "../canvas/scale.mjs";
import { along } from "../stream/clock.mjs";
import { short } from "../text/format.mjs";
import { drawNames } from "./stacked.mjs";

/**
 * @import { Column, Lane, Store } from "../stream/store.mjs"
 * @import { Axis, Choice, Columns, Edges, Look, Meta, Setting, Style, Words } from "../types.d.ts"
 */

/**
 * The samples of a lane in a row.
 *
 * @typedef {object} Samples
 * @property {number} lane
 * @property {number} row
 * @property {Float64Array} samples
 * @property {Float64Array} digits
 * @property {number} distance
 * @property {number} validation
 */

const MARGINS = { left: 44, right: 96, top: 30, foot: 38 };
const GAP = 24;
const SHARE = 0.58; // of the height for the pictures
const REACH = 3.2; // latents shown, which have deviation 1
const SIDE = 8; // pixels of a digit
const GRID = 4; // digits in a row

/** @extends {Drawing<Words["panels"]["diffusion"], Samples>} */
export class Diffusion extends Drawing {
  /**
   * @param {HTMLElement} place
   * @param {Words["panels"]["diffusion"]} words
   * @param {Choice} choice
   */
  constructor(place, words, choice) {
    super(place, words, choice);
    this.range = 0; // of the clock
    this.low = Infinity; // of the distances, as powers of ten
    this.high = -Infinity;
    this.followHand();
    this.page = Object.assign(document.createElement("canvas"), {
      width: GRID * (SIDE + 1) - 1,
      height: GRID * (SIDE + 1) - 1,
    });
  }

  /** The next drawing is laid out from its rows alone. */
  settle() {
    Object.assign(this, { range: 0, low: Infinity, high: -Infinity });
  }

  /**
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   */
  draw(store, frame, looks) {
    if (!this.meta) return;
    const { words } = this;
    this.begin(looks, frame);
    const facts = this.meta.problem;
    const shown = facts ? looks.filter(({ lane, shown: on }) => on && lane.first !== false && lane.upTo(frame)) : [];
    this.place.dataset.empty = shown.length ? "" : words.none;
    if (!shown.length) return void this.say(words.none);
    this.solvers = shown.map(({ lane }) => lane.solver);
    const look = shown.find(({ lane }) => lane.solver === this.choice.get("focus")) ?? shown[0];
    this.chosen = look.lane.solver;
    const count = look.lane.upTo(frame);
    const cursor = rowAt(store.units, look.lane, count, this.cursor);
    const row = cursor < 0 ? count - 1 : cursor;
    if (cursor >= 0) this.pointed = [{ lane: look.lane.lane, row }];
    /** @param {keyof Columns} name */
    const of = (name) => {
      const { data, width } = /** @type {Column} */ (look.lane.columns[name]);
      return data.subarray(row * width, (row + 1) * width);
    };
    const told = {
      lane: look.lane.lane,
      row,
      samples: of("samples"),
      digits: of("digits"),
      distance: of("sample_distance")[0],
      validation: of("validation_error")[0],
    };
    this.told = told;
    if (facts) this.paint(look, told, facts, shown, frame, cursor >= 0);
  }

  /**
   * @param {Look} look
   * @param {Samples} told
   * @param {NonNullable<Meta["problem"]>} facts
   * @param {Look[]} shown
   * @param {number} frame
   * @param {boolean} pointed
   */
  paint({ lane, style }, told, facts, shown, frame, pointed) {
    const { layer, inks, words } = this;
    const unit = layer.scale;
    const box = inset(layer, MARGINS, this.honest(words.honest));
    const tall = SHARE * (box.bottom - box.top);
    const size = Math.min(tall, (layer.width - 3 * 14) / 2);
    const left = (layer.width - 2 * size - 20) / 2;
    this.scatter(told, facts, style, { left, top: box.top, size });
    this.digits(told, { left: left + size + 20, top: box.top, size });
    box.top += tall + GAP * unit;
    this.distances(facts, shown, frame, box, pointed ? told : null, lane);
    layer.marker(style.marker, 16, 13 * unit, 3.6, style.color, inks.panel);
    const named = layer.words(shortened(layer, lane.name, layer.width * 0.42, 12, 650), 26, 13 * unit, {
      color: style.color,
      size: 12,
      weight: 650,
    });
    const said = words.said
      .replace("{distance}", short(told.distance))
      .replace("{floor}", short(facts.floor))
      .replace("{validation}", short(told.validation));
    layer.words(shortened(layer, said, layer.width - named - 50, 11), 26 + named + 12, 13 * unit, {
      color: inks.dim,
      size: 11,
    });
  }

  /**
   * The latents of the data as faint dots, the samples over them.
   *
   * @param {Samples} told
   * @param {NonNullable<Meta["problem"]>} facts
   * @param {Style} style
   * @param {{ left: number, top: number, size: number }} square
   */
  scatter(told, { latents }, style, { left, top, size }) {
    const {
      layer: { context, scale },
      inks,
    } = this;
    /** @param {number} value */
    const at = (value) => ((value + REACH) / (2 * REACH)) * size;
    context.save();
    context.beginPath();
    context.rect(left, top, size, size);
    context.clip();
    fill(this.layer, left, top, size, size, inks.text, 0.04);
    /**
     * @param {number} x
     * @param {number} y
     * @param {number} radius
     */
    const dot = (x, y, radius) => {
      context.beginPath();
      context.arc(left + at(x), top + size - at(y), radius * scale, 0, 2 * Math.PI);
      context.fill();
    };
    Object.assign(context, { fillStyle: inks.text, globalAlpha: 0.22 });
    for (const [x, y] of latents) dot(x, y, 2.6);
    Object.assign(context, { fillStyle: style.color, globalAlpha: 0.85 });
    for (let k = 0; k < told.samples.length; k += 2) dot(told.samples[k], told.samples[k + 1], 1.7);
    context.restore();
  }

  /**
   * The first samples as pictures.
   *
   * @param {Samples} told
   * @param {{ left: number, top: number, size: number }} square
   */
  digits(told, { left, top, size }) {
    const { page } = this;
    const context = /** @type {CanvasRenderingContext2D} */ (page.getContext("2d"));
    const image = context.createImageData(page.width, page.height);
    told.digits.forEach((value, k) => {
      const [digit, pixel] = [Math.floor(k / SIDE ** 2), k % SIDE ** 2];
      const [x, y] = [
        (digit % GRID) * (SIDE + 1) + (pixel % SIDE),
        Math.floor(digit / GRID) * (SIDE + 1) + Math.floor(pixel / SIDE),
      ];
      image.data.set([255 * value, 255 * value, 255 * value, 255], 4 * (y * page.width + x));
    });
    context.putImageData(image, 0, 0);
    this.layer.context.imageSmoothingEnabled = false;
    this.layer.context.drawImage(page, left, top, size, size);
  }

  /**
   * The distance of every solver's samples from the data over the clock, above the floor.
   *
   * @param {NonNullable<Meta["problem"]>} facts
   * @param {Look[]} shown
   * @param {number} frame
   * @param {Edges} box
   * @param {{ row: number } | null} pointed
   * @param {Lane} lane
   */
  distances({ floor }, shown, frame, box, pointed, lane) {
    const { layer, inks, words } = this;
    const curves = shown.map(({ lane: each, style }) => ({
      style,
      name: each.name,
      focus: each === lane,
      places: along(this.units, each, each.upTo(frame)),
      values: each.columns.sample_distance.view(each.upTo(frame)),
    }));
    const now = Math.max(...curves.map(({ places }) => places[places.length - 1]));
    this.range = grownClock(this.range, now, this.units, this.meta.spec.horizon);
    for (const value of [floor, ...curves.flatMap(({ values }) => Array.from(values))])
      if (value > 0)
        [this.low, this.high] = [
          Math.min(this.low, Math.floor(Math.log10(0.9 * value))),
          Math.max(this.high, Math.ceil(Math.log10(value))),
        ];
    /** @type {Axis} */
    const axis = { kind: "log", low: this.low, high: this.high };
    const [x, y] = [across(box, this.range), clamped(axis, box)];
    drawAxis(layer, box, axis, inks);
    drawClock(layer, { ...box, time: this.range, title: this.units.axis.title }, inks);
    rule(layer, box.left, box.right, y(floor), inks.text, [4, 3]);
    layer.words(words.floor, box.left + 4, y(floor) + 8 * layer.scale, {
      color: inks.text,
      size: 10,
      halo: inks.panel,
    });
    for (const { style, places, values } of curves) {
      const {
        curve: { out },
        points,
      } = whole(places, { data: values }, values.length, x, y);
      if (points) layer.stroke(out, points, { color: style.color, dash: style.dash, width: 2, halo: inks.panel });
    }
    drawNames(
      layer,
      { ...box, x: x(now) },
      [...curves.filter(({ focus }) => focus), ...curves.filter(({ focus }) => !focus)].map(
        ({ style, name, values }) => {
          const last = values[values.length - 1];
          return [shortened(layer, name, 60 * layer.scale, 10.5, 600), y(last), last, style.color];
        },
      ),
      inks,
    );
    layer.words(
      shortened(layer, words.below, layer.width - box.left - 8, 10.5, 600),
      box.left,
      box.top - 8 * layer.scale,
      { color: inks.dim, size: 10.5, weight: 600, halo: inks.panel },
    );
    if (pointed)
      plumb(layer, x(along(this.units, lane, pointed.row + 1)[pointed.row]), box.top, box.bottom, inks.dim, []);
  }

  /**
   * The distances of every row, for the CSV.
   *
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   */
  table(store, frame, looks) {
    const rows = this.meta.problem
      ? looks
          .filter(({ shown }) => shown)
          .flatMap(({ lane }) =>
            Array.from({ length: lane.upTo(frame) }, (_, row) => [
              lane.name,
              lane.seed,
              lane.columns.time.data[row],
              lane.columns.sample_distance.data[row],
              lane.columns.validation_error.data[row],
            ]),
          )
      : [];
    return { columns: ["curve", "seed", "t", "sample_distance", "validation_error"], rows };
  }

  /**
   * Of a lane at `count` rows, what the panel is about, for readers.
   *
   * @param {Lane} lane
   * @param {number} count
   */
  said(lane, count) {
    return lane.columns.sample_distance
      ? `${short(lane.last("sample_distance", count))}, ${short(lane.last("validation_error", count))}`
      : "";
  }
}

/** @param {Setting<"diffusion">} setting */
export function panel({ place, words, choice }) {
  return new Diffusion(place, words, choice);
}
