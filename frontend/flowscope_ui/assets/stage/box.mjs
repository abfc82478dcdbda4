// The box around the outputs: its walls in the scene, its numbers and names on the canvas.

import * as THREE from "three";

import { niceTicks } from "../canvas/ticks.mjs";

/**
 * @import { Layer } from "../canvas/layer.mjs"
 * @import { Box as Rect, Ink, Point } from "../types.d.ts"
 * @import { ToWorld } from "./bounds.mjs"
 */

/**
 * A wall of the box: all points at which `axis` has `value`.
 *
 * @typedef {object} Wall
 * @property {number} axis
 * @property {number} value
 * @property {THREE.LineSegments} lines
 * @property {THREE.Vector3} middle
 * @property {THREE.Vector3} outward
 */
/**
 * An edge in pixels, at `fixed` values of two axes.
 *
 * @typedef {{ fixed: [number, number][], a: Point, b: Point, score: number }} Edge
 */

const AXES = [0, 1, 2];

export class Box {
  /**
   * `low`, `high`: corners in outputs; `place(values, offset)` maps them to the world.
   *
   * @param {number[]} low
   * @param {number[]} high
   * @param {ToWorld} place
   * @param {Ink} ink
   */
  constructor(low, high, place, ink) {
    this.low = low;
    this.high = high;
    this.place = place;
    this.ticks = AXES.map((axis) => niceTicks(low[axis], high[axis]));
    this.center = low.map((value, axis) => (value + high[axis]) / 2);
    this.group = new THREE.Group();
    this.walls = AXES.flatMap((axis) => [low, high].map((side) => this.wall(axis, side[axis], ink)));
    this.group.add(...this.walls.map((wall) => wall.lines));
  }

  /** The six planes that cut a sheet to the box. */
  planes() {
    return this.walls.map(({ middle, outward }) =>
      new THREE.Plane().setFromNormalAndCoplanarPoint(outward.clone().normalize().negate(), middle),
    );
  }

  corners() {
    const sides = AXES.map((axis) => [this.low[axis], this.high[axis]]);
    return sides[0].flatMap((x) =>
      sides[1].flatMap((y) => sides[2].map((z) => new THREE.Vector3(...this.place([x, y, z], 0)))),
    );
  }

  /**
   * The distance from outputs to the furthest corner.
   *
   * @param {ArrayLike<number>} values
   */
  reach(values) {
    return Math.hypot(
      ...AXES.map((axis) =>
        Math.max(Math.abs(values[axis] - this.low[axis]), Math.abs(values[axis] - this.high[axis])),
      ),
    );
  }

  /** @param {[number, number][]} changes */
  point(changes) {
    const values = [...this.center];
    for (const [axis, value] of changes) values[axis] = value;
    return new THREE.Vector3(...this.place(values, 0));
  }

  /**
   * @param {number} axis
   * @param {number} value
   * @param {Ink} ink
   * @returns {Wall}
   */
  wall(axis, value, ink) {
    const [first, second] = AXES.filter((other) => other !== axis);
    /** @type {THREE.Vector3[]} */
    const points = [];
    /**
     * @param {number} along
     * @param {number} across
     * @param {number} at
     */
    const rule = (along, across, at) => {
      points.push(
        this.point([
          [axis, value],
          [across, at],
          [along, this.low[along]],
        ]),
        this.point([
          [axis, value],
          [across, at],
          [along, this.high[along]],
        ]),
      );
    };
    for (const [along, across] of [
      [first, second],
      [second, first],
    ]) {
      for (const at of new Set([this.low[across], ...this.ticks[across], this.high[across]])) rule(along, across, at);
    }
    const geometry = new THREE.BufferGeometry().setFromPoints(points);
    const lines = new THREE.LineSegments(
      geometry,
      new THREE.LineBasicMaterial({ color: ink.grid, transparent: true, opacity: 0.9 }),
    );
    lines.renderOrder = -1;
    const middle = this.point([[axis, value]]);
    return { axis, value, lines, middle, outward: middle.clone().sub(this.point([])) };
  }

  /**
   * Shows the three walls behind the sheet as the camera sees it.
   *
   * @param {THREE.PerspectiveCamera | THREE.OrthographicCamera} camera
   */
  face(camera) {
    const forward = camera.getWorldDirection(new THREE.Vector3());
    for (const { lines, middle, outward } of this.walls)
      lines.visible =
        ("isOrthographicCamera" in camera ? -forward.dot(outward) : camera.position.clone().sub(middle).dot(outward)) <
        0;
  }

