// Direct labels without overlap: each takes the first free of a few places around its anchor, and keeps last time's if
// it still is free.

/** @import { Box, Memory, Point, Size } from "../types.d.ts" */

/** @typedef {Box & { key: string | number }} Anchored */
/** @typedef {Size & { scale?: number }} Frame */
/** @typedef {{ dy: number, side: number, cost: number }} Spot */

const GAP = 11;
const ROWS = [0, -13, 13, -26, 26, -40, 40, -56, 56, -74, 74, -96, 96];
const SIDES = [
  { side: 1, cost: 0 },
  { side: -1, cost: 3 },
  { side: 0, cost: 9 },
]; // right of, left of, over or under the anchor
/** @type {Spot[]} */
const PLACES = ROWS.flatMap((dy) => SIDES.map(({ side, cost }) => ({ dy, side, cost: cost + Math.abs(dy) }))).sort(
  (a, b) => a.cost - b.cost,
);
const FAR = 30; // pixels above or below beyond which a leader is drawn
const BESIDE = 40; // pixels apart within which two anchors are read by their height alone
const LEVEL = 3; // pixels by which one of them is above the other

/**
 * Places `labels` ({key, x, y, width, height}) inside `frame` ({width, height, scale}) clear of each other and of
 * `obstacles` ({x, y, width, height}). No label passes the height of another's anchor beside its own, for it would be
 * read as the other's; one that has no such place is `crowded`. `memory` is a Map that the caller keeps between frames.
 * Returns [{label, x, y, far, crowded}] with (x, y) the left middle of the words.
 *
 * @template {Anchored} Named
 * @param {Named[]} labels
 * @param {Box[]} obstacles
 * @param {Frame} frame
 * @param {Memory} memory
 */
export function placeLabels(labels, obstacles, frame, memory) {
  const taken = [...obstacles];
  return labels.map((label) => {
    const last = /** @type {Spot | undefined} */ (memory.get(label.key));
    const { scale = 1 } = frame;
    const free = (/** @type {Spot} */ place, /** @type {number} */ slack, others = taken) =>
      fits(spot(label, place, scale), others, frame, slack);
    const own = (/** @type {Spot} */ place) => !passes(label, label.y + scale * place.dy, labels);
    const found = last && free(last, 2) && own(last) ? last : PLACES.find((place) => free(place, 0) && own(place));
    const choice =
      found ?? PLACES.find((place) => free(place, 0)) ?? PLACES.find((place) => free(place, 0, [])) ?? PLACES[0];
    memory.set(label.key, found); // a place that is not free is not kept: with slack it might be the next time
    const box = spot(label, choice, scale);
    taken.push(box);
    return {
      label,
      x: box.x,
      y: box.y + box.height / 2,
      far: Math.abs(choice.dy) > FAR || !own(choice),
      crowded: !found,
    };
  });
}

/**
 * A box for a label under or over one of `anchors`, the one of last time if it still is free; null where none is.
 *
 * @param {{ key?: string, anchors: Point[], width: number, height: number }} label
 * @param {Box[]} obstacles
 * @param {Frame} frame
 * @param {Memory} memory
 */
export function placeBeside({ key, anchors, width, height }, obstacles, frame, memory) {
  const places = anchors.flatMap(({ x, y }, index) =>
    [
      [x - width - 6, y + 3],
      [x + 6, y - height - 3],
      [x - width / 2, y + 7],
      [x - width / 2, y - height - 7],
    ].map(([left, top], side) => ({ id: `${index} ${side}`, x: left, y: top, width, height })),
  );
  const last = memory.get(key);
  const found = [...places.filter(({ id }) => id === last), ...places].find((box) =>
    fits(box, obstacles, frame, box.id === last ? 2 : 0),
  );
  memory.set(key, found?.id);
  return found ?? null;
}

/**
 * Small boxes along a line that grows, so that names keep clear of it: those along points that stay are not made again.
 */
export class Beads {
  /**
   * At least `apart` pixels from each other.
   *
   * @param {number} apart
   */
  constructor(apart) {
    this.apart = apart;
    /** @type {Box[]} */
    this.boxes = [];
    this.kept = 0;
    this.done = 0;
    this.x = NaN;
    this.y = NaN;
  }

  /**
   * The boxes along the first `count` of `points` (x₀, y₀, …), of which the first `fixed`, never fewer than before,
   * stay as they are; good until the next call.
   *
   * @param {ArrayLike<number>} points
   * @param {number} count
   * @param {number} [fixed]
   */
  along(points, count, fixed = count) {
    this.boxes.length = this.kept;
    for (; this.done < fixed; this.done += 1) this.pass(points[2 * this.done], points[2 * this.done + 1]);
    this.kept = this.boxes.length;
    const { x, y } = this;
    for (let k = fixed; k < count; k += 1) this.pass(points[2 * k], points[2 * k + 1]);
    Object.assign(this, { x, y });
    return this.boxes;
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  pass(x, y) {
    const first = Number.isNaN(this.x);
    const [dx, dy] = first ? [0, 0] : [x - this.x, y - this.y];
    const length = Math.sqrt(dx * dx + dy * dy);
    if (!first && length < this.apart) return;
    const pieces = first ? 1 : Math.min(400, Math.floor(length / this.apart)); // long straight pieces get boxes between
    for (let j = 1; j <= pieces; j += 1)
      this.boxes.push({ x: x - dx * (1 - j / pieces) - 2, y: y - dy * (1 - j / pieces) - 2, width: 4, height: 4 });
    [this.x, this.y] = [x, y];
  }
}

/**
 * Whether words at height `y` lie beyond an anchor beside the label's own.
 *
 * @param {Anchored} label
 * @param {number} y
 * @param {Anchored[]} labels
 */
function passes(label, y, labels) {
  const between = (/** @type {Anchored} */ other) =>
    (label.y - other.y > LEVEL && other.y - y > LEVEL) || (other.y - label.y > LEVEL && y - other.y > LEVEL);
  return labels.some((other) => other !== label && Math.abs(other.x - label.x) < BESIDE && between(other));
}

/**
 * @param {Anchored} label
 * @param {Spot} place
 * @param {number} scale
 * @returns {Box}
 */
function spot(label, { dy, side }, scale) {
  const x =
    side === 0
      ? label.x - label.width / 2
      : label.x + side * scale * (Math.abs(dy) > GAP ? 5 : GAP) - (side < 0 ? label.width : 0);
  return { x, y: label.y + scale * dy - label.height / 2, width: label.width, height: label.height };
}

/**
 * @param {Box} box
 * @param {Box[]} taken
 * @param {Frame} frame
 * @param {number} slack
 */
function fits(box, taken, frame, slack) {
  if (box.x < 4 || box.y < 4 || box.x + box.width > frame.width - 4 || box.y + box.height > frame.height - 4)
    return false;
  return !taken.some(
    (other) =>
      box.x + slack < other.x + other.width &&
      other.x + slack < box.x + box.width &&
      box.y + slack < other.y + other.height &&
      other.y + slack < box.y + box.height,
  );
}
