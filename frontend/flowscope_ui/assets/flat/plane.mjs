// @ts-nocheck
// Paths among the contours of the loss: over the whole plane of parameters where p = 2, else on an exact slice through
// an iterate.

import { niceTicks } from "../canvas/ticks.mjs";
import { short } from "../text/format.mjs";
import { Flat } from "./flat.mjs";
import { contoursOf, drawBalls, drawContours } from "./ground.mjs";

const REACH = 8; // from a start: a best point further out (an infimum that is not attained) would make the paths tiny

/** From places on a grid of `shape` to those in a box: θ₁ changes from row to row, θ₂ along a row. */
function placed([rows, columns], low, high) {
  return ([column, row]) => [
    low[0] + (row / (rows - 1)) * (high[0] - low[0]),
    low[1] + (column / (columns - 1)) * (high[1] - low[1]),
  ];
}

export class Plane extends Flat {
  show({ meta }, ink) {
    Object.assign(this, {
      meta,
      inks: ink,
      ground: null,
      slice: null,
      asked: null,
      every: niceTicks(0, meta.spec.horizon, 80)[1],
    });
    this.whole = meta.parameters === 2 && meta.start[0].theta !== null;
    this.store = null;
    this.place.dataset.empty = "";
    if (meta.start[0].theta === null || meta.parameters < 2)
      return this.say((this.place.dataset.empty = meta.parameters < 2 ? this.words.line : this.words.large));
    this.marks = this.whole
      ? { best: meta.best?.theta ?? null, start: meta.start.map(({ theta }) => theta) }
      : { best: null, start: [] };
    this.cut = !this.whole;
    const near = (point) =>
      this.marks.start.some((start) => Math.max(...start.map((value, k) => Math.abs(value - point[k]))) <= REACH);
    if (this.whole) this.around([...this.marks.start, ...[this.marks.best].filter((best) => best && near(best))], 0.4);
    return true;
  }

  /** Shows metric ellipses or not. */
  choose(layers) {
    this.metric = layers.has("metric");
    this.stale = true;
  }

  coordinates(lane, row, at) {
    const { data, width } = lane.columns.theta;
    if (this.whole) {
      [at[0], at[1]] = [data[row * width], data[row * width + 1]];
      return;
    }
    const { theta, directions } = this.slice;
    at.fill(0);
    for (let k = 0; k < width; k += 1)
      for (const axis of [0, 1]) at[axis] += directions[axis][k] * (data[row * width + k] - theta[k]);
  }

  draw(store, frame, looks) {
    this.units = store.units;
    if (!this.marks) return this.say(this.place.dataset.empty);
    if (this.store !== store) this.begin(store);
    if (!this.whole && !this.slice) return this.say(this.sentence ?? this.words.wait);
    this.place.dataset.empty = "";
    const runs = looks.map((look) => ({ ...look, count: look.lane.columns.theta ? look.lane.upTo(frame) : 0 }));
    if (this.whole) this.grow(runs);
    const scales = this.scales();
    const context = this.layer.begin();
    const taken = this.axes(scales, this.whole ? ["θ_1", "θ_2"] : this.names());
    context.save();
    context.beginPath();
    context.rect(scales.left, scales.top, scales.right - scales.left, scales.bottom - scales.top);
    context.clip();
    if (this.ground) drawContours(this.layer, this.ground, scales, this.inks, taken);
    if (this.metric && this.store.surface) drawBalls(this.layer, this.store.surface, scales, this.inks);
    context.restore();
    const traced = this.trace(runs, scales);
    taken.push(...this.tell(this.notes(scales, runs), traced, scales, taken));
    return this.paths(traced, this.marks, scales, taken);
  }

  /** The sheet that the ground is read from is another one. */
  resurface() {
    this.store = null;
    this.stale = true;
  }

  /** The ground of a run whose stage knows the outputs all over the plane; of another it is asked for. */
  begin(store) {
    Object.assign(this, { store, box: null });
    const { surface, meta } = store;
    if (!this.whole) return;
    if (!surface || (meta.spec.problem.loss?.kind ?? "squares") !== "squares") return void this.survey();
    const { rows, columns, points, theta } = surface;
    const last = 2 * (rows * columns - 1);
    const loss = Float64Array.from(
      { length: rows * columns },
      (_, k) =>
        meta.target.reduce((sum, value, axis) => sum + (points[3 * k + axis] - value) ** 2, 0) / (2 * meta.samples),
    );
    this.lay(loss, { rows, columns }, placed([rows, columns], [theta[0], theta[1]], [theta[last], theta[last + 1]]));
  }

