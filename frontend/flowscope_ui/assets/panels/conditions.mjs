// The two conditions of a minimizing movement as lamps: per solver whether each holds at the outer step shown, by how
// much, and where it held so far.

import { rowAt } from "../canvas/cursor.mjs";
import { Drawing } from "../canvas/drawing.mjs";
import { plumb } from "../canvas/rule.mjs";
import { drawClock, fill, inset, shortened } from "../canvas/ruler.mjs";
import { across, grownClock } from "../canvas/scale.mjs";
import { along } from "../stream/clock.mjs";
import { short } from "../text/format.mjs";
import { moves } from "./budget.mjs";

/**
 * @import { Lane, Store } from "../stream/store.mjs"
 * @import { Look, Optional, Setting, Style, Words } from "../types.d.ts"
 */

/**
 * Whether a condition holds, and whether a sufficient test says so.
 *
 * @typedef {{ holds: boolean, certain: boolean }} Condition
 */
/** @typedef {{ interior: Condition, data: Condition }} Conditions */
/**
 * A lane at a row, with the places of all rows on the clock.
 *
 * @typedef {object} Lamp
 * @property {Lane} lane
 * @property {Style} style
 * @property {number} count
 * @property {number} row
 * @property {boolean} pointed
 * @property {Conditions} now
 * @property {Float64Array} places
 */

const MARGINS = { left: 14, right: 14, top: 8, foot: 34 };
const [LINE, BAR] = [15, 9];
const LAMP = 5; // pixels
const FAINT = 0.45; // of a stretch that holds without its sufficient test

/**
 * The two conditions of a row: null where they were not looked at, else {holds, certain} with `certain` by a sufficient
 * test.
 *
 * @param {Lane} lane
 * @param {number} row
 * @returns {Conditions | null}
 */
export function conditions({ columns }, row) {
  /** @param {Optional} name */
  const at = (name) => columns[name].data[row];
  if (Number.isNaN(at("interior"))) return null;
  return {
    interior: { holds: at("interior") === 1, certain: at("rim_distance") > at("sublevel_radius") },
    data: { holds: at("geodesic_modulus") > 0, certain: at("data_margin") > 0 },
  };
}

/** @extends {Drawing<Words["panels"]["lamps"], Lamp[]>} */
export class Lamps extends Drawing {
  /**
   * @param {HTMLElement} place
   * @param {Words["panels"]["lamps"]} words
   */
  constructor(place, words) {
    super(place, words);
    this.range = 0; // of the clock
  }

  /** The next drawing is laid out from its rows alone. */
  settle() {
    this.range = 0;
  }

  /**
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   */
  draw(store, frame, looks) {
    if (!this.meta) return;
    const { layer, inks, words } = this;
    this.begin(looks, frame);
    const told = looks
      .filter(({ lane, shown }) => shown && lane.first !== false && moves(lane) && lane.upTo(frame))
      .flatMap((look) => this.read(look, store, frame));
    this.told = told;
    this.pointed = told.filter(({ pointed }) => pointed).map(({ lane, row }) => ({ lane: lane.lane, row }));
    this.place.dataset.empty = told.length ? "" : words.none;
    if (!told.length) return void this.say(words.none);
    this.grow(told);
    const box = inset(layer, MARGINS, this.honest(words.honest));
    const tall = (box.bottom - box.top) / told.length;
    const x = across(box, this.range);
    told.forEach((each, index) => this.cell(each, { ...box, top: box.top + index * tall, height: tall }, x));
    drawClock(layer, { ...box, time: this.range, title: this.units.axis.title }, inks);
  }

  /**
   * A lane at the cursor, or now.
   *
   * @param {Look} look
   * @param {Store} store
   * @param {number} frame
   */
  read({ lane, style }, store, frame) {
    const count = lane.upTo(frame);
    const cursor = rowAt(store.units, lane, count, this.cursor);
    const row = cursor < 0 ? count - 1 : cursor;
    const now = conditions(lane, row);
    return now ? [{ lane, style, count, row, pointed: cursor >= 0, now, places: along(store.units, lane, count) }] : [];
  }

  /** @param {Lamp[]} told */
  grow(told) {
    const now = Math.max(...told.map(({ places }) => places[places.length - 1]));
    this.range = grownClock(this.range, now, this.units, this.meta.spec.horizon);
  }

