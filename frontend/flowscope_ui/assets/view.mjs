// The camera of the stage and the way from outputs to pixels. Only a person moves the camera once they have touched it.

import * as THREE from "three";
import { OrbitControls } from "three/orbit";

const ELEVATION = 0.47; // radians above the floor, at first
const AZIMUTHS = Array.from({ length: 24 }, (_, k) => (k * Math.PI) / 12);
const EDGE = 31; // pixels around the content at first, for the numbers of the axes

export class View {
  constructor(place) {
    this.place = place;
    this.camera = new THREE.PerspectiveCamera(26, 1, 0.05, 60);
    this.controls = new OrbitControls(this.camera, place);
    this.controls.addEventListener("start", () => { this.touched = true; });
    this.controls.addEventListener("change", () => { this.version += 1; });
    place.addEventListener("dblclick", () => this.reset());
    this.version = 1;
    this.touched = false;
    this.content = [];
    this.matrix = new THREE.Matrix4();
  }

  resize(width, height) {
    this.width = width;
    this.height = height;
    this.camera.aspect = width / Math.max(1, height);
    this.camera.updateProjectionMatrix();
    if (!this.touched) this.reset();
    this.version += 1;
  }

  /** What the first view must show (world points) and should show broadly: `facets` [[a, b, c], …] of the sheet, and where the flows go. */
  show(content, facets, from, to) {
    this.content = content;
    this.direction = broadest(facets, from, to);
    if (!this.touched) this.reset();
  }

  /** The first view: content centred and as large as fits. */
  reset() {
    this.touched = false;
    if (!this.content.length || !this.width) return;
    const target = new THREE.Box3().setFromPoints(this.content).getCenter(new THREE.Vector3());
    const { direction } = this;
    let distance = 6;
    for (let round = 0; round < 8; round += 1) {
      this.camera.position.copy(target).addScaledVector(direction, distance);
      this.camera.lookAt(target);
      this.camera.updateMatrixWorld();
      const seen = new THREE.Box2().setFromPoints(this.content.map((point) => { const { x, y } = point.clone().project(this.camera); return new THREE.Vector2(x, y); }));
      const size = seen.getSize(new THREE.Vector2());
      const centre = seen.getCenter(new THREE.Vector2());
      const half = distance * Math.tan((this.camera.fov * Math.PI) / 360);
      target.add(new THREE.Vector3(centre.x * half * this.camera.aspect, centre.y * half, 0).applyQuaternion(this.camera.quaternion));
      distance *= Math.max(size.x / (2 - (4 * EDGE) / this.width), size.y / (2 - (4 * EDGE) / this.height));
    }
    this.controls.target.copy(target);
    this.camera.position.copy(target).addScaledVector(direction, distance);
    this.controls.update();
    this.version += 1;
  }

  /** Turns the camera around what it looks at, for the keyboard (degrees). */
  turn(around, up) {
    const offset = this.camera.position.clone().sub(this.controls.target);
    const sphere = new THREE.Spherical().setFromVector3(offset);
    sphere.theta += (around * Math.PI) / 180;
    sphere.phi = Math.min(Math.PI - 0.05, Math.max(0.05, sphere.phi + (up * Math.PI) / 180));
    this.camera.position.copy(this.controls.target).add(new THREE.Vector3().setFromSpherical(sphere));
    this.touched = true;
    this.controls.update();
    this.version += 1;
  }

  /** Pixels of a world point. */
  pixel(point) {
    const { x, y, z } = point.clone().project(this.camera);
    return { x: ((x + 1) / 2) * this.width, y: ((1 - y) / 2) * this.height, z };
  }

  /** The 16 numbers that take world points to clip space, for projecting many. */
  clip() {
    return this.matrix.multiplyMatrices(this.camera.projectionMatrix, this.camera.matrixWorldInverse).elements;
  }
}

/** The direction to look from that shows most of the sheet, with the way from start to best point across the picture. */
function broadest(facets, from, to) {
  const way = to.clone().sub(from);
  const normals = facets.map(([a, b, c]) => b.clone().sub(a).cross(c.clone().sub(a)));
  const scores = AZIMUTHS.map((azimuth) => {
    const direction = new THREE.Vector3().setFromSphericalCoords(1, Math.PI / 2 - ELEVATION, azimuth);
    const area = normals.reduce((sum, normal) => sum + Math.abs(normal.dot(direction)), 0) / (normals.reduce((sum, normal) => sum + normal.length(), 0) || 1);
    const across = way.length() ? way.clone().cross(direction).length() / way.length() : 1;
    return { direction, score: area + 0.7 * across };
  });
  return scores.reduce((best, each) => (each.score > best.score + 1e-9 ? each : best)).direction;
}
