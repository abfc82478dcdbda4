// The spectrum of K: a ladder of the eigenvalues now, solver beside solver, and the history of one solver's modes as a
// heat map.

import { rowAt } from "../canvas/cursor.mjs";
import { Layer } from "../canvas/layer.mjs";
import { plumb } from "../canvas/rule.mjs";
import { drawClock, drawShades, fill, shortened } from "../canvas/ruler.mjs";
import { across, clamped, grownTime } from "../canvas/scale.mjs";
import { later } from "../stream/later.mjs";
import { short } from "../text/format.mjs";
import { condition, modeCount, shares, trackAt } from "../theory/mode.mjs";
import { Heat } from "./heat.mjs";
import { drawLadder } from "./ladder.mjs";

/**
 * @import { Column, Lane, Store } from "../stream/store.mjs"
 * @import { Choice, DrawnLane, Edges, GhostLane, Ink, Look, Meta, Setting, Style, Units, Words } from "../types.d.ts"
 * @import { Rung } from "./ladder.mjs"
 */

const LEAST = -16; // exponent of float64's rounding
const UNRESOLVED = 1e16; // a condition number that float64 does not tell from infinity
const FOOT = 34;
const HEAD = 22;
const ROOM = 3; // decades that the fixed colours leave below the first spectrum

export class Spectrum {
  /**
   * `choice` has get(name) and set(name, value): the solver whose history is shown is its `focus`.
   *
   * @param {HTMLElement} place
   * @param {Words["panels"]["spectrum"]} words
   * @param {Choice} choice
   */
  constructor(place, words, choice) {
    this.place = place;
    this.words = words;
    this.choice = choice;
    /** @type {Meta} */
    this.meta = later;
    /** @type {Units} */
    this.units = later;
    /** @type {Ink} */
    this.inks = later;
    /** @type {Map<number, Heat>} */
    this.heats = new Map();
    /** @type {Map<number, { count: number, epoch: number, least: number, most: number }>} */
    this.reach = new Map();
    /** @type {number[] | null} */
    this.span = null; // of the colours, as powers of ten
    this.time = 0; // to which the clock goes
    /** @type {number} */
    this.low = later; // of the ladder, as powers of ten
    /** @type {number} */
    this.high = later;
    /** @type {number | undefined} */
    this.chosen = undefined;
    /** @type {DrawnLane[]} */
    this.drawn = [];
    /** @type {ReturnType<typeof drawLadder>} */
    this.columns = [];
    /** @type {{ lane: number, row: number }[]} */
    this.pointed = [];
    /** @type {GhostLane[]} */
    this.ghosts = later;
    /** @type {number | null | undefined} */
    this.cursor = undefined;
    this.stale = false;
    this.layer = new Layer(place, "spectrum");
    place.tabIndex = 0;
    place.addEventListener("click", ({ offsetX }) =>
      this.focus(this.columns.find(({ x0, x1 }) => offsetX >= x0 && offsetX < x1)),
    );
    place.addEventListener("keydown", ({ key }) => this.step({ ArrowUp: -1, ArrowDown: 1 }[key]));
    new ResizeObserver(() => {
      this.layer.resize(place);
      this.stale = true;
    }).observe(place);
  }

  /**
   * @param {Pick<Store, "meta" | "units">} store
   * @param {Ink} ink
   */
  show({ meta, units }, ink) {
    Object.assign(this, { meta, units });
    this.settle();
    this.ink(ink);
  }

  /** The next drawing is laid out from its rows alone. */
  settle() {
    Object.assign(this, { heats: new Map(), reach: new Map(), span: null, time: 0 });
  }

  /** @param {Ink} ink */
  ink(ink) {
    this.inks = ink;
    this.stale = true;
  }

  /** @param {{ solver: number } | undefined} column */
  focus(column) {
    if (!column) return;
    this.choice.set("focus", column.solver);
    this.stale = true;
  }

  /** @param {number | undefined} by */
  step(by) {
    const at = this.columns.findIndex(({ solver }) => solver === this.chosen);
    if (by && at >= 0) this.focus(this.columns[(at + by + this.columns.length) % this.columns.length]);
  }