  /**
   * @param {Lamp} lamp
   * @param {{ left: number, right: number, top: number, height: number }} box
   * @param {(place: number) => number} x
   */
  cell({ lane, style, count, row, pointed, now, places }, { left, right, top, height }, x) {
    const { layer, inks, words } = this;
    const unit = layer.scale;
    /** @param {Optional} name */
    const at = (name) => short(lane.columns[name].data[row]);
    const wide = right - left;
    layer.marker(style.marker, left + 4, top + 8 * unit, 3.4, style.color, inks.panel);
    const named = layer.words(shortened(layer, lane.name, 0.5 * wide, 11.5, 650), left + 13, top + 8 * unit, {
      color: style.color,
      size: 11.5,
      weight: 650,
    });
    const said = words.said
      .replace("{outer}", String(lane.columns.outer.data[row]))
      .replace("{tau}", at("tau"))
      .replace("{q}", at("local_factor"));
    layer.words(shortened(layer, said, wide - named - 26, 10.5), left + named + 24, top + 8 * unit, {
      color: inks.dim,
      size: 10.5,
    });
    const step = (height - 22 * unit) / 2;
    const sentences = {
      interior: words.interior
        .replace("{reach}", at("rim_distance"))
        .replace("{needed}", at("sublevel_radius"))
        .replace("{crude}", at("rim_crude")),
      data: words.data
        .replace("{modulus}", at("geodesic_modulus"))
        .replace("{margin}", at("data_margin"))
        .replace("{kappa}", at("bending")),
    };
    /** @type {const} */ (["interior", "data"]).forEach((name, k) => {
      const y = top + (24 + LAMP) * unit + k * step;
      this.lamp(left + LAMP * unit, y, now[name]);
      const { holds, certain } = now[name];
      const verdict = certain ? words.certain : words.holds;
      const title = `${words.titles[name]}: ${holds ? verdict : words.broken}`;
      layer.words(shortened(layer, title, wide - 20, 11, 600), left + 16 * unit, y, {
        color: inks.text,
        size: 11,
        weight: 600,
      });
      if (step > 3.2 * LINE * unit)
        layer.words(shortened(layer, sentences[name], wide - 20, 10.5), left + 16 * unit, y + LINE * unit, {
          color: inks.dim,
          size: 10.5,
        });
      const bar = y + (step > 3.2 * LINE * unit ? 1.7 : 0.8) * LINE * unit;
      this.history(lane, count, places, name, x, bar);
      if (pointed) plumb(layer, x(places[row]), bar - 2, bar + (BAR + 2) * unit, inks.text, []);
    });
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {Condition} condition
   */
  lamp(x, y, { holds }) {
    const { context, scale } = this.layer;
    context.fillStyle = holds ? this.inks.live : this.inks.bad;
    context.beginPath();
    if (holds) context.arc(x, y, LAMP * scale, 0, 2 * Math.PI);
    else context.rect(x - LAMP * scale, y - LAMP * scale, 2 * LAMP * scale, 2 * LAMP * scale);
    context.fill();
  }

  /**
   * A bar over the clock: full where a sufficient test holds, faint where looking alone says so, red and half as high
   * where it fails.
   *
   * @param {Lane} lane
   * @param {number} count
   * @param {ArrayLike<number>} places
   * @param {"interior" | "data"} name
   * @param {(place: number) => number} x
   * @param {number} y
   */
  history(lane, count, places, name, x, y) {
    const { layer, inks } = this;
    const tall = BAR * layer.scale;
    /** @param {number} row */
    const key = (row) => {
      const found = conditions(lane, row);
      return found ? `${found[name].holds} ${found[name].certain}` : "";
    };
    for (let row = 0, from = 0; row < count; row += 1) {
      if (row + 1 < count && key(row + 1) === key(from)) continue;
      const found = conditions(lane, from);
      const [x0, x1] = [x(places[from]), x(places[Math.min(row + 1, count - 1)])];
      if (found) {
        const { holds, certain } = found[name];
        fill(
          layer,
          x0,
          y + (holds ? 0 : tall / 2),
          Math.max(1, x1 - x0),
          holds ? tall : tall / 2,
          holds ? inks.live : inks.bad,
          holds && !certain ? FAINT : 1,
        );
      }
      from = row + 1;
    }
  }

  /**
   * The conditions of every row, for the CSV.
   *
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   */
  table(store, frame, looks) {
    const names = /** @type {const} */ ([
      "outer",
      "tau",
      "interior",
      "rim_distance",
      "rim_crude",
      "sublevel_radius",
      "geodesic_modulus",
      "data_margin",
      "bending",
      "steepness",
      "local_factor",
    ]);
    const rows = looks
      .filter(({ shown, lane }) => shown && moves(lane))
      .flatMap(({ lane }) =>
        Array.from({ length: lane.upTo(frame) }, (_, row) => [
          lane.name,
          lane.seed,
          lane.columns.time.data[row],
          ...names.map((name) => lane.columns[name].data[row]),
        ]),
      );
    return { columns: ["curve", "seed", "t", ...names], rows };
  }

  /**
   * Of a lane at `count` rows, what the panel is about, for readers.
   *
   * @param {Lane} lane
   */
  said(lane) {
    const told = this.told?.find((each) => each.lane === lane);
    if (!told) return "";
    const lamps = Object.values(told.now).map(({ holds }) => (holds ? "✓" : "✗"));
    return `${lamps.join(" ")} ${short(lane.columns.geodesic_modulus.data[told.row])}`;
  }
}

/** @param {Setting<"lamps">} setting */
export function panel({ place, words }) {
  return new Lamps(place, words);
}
