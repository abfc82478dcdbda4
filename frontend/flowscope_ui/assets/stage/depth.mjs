// How far the sheet is at every pixel, from its own triangles, so that what lies behind it can be told from what lies
// before.

/** @import * as THREE from "three" */

const CELL = 2; // pixels on a side

export class Depth {
  /**
   * `positions` are world points of a rows × columns grid; what lies outside the box of `corners` {x, y, z} is not
   * drawn and hides nothing.
   *
   * @param {Float32Array} positions
   * @param {{ rows: number, columns: number }} grid
   * @param {THREE.Vector3[]} corners
   */
  constructor(positions, { rows, columns }, corners) {
    this.positions = positions;
    const [low, high] = [Math.min, Math.max].map((end) =>
      /** @type {const} */ (["x", "y", "z"]).map((axis) => end(...corners.map((corner) => corner[axis]))),
    );
    this.drawn = new Uint8Array(rows * columns);
    for (let k = 0; k < this.drawn.length; k += 1)
      this.drawn[k] = Number(
        [0, 1, 2].every((axis) => positions[3 * k + axis] >= low[axis] && positions[3 * k + axis] <= high[axis]),
      );
    /** @type {number[]} */
    this.triangles = [];
    for (let i = 0; i + 1 < rows; i += 1) {
      for (let j = 0; j + 1 < columns; j += 1) {
        const a = i * columns + j;
        for (const [p, q, r] of [
          [a, a + 1, a + columns],
          [a + 1, a + columns + 1, a + columns],
        ])
          if (this.drawn[p] && this.drawn[q] && this.drawn[r]) this.triangles.push(p, q, r);
      }
    }
    this.seen = new Float32Array(3 * this.drawn.length);
    this.width = this.height = 0;
    this.near = new Float32Array(0);
  }

  /**
   * Looks again, with the 16 numbers `m` that take world points to clip space, on a picture of that many pixels.
   *
   * @param {ArrayLike<number>} m
   * @param {number} width
   * @param {number} height
   */
  look(m, width, height) {
    this.width = Math.max(1, Math.ceil(width / CELL));
    this.height = Math.max(1, Math.ceil(height / CELL));
    if (this.near.length !== this.width * this.height) this.near = new Float32Array(this.width * this.height);
    this.near.fill(Infinity);
    const { positions, seen } = this;
    for (let k = 0; k < this.drawn.length; k += 1) {
      const [x, y, z] = [positions[3 * k], positions[3 * k + 1], positions[3 * k + 2]];
      const w = m[3] * x + m[7] * y + m[11] * z + m[15];
      seen[3 * k] = (((m[0] * x + m[4] * y + m[8] * z + m[12]) / w / 2 + 0.5) * width) / CELL - 0.5;
      seen[3 * k + 1] = ((0.5 - (m[1] * x + m[5] * y + m[9] * z + m[13]) / w / 2) * height) / CELL - 0.5;
      seen[3 * k + 2] = (m[2] * x + m[6] * y + m[10] * z + m[14]) / w;
    }
    for (let t = 0; t < this.triangles.length; t += 3)
      this.fill(3 * this.triangles[t], 3 * this.triangles[t + 1], 3 * this.triangles[t + 2]);
  }

  /**
   * Depth is affine over a triangle in the picture; half a cell of its slope is allowed for, so that the sheet does not
   * hide itself.
   *
   * @param {number} a
   * @param {number} b
   * @param {number} c
   */
  fill(a, b, c) {
    const { seen, near, width, height } = this;
    const [x0, y0, z0] = [seen[a], seen[a + 1], seen[a + 2]];
    const [ux, uy, uz] = [seen[b] - x0, seen[b + 1] - y0, seen[b + 2] - z0];
    const [vx, vy, vz] = [seen[c] - x0, seen[c + 1] - y0, seen[c + 2] - z0];
    const area = ux * vy - uy * vx;
    if (Math.abs(area) < 1e-9) return;
    const dx = (uz * vy - vz * uy) / area;
    const dy = (vz * ux - uz * vx) / area;
    const slope = 0.5 * (Math.abs(dx) + Math.abs(dy));
    const right = Math.min(width - 1, Math.floor(x0 + Math.max(0, ux, vx)));
    const bottom = Math.min(height - 1, Math.floor(y0 + Math.max(0, uy, vy)));
    for (let y = Math.max(0, Math.ceil(y0 + Math.min(0, uy, vy))); y <= bottom; y += 1) {
      for (let x = Math.max(0, Math.ceil(x0 + Math.min(0, ux, vx))); x <= right; x += 1) {
        const s = ((x - x0) * vy - (y - y0) * vx) / area;
        const t = ((y - y0) * ux - (x - x0) * uy) / area;
        if (s < 0 || t < 0 || s + t > 1) continue;
        const z = z0 + dx * (x - x0) + dy * (y - y0) + slope;
        if (z < near[y * width + x]) near[y * width + x] = z;
      }
    }
  }

  /**
   * Whether the sheet is before depth `z` at pixel (x, y).
   *
   * @param {number} x
   * @param {number} y
   * @param {number} z
   */
  hides(x, y, z) {
    const column = Math.floor(x / CELL);
    const row = Math.floor(y / CELL);
    return (
      column >= 0 && row >= 0 && column < this.width && row < this.height && this.near[row * this.width + column] < z
    );
  }
}
