// The cost ledger: what every solver has spent, who is ahead where all have spent the same, and how the choice of a
// clock changes who is first.

import { rowAt } from "../canvas/cursor.mjs";
import { Layer } from "../canvas/layer.mjs";
import { currentInk } from "../canvas/palette.mjs";
import { wrapped } from "../canvas/ruler.mjs";
import { later } from "../stream/later.mjs";
import { short } from "../text/format.mjs";
import { drawBump } from "./bump.mjs";
import { ranking, SPENT, standing, swaps, timings } from "./cost.mjs";
import { Dear } from "./dear.mjs";

/**
 * @import { Port } from "../stream/port.mjs"
 * @import { Lane, Store } from "../stream/store.mjs"
 * @import { Clock, Counter, DrawnLane, GhostLane, Ink, Look, Meta, Setting, Words } from "../types.d.ts"
 * @import { Timing } from "./cost.mjs"
 */

const ROW = 19; // pixels at scale 1
const SIZE = 10.8;
const RANK = "rank"; // the column of the ranking
const LINE = 15;
const NAME = 104; // pixels that names are to have: columns give way, those that say least first
const SPARE = /** @type {const} */ ([
  "evaluations.jvp",
  "evaluations.solve",
  "rejected",
  "evaluations.vjp",
  "evaluations.jacobian",
  "evaluations.f",
]);

export class Ledger {
  /**
   * `words` are the panel's, `kinds` what the page calls the parts of a spec, `port` starts races.
   *
   * @param {HTMLElement} place
   * @param {Words["panels"]["ledger"]} words
   * @param {Record<string, string>} kinds
   * @param {Port} port
   */
  constructor(place, words, kinds, port) {
    this.place = place;
    this.words = words;
    /** @type {Meta} */
    this.meta = later;
    /** @type {Ink} */
    this.inks = later;
    /** @type {(Clock | Counter)[]} */
    this.axes = [];
    /** @type {Clock | Counter} */
    this.main = later; // the clock by which solvers are ranked
    /** @type {number[][]} */
    this.rankings = [];
    /** @type {ReturnType<typeof standing> | null} */
    this.standing = null;
    this.equal = true; // whether the ranks are those where all have spent the same
    /** @type {[number, number][]} */
    this.swapped = [];
    /** @type {string[]} */
    this.sentence = [];
    /** @type {GhostLane[]} */
    this.ghosts = [];
    /** @type {DrawnLane[]} */
    this.drawn = [];
    this.tunes = [];
    /** @type {{ lane: number, row: number }[]} */
    this.pointed = [];
    /** @type {number | null | undefined} */
    this.cursor = undefined;
    this.stale = false;
    this.layer = new Layer(place, place.id);
    this.dear = new Dear(place, words.dear, kinds, port);
    new ResizeObserver(() => {
      this.layer.resize(place);
      this.stale = true;
    }).observe(place);
  }

  /**
   * @param {Store} store
   * @param {Ink} ink
   */
  show(store, ink) {
    Object.assign(this, { meta: store.meta, inks: ink });
  }

  /** @param {Store} store */
  again(store) {
    this.show(store, currentInk());
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
    this.layer.begin();
    const first = looks.filter(({ lane, shown }) => shown && lane.first);
    const counts = first.map(({ lane }) => lane.upTo(frame));
    const lanes = first.map(({ lane }) => lane);
    const timing = timings.of(store);
    const axes = store.units.clocks.filter(
      ({ name }) => name !== "wall" || (!timing.silent && store.lanes[0].columns.wall_seconds.data[0] >= 0),
    );
    Object.assign(this, { axes, ...compared(store, lanes, counts, axes) });
    this.swapped = this.rankings.length ? swaps(this.rankings) : [];
    this.pointed = first
      .map(({ lane }, k) => ({ lane: lane.lane, row: rowAt(store.units, lane, counts[k], this.cursor) }))
      .filter(({ row }) => row >= 0);
    const spent = new Map(this.pointed.map(({ lane, row }) => [lane, row + 1]));
    const foot = this.dear.tell(store, lanes, counts);
    const bottom = this.rows(
      first,
      first.map(({ lane }, k) => (this.pointed.length ? (spent.get(lane.lane) ?? 0) : counts[k])),
      timing,
      this.ranked(store),
    );
    this.sentence = [
      ...this.say(first, axes, store),
      timing.silent
        ? this.words.silent
            .replace("{spread}", String(Math.round(100 * timing.spread)))
            .replace("{count}", String(timing.count))
        : "",
    ];
    const lines = this.sentence
      .filter(Boolean)
      .flatMap((sentence) => wrapped(this.layer, sentence, this.layer.width - 24, 11));
    const { inks, layer, rankings: table } = this;
    const names = axes.map((axis) => this.clock(axis));
    if (table.length)
      drawBump({
        layer,
        inks,
        table,
        names,
        looks: first,
        upper: bottom + 14 * layer.scale,
        foot: layer.height - foot - (14 + LINE * lines.length) * layer.scale,
      });
    this.tell(lines, foot);
    this.drawn = looks.map(({ lane, shown }) => ({ points: shown ? lane.upTo(frame) : 0, last: null }));
    this.stale = false;
  }

