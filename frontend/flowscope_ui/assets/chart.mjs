// One 2-D log chart: Plotly's axes with a canvas over them, on which everything that moves is drawn.

import { Axes } from "./axes.mjs";
import { decimate } from "./decimate.mjs";
import { beads } from "./label.mjs";
import { Layer } from "./layer.mjs";
import { drawNames, drawNotes } from "./legend.mjs";
import { markup } from "./mark.mjs";

const COMMITTED = 1000; // points per curve given to Plotly for hover

export class Chart {
  /** `panel` is one of panel.mjs; `title` names the time axis. */
  constructor(place, panel, title) {
    Object.assign(this, { place, panel, memory: new Map(), drawn: [], scratch: new Float32Array(4096) });
    this.axes = new Axes(place, panel, title, () => { this.stale = true; });
    this.layer = new Layer(place, panel.name);
    new ResizeObserver(() => this.resize()).observe(place);
  }

  resize() {
    this.layer.resize(this.place);
    this.axes.resize();
    this.stale = true;
  }

  show(meta, ink) {
    this.meta = meta;
    this.inks = ink;
    this.memory.clear();
    this.axes.show(meta.spec.horizon, ink, this.layer.scale);
  }

  ink(ink) {
    this.inks = ink;
    if (this.meta) this.axes.ink(ink, this.layer.scale);
  }

  /** Draws lanes up to `frame`; `looks` are {lane, style, shown}. */
  draw(store, frame, looks) {
    if (!this.meta) return;
    const curves = looks.map((look) => ({ ...look, count: look.lane.upTo(frame), parts: this.panel.curves(look.lane, store.meta) }));
    this.fit(curves);
    const scales = this.axes.scales();
    const context = this.layer.begin();
    this.beads = [];
    this.ends = [];
    context.save();
    context.beginPath();
    context.rect(scales.left, scales.top - 2, scales.right - scales.left + 8, scales.bottom - scales.top + 4);
    context.clip();
    this.panel.backdrop?.({ layer: this.layer, scales, frame, store, looks, ink: this.inks });
    const heads = curves.filter((curve) => curve.shown && curve.count).map((curve) => ({ ...curve, head: this.curve(curve, scales) }));
    context.restore();
    for (const { head, style } of heads) if (head) this.layer.marker(style.marker, head.x, head.y, 4, style.color, this.inks.panel);
    drawNames(this, scales, heads, drawNotes(this, scales, frame, store));
    this.drawn = curves.map(({ lane, count, shown }) => ({ points: shown ? count : 0, last: heads.find((head) => head.lane === lane)?.head ?? null }));
    this.stale = false;
  }

  fit(curves) {
    let [time, least, greatest] = [0, Infinity, 0];
    for (const { lane, count, parts } of curves) {
      if (!count) continue;
      time = Math.max(time, lane.last("time", count));
      for (const { column, offset, width } of parts) {
        for (const k of [0, count - 1]) {
          const value = column.data[k * width + offset];
          if (value > 0) [least, greatest] = [Math.min(least, value), Math.max(greatest, value)];
        }
      }
    }
    this.axes.grow(time, least, greatest);
  }

  /** Draws the curves of a lane; returns the head of the first. */
  curve({ lane, style, count, parts }, scales) {
    let head = null;
    const time = lane.columns.time.view(count);
    if (this.scratch.length < 2 * count) this.scratch = new Float32Array(4 * count);
    for (const part of parts) {
      const { column, offset, width, weight } = part;
      const values = width === 1 ? column.data : strided(column.data, width, offset, count);
      const points = decimate(time, values, count, scales.x, scales.y, this.scratch);
      this.layer.stroke(this.scratch, points, { color: style.color, dash: style.dash, width: weight, halo: weight > 1.5 ? this.inks.panel : null, alpha: lane.first === false ? 0.45 : 1 });
      if (!points) continue;
      const end = { x: this.scratch[2 * points - 2], y: this.scratch[2 * points - 1] };
      this.beads.push(...beads(this.scratch, points, 9));
      if (part.end && parts.length > 1) this.ends.push({ ...end, text: part.end, color: style.color });
      head ??= end;
    }
    return head;
  }

  traces(store, frame, looks, visible) {
    return looks.filter(({ shown }) => shown).flatMap(({ lane, style }) => {
      const count = lane.upTo(frame);
      const step = Math.max(1, Math.ceil(count / COMMITTED));
      const rows = Array.from({ length: Math.ceil(count / step) }, (_, k) => k * step);
      const x = rows.map((row) => lane.columns.time.data[row]);
      const dash = style.dash.map((length) => `${length}px`).join(",") || "solid";
      return this.panel.curves(lane, store.meta).map(({ column, offset, width, weight, name }) => ({
        x, y: rows.map((row) => column.data[row * width + offset] || null), mode: "lines", name: markup(`${lane.name}${name}`), hovertemplate: "%{y:.3~e}",
        line: { color: visible ? style.color : "rgba(0,0,0,0)", width: weight, simplify: false, dash },
      }));
    });
  }

  /** Gives Plotly the curves as they stand, invisible, so that its hover works on them. */
  commit(store, frame, looks) {
    this.axes.commit(this.traces(store, frame, looks, false));
  }

  picture(store, frame, looks) {
    return this.axes.picture(this.traces(store, frame, looks, true), this.inks.panel);
  }
}

function strided(data, width, offset, count) {
  const out = new Float64Array(count);
  for (let k = 0; k < count; k += 1) out[k] = data[k * width + offset];
  return out;
}