  /**
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   */
  draw(store, frame, looks) {
    if (!this.meta) return;
    this.layer.begin();
    Object.assign(this, { columns: [], pointed: [] });
    const rungs = looks
      .filter(({ lane, shown }) => shown && lane.first !== false && modeCount(lane) && lane.upTo(frame))
      .map((look) => {
        const count = look.lane.upTo(frame);
        return { ...look, count, pointed: rowAt(store.units, look.lane, count, this.cursor) };
      });
    this.pointed = rungs
      .filter(({ pointed }) => pointed >= 0)
      .map(({ lane, pointed: row }) => ({ lane: lane.lane, row }));
    this.drawn = looks.map(({ lane, shown }) => ({ points: shown ? lane.upTo(frame) : 0, last: null }));
    this.stale = false;
    if (!rungs.length) return;
    this.measure(rungs);
    const wanted = this.choice.get("focus");
    const focused = rungs.find(({ lane }) => lane.solver === wanted) ?? rungs[0];
    this.chosen = focused.lane.solver;
    const { width, height } = this.layer;
    const unit = this.layer.scale;
    const box = {
      left: 38 * unit,
      right: 38 * unit + Math.max(60, Math.min(0.36 * width, 58 * unit * rungs.length)),
      top: HEAD * unit,
      bottom: height - FOOT * unit,
    };
    this.columns = drawLadder(
      this.layer,
      rungs,
      { ...box, axis: { kind: "log", low: this.low, high: this.high }, chosen: this.chosen },
      this.inks,
    );
    this.history(focused, { left: box.right + 34 * unit, right: width - 46 * unit, top: box.top, bottom: box.bottom });
  }

  /**
   * The fixed range of the colours, from t = 0; the ladder's holds every row so far.
   *
   * @param {Rung[]} rungs
   */
  measure(rungs) {
    /** @param {number} value */
    const exponent = (value) => Math.max(LEAST, Math.log10(value > 0 ? value : 10 ** LEAST));
    /** @param {number[][]} ends */
    const least = (ends) => Math.floor(Math.min(...ends.map(([low]) => exponent(low))));
    /** @param {number[][]} ends */
    const most = (ends) => Math.ceil(Math.max(...ends.map(([, high]) => exponent(high))));
    if (!this.span) {
      const first = rungs.map(({ lane }) => this.ends(lane, 1));
      this.span = [Math.max(LEAST, least(first) - ROOM), most(first) + 1];
    }
    const all = rungs.map(({ lane, count }) => this.ends(lane, count));
    this.low = Math.min(this.span[0], least(all));
    this.high = Math.max(this.span[1], most(all));
  }

  /**
   * The least and the greatest eigenvalue of the first `count` rows of a lane.
   *
   * @param {Lane} lane
   * @param {number} count
   */
  ends(lane, count) {
    const { data, width } = /** @type {Column} */ (lane.columns.eigenvalues);
    let seen = this.reach.get(lane.lane);
    if (!seen || seen.count > count || seen.epoch !== lane.epoch)
      this.reach.set(lane.lane, (seen = { count: 0, epoch: lane.epoch, least: Infinity, most: -Infinity }));
    for (; seen.count < count; seen.count += 1) {
      seen.least = Math.min(seen.least, data[seen.count * width + width - 1]);
      seen.most = Math.max(seen.most, data[seen.count * width]);
    }
    return [seen.least, seen.most];
  }

  /**
   * @param {Rung} rung
   * @param {Edges} box
   */
  history({ lane, style, count, pointed }, box) {
    const { layer, inks, words } = this;
    if (box.right - box.left < 40 || box.bottom - box.top < 12) return;
    const span = this.span ?? [];
    const heat = this.heats.get(lane.lane) ?? new Heat(lane, span, this.meta.spec.horizon);
    this.heats.set(lane.lane, heat);
    heat.grow(count);
    const now = lane.last("time", count);
    this.time = grownTime(this.time, now, this.meta.spec.horizon);
    const x = across(box, this.time);
    const row = (box.bottom - box.top) / heat.modes;
    fill(this.layer, box.left, box.top, box.right - box.left, box.bottom - box.top, inks.text, 0.04);
    heat.draw(layer.context, now, this.time, [box.left, box.top, box.right - box.left, box.bottom - box.top]);
    const every = Math.max(1, Math.ceil((14 * layer.scale) / row));
    for (let mode = 0; mode < heat.modes; mode += every)
      layer.words(String(mode + 1), box.left - 5, box.top + (mode + 0.5) * row, {
        color: inks.dim,
        size: 10.5,
        align: "right",
      });
    drawClock(layer, { ...box, time: this.time, title: this.units.clock.title }, inks);
    this.conditions(lane, count, box, x);
    if (pointed >= 0) plumb(layer, x(lane.columns.time.data[pointed]), box.top, box.bottom, "#ffffff", [2, 2]);
    drawShades(layer, span, { left: box.right + 8 * layer.scale, top: box.top, bottom: box.bottom }, inks);
    this.heading(lane, style, count, box, words);
  }

