// What each panel shows, in a sentence for readers: said where the drawing stands, and about once in three seconds
// while it plays.

import { timeAt } from "../stream/clock.mjs";
import { short } from "../text/format.mjs";
import { condition, modeCount } from "../theory/mode.mjs";

/**
 * @import { Chart } from "../chart/chart.mjs"
 * @import { Projection } from "../flat/projection.mjs"
 * @import { Composition } from "../module/composition.mjs"
 * @import { Modules } from "../module/modules.mjs"
 * @import { Budget } from "../panels/budget.mjs"
 * @import { Lamps } from "../panels/conditions.mjs"
 * @import { Separation } from "../panels/separation.mjs"
 * @import { Session } from "../stream/session.mjs"
 * @import { Column, Lane, Store } from "../stream/store.mjs"
 * @import { PlaceOf, Scope, Sentences, View as AnyView, Words } from "../types.d.ts"
 */

const EVERY = 3000; // ms

/**
 * A lane at `count` rows in a view.
 *
 * @typedef {{ lane: Lane, count: number, store: Store, view: object }} Viewed
 */

/**
 * Of a lane at `count` rows, what a panel is about: a number, or a text of several.
 *
 * @type {Record<string, (viewed: Viewed) => string>}
 */
const VALUES = {
  stage: ({ lane, count, store }) => short(store.units.factor("residual_norm") * lane.last("residual_norm", count)),
  rank: ({ lane, count }) =>
    `${lane.last("rank", count)}, ${short(lane.last("sigma_min", count))}, ${short(lane.last("sigma_max", count))}`,
  spectrum: ({ lane, count }) => (modeCount(lane) ? short(condition(lane, count - 1)) : ""),
  modes: ({ lane, count }) => largest(lane.columns.modes, count),
  plane: ({ lane, count }) =>
    lane.columns.theta ? row(lane.columns.theta, count).slice(0, 4).map(short).join(", ") : "",
  ledger: ({ lane, count }) =>
    `${lane.last("step", count)}, ${lane.last("evaluations.f", count)}, ${lane.last("evaluations.jacobian", count)}`,
  budget: ({ lane, count, view }) =>
    /** @type {Budget} */ (view).told?.lane === lane.lane
      ? `${short(lane.last("trajectory_error", count))} ≤ ${short(lane.last("budget", count))}`
      : "",
  diffusion: ({ lane, count }) =>
    lane.columns.sample_distance
      ? `${short(lane.last("sample_distance", count))}, ${short(lane.last("validation_error", count))}`
      : "",
  modules: ({ lane, view }) => {
    const { found } = /** @type {Modules} */ (view);
    return found?.lane === lane.lane
      ? `${found.layers.map(({ condition: each }) => short(each)).join(", ")}; ${short(found.cosine)}`
      : "";
  },
  lamps: ({ lane, view }) => {
    const told = /** @type {Lamps} */ (view).told?.find((each) => each.lane === lane);
    return told
      ? `${Object.values(told.now)
          .map(({ holds }) => (holds ? "✓" : "✗"))
          .join(" ")} ${short(lane.columns.geodesic_modulus.data[told.row])}`
      : "";
  },
  projection: ({ lane, view }) => {
    const told = /** @type {Projection} */ (view).told?.find((each) => each.lane === lane.lane);
    return told ? `${short(100 * told.retained)} %, ${short(100 * told.shrunk)} %` : "";
  },
};

/**
 * Of a chart, the first of its curves.
 *
 * @param {Viewed} viewed
 */
function charted({ lane, count, store, view }) {
  const [curve] = /** @type {Chart} */ (view).panel.curves(lane, store, count).filter(({ column }) => column);
  const value =
    curve &&
    (curve.own
      ? curve.column.data[curve.column.data.length - 1]
      : curve.column.data[(count - 1) * curve.width + curve.offset]);
  return value === undefined || Number.isNaN(value) ? "" : short(store.units.factor(curve.quantity) * value);
}

/**
 * @param {Column} column
 * @param {number} count
 */
function row({ data, width }, count) {
  return Array.from(data.subarray((count - 1) * width, count * width));
}

/**
 * @param {Column | undefined} column
 * @param {number} count
 */
function largest(column, count) {
  return column ? short(Math.max(...row(column, count))) : "";
}

/**
 * Of a panel that is about no single lane: what it says of itself, or the newest angle and distance of two paths.
 *
 * @param {object} view
 */
function spoken(view) {
  if ("spoken" in view) return /** @type {Composition} */ (view).spoken();
  const { outputs } = /** @type {Separation} */ (view).told ?? {};
  return outputs && `${short(outputs.angle.at(-1))}°, ${short(outputs.distance.at(-1))}`;
}

export class Summaries {
  /**
   * `place(id)` has the sentences, `words` are {at, least, none, of: {panel: what it tells}}.
   *
   * @param {PlaceOf} place
   * @param {Words["summary"]} words
   */
  constructor(place, words) {
    this.place = place;
    this.words = words;
    this.said = -EVERY;
    /** @type {string | null} */
    this.key = null;
  }

  /**
   * Called every frame; says nothing new unless it is time, or the drawing has come to stand.
   *
   * @param {Session} session
   * @param {Scope} scope
   * @param {number} now
   */
  follow(session, scope, now) {
    const key = scope.still.key && `${scope.still.key} ${Object.keys(scope.views)}`;
    if (key ? key === this.key : now - this.said < EVERY) return;
    Object.assign(this, { key, said: now });
    for (const [name, view] of Object.entries(scope.views)) {
      const place = this.place(`${name}-summary`);
      const sentence = this.sentence(name, view, scope, session.playhead.frame);
      if (place.textContent !== sentence) place.textContent = sentence;
    }
  }

  /**
   * "At t = 3.20, excess loss: Gauss–Newton 1.2e−6; Gradient flow 0.034."
   *
   * @param {string} name
   * @param {AnyView} view
   * @param {Scope} scope
   * @param {number} frame
   */
  sentence(name, view, { store, looks }, frame) {
    const { words } = this;
    const value = VALUES[name] ?? ("panel" in view ? charted : null);
    const lanes = looks.filter(({ lane, shown }) => shown && lane.first !== false && lane.upTo(frame));
    const told = value
      ? lanes
          .map(({ lane }) => [lane.name, value({ lane, store, view, count: lane.upTo(frame) })])
          .filter(([, text]) => text)
          .map((each) => each.join(" "))
      : [spoken(view)].filter(Boolean);
    const at = words.at
      .replace("{clock}", store.units.clock.letter)
      .replace("{t}", timeAt(store, frame).toFixed(2))
      .replace("{what}", /** @type {Sentences} */ (words.of)[name]);
    return `${at} ${told.join("; ") || words.none}.`;
  }
}