  /**
   * What the first `counts` rows of each solver have cost, and a `ranked` column before that; returns where the table
   * ends.
   *
   * @param {Look[]} first
   * @param {number[]} counts
   * @param {Timing} timing
   * @param {{ head: string, cells: string[] } | null} ranked
   */
  rows(first, counts, timing, ranked) {
    const { layer, inks, words } = this;
    const { scale, width } = layer;
    /** @type {string[]} */
    const silent = timing.silent ? ["wall_seconds"] : [];
    const columns = ranked ? /** @type {const} */ ([RANK, ...SPENT]) : SPENT;
    const heads = { ...words.columns, [RANK]: ranked?.head ?? "" };
    const cells = columns.map((column) =>
      column === RANK
        ? (ranked?.cells ?? [])
        : first.map(({ lane }, index) => (counts[index] ? told(column, lane.last(column, counts[index])) : "")),
    );
    const wide = columns.map(
      (column, k) =>
        11 * scale + Math.max(...[heads[column], ...cells[k]].map((text) => layer.measure(text, SIZE, 560))),
    );
    const left = [...silent];
    const room = () => width - 14 - columns.reduce((sum, column, k) => sum + (left.includes(column) ? 0 : wide[k]), 0);
    for (const column of SPARE) if (room() < NAME * scale) left.push(column);
    const head = 12 * scale;
    const row = Math.min(ROW * scale, (0.5 * layer.height) / Math.max(1, first.length));
    /** @param {number} index */
    const y = (index) => head + 8 * scale + (index + 0.5) * row;
    let x = room();
    first.forEach(({ lane, style }, index) => {
      layer.marker(style.marker, 14, y(index), 3.6, style.color, inks.panel);
      layer.words(this.fitted(lane.name, room() - 28), 24, y(index), { color: style.color, size: 11, weight: 600 });
    });
    if (this.pointed.length) layer.words(words.pointed, 14, head, { color: inks.dim, size: SIZE, weight: 560 });
    columns.forEach((column, k) => {
      if (left.includes(column)) return;
      x += wide[k];
      layer.words(heads[column], x, head, { color: inks.dim, size: SIZE, weight: 560, align: "right" });
      cells[k].forEach((text, index) =>
        layer.words(text, x, y(index), { color: inks.text, size: SIZE, align: "right" }),
      );
    });
    return y(first.length);
  }

  /**
   * @param {string} text
   * @param {number} room
   */
  fitted(text, room) {
    if (this.layer.measure(text, 11, 600) <= room) return text;
    let kept = text;
    while (kept && this.layer.measure(`${kept}…`, 11, 600) > room) kept = kept.slice(0, -1);
    return `${kept}…`;
  }

  /**
   * Who is ahead where all have spent the same; whether the ranking that is drawn depends on the clock; who has not
   * arrived.
   *
   * @param {Look[]} first
   * @param {(Clock | Counter)[]} axes
   * @param {Store} store
   */
  say(first, axes, store) {
    const { words } = this;
    if (!this.standing) return [""];
    const goal = `${store.units.caption("${L} − ${L}*")} ≤ ${short(store.units.share)} ${words.first}`;
    const order = this.order(store);
    const kind = this.equal ? words.equal : words;
    const [pair] = this.swapped;
    if (!pair)
      return this.equal
        ? [
            `${order} ${kind.same}`,
            store.meta.spec.protocol?.kind === "equal_cost" ? "" : words.none.replace("{goal}", goal),
          ]
        : [kind.same.replace("{goal}", goal), order];
    /** @param {number} sign */
    const by = (sign) =>
      this.clock(
        axes[axes.findIndex((_, k) => Math.sign(this.rankings[k][pair[0]] - this.rankings[k][pair[1]]) === sign)],
      );
    /** @type {Record<string, string>} */
    const values = {
      goal,
      a: first[pair[0]].lane.name,
      b: first[pair[1]].lane.name,
      one: by(-1),
      other: by(1),
    };
    const depends = kind.depends.replace(/\{(\w+)\}/g, (_, name) => values[name]);
    return this.equal ? [`${order} ${depends}`] : [depends, order];
  }

