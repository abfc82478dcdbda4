// One chart over a clock: Plotly's axes with a canvas over them, on which everything that moves is drawn.

import { banded, drawBands } from "../canvas/band.mjs";
import { drawCursorLine, followPointer } from "../canvas/cursor.mjs";
import { thinned, whole } from "../canvas/decimate.mjs";
import { drawExit, isAway } from "../canvas/ending.mjs";
import { drawFacets } from "../canvas/facet.mjs";
import { drawGhostKey, drawGhosts } from "../canvas/haunt.mjs";
import { Beads } from "../canvas/label.mjs";
import { Layer } from "../canvas/layer.mjs";
import { rule } from "../canvas/rule.mjs";
import { fill } from "../canvas/ruler.mjs";
import { along, placesOf } from "../stream/clock.mjs";
import { later } from "../stream/later.mjs";
import { short } from "../text/format.mjs";
import { furthest } from "../theory/moment.mjs";
import { drawTunes } from "../theory/tune.mjs";
import { Axes } from "./axes.mjs";
import { drawNames, drawNotes } from "./legend.mjs";
import { tableOf, tracesOf } from "./trace.mjs";

/** @import { Lane, Store } from "../stream/store.mjs" */
/** @import { Box, ChartScales, DrawnLane, GhostLane, Ink, LaneCurves, Look } from "../types.d.ts" */
/** @import { Memory, Meta, Panel, Point, Pointed, ToldTune, Units } from "../types.d.ts" */

/** @typedef {Omit<ToldTune, "time"> & { x: number }} ToldMark */

const SHADE = 0.07; // of a band
const COMMITTED = 500; // points per curve given to Plotly for hover

export class Chart {
  /**
   * `panel` is a table: what is drawn, on which scale.
   *
   * @param {HTMLElement} place
   * @param {Panel} panel
   */
  constructor(place, panel) {
    this.place = place;
    this.panel = panel;
    /** @type {Memory} */
    this.memory = new Map();
    /** @type {Map<string, number>} */
    this.held = new Map(); // rows of each curve that a signed axis holds
    /** @type {DrawnLane[]} */
    this.drawn = [];
    /** @type {GhostLane[]} */
    this.ghosts = [];
    /** @type {WeakMap<Lane, { key: string, curves: Float32Array[] }>} */
    this.haunts = new WeakMap(); // the curves of ghosts
    /** @type {Meta} */
    this.meta = later;
    /** @type {Units} */
    this.units = later;
    /** @type {Ink} */
    this.inks = later;
    /** @type {boolean | undefined} */
    this.stale = undefined;
    /** @type {boolean | undefined} */
    this.settling = undefined;
    /** @type {number | null | undefined} */
    this.cursor = undefined;
    /** @type {((place: number | null) => void) | undefined} */
    this.onPoint = undefined;
    /** @type {(() => void) | null} */
    this.handOver = null; // gives Plotly the curves
    /** @type {number | undefined} */
    this.frame = undefined;
    /** @type {Box[]} */
    this.beads = []; // along the curves, for names to keep clear of
    /** @type {(Point & { text: string, color: string })[]} */
    this.ends = []; // names at the ends of curves
    /** @type {string[]} */
    this.notes = [];
    /** @type {ToldMark[]} */
    this.tunes = [];
    this.ticks = 0; // in the strips
    /** @type {Pointed[]} */
    this.pointed = [];
    this.axes = new Axes(place, panel, () => {
      this.stale = true;
    });
    this.layer = new Layer(place, place.id);
    followPointer(this);
    place.addEventListener("pointerenter", () => this.handOver?.());
    new ResizeObserver(() => this.resize()).observe(place);
  }

  resize() {
    this.layer.resize(this.place);
    this.axes.resize();
    this.stale = true;
  }

  /**
   * Shows these layers of a chart: a logarithmic time axis ("logt"), and what its panel has.
   *
   * @param {Set<string>} layers
   */
  choose(layers) {
    this.panel.choose?.(layers);
    if (this.axes.log === layers.has("logt") && !this.panel.choose) return;
    this.axes.log = layers.has("logt");
    if (this.meta) this.axes.ink(this.inks, this.layer.scale);
  }

  /**
   * A run, in the units of its store.
   *
   * @param {Store} store
   * @param {Ink} ink
   */
  show({ meta, units }, ink) {
    Object.assign(this, { meta, units, inks: ink, handOver: null });
    this.memory.clear();
    this.held.clear();
    this.axes.show(meta.spec.horizon, units, ink, this.layer.scale);
  }

  /**
   * Another run on the same axes.
   *
   * @param {Store} store
   */
  again({ meta, units }) {
    Object.assign(this, { meta, units, handOver: null });
    this.memory.clear();
    this.held.clear();
  }

