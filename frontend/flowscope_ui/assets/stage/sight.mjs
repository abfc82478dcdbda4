// From outputs to pixels as the camera sees them now, and whether the sheet is in between.

import { later } from "../stream/later.mjs";

/**
 * @import { ToWorld } from "./bounds.mjs"
 * @import { View } from "./camera.mjs"
 * @import { Placed } from "./cell.mjs"
 * @import { Depth } from "./depth.mjs"
 * @import * as THREE from "three"
 */

const NEAR = 0.02; // of a point nearer to the eye, or behind it, what is seen is the way it has gone
const LIFT = 0.02; // towards the camera, in the world: a path on the sheet is not behind it

export class Sight {
  /**
   * `place` maps outputs to the world; `depth` is the sheet's, or null without a sheet.
   *
   * @param {View} view
   * @param {ToWorld} place
   * @param {Depth | null} depth
   */
  constructor(view, place, depth) {
    /** @type {THREE.Vector3} */
    this.lift = later;
    /** @type {ArrayLike<number>} */
    this.clip = later;
    this.view = view;
    this.place = place;
    this.depth = depth;
  }

  /** The camera has moved. */
  look() {
    const { camera, controls } = this.view;
    this.lift = camera.position.clone().sub(controls.target).normalize().multiplyScalar(LIFT);
    this.clip = this.view.clip();
    this.depth?.look(this.clip, this.view.width, this.view.height);
  }

  /**
   * Puts x, y and whether the sheet hides it into `at`, for the outputs at `k` of `values`.
   *
   * @param {ArrayLike<number>} values
   * @param {number} k
   * @param {Placed} at
   */
  project(values, k, at) {
    const { clip: m, lift, view } = this;
    const [x, y, z] = this.place(values, k);
    const w = Math.max(NEAR, m[3] * x + m[7] * y + m[11] * z + m[15]);
    at[0] = ((m[0] * x + m[4] * y + m[8] * z + m[12]) / w / 2 + 0.5) * view.width;
    at[1] = (0.5 - (m[1] * x + m[5] * y + m[9] * z + m[13]) / w / 2) * view.height;
    if (!this.depth) return;
    const [p, q, r] = [x + lift.x, y + lift.y, z + lift.z];
    at[2] = this.depth.hides(
      at[0],
      at[1],
      (m[2] * p + m[6] * q + m[10] * r + m[14]) / (m[3] * p + m[7] * q + m[11] * r + m[15]),
    );
  }
}
