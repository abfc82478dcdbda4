// @ts-nocheck
// The paths of all outputs in a plane of two declared directions, with what the plane keeps of each.

import { niceTicks } from "../canvas/ticks.mjs";
import { declaredMap, Keeping, mapped } from "../theory/linear.mjs";
import { Flat } from "./flat.mjs";

export class Projection extends Flat {
  show({ meta }, ink) {
    Object.assign(this, { meta, inks: ink, every: niceTicks(0, meta.spec.horizon, 80)[1] });
    const start = meta.start[0].outputs;
    this.map = meta.target && meta.eigenvectors ? declaredMap(start, meta.target, meta.eigenvectors) : null;
    this.place.dataset.empty = this.map ? "" : meta.target ? this.words.line : this.words.large;
    if (!this.map) return this.say(this.place.dataset.empty);
    const point = (outputs) => {
      const at = [0, 0];
      mapped(this.map, outputs, 0, at);
      return at;
    };
    this.marks = {
      target: point(meta.target),
      best: meta.best ? point(meta.best.outputs) : null,
      start: meta.start.map(({ outputs }) => point(outputs)),
    };
    this.around([this.marks.target, ...this.marks.start, ...(this.marks.best ? [this.marks.best] : [])], 0.05);
    return true;
  }

  forget() {
    super.forget();
    this.keepings = new Map();
  }

  coordinates(lane, row, at) {
    mapped(this.map, lane.columns.outputs.data, row * lane.columns.outputs.width, at);
  }

  draw(store, frame, looks) {
    this.units = store.units;
    if (!this.map) return this.say(this.place.dataset.empty);
    const runs = looks.map((look) => ({ ...look, count: look.lane.columns.outputs ? look.lane.upTo(frame) : 0 }));
    this.grow(runs);
    const scales = this.scales();
    this.layer.begin();
    const taken = this.axes(scales, [this.words.first, this.words.second.replace("{k}", this.map.mode + 1)]);
    const keeping = this.keep(runs);
    const traced = this.trace(runs, scales);
    taken.push(...this.tell(this.numbers(keeping, scales), traced, scales, taken));
    return this.paths(traced, this.marks, scales, taken);
  }

  /** Per solver that is shown, what the plane keeps of its first path. */
  keep(runs) {
    return runs
      .filter(({ shown, count, lane }) => shown && count && lane.first !== false)
      .map(({ lane, style, count }) => {
        let kept = this.keepings.get(lane);
        if (!kept || kept.epoch !== lane.epoch || kept.count > count)
          this.keepings.set(lane, (kept = Object.assign(new Keeping(this.map), { epoch: lane.epoch })));
        kept.follow(lane.columns.outputs.data, count);
        return { lane, style, kept };
      });
  }

  /** Retained variance and shrinkage as lines of words, the worst first, and a warning where a shape would mislead. */
  numbers(keeping, scales) {
    const { inks, words, layer } = this;
    const percent = (share) => `${Math.round(100 * share)} %`;
    this.told = keeping.map(({ lane, kept }) => ({
      lane: lane.lane,
      retained: kept.retained,
      shrunk: kept.shrunk,
      misleads: kept.misleads,
    }));
    const rows = keeping.sort((a, b) => a.kept.retained - b.kept.retained);
    const room = Math.max(1, Math.floor((scales.bottom - scales.top) / (60 * layer.scale)));
    const lines = rows.slice(0, room).map(({ kept, style }) => ({
      text: words.kept.replace("{r}", percent(kept.retained)).replace("{s}", percent(kept.shrunk)),
      color: style.color,
    }));
    return rows.some(({ kept }) => kept.misleads) ? [{ text: words.misleads, color: inks.warn }, ...lines] : lines;
  }

  table(store, frame, looks) {
    const at = [0, 0];
    const rows = this.map
      ? looks
          .filter(({ shown }) => shown)
          .flatMap(({ lane }) =>
            Array.from({ length: lane.upTo(frame) }, (_, row) => {
              this.coordinates(lane, row, at);
              return [lane.name, lane.seed, lane.columns.time.data[row], ...at];
            }),
          )
      : [];
    return { columns: ["curve", "seed", "t", "to target", "mode"], rows };
  }
}