  /** The next drawing is laid out from its rows alone. */
  settle() {
    this.memory.clear();
    this.held.clear();
    this.axes.settle();
    this.settling = true;
  }

  /** @param {Ink} ink */
  ink(ink) {
    this.inks = ink;
    if (this.meta) this.axes.ink(ink, this.layer.scale);
  }

  /**
   * Where its heads are at `frame`, in pixels, of every curve of every lane.
   *
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   * @returns {number[]}
   */
  heads(store, frame, looks) {
    if (!this.meta) return [];
    const scales = this.axes.scales();
    return looks
      .filter(({ lane, shown }) => shown && lane.upTo(frame))
      .flatMap(({ lane }) => {
        const count = lane.upTo(frame);
        const rows = this.panel.curves(lane, store, count).filter(({ own }) => !own);
        return [
          scales.x(along(this.units, lane, count)[count - 1]),
          ...rows.map(({ quantity, column, offset, width }) =>
            scales.y(this.units.factor(quantity) * column.data[(count - 1) * width + offset]),
          ),
        ];
      });
  }

  /**
   * Draws lanes up to `frame`; `looks` are {lane, style, shown}.
   *
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   */
  draw(store, frame, looks) {
    if (!this.meta) return;
    const curves = looks.map((look) => ({
      ...look,
      count: look.lane.upTo(frame),
      parts: this.panel.curves(look.lane, store, look.lane.upTo(frame)),
    }));
    this.fit(curves, furthest(store));
    const scales = this.axes.scales();
    const context = this.layer.begin();
    this.frame = frame;
    this.beads = [];
    this.ends = [];
    context.save();
    context.beginPath();
    const top = this.panel.strip ? 0 : scales.top - 2; // a strip above the axis is the panel's own
    context.rect(scales.left, top, scales.right - scales.left + 8, scales.bottom - top + 2);
    context.clip();
    this.ground(scales);
    this.panel.backdrop?.({ layer: this.layer, scales, frame, store, looks, ink: this.inks });
    this.tunes = drawTunes({ layer: this.layer, scales, store, looks }, Boolean(this.panel.tuned));
    drawGhosts(this, scales);
    const bands = banded(store, this.units);
    const heads = curves
      .filter((curve) => curve.shown && curve.count && (!bands || curve.lane.first))
      .map((curve) => ({
        ...curve,
        head: bands ? drawBands(this, curve, curves, frame, scales) : this.curve(curve, scales),
      }));
    context.restore();
    const drawing = { layer: this.layer, scales, frame, store, looks, ink: this.inks };
    this.ticks = drawFacets(drawing, this.panel.facets?.(drawing, this.axes.range) ?? []);
    for (const { head, lane, style, count } of heads) {
      if (head && isAway(lane, count))
        drawExit(
          this.layer,
          { x: head.x, y: Math.max(head.y, scales.top + 1), dx: 0, dy: -1 },
          style.color,
          this.inks.panel,
        );
      else if (head) this.layer.marker(style.marker, head.x, head.y, 4, style.color, this.inks.panel);
    }
    const named = drawGhostKey(
      this.layer,
      this.ghosts,
      { right: scales.right - 4, top: scales.top + 3, left: scales.left },
      this.inks,
    );
    drawNames(this, scales, heads, [...named, ...drawNotes(this, scales, frame, store)]);
    this.pointed = drawCursorLine(this, curves, scales);
    this.drawn = curves.map(({ lane, count, shown }) => ({
      points: shown ? count : 0,
      last: heads.find((head) => head.lane === lane)?.head ?? null,
    }));
    this.stale = false;
  }

  /**
   * @param {LaneCurves[]} curves
   * @param {number} far
   */
  fit(curves, far) {
    let [time, soonest] = [0, Infinity];
    for (const { lane, count } of curves.filter((each) => each.count)) {
      const places = along(this.units, lane, count);
      time = Math.max(time, places[count - 1]);
      if (count > 1 && places[1] > 0) soonest = Math.min(soonest, places[1]);
    }
    this.axes.grow({ time, far, soonest, ...this.seen(curves) });
    if (this.settling) this.axes.catchUp(); // names are placed in the ranges that stay
    this.settling = false;
  }

