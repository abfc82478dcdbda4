// Start and target taken by hand on the stage: the start slides over the sheet, the target in the plane of the screen.

import * as THREE from "three";
import { later } from "../stream/later.mjs";
import { cellAt } from "./cell.mjs";

/**
 * @import { Page, Point, Spec } from "../types.d.ts"
 * @import { Cell } from "./cell.mjs"
 * @import { Stage } from "./stage.mjs"
 */

const REACH = 13; // pixels around a mark within which it is taken

export class Grip {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    /** @type {"start" | "target" | null} */
    this.held = null;
    /** @type {Cell} */
    this.cell = later;
    const place = page.shell.place("stage");
    place.addEventListener("pointerdown", (event) => this.take(event), { capture: true });
    // a mark that a finger holds does not scroll the page
    place.addEventListener("touchstart", (event) => this.held && event.preventDefault(), { passive: false });
    place.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) place.addEventListener(end, () => this.leave());
  }

  /** The stage, where it has a sheet. */
  get stage() {
    const { stage } = this.page.scope;
    return stage && "surface" in stage && stage.surface && stage.marks ? stage : null;
  }

  /**
   * What of the marks is under a pointer: "start", "target" or null. With Alt the start comes to the pointer from
   * anywhere.
   *
   * @param {PointerEvent} event
   */
  under(event) {
    if (!this.stage || this.page.chosen.lock) return null;
    this.cell = cellAt(this.stage.cells, event.offsetX, event.offsetY); // in which a hand stays while it holds a mark
    const { marks } = this.stage;
    if (!marks) return null;
    const [x, y] = this.inside(event);
    /** @param {Point | null | undefined} mark */
    const near = (mark) => mark && Math.hypot(mark.x - x, mark.y - y) < REACH;
    if (event.altKey || near(marks.start[0])) return "start";
    return near(marks.target) ? "target" : null;
  }

  /**
   * Where a pointer is in the cell.
   *
   * @param {PointerEvent} event
   */
  inside({ offsetX, offsetY }) {
    return [offsetX - this.cell.x, offsetY - this.cell.y];
  }

  /** @param {PointerEvent} event */
  take(event) {
    if (event.button !== 0) return;
    this.held = this.under(event);
    if (!this.held) return;
    event.stopImmediatePropagation();
    /** @type {HTMLElement} */ (event.currentTarget).setPointerCapture(event.pointerId);
    if (event.altKey) this.move(event);
  }

  /** @param {PointerEvent} event */
  move(event) {
    const place = /** @type {HTMLElement} */ (event.currentTarget);
    if (!this.held) {
      place.dataset.grip = event.buttons ? "" : (this.under(event) ?? "");
      return;
    }
    if (this.held === "start") {
      const [x, y] = this.inside(event);
      const theta = this.stage && pick(this.stage, x, y);
      if (theta) this.page.setStart(theta);
    } else this.page.hand.move(aimed(this.page, this.target(event)));
  }

  /**
   * Outputs under the pointer, as far from the eye as the target is.
   *
   * @param {PointerEvent} event
   */
  target(event) {
    const stage = /** @type {Stage} */ (this.stage);
    const [x, y] = this.inside(event);
    const { view } = stage;
    const { z } = new THREE.Vector3(...stage.toWorld(/** @type {number[]} */ (stage.meta.target), 0)).project(
      view.camera,
    );
    const point = new THREE.Vector3((2 * x) / view.width - 1, 1 - (2 * y) / view.height, z);
    return stage.toOutputs(point.unproject(view.camera));
  }

  leave() {
    if (this.held) this.page.hand.rest();
    this.held = null;
  }
}

/**
 * The spec of the page with another target (N numbers), given point by point.
 *
 * @param {Page} page
 * @param {number[]} target
 */
export function aimed({ spec, scope }, target) {
  const { inputs, samples } = scope.store.meta;
  const width = target.length / samples;
  const targets = Array.from({ length: samples }, (_, i) => target.slice(i * width, (i + 1) * width));
  const { problem, ...rest } = /** @type {Spec} */ (spec);
  const points = { kind: "points", loss: problem.loss, inputs: /** @type {number[][]} */ (inputs), targets };
  return { ...rest, problem: points, tunes: [] };
}

/**
 * θ of the nearest sheet under a pixel, between the lines of the grid; null beside the sheet.
 *
 * @param {Stage} stage
 * @param {number} x
 * @param {number} y
 */
export function pick({ surface, view, toWorld }, x, y) {
  if (!surface) return null;
  const { rows, columns, points, theta } = surface;
  const pixels = Array.from({ length: rows * columns }, (_, k) =>
    view.pixel(new THREE.Vector3(...toWorld(points, 3 * k))),
  );
  let nearest = Infinity;
  /** @type {number[] | null} */
  let found = null;
  /**
   * @param {number} i
   * @param {number} j
   * @param {number} k
   */
  const probe = (i, j, k) => {
    const [a, b, c] = [pixels[i], pixels[j], pixels[k]];
    const area = (b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y);
    const v = ((x - a.x) * (c.y - a.y) - (c.x - a.x) * (y - a.y)) / area;
    const w = ((b.x - a.x) * (y - a.y) - (x - a.x) * (b.y - a.y)) / area;
    if (!(v >= 0 && w >= 0 && v + w <= 1)) return;
    const depth = (1 - v - w) * a.z + v * b.z + w * c.z;
    if (depth >= nearest) return;
    nearest = depth;
    found = [0, 1].map((axis) => (1 - v - w) * theta[2 * i + axis] + v * theta[2 * j + axis] + w * theta[2 * k + axis]);
  };
  for (let row = 0; row + 1 < rows; row += 1) {
    for (let column = 0; column + 1 < columns; column += 1) {
      const k = row * columns + column;
      probe(k, k + 1, k + columns);
      probe(k + 1, k + columns, k + columns + 1);
    }
  }
  return found;
}
