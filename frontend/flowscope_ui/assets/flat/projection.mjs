// The paths of all outputs in a plane of two declared directions, with what the plane keeps of each.

import { niceTicks } from "../canvas/ticks.mjs";
import { short } from "../text/format.mjs";
import { later } from "../stream/later.mjs";
import { declaredMap, Keeping, mapped } from "../theory/linear.mjs";
import { Flat } from "./flat.mjs";

/**
 * @import { Column, Lane, Store } from "../stream/store.mjs"
 * @import { Ink, Look, Setting, Style, Words } from "../types.d.ts"
 * @import { FlatMarks, FlatRun, FlatScales } from "./flat.mjs"
 */

/**
 * What the plane keeps of the path of a lane.
 *
 * @typedef {{ lane: Lane, style: Style, kept: Keeping & { epoch: number } }} Kept
 */

/** @typedef {NonNullable<ReturnType<typeof declaredMap>>} PlaneMap */

/** @extends {Flat<Words["panels"]["projection"]>} */
export class Projection extends Flat {
  /**
   * @param {HTMLElement} place
   * @param {string} name
   * @param {Words["panels"]["projection"]} words
   */
  constructor(place, name, words) {
    super(place, name, words);
    /** @type {PlaneMap | null} */
    this.map = null;
    /** @type {FlatMarks & { target: number[] }} */
    this.marks = later;
    /** @type {Map<Lane, Keeping & { epoch: number }>} */
    this.keepings = new Map();
    /** @type {{ lane: number, retained: number, shrunk: number, misleads: boolean }[] | undefined} */
    this.told = undefined;
  }

  /**
   * @param {Pick<Store, "meta">} store
   * @param {Ink} ink
   */
  show({ meta }, ink) {
    Object.assign(this, { meta, inks: ink, every: niceTicks(0, meta.spec.horizon, 80)[1] });
    const { best, eigenvectors, target } = meta;
    const starts = meta.start.map(({ outputs }) => /** @type {number[]} */ (outputs));
    const map = target && eigenvectors ? declaredMap(starts[0], target, eigenvectors) : null;
    this.map = map;
    this.place.dataset.empty = map ? "" : target ? this.words.line : this.words.large;
    if (!map || !target) return this.say(this.place.dataset.empty);
    /** @param {number[]} outputs */
    const point = (outputs) => {
      const at = [0, 0];
      mapped(map, outputs, 0, at);
      return at;
    };
    this.marks = {
      target: point(target),
      best: best?.outputs ? point(best.outputs) : null,
      start: starts.map(point),
    };
    this.around([this.marks.target, ...this.marks.start, ...(this.marks.best ? [this.marks.best] : [])], 0.05);
    return true;
  }

  forget() {
    super.forget();
    this.keepings = new Map();
  }

  /**
   * @param {Lane} lane
   * @param {number} row
   * @param {number[]} at
   */
  coordinates(lane, row, at) {
    const { data, width } = /** @type {Column} */ (lane.columns.outputs);
    mapped(/** @type {PlaneMap} */ (this.map), data, row * width, at);
  }

  /**
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   */
  draw(store, frame, looks) {
    this.units = store.units;
    const { map } = this;
    if (!map) return this.say(this.place.dataset.empty ?? "");
    const runs = looks.map((look) => ({ ...look, count: look.lane.columns.outputs ? look.lane.upTo(frame) : 0 }));
    this.grow(runs);
    const scales = this.scales();
    this.layer.begin();
    const taken = this.axes(scales, [this.words.first, this.words.second.replace("{k}", String(map.mode + 1))]);
    const keeping = this.keep(runs, map);
    const traced = this.trace(runs, scales);
    taken.push(...this.tell(this.numbers(keeping, scales), traced, scales, taken));
    return this.paths(traced, this.marks, scales, taken);
  }

  /**
   * Per solver that is shown, what the plane keeps of its first path.
   *
   * @param {FlatRun[]} runs
   * @param {PlaneMap} map
   * @returns {Kept[]}
   */
  keep(runs, map) {
    return runs
      .filter(({ shown, count, lane }) => shown && count && lane.first !== false)
      .map(({ lane, style, count }) => {
        let kept = this.keepings.get(lane);
        if (!kept || kept.epoch !== lane.epoch || kept.count > count)
          this.keepings.set(lane, (kept = Object.assign(new Keeping(map), { epoch: lane.epoch })));
        kept.follow(/** @type {Column} */ (lane.columns.outputs).data, count);
        return { lane, style, kept };
      });
  }

  /**
   * Retained variance and shrinkage as lines of words, the worst first, and a warning where a shape would mislead.
   *
   * @param {Kept[]} keeping
   * @param {FlatScales} scales
   */
  numbers(keeping, scales) {
    const { inks, words, layer } = this;
    /** @param {number} share */
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

  /**
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   */
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

  /**
   * Of a lane at `count` rows, what the panel is about, for readers.
   *
   * @param {Lane} lane
   */
  said(lane) {
    const told = this.told?.find((each) => each.lane === lane.lane);
    return told ? `${short(100 * told.retained)} %, ${short(100 * told.shrunk)} %` : "";
  }
}

/** @param {Setting<"projection">} setting */
export function panel({ place, text, words }) {
  return new Projection(place, "projection", { ...text.stage, ...words });
}
