// The cost ledger: what every solver has spent, and how the choice of a clock changes who is first to a chosen loss.

import { rowAt } from "./cursor.mjs";
import { ranking, SPENT, swaps, timings } from "./cost.mjs";
import { Layer } from "./layer.mjs";
import { currentInk } from "./palette.mjs";
import { short } from "./reading.mjs";
import { wrapped } from "./ruler.mjs";

const ROW = 19; // pixels at scale 1
const SIZE = 10.8;
const LINE = 15;
const GAP = 8; // pixels between two names of clocks
const NAME = 104; // pixels that names are to have: columns give way, those that say least first
const SPARE = ["evaluations.jvp", "evaluations.solve", "rejected", "evaluations.vjp", "evaluations.jacobian", "evaluations.f"];

export class Ledger {
  /** `words` are the panel's. */
  constructor(place, words) {
    Object.assign(this, { place, words, ghosts: [], drawn: [], tunes: [], pointed: [] });
    this.layer = new Layer(place, place.id);
    new ResizeObserver(() => { this.layer.resize(place); this.stale = true; }).observe(place);
  }

  show(store, ink) {
    Object.assign(this, { meta: store.meta, inks: ink });
  }

  again(store) {
    this.show(store, currentInk());
  }

  ink(ink) {
    this.inks = ink;
    this.stale = true;
  }

  draw(store, frame, looks) {
    if (!this.meta) return;
    this.layer.begin();
    const first = looks.filter(({ lane, shown }) => shown && lane.first);
    const counts = first.map(({ lane }) => lane.upTo(frame));
    const timing = timings.of(store);
    const axes = store.units.clocks.filter(({ name }) => name !== "wall" || (!timing.silent && store.lanes[0].columns.wall_seconds.data[0] >= 0));
    this.table = ranking(first.map(({ lane }) => lane), counts, store.units.share, axes);
    this.axes = axes;
    this.swapped = swaps(this.table);
    this.pointed = first.map(({ lane }, k) => ({ lane: lane.lane, row: rowAt(store.units, lane, counts[k], this.cursor) })).filter(({ row }) => row >= 0);
    const spent = new Map(this.pointed.map(({ lane, row }) => [lane, row + 1]));
    const bottom = this.rows(first, first.map(({ lane }, k) => (this.pointed.length ? spent.get(lane.lane) ?? 0 : counts[k])), timing);
    this.sentence = this.say(first, axes, store, timing);
    const lines = this.sentence.filter(Boolean).flatMap((sentence) => wrapped(this.layer, sentence, this.layer.width - 24, 11));
    this.bump(first, axes, bottom + 14 * this.layer.scale, this.layer.height - (14 + LINE * lines.length) * this.layer.scale);
    this.tell(lines);
    this.drawn = looks.map(({ lane, shown }) => ({ points: shown ? lane.upTo(frame) : 0, last: null }));
    this.stale = false;
  }

  /** What the first `counts` rows of each solver have cost; returns where the table ends. */
  rows(first, counts, timing) {
    const { layer, inks, words } = this;
    const { scale, width } = layer;
    const silent = timing.silent ? ["wall_seconds"] : [];
    const cells = SPENT.map((column) => first.map(({ lane }, index) => (counts[index] ? told(column, lane.last(column, counts[index])) : "")));
    const wide = SPENT.map((column, k) => 11 * scale + Math.max(...[words.columns[column], ...cells[k]].map((text) => layer.measure(text, SIZE, 560))));
    const left = [...silent];
    const room = () => width - 14 - SPENT.reduce((sum, column, k) => sum + (left.includes(column) ? 0 : wide[k]), 0);
    for (const column of SPARE) if (room() < NAME * scale) left.push(column);
    const head = 12 * scale;
    const row = Math.min(ROW * scale, (0.5 * layer.height) / Math.max(1, first.length));
    const y = (index) => head + 8 * scale + (index + 0.5) * row;
    let x = room();
    first.forEach(({ lane, style }, index) => {
      layer.marker(style.marker, 14, y(index), 3.6, style.color, inks.panel);
      layer.words(this.fitted(lane.name, room() - 28), 24, y(index), { color: style.color, size: 11, weight: 600 });
    });
    if (this.pointed.length) layer.words(words.pointed, 14, head, { color: inks.dim, size: SIZE, weight: 560 });
    SPENT.forEach((column, k) => {
      if (left.includes(column)) return;
      x += wide[k];
      layer.words(words.columns[column], x, head, { color: inks.dim, size: SIZE, weight: 560, align: "right" });
      cells[k].forEach((text, index) => layer.words(text, x, y(index), { color: inks.text, size: SIZE, align: "right" }));
    });
    return y(first.length);
  }

