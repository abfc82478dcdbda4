// A flat picture of paths: two axes in equal units, ranges that grow and never shrink, the same paths, heads and names
// as on the stage.

import { drawRings } from "../canvas/cursor.mjs";
import { Layer } from "../canvas/layer.mjs";
import { drawTrails } from "../canvas/scene.mjs";
import { niceTicks } from "../canvas/ticks.mjs";
import { later } from "../stream/later.mjs";
import { Trail } from "../canvas/trail.mjs";

/**
 * @import { Lane } from "../stream/store.mjs"
 * @import { Align, Box, DrawnLane, GhostLane, Ink, Look, Meta, PathRun, Pointed, Scales, Units } from "../types.d.ts"
 */

/**
 * A lane up to a row, before it has a path.
 *
 * @typedef {Look & { count: number }} FlatRun
 */
/** @typedef {PathRun} TracedRun */
/**
 * Words in a corner of the picture.
 *
 * @typedef {{ text: string, color: string }} Line
 */
/**
 * The places of a run, in coordinates.
 *
 * @typedef {{ target?: number[] | null, best: number[] | null, start: number[][] }} FlatMarks
 */
/**
 * From coordinates to pixels, and what part of the plane is seen.
 *
 * @typedef {Scales & { unit: number, seen: { low: number[], high: number[] } }} FlatScales
 */

const SMALL = 200; // pixels of height below which only the paths have names
const MARGIN = { left: 46, right: 10, top: 8, bottom: 34 };

/** @template {object} W of its words */
export class Flat {
  /**
   * Draws in `place` as panel `name` with its `words`; a subclass has `coordinates(lane, row, at)`.
   *
   * @param {HTMLElement} place
   * @param {string} name
   * @param {W} words
   */
  constructor(place, name, words) {
    this.place = place;
    this.words = words;
    /** @type {Meta} */
    this.meta = later;
    /** @type {Units} */
    this.units = later;
    /** @type {Ink} */
    this.inks = later;
    /** @type {number[]} */
    this.low = later;
    /** @type {number[]} */
    this.high = later;
    /** @type {number[][] | undefined} */
    this.first = undefined; // the ranges as they were
    /** @type {number} */
    this.every = later; // between ticks, in flow time
    /** @type {number | undefined} */
    this.corner = undefined; // in which words stand
    this.cut = false;
    this.memory = new Map();
    /** @type {Trail[]} */
    this.trails = [];
    /** @type {number[]} */
    this.reached = [];
    this.at = [0, 0];
    /** @type {DrawnLane[]} */
    this.drawn = [];
    /** @type {Pointed[] | undefined} */
    this.pointed = undefined;
    /** @type {number | null | undefined} */
    this.cursor = undefined;
    /** @type {GhostLane[]} */
    this.ghosts = later;
    this.stale = false;
    this.version = 1;
    this.layer = new Layer(place, name);
    new ResizeObserver(() => {
      this.layer.resize(place);
      this.moved();
    }).observe(place);
  }

  /**
   * Puts the coordinates of a lane in a row into `at`: a subclass knows them.
   *
   * @type {(lane: Lane, row: number, at: number[]) => void}
   */
  coordinates() {}

  /** Pixels are not what they were. */
  moved() {
    this.version += 1;
    this.stale = true;
  }

  /** @param {Ink} ink */
  ink(ink) {
    this.inks = ink;
    this.moved(); // the type may be of another size
  }

