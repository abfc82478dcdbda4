// The error budget of a minimizing movement: B_k shared between solver and network over the trajectory error, and under
// it the distance to the minimiser.

import { rowAt } from "../canvas/cursor.mjs";
import { Drawing } from "../canvas/drawing.mjs";
import { within } from "../canvas/facet.mjs";
import { drawAxis, drawClock, inset, shortened } from "../canvas/ruler.mjs";
import { across, clamped, facets, grownClock, scale } from "../canvas/scale.mjs";
import { along } from "../stream/clock.mjs";
import { short } from "../text/format.mjs";
import { amounts, drawArea, drawCursor, drawCurve, drawNames, drawTicks, nice } from "./stacked.mjs";

/**
 * @import { Layer } from "../canvas/layer.mjs"
 * @import { Lane, Store } from "../stream/store.mjs"
 * @import { Axis, Choice, Columns, Look, Meta, Setting, Words } from "../types.d.ts"
 */

const MARGINS = { left: 50, right: 106, top: 40, foot: 40 };
const GAP = 22;
const SHARE = 0.52; // of the height for the budget
const DECADES = 8; // below the greatest distance

/**
 * Whether a lane counts outer steps, which minimizing movements do.
 *
 * @param {Lane} lane
 */
export function moves({ columns: { outer } }) {
  return Number.isFinite(outer?.data[0]) && outer.count > 0;
}

/** The columns that are drawn. */
const NAMES = /** @type {const} */ ([
  "budget",
  "budget_solver",
  "trajectory_error",
  "certificate",
  "distance",
  "distance_bound",
  "neighbourhood",
  "outer",
  "inner",
]);

/** @typedef {Record<(typeof NAMES)[number], Float64Array> & { places: Float64Array, lane: number }} ToldBudget */

/** @extends {Drawing<Words["panels"]["budget"], ToldBudget>} */
export class Budget extends Drawing {
  /**
   * @param {HTMLElement} place
   * @param {Words["panels"]["budget"]} words
   * @param {Choice} choice
   */
  constructor(place, words, choice) {
    super(place, words, choice);
    this.range = 0; // of the clock
    this.most = 0; // of the budget
    this.low = Infinity; // of the distances, as powers of ten
    this.high = -Infinity;
    this.followHand();
  }

  /** The next drawing is laid out from its rows alone. */
  settle() {
    Object.assign(this, { range: 0, most: 0, low: Infinity, high: -Infinity });
  }

  /**
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   */
  draw(store, frame, looks) {
    if (!this.meta) return;
    this.begin(looks, frame);
    const moving = looks.filter(({ lane, shown }) => shown && lane.first !== false && moves(lane) && lane.upTo(frame));
    this.solvers = moving.map(({ lane }) => lane.solver);
    const look = moving.find(({ lane }) => lane.solver === this.choice.get("focus")) ?? moving[0];
    this.place.dataset.empty = look ? "" : this.words.none;
    if (!look) return void this.say(this.words.none);
    this.chosen = look.lane.solver;
    const count = look.lane.upTo(frame);
    const told = this.read(look.lane, count);
    const row = rowAt(store.units, look.lane, count, this.cursor);
    if (row >= 0) this.pointed = [{ lane: look.lane.lane, row }];
    this.paint(look, told, count, row);
  }

  /**
   * What is drawn of the first `count` rows, and the ranges that hold it.
   *
   * @param {Lane} lane
   * @param {number} count
   */
  read(lane, count) {
    /** @param {keyof Columns} name */
    const views = NAMES.map((name) => [name, lane.columns[name].view(count)]);
    const told = {
      .../** @type {Record<(typeof NAMES)[number], Float64Array>} */ (Object.fromEntries(views)),
      places: along(this.units, lane, count),
      lane: lane.lane,
    };
    this.told = told;
    const now = told.places[count - 1];
    this.range = grownClock(this.range, now, this.units, this.meta.spec.horizon);
    for (const value of told.budget) if (value > this.most) this.most = nice(value);
    let [least, greatest] = [Infinity, 0];
    for (const values of [told.certificate, told.distance, told.distance_bound])
      for (const value of values) {
        if (value > greatest) greatest = value;
        if (value > 0 && value < least) least = value;
      }
    if (!greatest) return told;
    this.high = Math.max(this.high, Math.ceil(Math.log10(greatest) + 1e-9));
    this.low = Math.min(this.low, Math.max(Math.floor(Math.log10(least)), this.high - DECADES), this.high - 1);
    return told;
  }

