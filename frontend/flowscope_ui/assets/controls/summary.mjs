// @ts-nocheck
// What each panel shows, in a sentence for readers: said where the drawing stands, and about once in three seconds
// while it plays.

import { timeAt } from "../stream/clock.mjs";
import { short } from "../text/format.mjs";
import { condition, modeCount } from "../theory/mode.mjs";

const EVERY = 3000; // ms

/** Of a lane at `count` rows, what a panel is about: a number, or a text of several. */
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
    view.told?.lane === lane.lane
      ? `${short(lane.last("trajectory_error", count))} ≤ ${short(lane.last("budget", count))}`
      : "",
  diffusion: ({ lane, count }) =>
    lane.columns.sample_distance
      ? `${short(lane.last("sample_distance", count))}, ${short(lane.last("validation_error", count))}`
      : "",
  modules: ({ lane, view }) =>
    view.found?.lane === lane.lane
      ? `${view.found.layers.map(({ condition: each }) => short(each)).join(", ")}; ${short(view.found.cosine)}`
      : "",
  lamps: ({ lane, view }) => {
    const told = view.told.find((each) => each.lane === lane);
    return told
      ? `${Object.values(told.now)
          .map(({ holds }) => (holds ? "✓" : "✗"))
          .join(" ")} ${short(lane.columns.geodesic_modulus.data[told.row])}`
      : "";
  },
  projection: ({ lane, view }) => {
    const told = view.told?.find((each) => each.lane === lane.lane);
    return told ? `${short(100 * told.retained)} %, ${short(100 * told.shrunk)} %` : "";
  },
};

/** Of a chart, the first of its curves. */
function charted({ lane, count, store, view }) {
  const [curve] = view.panel.curves(lane, store, count).filter(({ column }) => column);
  const value =
    curve && (curve.own ? curve.column.data.at(-1) : curve.column.data[(count - 1) * curve.width + curve.offset]);
  return value === undefined || Number.isNaN(value) ? "" : short(store.units.factor(curve.quantity) * value);
}

function row({ data, width }, count) {
  return Array.from(data.subarray((count - 1) * width, count * width));
}

function largest(column, count) {
  return column ? short(Math.max(...row(column, count))) : "";
}

export class Summaries {
  /** `place(id)` has the sentences, `words` are {at, least, none, of: {panel: what it tells}}. */
  constructor(place, words) {
    this.place = place;
    this.words = words;
    this.said = -EVERY;
    this.key = null;
  }

  /** Called every frame; says nothing new unless it is time, or the drawing has come to stand. */
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

  /** "At t = 3.20, excess loss: Gauss–Newton 1.2e−6; Gradient flow 0.034." */
  sentence(name, view, { store, looks }, frame) {
    const { words } = this;
    const value = VALUES[name] ?? (view.panel ? charted : null);
    const lanes = looks.filter(({ lane, shown }) => shown && lane.first !== false && lane.upTo(frame));
    const told = value
      ? lanes
          .map(({ lane }) => [lane.name, value({ lane, store, view, count: lane.upTo(frame) })])
          .filter(([, text]) => text)
          .map((each) => each.join(" "))
      : [
          view.spoken
            ? view.spoken()
            : view.told && `${short(view.told.outputs.angle.at(-1))}°, ${short(view.told.outputs.distance.at(-1))}`,
        ].filter(Boolean);
    const at = words.at
      .replace("{clock}", store.units.clock.letter)
      .replace("{t}", timeAt(store, frame).toFixed(2))
      .replace("{what}", words.of[name]);
    return `${at} ${told.join("; ") || words.none}.`;
  }
}