  /**
   * The least and the greatest value that the axis is to hold, of the rows that were not looked at before.
   *
   * @param {LaneCurves[]} curves
   */
  seen(curves) {
    const { signed, panel, units } = this;
    const marks = signed ? [...(panel.band ?? []), ...(panel.baseline === undefined ? [] : [panel.baseline])] : [];
    let [least, greatest] = [Math.min(...marks), Math.max(...marks)];
    for (const { lane, count, parts } of curves.filter((each) => each.count))
      for (const [index, part] of parts.entries()) {
        const { column, offset, width } = part;
        const factor = units.factor(part.quantity);
        const [from, to, step] = this.unseen(lane, index, part, count);
        for (let k = from; k < to; k += step) {
          const value = factor * column.data[k * width + offset];
          if (signed ? Number.isFinite(value) : value > 0)
            [least, greatest] = [Math.min(least, value), Math.max(greatest, value)];
        }
      }
    return { least, greatest };
  }

  /**
   * Which rows of a curve the axis has yet to hold, [from, to, step]: a logarithmic one falls or rises, so that its
   * first and its last tell; a signed one turns.
   *
   * @param {Lane} lane
   * @param {number} index
   * @param {LaneCurves["parts"][number]} curve
   * @param {number} count
   */
  unseen(lane, index, { own }, count) {
    if (own || this.settling) return [0, own ? own.time.length : count, 1];
    if (!this.signed) return [0, count, Math.max(1, count - 1)];
    const key = `${lane.lane} ${index} ${lane.epoch}`;
    const from = this.held.get(key) ?? 0;
    this.held.set(key, count);
    return [from, count, 1];
  }

  /** Whether the axis has places for negative values. */
  get signed() {
    return this.axes.kind !== "log";
  }

  /**
   * What the panel's values are held against: the band, and the rule at the baseline.
   *
   * @param {ChartScales} scales
   */
  ground({ left, right, y }) {
    const { layer, inks } = this;
    const { band, baseline } = this.panel;
    if (band) {
      const [lower, upper] = band.map(y);
      fill(layer, left, upper, right - left, lower - upper, inks.text, SHADE);
    }
    if (baseline !== undefined) rule(layer, left, right, y(baseline), inks.dim, []);
  }

  /**
   * Draws the curves of a lane; returns the head of the first.
   *
   * @param {LaneCurves} look
   * @param {ChartScales} scales
   */
  curve({ lane, style, count, parts }, scales) {
    /** @type {Point | null} */
    let head = null;
    for (const [index, part] of parts.entries()) {
      const { quantity, column, offset, width, weight, own, faint } = part;
      const time = placesOf(this.units, lane, own, count);
      const factor = this.units.factor(quantity);
      const toY = (/** @type {number} */ value) => scales.y(factor * value);
      const source = { data: column.data, width, offset };
      const mark = `${scales.mark} ${this.units.axis.name} ${this.units.factor("time")} ${factor} ${quantity}`;
      const { curve, points } = own
        ? whole(time, source, time.length, scales.x, toY)
        : thinned(lane, `${this.panel.name} ${index}`, mark, time, source, count, scales.x, toY);
      const { out } = curve;
      this.layer.stroke(out, points, {
        color: style.color,
        dash: style.dash,
        width: weight,
        halo: weight > 1.5 ? this.inks.panel : null,
        alpha: lane.first === false || faint ? 0.45 : 1,
      });
      if (!points) continue;
      const end = { x: out[2 * points - 2], y: out[2 * points - 1] };
      curve.beads ??= new Beads(9);
      this.beads.push(...curve.beads.along(out, points, curve.points));
      if (part.end && parts.length > 1) this.ends.push({ ...end, text: part.end, color: style.color });
      head ??= end;
    }
    return head;
  }

  /**
   * The curves as Plotly takes them, of at most `most` points each.
   *
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   * @param {number} [most]
   */
  traces(store, frame, looks, most) {
    return tracesOf(this, store, frame, looks, most);
  }

  /**
   * Gives Plotly the curves as they stand, invisible, so that its hover works on them: where a pointer is over them, or
   * as soon as one comes.
   *
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   */
  commit(store, frame, looks) {
    this.handOver = () => {
      this.handOver = null;
      if (frame === this.frame) this.axes.commit(this.traces(store, frame, looks, COMMITTED));
    };
    if (this.place.matches(":hover")) this.handOver();
  }

  /**
   * The curves as a table, every row up to `frame`, with those of theory beside the measured ones.
   *
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   */
  table(store, frame, looks) {
    return tableOf(this, store, frame, looks);
  }

  /**
   * Of a lane at `count` rows, what the panel is about, for readers.
   *
   * @param {Lane} lane
   * @param {number} count
   * @param {Store} store
   */
  said(lane, count, store) {
    if (this.panel.said) return this.panel.said(lane, count);
    const [curve] = this.panel.curves(lane, store, count);
    if (!curve) return "";
    const { column, own, width, offset } = curve;
    const value = own ? column.data[column.data.length - 1] : column.data[(count - 1) * width + offset];
    return value === undefined || Number.isNaN(value) ? "" : short(store.units.factor(curve.quantity) * value);
  }
}
