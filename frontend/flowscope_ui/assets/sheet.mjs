// The sheet of reachable outputs: a matte surface coloured by the conditioning of J, with the lines of the parameters on it.

import * as THREE from "three";

const EVERY = 3; // one parameter line for every third row and column
const LEAST = 1e-3; // conditioning below this has one colour

/** The range of log₁₀ conditioning that the colours span. */
export function conditioningRange(conditioning) {
  const known = conditioning.filter(Number.isFinite);
  const high = Math.log10(known.reduce((a, b) => Math.max(a, b), LEAST));
  const low = Math.log10(Math.max(LEAST, known.reduce((a, b) => Math.min(a, b), 1)));
  return { low: Math.min(low, high - 0.5), high };
}

/** Three inks as a ramp: 0 … 1 → THREE.Color. */
export function ramp(ink) {
  const stops = ["sheet-low", "sheet-mid", "sheet-high"].map((name) => new THREE.Color(ink[name]));
  return (share) => {
    const at = 2 * Math.min(1, Math.max(0, share));
    return at < 1 ? stops[0].clone().lerp(stops[1], at) : stops[1].clone().lerp(stops[2], at - 1);
  };
}

/** Mesh and lines for a surface {rows, columns, points, conditioning}; `place` maps outputs to the world, `clippingPlanes` cut it. */
export function buildSheet(surface, place, ink, clippingPlanes) {
  const positions = new Float32Array(surface.points.length);
  for (let k = 0; k < positions.length; k += 3) positions.set(place(surface.points, k), k);
  const geometry = new THREE.BufferGeometry();
  geometry.setAttribute("position", new THREE.BufferAttribute(positions, 3));
  geometry.setAttribute("color", new THREE.BufferAttribute(colors(surface.conditioning, ink), 3));
  geometry.setIndex(triangles(surface));
  geometry.computeVertexNormals();
  const look = { clippingPlanes, vertexColors: true, transparent: true, opacity: ink.scheme === "dark" ? 0.86 : 0.9, polygonOffset: true, polygonOffsetFactor: 1, polygonOffsetUnits: 1 };
  const group = new THREE.Group();
  for (const side of [THREE.BackSide, THREE.FrontSide]) {
    const mesh = new THREE.Mesh(geometry, new THREE.MeshLambertMaterial({ ...look, side, depthWrite: side === THREE.FrontSide }));
    mesh.renderOrder = side === THREE.BackSide ? 0 : 1;
    group.add(mesh);
  }
  group.add(parameterLines(positions, surface, ink, clippingPlanes));
  return group;
}

function colors(conditioning, ink) {
  const { low, high } = conditioningRange(conditioning);
  const color = ramp(ink);
  const out = new Float32Array(3 * conditioning.length);
  conditioning.forEach((value, k) => {
    const { r, g, b } = color((Math.log10(Math.max(value, 1e-12)) - low) / (high - low));
    out.set([r, g, b], 3 * k);
  });
  return out;
}

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

function parameterLines(positions, { rows, columns }, ink, clippingPlanes) {
  const index = [];
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
  const lines = new THREE.LineSegments(geometry, new THREE.LineBasicMaterial({ clippingPlanes, color: ink["sheet-line"], transparent: true, opacity: 0.34 }));
  lines.renderOrder = 2;
  return lines;
}