  fitted(text, room) {
    if (this.layer.measure(text, 11, 600) <= room) return text;
    let kept = text;
    while (kept && this.layer.measure(`${kept}…`, 11, 600) > room) kept = kept.slice(0, -1);
    return `${kept}…`;
  }

  /** Rank against the choice of clock, between `upper` and `foot`; every other name of a clock is a line lower where they have no room beside each other. */
  bump(first, axes, upper, foot) {
    const { layer, inks, words } = this;
    const { scale, width } = layer;
    const names = axes.map((axis) => words.clocks[axis.name] ?? axis.letter);
    const wide = names.map((name) => layer.measure(name, SIZE));
    const step = (0.76 * width) / Math.max(1, axes.length - 1);
    const crowded = names.some((_, k) => k && (wide[k - 1] + wide[k]) / 2 + GAP * scale > step);
    const drop = crowded ? LINE * scale : 0;
    const lower = foot - 14 * scale - drop;
    if (lower - upper < 24 * scale) return;
    const x = (k) => 0.12 * width + k * step;
    const y = (rank) => upper + ((rank - 1) * (lower - upper)) / Math.max(1, first.length - 1);
    names.forEach((name, k) => {
      layer.stroke(new Float32Array([x(k), upper, x(k), lower]), 2, { color: inks.grid, width: 1 });
      layer.words(name, x(k), lower + 13 * scale + (k % 2) * drop, { color: inks.dim, size: SIZE, align: "center" });
    });
    const seen = new Map();
    first.forEach(({ style }, index) => {
      const points = [];
      axes.forEach((_, k) => {
        const rank = this.table[k][index];
        if (!rank) return;
        const tied = seen.get(`${k} ${rank}`) ?? 0;
        seen.set(`${k} ${rank}`, tied + 1);
        points.push(x(k), y(rank) + 7 * scale * tied);
      });
      layer.stroke(new Float32Array(points), points.length / 2, { color: style.color, dash: style.dash, width: 2 });
      for (let k = 0; k < points.length; k += 2) layer.marker(style.marker, points[k], points[k + 1], 4, style.color, inks.panel);
    });
    for (let rank = 1; rank <= first.length; rank += 1) layer.words(`${rank}`, 0.12 * width - 16, y(rank), { color: inks.dim, size: 10.8, align: "right" });
  }

  /** Whether the ranking depends on the clock, and who has not arrived. */
  say(first, axes, { units }, timing) {
    const { words } = this;
    const goal = `${units.caption("${L} − ${L}*")} ≤ ${short(units.share)} ${words.first}`;
    const silent = timing.silent ? words.silent.replace("{spread}", Math.round(100 * timing.spread)).replace("{count}", timing.count) : "";
    if (!this.table.length || !this.table[0].some(Boolean)) return [words.none.replace("{goal}", goal), silent];
    const name = (index) => first[index].lane.name;
    const [pair] = this.swapped;
    if (!pair) return [words.same.replace("{goal}", goal), silent];
    const by = (sign) => axes.find((_, k) => Math.sign(this.table[k][pair[0]] - this.table[k][pair[1]]) === sign);
    const told = words.depends.replace("{goal}", goal).replace("{a}", name(pair[0])).replace("{b}", name(pair[1]));
    return [told.replace("{one}", words.clocks[by(-1).name] ?? by(-1).letter).replace("{other}", words.clocks[by(1).name] ?? by(1).letter), silent];
  }

  tell(lines) {
    const { layer, inks } = this;
    lines.forEach((line, k) => layer.words(line, 12, layer.height - (10 + LINE * (lines.length - 1 - k)) * layer.scale, { color: this.swapped.length ? inks.text : inks.dim, size: 11 }));
  }

  picture() {
    return this.layer.canvas.toDataURL("image/png");
  }
}

/** A cell: 12,345, 1.2e9, 57 ms. */
function told(column, value) {
  if (column === "wall_seconds") return Number.isNaN(value) ? "–" : `${Number((1000 * value).toPrecision(2)).toLocaleString("en-US")} ms`;
  return value < 1e6 ? value.toLocaleString("en-US", { maximumFractionDigits: 0 }) : short(value);
}