  /**
   * By what it is ranked where all have spent the same: "Ranked by L − L* at 60 J evaluations."
   *
   * @param {Store} store
   */
  order({ meta, units }) {
    const { words, main, standing: all } = this;
    /** @type {Record<string, string>} */
    const values = {
      budget: told("", all?.budget ?? NaN),
      clock: this.clock(main),
      loss: units.caption(meta.best ? "${L} − ${L}*" : "${L}"),
    };
    return words.at.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }

  /**
   * The column of that ranking: its head, and per solver rank and loss.
   *
   * @param {Store} store
   */
  ranked({ reference, units }) {
    if (!this.standing) return null;
    const {
      main,
      standing: { budget, losses, ranks },
    } = this;
    const cells = losses.map((loss, k) => {
      const left = units.factor("loss") * (loss - (reference ?? 0));
      return `${ranks[k]} · ${left < 0 ? "−" : ""}${short(Math.abs(left))}`;
    });
    return { head: this.words.spent.replace("{budget}", told("", budget)).replace("{clock}", main.letter), cells };
  }

  /**
   * `lines` above `foot` pixels.
   *
   * @param {string[]} lines
   * @param {number} foot
   */
  tell(lines, foot) {
    const { layer, inks } = this;
    lines.forEach((line, k) =>
      layer.words(line, 12, layer.height - foot - (10 + LINE * (lines.length - 1 - k)) * layer.scale, {
        color: this.swapped.length ? inks.text : inks.dim,
        size: 11,
      }),
    );
  }

  /**
   * What a clock is called in a sentence.
   *
   * @param {Clock | Counter} axis
   */
  clock({ name, letter }) {
    return /** @type {Record<string, string | undefined>} */ (this.words.clocks)[name] ?? letter;
  }

  picture() {
    return this.layer.canvas.toDataURL("image/png");
  }

  /**
   * Of a lane at `count` rows, what the panel is about, for readers.
   *
   * @param {Lane} lane
   * @param {number} count
   */
  said(lane, count) {
    const names = /** @type {const} */ (["step", "evaluations.f", "evaluations.jacobian"]);
    return names.map((name) => lane.last(name, count)).join(", ");
  }
}

/**
 * Ranks per clock of `axes`: by what the chosen loss has cost where a solver has reached it; else, and always under a
 * declared budget, `equal`: by the loss where all have spent the same. `standing` is the latter by the clock `main`.
 *
 * @param {Store} store
 * @param {Lane[]} lanes
 * @param {number[]} counts
 * @param {(Clock | Counter)[]} axes
 */
function compared(
  {
    meta: {
      spec: { protocol },
    },
    units,
  },
  lanes,
  counts,
  axes,
) {
  if (!lanes.length || counts.includes(0)) return { rankings: [], standing: null, equal: true };
  const declared = protocol?.kind === "equal_cost" ? protocol : null;
  /** @param {Clock | Counter} axis */
  const at = (axis) => standing(lanes, counts, axis, axis.name === declared?.clock ? declared.budget : Infinity);
  const main = units.clocks.find(
    ({ name }) => name === (declared?.clock ?? (units.axis.columns ? units.axis.name : "jacobian")),
  );
  const goal = declared ? [] : ranking(lanes, counts, units.share, axes);
  const equal = !goal.some((ranks) => ranks.some(Boolean));
  return {
    main,
    standing: at(/** @type {Clock | Counter} */ (main)),
    equal,
    rankings: equal ? axes.map((axis) => at(axis).ranks) : goal,
  };
}

/**
 * A cell: 12,345, 1.2e9, 57 ms.
 *
 * @param {string} column
 * @param {number} value
 */
function told(column, value) {
  if (column === "wall_seconds")
    return Number.isNaN(value) ? "–" : `${Number((1000 * value).toPrecision(2)).toLocaleString("en-US")} ms`;
  return value < 1e6 ? value.toLocaleString("en-US", { maximumFractionDigits: 0 }) : short(value);
}

/** @param {Setting<"ledger">} setting */
export function panel({ place, text, words, port }) {
  return new Ledger(place, words, text.kinds, port);
}
