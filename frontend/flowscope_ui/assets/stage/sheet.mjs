// The sheet of reachable outputs: a matte surface with the lines of the parameters and of equal distance to the target
// on it.

import * as THREE from "three";
import { contourLines } from "../canvas/contour.mjs";
import { niceTicks } from "../canvas/ticks.mjs";

/**
 * @import { Ink, Surface } from "../types.d.ts"
 * @import { ToWorld } from "./bounds.mjs"
 * @import { Tint } from "./tint.mjs"
 */

const SPHERES = 9; // about so many distances to the target are drawn
const EVERY = 3; // one parameter line for every third row and column

/**
 * The grid points of a surface in the world, where `place` maps outputs to.
 *
 * @param {Surface} surface
 * @param {ToWorld} place
 */
export function worldPoints({ points }, place) {
  const positions = new Float32Array(points.length);
  for (let k = 0; k < positions.length; k += 3) positions.set(place(points, k), k);
  return positions;
}

/**
 * Mesh and lines for a surface {rows, columns, points} at `positions`, in the colours of a `tint`; `clippingPlanes` cut
 * it.
 *
 * @param {Surface} surface
 * @param {Float32Array} positions
 * @param {Tint} tint
 * @param {Ink} ink
 * @param {THREE.Plane[]} clippingPlanes
 */
export function buildSheet(surface, positions, tint, ink, clippingPlanes) {
  const geometry = new THREE.BufferGeometry();
  geometry.setAttribute("position", new THREE.BufferAttribute(positions, 3));
  geometry.setAttribute("color", new THREE.BufferAttribute(colors(surface, tint), 3));
  geometry.setIndex(triangles(surface));
  geometry.computeVertexNormals();
  const look = {
    clippingPlanes,
    vertexColors: true,
    transparent: true,
    opacity: ink.scheme === "dark" ? 0.86 : 0.9,
    polygonOffset: true,
    polygonOffsetFactor: 1,
    polygonOffsetUnits: 1,
  };
  const group = new THREE.Group();
  for (const side of [THREE.BackSide, THREE.FrontSide]) {
    const mesh = new THREE.Mesh(
      geometry,
      new THREE.MeshLambertMaterial({ ...look, side, depthWrite: side === THREE.FrontSide }),
    );
    mesh.renderOrder = side === THREE.BackSide ? 0 : 1;
    group.add(mesh);
  }
  group.add(parameterLines(positions, surface, ink, clippingPlanes));
  return group;
}

/**
 * Thin lines where the sheet meets spheres around the target, at round distances ‖f − y‖ up to `reach`.
 *
 * @param {Surface} surface
 * @param {Float32Array} positions
 * @param {number[]} target
 * @param {number} reach
 * @param {Ink} ink
 * @param {THREE.Plane[]} clippingPlanes
 */
export function buildSpheres(surface, positions, target, reach, ink, clippingPlanes) {
  const { points, rows, columns } = surface;
  const distances = Array.from({ length: rows * columns }, (_, k) =>
    Math.hypot(...target.map((value, axis) => points[3 * k + axis] - value)),
  );
  /** @param {number[]} values */
  /** @param {number[]} place a column and a row */
  const on = ([column, row]) => between(positions, columns, rows, column, row);
  const ends = contourLines(distances, surface, niceTicks(0, reach, SPHERES).slice(1)).flatMap(({ lines }) =>
    lines.flatMap((line) => line.slice(1).flatMap((point, k) => [...on(line[k]), ...on(point)])),
  );
  const geometry = new THREE.BufferGeometry();
  geometry.setAttribute("position", new THREE.Float32BufferAttribute(ends, 3));
  const lines = new THREE.LineSegments(
    geometry,
    new THREE.LineBasicMaterial({ clippingPlanes, color: ink.sphere, transparent: true, opacity: 0.95 }),
  );
  lines.renderOrder = 3;
  return lines;
}

/**
 * The point of the mesh at a place on an edge of the grid.
 *
 * @param {Float32Array} positions
 * @param {number} columns
 * @param {number} rows
 * @param {number} column
 * @param {number} row
 */
function between(positions, columns, rows, column, row) {
  const [i, j] = [Math.min(Math.floor(row), rows - 1), Math.min(Math.floor(column), columns - 1)];
  const [s, t] = [row - i, column - j];
  const a = 3 * (i * columns + j);
  const b = 3 * (Math.min(i + Number(s > 0), rows - 1) * columns + Math.min(j + Number(t > 0), columns - 1));
  const part = Math.max(s, t);
  return [0, 1, 2].map((axis) => positions[a + axis] + part * (positions[b + axis] - positions[a + axis]));
}

/**
 * @param {Surface} surface
 * @param {Tint} tint
 */
function colors({ conditioning }, tint) {
  const out = new Float32Array(3 * conditioning.length);
  for (let k = 0; k < conditioning.length; k += 1) tint.color(tint.share(k)).toArray(out, 3 * k);
  return out;
}

/** @param {Surface} surface */
function triangles({ rows, columns }) {
  const index = [];
  for (let i = 0; i + 1 < rows; i += 1) {
    for (let j = 0; j + 1 < columns; j += 1) {
      const a = i * columns + j;
      index.push(a, a + 1, a + columns, a + 1, a + columns + 1, a + columns);
    }
  }
  return index;
}

/**
 * @param {Float32Array} positions
 * @param {Surface} surface
 * @param {Ink} ink
 * @param {THREE.Plane[]} clippingPlanes
 */
function parameterLines(positions, { rows, columns }, ink, clippingPlanes) {
  const index = [];
  /**
   * @param {number} k
   * @param {number} count
   */
  const shown = (k, count) => k % EVERY === 0 || k === count - 1;
  for (let i = 0; i < rows; i += 1) {
    for (let j = 0; j < columns; j += 1) {
      const a = i * columns + j;
      if (shown(i, rows) && j + 1 < columns) index.push(a, a + 1);
      if (shown(j, columns) && i + 1 < rows) index.push(a, a + columns);
    }
  }
  const geometry = new THREE.BufferGeometry();
  geometry.setAttribute("position", new THREE.BufferAttribute(positions, 3));
  geometry.setIndex(index);
  const lines = new THREE.LineSegments(
    geometry,
    new THREE.LineBasicMaterial({ clippingPlanes, color: ink["sheet-line"], transparent: true, opacity: 0.34 }),
  );
  lines.renderOrder = 2;
  return lines;
}

/**
 * Frees what an object of a scene holds of the GPU.
 *
 * @param {THREE.Object3D} object
 */
export function dispose(object) {
  const { geometry, material } = /** @type {Partial<THREE.Mesh<THREE.BufferGeometry, THREE.Material>>} */ (object);
  for (const each of [geometry, material]) each?.dispose();
}

/**
 * Puts `fresh` (or nothing) in the place of `old`, which goes last, so that its shaders are not compiled anew. Returns
 * `fresh`.
 *
 * @param {THREE.Scene} scene
 * @param {THREE.Object3D | null | undefined} old
 * @param {THREE.LineSegments | null} fresh
 */
export function exchange(scene, old, fresh) {
  if (fresh) scene.add(fresh);
  old?.removeFromParent();
  old?.traverse(dispose);
  return fresh;
}