  /** Asks for the losses all over what is in sight, unless they are known. */
  survey() {
    const { store, box } = this;
    const { low, high } = this.scales().seen;
    if (box && low.every((value, axis) => value >= box.low[axis] && high[axis] <= box.high[axis])) return;
    const asked = { low, high };
    this.box = asked;
    store.ground(low, high).then((found) => {
      if (this.box !== asked || this.store !== store || !found.shape) return;
      const [rows, columns] = found.shape;
      this.lay(
        Float64Array.from(found.loss, (value) => value ?? NaN),
        { rows, columns },
        placed(found.shape, low, high),
      );
      store.news();
    });
  }

  /** Contours of `loss`, less the best in class, on a grid that `place` maps to the plane. */
  lay(loss, size, place) {
    // an infimum that is not attained spaces them too
    this.ground = contoursOf(loss, (this.meta.best ?? this.meta.infimum)?.loss ?? 0, size, place);
    this.stale = true;
  }

  names() {
    return this.slice.names;
  }

  /** On a slice, whose it is and how far from it the other heads are; what the contours are. */
  notes(scales, runs) {
    const { inks, words, layer } = this;
    const contours = { text: (this.meta.best ?? this.meta.infimum) ? words.excess : words.loss, color: inks.dim };
    if (this.whole) return this.ground ? [contours] : [];
    const own = this.store.lanes[this.slice.lane];
    const others = runs.filter(({ lane, count, shown }) => shown && count && lane.first && lane !== own);
    const away = others.map(({ lane, count, style }) => ({
      text: words.away.replace("{name}", lane.name).replace("{d}", short(this.away(lane, count))),
      color: style.color,
    }));
    const lines = [
      { text: words.slice.replace("{name}", own.name).replace("{k}", this.slice.frame), color: inks.text },
      ...away,
      contours,
    ];
    return lines.slice(0, Math.max(2, Math.floor((scales.bottom - scales.top) / (32 * layer.scale))));
  }

  /** The distance of a head from the slice. */
  away(lane, count) {
    const { data, width } = lane.columns.theta;
    const at = [0, 0];
    this.coordinates(lane, count - 1, at);
    const { theta, directions } = this.slice;
    return Math.hypot(
      ...theta.map(
        (value, k) => data[(count - 1) * width + k] - value - at[0] * directions[0][k] - at[1] * directions[1][k],
      ),
    );
  }

  /** The drawing stands still: a slice through where the chosen solver, else the first, is now. */
  commit(store, frame, looks) {
    const { lane } =
      [...looks.filter(({ chosen }) => chosen), ...looks].find(
        ({ shown, lane: each }) => shown && each.columns.theta,
      ) ?? {};
    if (!lane || !this.marks) return;
    if (this.whole) {
      if (this.box) this.survey();
      return;
    }
    const key = `${lane.lane} ${frame}`;
    if (key === this.asked) return;
    this.asked = key;
    store.slice(lane.lane, frame).then((found) => {
      if (this.asked !== key || this.store !== store) return;
      this.accept(found);
      store.news();
    });
  }

  accept(found) {
    if (found.sentence) {
      this.sentence = found.sentence;
      this.stale = true;
      return;
    }
    this.slice = found;
    const { reach, side, loss } = found;
    const along = (k) => reach * ((2 * k) / (side - 1) - 1);
    this.around(
      [
        [-reach, -reach],
        [reach, reach],
      ],
      0,
    );
    this.lay(Float64Array.from(loss), { rows: side, columns: side }, ([column, row]) => [along(column), along(row)]);
  }

  table(store, frame, looks) {
    const at = [0, 0];
    const known = this.marks && (this.whole || this.slice);
    const rows = known
      ? looks
          .filter(({ shown, lane }) => shown && lane.columns.theta)
          .flatMap(({ lane }) =>
            Array.from({ length: lane.upTo(frame) }, (_, row) => {
              this.coordinates(lane, row, at);
              return [lane.name, lane.seed, lane.columns.time.data[row], ...at];
            }),
          )
      : [];
    return { columns: ["curve", "seed", "t", ...(known && !this.whole ? this.names() : ["θ_1", "θ_2"])], rows };
  }
}