  /**
   * New ranges around `points` [[x, y], …], with some air.
   *
   * @param {number[][]} points
   * @param {number} air
   */
  around(points, air) {
    const [xs, ys] = [0, 1].map((axis) => points.map((point) => point[axis]));
    const pad = Math.max(air, 0.3 * Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys)));
    this.low = [Math.min(...xs) - pad, Math.min(...ys) - pad];
    this.high = [Math.max(...xs) + pad, Math.max(...ys) + pad];
    this.first = [[...this.low], [...this.high]];
    this.forget();
  }

  /** The next drawing is laid out from its rows alone. */
  settle() {
    if (!this.first) return;
    [this.low, this.high] = this.first.map((corner) => [...corner]);
    this.forget();
  }

  forget() {
    Object.assign(this, { reached: [], trails: [], corner: undefined });
    this.memory.clear();
    this.moved();
  }

  /**
   * The ranges grow to where the lanes that are shown have been.
   *
   * @param {FlatRun[]} runs
   */
  grow(runs) {
    const { low, high, at } = this;
    const before = `${low} ${high}`;
    runs.forEach(({ lane, count }, k) => {
      for (let row = this.reached[k] ?? 0; row < count; row += 1) {
        this.coordinates(lane, row, at);
        for (const axis of [0, 1]) {
          const air = 0.12 * (high[axis] - low[axis]);
          if (at[axis] < low[axis]) low[axis] = at[axis] - air;
          if (at[axis] > high[axis]) high[axis] = at[axis] + air;
        }
      }
      this.reached[k] = Math.max(this.reached[k] ?? 0, count);
    });
    if (before !== `${low} ${high}`) this.moved();
  }

  /** From coordinates to pixels: equal units, the ranges in the middle of the room. */
  /** @returns {FlatScales} */
  scales() {
    const { low, high, layer } = this;
    const [left, top] = [MARGIN.left * layer.scale, MARGIN.top];
    const [right, bottom] = [layer.width - MARGIN.right, layer.height - MARGIN.bottom * layer.scale];
    const unit = Math.min((right - left) / (high[0] - low[0]), (bottom - top) / (high[1] - low[1]));
    const [x0, y0] = [
      (left + right) / 2 - (unit * (low[0] + high[0])) / 2,
      (top + bottom) / 2 + (unit * (low[1] + high[1])) / 2,
    ];
    return {
      left,
      right,
      top,
      bottom,
      unit,
      x: (value) => x0 + unit * value,
      y: (value) => y0 - unit * value,
      seen: { low: [(left - x0) / unit, (y0 - bottom) / unit], high: [(right - x0) / unit, (y0 - top) / unit] },
    };
  }

  /**
   * Grid, numbers and the names of the axes; returns the boxes they take.
   *
   * @param {FlatScales} scales
   * @param {string[]} names
   * @returns {Box[]}
   */
  axes(scales, names) {
    const { layer, inks } = this;
    const { left, right, top, bottom, seen } = scales;
    /** @param {number} pixels */
    const wanted = (pixels) => Math.max(2, Math.min(6, pixels / 60));
    /** @param {number[]} points */
    const rule = (points) => layer.stroke(new Float32Array(points), 2, { color: inks.grid, width: 1 });
    /** @param {number} value */
    const text = (value) => String(value).replace("-", "−");
    for (const value of niceTicks(seen.low[0], seen.high[0], wanted(right - left))) {
      rule([scales.x(value), top, scales.x(value), bottom]);
      layer.words(text(value), scales.x(value), bottom + 10 * layer.scale, {
        color: inks.dim,
        size: 11,
        align: "center",
      });
    }
    for (const value of niceTicks(seen.low[1], seen.high[1], wanted(bottom - top))) {
      rule([left, scales.y(value), right, scales.y(value)]);
      layer.words(text(value), left - 6, scales.y(value), { color: inks.dim, size: 11, align: "right" });
    }
    layer.words(names[0], (left + right) / 2, bottom + 25 * layer.scale, {
      color: inks.dim,
      size: 11,
      align: "center",
    });
    const width = layer.words(names[1], left + 5, top + 8, {
      color: inks.text,
      size: 11.5,
      weight: 600,
      halo: inks.panel,
    });
    return [{ x: left, y: top - 2, width: width + 10, height: 20 }];
  }

  /**
   * Brings the trails of `runs` up to now.
   *
   * @param {FlatRun[]} runs
   * @param {FlatScales} scales
   */
  trace(runs, scales) {
    const { at } = this;
    return runs.map(({ lane, count, ...look }, k) => {
      this.trails[k] = this.trails[k]?.lane === lane ? this.trails[k] : new Trail(lane);
      if (count)
        this.trails[k].update(count, this.version, (row, pixel) => {
          this.coordinates(lane, row, at);
          pixel[0] = scales.x(at[0]);
          pixel[1] = scales.y(at[1]);
        });
      return { ...look, lane, trail: this.trails[k], shown: look.shown && count > 0 };
    });
  }

  /**
   * Words, one line each, in the corner with the fewest points of paths in it; returns the boxes they take.
   *
   * @param {Line[]} lines
   * @param {TracedRun[]} runs
   * @param {FlatScales} scales
   * @param {Box[]} taken
   */
  tell(lines, runs, scales, taken) {
    const { layer, inks } = this;
    const row = 15 * layer.scale;
    const [width, height] = [
      Math.max(0, ...lines.map(({ text }) => layer.measure(text, 11, 560))) + 8,
      row * lines.length + 4,
    ];
    /** @type {[number, number, Align][]} */
    const corners = [
      [scales.right - width, scales.bottom - height, "right"],
      [scales.right - width, scales.top, "right"],
      [scales.left, scales.bottom - height, "left"],
      [scales.left, scales.top + 18 * layer.scale, "left"],
    ];
    /** @param {PointerEvent} values */
    /** @param {[number, number, Align]} corner */
    const inside = ([x, y]) =>
      runs.reduce(
        (sum, { trail, shown }) => {
          for (let k = 0; shown && k < trail.kept; k += 4)
            sum += Number(within(trail.pixels[2 * k], trail.pixels[2 * k + 1], x, y, width, height));
          const { head } = trail;
          return sum + 20 * Number(shown && head && within(head.x, head.y, x, y, width, height));
        },
        taken.some((box) => box.x < x + width && x < box.x + box.width && box.y < y + height && y < box.y + box.height)
          ? 40
          : 0,
      );
    const counts = corners.map(inside);
    let { corner = -1 } = this;
    if (!(counts[corner] === 0)) corner = counts.indexOf(Math.min(...counts));
    this.corner = corner;
    const [x, y, align] = corners[corner];
    lines.forEach(({ text, color }, k) =>
      layer.words(text, align === "right" ? x + width - 4 : x + 4, y + (k + 0.5) * row + 2, {
        color,
        size: 11,
        weight: 560,
        align,
        halo: inks.panel,
      }),
    );
    return lines.length ? [{ x, y, width, height }] : [];
  }

  /**
   * Draws paths and the `marks` (in coordinates); `cut` where the ranges do not follow the paths.
   *
   * @param {TracedRun[]} runs
   * @param {FlatMarks} marks
   * @param {FlatScales} scales
   * @param {Box[]} taken
   */
  paths(runs, marks, scales, taken) {
    const { context } = this.layer;
    /** @param {number[]} point */
    const pixel = (point) => ({ x: scales.x(point[0]), y: scales.y(point[1]) });
    const { left, right, top, bottom } = scales;
    const { width, height } = this.layer;
    const edges = [
      { x: 0, y: 0, width: left, height },
      { x: right, y: 0, width: width - right, height },
      { x: 0, y: 0, width, height: top },
      { x: 0, y: bottom, width, height: height - bottom },
    ];
    context.save();
    context.beginPath();
    context.rect(left, top, right - left, bottom - top);
    if (this.cut) context.clip();
    drawTrails({
      layer: this.layer,
      runs,
      taken: [...taken, ...edges],
      words: height < SMALL ? {} : this.words,
      ink: this.inks,
      memory: this.memory,
      every: this.every,
      marks: {
        target: marks.target && pixel(marks.target),
        best: marks.best && pixel(marks.best),
        start: marks.start.map(pixel),
      },
    });
    const at = [0, 0];
    this.pointed = drawRings(
      this.layer,
      runs,
      this.units,
      this.cursor,
      (lane, row) => {
        this.coordinates(lane, row, at);
        return pixel(at);
      },
      this.inks,
    );
    context.restore();
    this.drawn = runs.map(({ trail, shown }) => ({ points: shown ? trail.count : 0, last: shown ? trail.head : null }));
    this.stale = false;
  }

  /**
   * A sentence in place of a picture.
   *
   * @param {string} sentence
   */
  say(sentence) {
    this.layer.begin();
    this.place.dataset.empty = sentence;
    this.drawn = [];
    this.stale = false;
  }
}

/**
 * @param {number} x
 * @param {number} y
 * @param {number} left
 * @param {number} top
 * @param {number} width
 * @param {number} height
 */
/**
 * @param {number} x
 * @param {number} y
 * @param {number} left
 * @param {number} top
 * @param {number} width
 * @param {number} height
 */
function within(x, y, left, top, width, height) {
  return x > left && x < left + width && y > top && y < top + height;
}
