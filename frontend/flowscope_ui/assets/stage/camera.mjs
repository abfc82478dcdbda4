// The camera of the stage and the way from outputs to pixels. Only a person moves the camera once they have touched it.

import * as THREE from "three";
import { OrbitControls } from "three/orbit";
import { magnification } from "../canvas/magnification.mjs";
import { later } from "../stream/later.mjs";
import { broadest } from "./bounds.mjs";

const FOV = 26; // degrees, of the height
const BROAD = 1.25; // a narrower picture sees as much in its width as one of this aspect
const EDGE = 31; // pixels around the content at first, for the numbers of the axes

export class View {
  /** @param {HTMLElement} place */
  constructor(place) {
    this.place = place;
    /** @type {(() => void) | undefined} */
    this.onTurn = undefined;
    /** @type {number} */
    this.width = later;
    /** @type {number} */
    this.height = later;
    /** @type {THREE.Vector3 | undefined} */
    this.broad = undefined;
    this.perspective = new THREE.PerspectiveCamera(FOV, 1, 0.05, 60);
    this.parallel = new THREE.OrthographicCamera(-1, 1, 1, -1, 0.05, 60);
    /** @type {THREE.PerspectiveCamera | THREE.OrthographicCamera} */
    this.camera = this.perspective;
    /** @type {OrbitControls<THREE.Camera>} */
    this.controls = new OrbitControls(this.camera, place);
    this.controls.addEventListener("start", () => {
      this.touched = true;
    });
    this.controls.addEventListener("change", () => {
      this.version += 1;
    });
    this.controls.addEventListener("end", () => this.onTurn?.());
    place.addEventListener("dblclick", () => this.from(null));
    this.version = 1;
    this.touched = false;
    /** @type {THREE.Vector3[]} */
    this.content = [];
    this.matrix = new THREE.Matrix4();
  }

  /**
   * @param {number} width
   * @param {number} height
   */
  resize(width, height) {
    this.width = width;
    this.height = height;
    this.perspective.aspect = width / Math.max(1, height);
    this.perspective.fov =
      (360 / Math.PI) * Math.atan(Math.tan((FOV * Math.PI) / 360) * Math.max(1, BROAD / this.perspective.aspect));
    this.perspective.updateProjectionMatrix();
    if (this.touched) this.frame();
    else this.reset();
    this.version += 1;
  }

  /**
   * With parallel lines of sight, or not; what the camera looks at keeps its size.
   *
   * @param {boolean} flat
   */
  flatten(flat) {
    const next = flat ? this.parallel : this.perspective;
    if (next === this.camera) return;
    const way = this.camera.position.clone().sub(this.controls.target);
    next.position.copy(this.controls.target).addScaledVector(way, flat ? 1 : 1 / this.parallel.zoom);
    next.quaternion.copy(this.camera.quaternion);
    if (flat) this.parallel.zoom = 1;
    this.camera = next;
    this.controls.object = next;
    this.frame();
    this.controls.update();
    this.version += 1;
  }

  /** The window of the orthographic camera: as high as what the other one sees where they look. */
  frame() {
    const half =
      this.parallel.position.distanceTo(this.controls.target) * Math.tan((this.perspective.fov * Math.PI) / 360);
    Object.assign(this.parallel, {
      left: -half * this.perspective.aspect,
      right: half * this.perspective.aspect,
      top: half,
      bottom: -half,
    });
    this.parallel.updateProjectionMatrix();
  }

  /** Position, target and zoom, when a person has chosen them. */
  get state() {
    return this.touched ? this.pose : null;
  }

  get pose() {
    return [...this.camera.position.toArray(), ...this.controls.target.toArray(), this.camera.zoom];
  }

  /** @param {number[]} values */
  restore([x, y, z, a, b, c, zoom]) {
    this.touched = true;
    this.camera.position.set(x, y, z);
    this.controls.target.set(a, b, c);
    this.parallel.zoom = zoom;
    this.frame();
    this.controls.update();
    this.version += 1;
  }