  /**
   * Names and numbers of the axes, each on the edge that is on the outside of the picture and in sight as a whole; a
   * number that meets a name or another is left out. Returns the boxes they take.
   *
   * @param {Layer} layer
   * @param {(point: THREE.Vector3) => Point} project
   * @param {Ink} ink
   */
  label(layer, project, ink) {
    const { scale } = layer;
    const centre = project(this.point([]));
    /** @type {Rect[]} */
    const taken = [];
    /**
     * @param {string} text
     * @param {Point} wished
     * @param {{ color: string, size: number, weight?: number, halo?: string }} look
     */
    const put = (text, wished, look) => {
      const half = { x: layer.measure(text, look.size) / 2, y: 8 * scale };
      const x = inside(wished.x, half.x + 3, layer.width);
      const y = inside(wished.y, half.y + 1, layer.height);
      if (
        taken.some(
          (box) =>
            x + half.x > box.x &&
            x - half.x < box.x + box.width &&
            y + 6 * scale > box.y &&
            y - 6 * scale < box.y + box.height,
        )
      )
        return; // two axes that end in one place
      const width = layer.words(text, x, y, { align: "center", ...look });
      taken.push({ x: x - width / 2, y: y - half.y, width, height: 2 * half.y });
    };
    const edges = AXES.map((axis) => this.outerEdge(axis, project, centre));
    /**
     * @param {Point} at
     * @param {Point} away
     * @param {number} right
     * @param {number} down
     */
    const beside = (at, away, right, down) => ({ x: at.x + right * scale * away.x, y: at.y + down * scale * away.y });
    edges.forEach((edge, axis) => {
      const middle = { x: (edge.a.x + edge.b.x) / 2, y: (edge.a.y + edge.b.y) / 2 };
      put(`f(x_${axis + 1})`, beside(middle, outwards(edge, centre), 34, 28), {
        color: ink.text,
        size: 13,
        weight: 600,
        halo: ink.panel,
      });
    });
    edges.forEach((edge, axis) => {
      for (const value of this.ticks[axis]) {
        put(
          String(value).replace("-", "−"),
          beside(project(this.point([...edge.fixed, [axis, value]])), outwards(edge, centre), 13, 11),
          { color: ink.dim, size: 11 },
        );
      }
    });
    return taken;
  }

  /**
   * @param {number} axis
   * @param {(point: THREE.Vector3) => Point} project
   * @param {Point} centre
   */
  outerEdge(axis, project, centre) {
    const [first, second] = AXES.filter((other) => other !== axis);
    /** @type {Edge[]} */
    const edges = [];
    for (const u of [this.low[first], this.high[first]]) {
      for (const v of [this.low[second], this.high[second]]) {
        /** @type {[number, number][]} */
        const fixed = [
          [first, u],
          [second, v],
        ];
        const a = project(this.point([...fixed, [axis, this.low[axis]]]));
        const b = project(this.point([...fixed, [axis, this.high[axis]]]));
        // all edges count when no wall is chosen yet
        const walls = this.walls.filter((wall) => !wall.lines.visible).length;
        edges.push({ fixed, a, b, score: this.score(axis, a, b, centre) + (walls ? 0 : 1) });
      }
    }
    return edges.reduce((best, edge) => (edge.score > best.score ? edge : best));
  }

  /**
   * @param {number} axis
   * @param {Point} a
   * @param {Point} b
   * @param {Point} centre
   */
  score(axis, a, b, centre) {
    const x = (a.x + b.x) / 2 - centre.x;
    const y = (a.y + b.y) / 2 - centre.y;
    return axis === 2 ? -x : y; // the vertical axis at the left, the others below
  }
}

/**
 * The place nearest to `wished` that is `margin` from both ends of a side.
 *
 * @param {number} wished
 * @param {number} margin
 * @param {number} length
 */
function inside(wished, margin, length) {
  return Math.min(Math.max(wished, margin), length - margin);
}

/**
 * @param {{ a: Point, b: Point }} edge
 * @param {Point} centre
 */
function outwards({ a, b }, centre) {
  const x = (a.x + b.x) / 2 - centre.x;
  const y = (a.y + b.y) / 2 - centre.y;
  let normal = { x: b.y - a.y, y: a.x - b.x };
  const length = Math.hypot(normal.x, normal.y) || 1;
  const sign = normal.x * x + normal.y * y < 0 ? -1 : 1;
  normal = { x: (sign * normal.x) / length, y: (sign * normal.y) / length };
  return normal;
}
