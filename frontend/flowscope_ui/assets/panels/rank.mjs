// The rank of J as a chart: σ_min and σ_max over the clock, the rank as a step line above, amber where J is ill
// conditioned, red where rank is lost.

import { Chart } from "../chart/chart.mjs";
import { placeOf } from "../stream/clock.mjs";
import { short } from "../text/format.mjs";

/**
 * @import { Lane, Store } from "../stream/store.mjs"
 * @import { Look, Meta, Setting, Words } from "../types.d.ts"
 */

/**
 * A stretch of flow time in which rank and state stay the same.
 *
 * @typedef {{ rank: number, state: number, from: number, to: number }} Stretch
 */

const ILL = 1e-3; // of the greatest σ_max so far: a lane whose σ_min is below it is amber
const FLOOR = 1e-16;
const STRIP = 0.34; // of the height, above the curves
const [FINE, AMBER, RED] = [0, 1, 2];
/** @type {Record<number, "warn" | "bad">} */
const INKS = { [AMBER]: "warn", [RED]: "bad" };

/** The stretches of a lane's clock in which rank and state stay the same; grows with its rows. `full` is min(N, p). */
export class Stretches {
  /**
   * @param {Lane} lane
   * @param {number} full
   */
  constructor(lane, full) {
    this.lane = lane;
    this.full = full;
    this.count = 0;
    this.epoch = lane.epoch;
    /** @type {Stretch[]} */
    this.list = [];
    this.greatest = 0; // σ_max so far
    this.begin();
  }

  begin() {
    Object.assign(this, { count: 0, epoch: this.lane.epoch, list: [], greatest: 0 });
  }

  /**
   * [{rank, state, from, to}] over the first `count` rows.
   *
   * @param {number} count
   */
  upTo(count) {
    if (count < this.count || this.epoch !== this.lane.epoch) this.begin();
    const { time, rank } = this.lane.columns;
    for (; this.count < count; this.count += 1) {
      const row = this.count;
      const [state, last] = [this.state(row), this.list.at(-1)];
      if (last) last.to = time.data[row];
      if (!last || last.rank !== rank.data[row] || last.state !== state)
        this.list.push({ rank: rank.data[row], state, from: time.data[row], to: time.data[row] });
    }
    return this.list;
  }

  /** @param {number} row */
  state(row) {
    const { rank, sigma_min: least, sigma_max: most } = this.lane.columns;
    this.greatest = Math.max(this.greatest, most.data[row]);
    const ended = row === this.lane.count - 1 && this.lane.status === "rank_loss";
    if (ended || rank.data[row] < this.full) return RED;
    return least.data[row] < ILL * this.greatest ? AMBER : FINE;
  }
}

/**
 * N, the outputs on all samples.
 *
 * @param {Meta} meta
 */
export function outputCount(meta) {
  return meta.target?.length ?? meta.samples * (meta.spec.network.widths?.at(-1) ?? 1);
}

/**
 * Which of K = JJᵀ/n (N × N) and G = JᵀJ/n (p × p) can have full rank: "under", "border" or "over".
 *
 * @param {Meta} meta
 */
export function parametrisation(meta) {
  return /** @type {const} */ (["under", "border", "over"])[1 + Math.sign(meta.parameters - outputCount(meta))];
}

/**
 * What was lost, when, and what it means; "" while every lane has its rank.
 *
 * @param {Store} store
 * @param {number} frame
 * @param {Look[]} looks
 * @param {(lane: Lane) => Stretches} stretches
 * @param {Words["panels"]["rank"]} words
 */