  /**
   * What the first view must show (world points) and should show broadly: `facets` [[a, b, c], …] of the sheet, and
   * where the flows go.
   *
   * @param {THREE.Vector3[]} content
   * @param {THREE.Vector3[][]} facets
   * @param {THREE.Vector3} from
   * @param {THREE.Vector3} to
   */
  show(content, facets, from, to) {
    this.content = content;
    this.broad = broadest(facets, from, to);
    if (!this.touched) this.reset();
  }

  /** The first view. */
  reset() {
    this.touched = false;
    if (this.broad) this.look(this.broad);
  }

  /**
   * From a direction a person asked for; null is the first view.
   *
   * @param {THREE.Vector3 | null} direction
   */
  from(direction) {
    if (direction) this.look(direction);
    else this.reset();
    this.touched = direction !== null;
    this.onTurn?.();
  }

  /**
   * From `direction`: content centred and as large as fits.
   *
   * @param {THREE.Vector3} direction
   */
  look(direction) {
    if (!this.content.length || !this.width) return;
    const target = new THREE.Box3().setFromPoints(this.content).getCenter(new THREE.Vector3());
    const camera = this.perspective;
    let distance = 6;
    for (let round = 0; round < 8; round += 1) {
      camera.position.copy(target).addScaledVector(direction, distance);
      camera.lookAt(target);
      camera.updateMatrixWorld();
      const seen = new THREE.Box2().setFromPoints(
        this.content.map((point) => {
          const { x, y } = point.clone().project(camera);
          return new THREE.Vector2(x, y);
        }),
      );
      const size = seen.getSize(new THREE.Vector2());
      const centre = seen.getCenter(new THREE.Vector2());
      const half = distance * Math.tan((camera.fov * Math.PI) / 360);
      target.add(
        new THREE.Vector3(centre.x * half * camera.aspect, centre.y * half, 0).applyQuaternion(camera.quaternion),
      );
      const edge = 4 * EDGE * magnification.scale;
      distance *= Math.max(size.x / (2 - edge / this.width), size.y / (2 - edge / this.height));
    }
    this.controls.target.copy(target);
    this.camera.position.copy(target).addScaledVector(direction, distance);
    this.parallel.zoom = 1;
    this.frame();
    this.controls.update();
    this.version += 1;
  }

  /**
   * Looks from where a person has turned `other` to, else as it did at first.
   *
   * @param {View} other
   */
  follow(other) {
    this.flatten(other.camera === other.parallel);
    Object.assign(this, { content: other.content, broad: other.broad });
    if (other.state) this.restore(other.state);
    else this.reset();
  }

  /**
   * Turns the camera around what it looks at, for the keyboard (degrees).
   *
   * @param {number} around
   * @param {number} up
   */
  turn(around, up) {
    const offset = this.camera.position.clone().sub(this.controls.target);
    const sphere = new THREE.Spherical().setFromVector3(offset);
    sphere.theta += (around * Math.PI) / 180;
    sphere.phi = Math.min(Math.PI - 0.05, Math.max(0.05, sphere.phi + (up * Math.PI) / 180));
    this.camera.position.copy(this.controls.target).add(new THREE.Vector3().setFromSpherical(sphere));
    this.touched = true;
    this.controls.update();
    this.version += 1;
    this.onTurn?.();
  }

  /**
   * Pixels of a world point.
   *
   * @param {THREE.Vector3} point
   */
  pixel(point) {
    const { x, y, z } = point.clone().project(this.camera);
    return { x: ((x + 1) / 2) * this.width, y: ((1 - y) / 2) * this.height, z };
  }

  /** The 16 numbers that take world points to clip space, for projecting many. */
  clip() {
    return this.matrix.multiplyMatrices(this.camera.projectionMatrix, this.camera.matrixWorldInverse).elements;
  }
}