  /**
   * @param {Look} look
   * @param {ToldBudget} told
   * @param {number} count
   * @param {number} row
   */
  paint({ lane, style }, told, count, row) {
    const { layer, inks, words } = this;
    const unit = layer.scale;
    const box = inset(layer, MARGINS, this.honest(words.honest));
    const [upper, lower] = facets(box, [SHARE, 1 - SHARE], GAP * unit);
    /** @type {Axis} */
    const errors = { kind: "linear", low: 0, high: this.most || 1 };
    /** @type {Axis | null} */
    const distances = this.high > this.low ? { kind: "log", low: this.low, high: this.high } : null;
    const [x, linear] = [across(box, this.range), scale(errors, upper)];
    const decade = distances ? clamped(distances, lower) : () => NaN;
    drawAxis(layer, upper, errors, inks, amounts(this.most));
    if (distances) drawAxis(layer, lower, distances, inks);
    drawClock(layer, { ...box, time: this.range, title: this.units.axis.title }, inks);
    drawArea(layer, told.places, [told.budget_solver], x, linear, { color: style.color, alpha: 0.5 });
    drawArea(layer, told.places, [told.budget, told.budget_solver], x, linear, { color: inks.text, alpha: 0.17 });
    /**
     * @param {ArrayLike<number>} values
     * @param {(value: number) => number} y
     * @param {Parameters<Layer["stroke"]>[2]} how
     */
    const curve = (values, y, how) => drawCurve(layer, told.places, values, x, y, how);
    curve(told.budget, linear, { color: inks.text, width: 1.3 });
    curve(told.trajectory_error, linear, { color: style.color, width: 2.4, halo: inks.panel });
    within(
      layer,
      lower,
      () => {
        curve(told.certificate, decade, { color: inks.faint, width: 1.2 });
        curve(told.neighbourhood, decade, { color: inks.dim, dash: [1.5, 3], width: 1.4 });
        curve(told.distance_bound, decade, { color: inks.text, dash: [6, 4], width: 1.4 });
        curve(told.distance, decade, { color: style.color, width: 2.4, halo: inks.panel });
      },
      4,
    );
    drawTicks(layer, told, x, [upper.bottom, lower.bottom], inks);
    /** @param {(typeof NAMES)[number]} name */
    const last = (name) => told[name][count - 1];
    const split = last("budget_solver");
    drawNames(
      layer,
      { ...upper, x: x(told.places[count - 1]) },
      [
        [words.bound, linear(last("budget")), last("budget"), inks.text],
        [words.error, linear(last("trajectory_error")), last("trajectory_error"), style.color],
        [words.solver, linear(split / 2), split, style.color],
        [words.network, linear((last("budget") + split) / 2), last("budget") - split, inks.dim],
      ],
      inks,
    );
    drawNames(
      layer,
      { ...lower, x: x(told.places[count - 1]) },
      [
        [words.limit, decade(last("distance_bound")), last("distance_bound"), inks.text],
        [words.distance, decade(last("distance")), last("distance"), style.color],
        [words.neighbourhood, decade(last("neighbourhood")), last("neighbourhood"), inks.dim],
        [words.certificate, decade(last("certificate")), last("certificate"), inks.faint],
      ],
      inks,
    );
    layer.marker(style.marker, 16, 13 * unit, 3.6, style.color, inks.panel);
    const said = words.said
      .replace("{outer}", String(last("outer")))
      .replace("{inner}", String(last("inner")))
      .replace("{rank}", String(lane.last("rank", count)));
    const named = layer.words(shortened(layer, lane.name, layer.width * 0.5, 12, 650), 26, 13 * unit, {
      color: style.color,
      size: 12,
      weight: 650,
    });
    layer.words(shortened(layer, said, layer.width - named - 50, 11), 26 + named + 12, 13 * unit, {
      color: inks.dim,
      size: 11,
    });
    for (const { title, top } of [
      { title: words.above, top: upper.top },
      { title: words.below, top: lower.top },
    ])
      layer.words(shortened(layer, title, layer.width - box.left - 8, 10.5, 600), box.left, top - 8 * unit, {
        color: inks.dim,
        size: 10.5,
        weight: 600,
        halo: inks.panel,
      });
    if (row >= 0)
      drawCursor(
        layer,
        {
          at: x(told.places[row]),
          top: upper.top,
          bottom: lower.bottom,
          said: [told.trajectory_error[row], told.budget[row]],
        },
        [
          [linear(told.budget[row]), inks.text],
          [linear(told.trajectory_error[row]), style.color],
          [decade(told.distance[row]), style.color],
        ],
        inks,
      );
  }

  /**
   * What is drawn, row by row.
   *
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   */
  table(store, frame, looks) {
    this.draw(store, frame, looks);
    const { told } = this;
    const columns = /** @type {const} */ ([
      "outer",
      "inner",
      "budget",
      "budget_solver",
      "trajectory_error",
      "certificate",
      "distance",
      "distance_bound",
      "neighbourhood",
    ]);
    const rows = told
      ? Array.from(told.places, (place, row) => [
          store.lanes[told.lane].name,
          place,
          ...columns.map((name) => told[name][row]),
        ])
      : [];
    return { columns: ["curve", this.units.axis.letter, ...columns], rows };
  }

  /**
   * Of a lane at `count` rows, what the panel is about, for readers.
   *
   * @param {Lane} lane
   * @param {number} count
   */
  said(lane, count) {
    return this.told?.lane === lane.lane
      ? `${short(lane.last("trajectory_error", count))} ≤ ${short(lane.last("budget", count))}`
      : "";
  }
}

/** @param {Setting<"budget">} setting */
export function panel({ place, words, choice }) {
  return new Budget(place, words, choice);
}