export function lossSentence(store, frame, looks, stretches, words) {
  const full = Math.min(store.meta.parameters, outputCount(store.meta));
  const lost = looks
    .filter(({ shown }) => shown)
    .map(({ lane }) => {
      const count = lane.upTo(frame);
      return {
        lane,
        red: count
          ? stretches(lane)
              .upTo(count)
              .find(({ state }) => state === RED)
          : null,
        count,
      };
    })
    .find(({ red }) => red);
  if (!lost?.red) return "";
  const { lane, red, count } = lost;
  const ended = lane.status === "rank_loss" && count === lane.count;
  const row = ended ? count - 1 : Math.max(0, lane.columns.time.view(count).indexOf(red.from));
  const ratio = lane.columns.sigma_min.data[row] / lane.columns.sigma_max.data[row];
  const gone = Math.max(1, full - lane.columns.rank.data[row]);
  // in the row of the loss itself nobody knows yet
  const next = ended ? words.stopped : row < count - 1 ? words.goes_on : "";
  return (
    (red.from ? words.lost : words.lacking)
      .replace("{name}", lane.name)
      .replace("{t}", lane.columns.time.data[row].toFixed(3))
      .replace("{gone}", String(gone))
      .replace("{full}", String(full))
      .replace("{ratio}", short(ratio)) + next
  );
}

/**
 * The panel; its card is an element in `place`.
 *
 * @param {Setting<"rank">} setting
 */
export function panel({ place, words }) {
  const card = Object.assign(document.createElement("p"), { className: "loss-card" });
  card.setAttribute("role", "status");
  place.append(card);
  /** @type {WeakMap<Lane, Stretches>} */
  const known = new WeakMap();
  /**
   * @param {Lane} lane
   * @param {Meta} meta
   */
  const stretches = (lane, meta) => {
    const found = known.get(lane) ?? new Stretches(lane, Math.min(meta.parameters, outputCount(meta)));
    known.set(lane, found);
    return found;
  };
  return new Chart(place, {
    name: "rank",
    said: (lane, count) =>
      `${lane.last("rank", count)}, ${short(lane.last("sigma_min", count))}, ${short(lane.last("sigma_max", count))}`,
    low: 1e-3,
    high: 10,
    room: 1,
    floor: FLOOR,
    strip: STRIP,
    curves: (lane) =>
      /** @type {const} */ (["sigma_max", "sigma_min"]).map((name, k) => ({
        quantity: name,
        column: lane.columns[name],
        offset: 0,
        width: 1,
        weight: k ? 1.4 : 2.2,
        name: k ? " σ_{min}" : " σ_{max}",
        end: k ? "σ_{min}" : "σ_{max}",
      })),
    backdrop: ({ layer, scales, frame, store, looks, ink }) => {
      const { meta } = store;
      const full = Math.min(meta.parameters, outputCount(meta));
      const rate = store.units.factor("time");
      const said = lossSentence(store, frame, looks, (lane) => stretches(lane, meta), words);
      if (card.textContent !== said) card.textContent = said;
      const top = 21 * layer.scale;
      const tall = scales.top - top - 14 * layer.scale;
      const shown = looks.filter(({ shown: on, lane }) => on && lane.first !== false && lane.upTo(frame));
      shown.forEach(({ lane, style }, index) => {
        for (const { rank, state, from, to } of stretches(lane, meta).upTo(lane.upTo(frame))) {
          const y = top + (1 - rank / full) * tall + 2.5 * (index - (shown.length - 1) / 2);
          const [x0, end] = [from, to].map((time) => scales.x(placeOf(store.units, lane, rate * time)));
          const x1 = Math.max(end, x0 + 2);
          if (state !== FINE)
            layer.stroke(new Float32Array([x0, y, x1, y]), 2, { color: ink[INKS[state]], width: 6, alpha: 0.75 });
          layer.stroke(new Float32Array([x0, y, x1, y]), 2, { color: style.color, width: 1.8, dash: style.dash });
        }
      });
    },
    notes: ({ scales, store: { meta } }) => [
      {
        text: words[parametrisation(meta)]
          .replace("{p}", String(meta.parameters))
          .replace("{N}", String(outputCount(meta))),
        x: scales.left + 2,
        y: 9,
        align: "left",
      },
      {
        text: words.full.replace("{rank}", String(Math.min(meta.parameters, outputCount(meta)))),
        x: scales.left - 5,
        y: 22,
        align: "right",
      },
      { text: "0", x: scales.left - 5, y: scales.top - 14, align: "right" },
    ],
  });
}