  /**
   * log₁₀ of λ_max/λ_min over the clock, from 1 below to the greatest so far above.
   *
   * @param {Lane} lane
   * @param {number} count
   * @param {Edges} box
   * @param {(time: number) => number} x
   */
  conditions(lane, count, box, x) {
    if (modeCount(lane) < 2) return;
    const points = Math.min(count, Math.ceil(box.right - box.left));
    const line = new Float32Array(2 * points);
    let greatest = 10;
    const rows = Array.from({ length: points }, (_, k) => Math.round((k * (count - 1)) / Math.max(points - 1, 1)));
    const values = rows.map((row) => Math.min(UNRESOLVED, condition(lane, row)));
    for (const value of values) greatest = Math.max(greatest, value);
    const y = clamped({ kind: "log", low: 0, high: Math.ceil(Math.log10(greatest) + 0.3) }, box);
    rows.forEach((row, k) => line.set([x(lane.columns.time.data[row]), y(values[k])], 2 * k));
    this.layer.stroke(line, points, { color: "#ffffff", width: 1.8, halo: "#000000" });
    const last = values[values.length - 1];
    const text = `κ ${last < UNRESOLVED ? short(last) : "> 10^{16}"}`;
    const width = this.layer.measure(text, 11.5, 650);
    const [head, level] = [line[2 * points - 2], line[2 * points - 1]];
    const inside = head + 5 + width > box.right;
    const ink = inside ? { color: "#ffffff", halo: "#10131c" } : { color: this.inks.text, halo: this.inks.panel };
    this.layer.words(text, inside ? box.right - width - 3 : head + 5, Math.max(box.top + 8, level - 9), {
      ...ink,
      size: 11.5,
      weight: 650,
    });
  }

  /**
   * The solver's name, and as much of what is read off as fits.
   *
   * @param {Lane} lane
   * @param {Style} style
   * @param {number} count
   * @param {Edges} box
   * @param {Words["panels"]["spectrum"]} words
   */
  heading(lane, style, count, box, words) {
    const { layer, inks } = this;
    const [y, room] = [box.top - 11 * layer.scale, layer.width - 8 - box.left];
    const said = [];
    if (!lane.columns.tracks) said.push(words.untracked);
    const share = shares(lane, count - 1);
    if (share) {
      const most = share.indexOf(Math.max(...share));
      said.push(
        words.share
          .replace("{mode}", String(trackAt(lane, count - 1, most) + 1))
          .replace("{share}", String(Math.round(100 * share[most]))),
      );
    }
    if (lane.columns.tracks && count > 1)
      said.push(words.angle.replace("{angle}", short(lane.last("track_angle", count))));
    const name = shortened(layer, lane.name, room, 12, 650);
    let at = box.left + layer.words(name, box.left, y, { color: style.color, size: 12, weight: 650 }) + 12;
    for (const text of said) {
      if (at + layer.measure(text, 11) > box.left + room) continue;
      at += layer.words(text, at, y, { color: inks.dim, size: 11 }) + 12;
    }
  }

  /**
   * The eigenvalues of every row by track, for the CSV.
   *
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   */
  table(store, frame, looks) {
    const rows = looks
      .filter(({ shown, lane }) => shown && modeCount(lane))
      .flatMap(({ lane }) =>
        Array.from({ length: lane.upTo(frame) }, (_, row) => row).flatMap((row) =>
          Array.from({ length: modeCount(lane) }, (_, place) => [
            lane.name,
            lane.seed,
            lane.columns.time.data[row],
            trackAt(lane, row, place) + 1,
            /** @type {Column} */ (lane.columns.eigenvalues).data[row * modeCount(lane) + place],
          ]),
        ),
      );
    return { columns: ["curve", "seed", "t", "mode", "eigenvalue"], rows };
  }

  /**
   * Of a lane at `count` rows, what the panel is about, for readers.
   *
   * @param {Lane} lane
   * @param {number} count
   */
  said(lane, count) {
    return modeCount(lane) ? short(condition(lane, count - 1)) : "";
  }
}

/** @param {Setting<"spectrum">} setting */
export function panel({ place, words, choice }) {
  return new Spectrum(place, words, choice);
}
