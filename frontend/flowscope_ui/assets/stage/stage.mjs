// The stage: WebGL draws sheet and box when the camera, the size, the layers or the theme change; a canvas draws
// everything that moves.

import * as THREE from "three";
import { Layer } from "../canvas/layer.mjs";
import { drawBar } from "../canvas/scene.mjs";
import { niceTicks } from "../canvas/ticks.mjs";
import { later } from "../stream/later.mjs";
import { outputTable } from "../stream/table.mjs";
import { boxOf, FACES, facets, worldOf } from "./bounds.mjs";
import { Box } from "./box.mjs";
import { View } from "./camera.mjs";
import { apart, cellsOf, drawCells, headsOf, isSplit, renderCells, runsOf } from "./cell.mjs";
import { Depth } from "./depth.mjs";
import { litScene, raster, rendererIn } from "./renderer.mjs";
import { makeRoom } from "./room.mjs";
import { Shadows } from "./shadow.mjs";
import { buildSheet, buildSpheres, dispose, exchange, worldPoints } from "./sheet.mjs";
import { Sight } from "./sight.mjs";
import { tintOf } from "./tint.mjs";

/**
 * @import { Trail } from "../canvas/trail.mjs"
 * @import { Lane, Store } from "../stream/store.mjs"
 * @import { GhostLane, Ink, Look, Meta, Surface, Units, Words } from "../types.d.ts"
 * @import { Bounds, ToWorld } from "./bounds.mjs"
 * @import { Cell, Seen } from "./cell.mjs"
 * @import { Tint } from "./tint.mjs"
 */

export class Stage {
  /**
   * @param {HTMLElement} place
   * @param {Words["stage"]} words
   */
  constructor(place, words) {
    this.place = place;
    this.words = words;
    /** @type {Meta} */
    this.meta = later;
    /** @type {Units} */
    this.units = later;
    /** @type {Ink} */
    this.inks = later;
    /** @type {Surface | null} */
    this.surface = null;
    /** @type {Bounds} */
    this.bounds = later;
    /** @type {number} */
    this.scale = later;
    /** @type {ToWorld} */
    this.toWorld = later;
    /** @type {(point: THREE.Vector3) => number[]} */
    this.toOutputs = later;
    /** @type {number} */
    this.every = later; // between ticks, in flow time
    /** @type {Float32Array | null} */
    this.positions = null;
    /** @type {Box} */
    this.box = later;
    /** @type {Tint} */
    this.tint = later;
    /** @type {Sight} */
    this.sight = later;
    /** @type {THREE.Scene} */
    this.scene = later;
    /** @type {THREE.DirectionalLight} */
    this.lamp = later;
    /** @type {THREE.LineSegments | null | undefined} */
    this.spheres = undefined;
    /** @type {Set<string>} */
    this.layers = new Set();
    /** @type {Cell[]} */
    this.cells = [];
    /** @type {Trail[]} */
    this.trails = [];
    this.shadows = new Shadows();
    /** @type {Seen["drawn"]} */
    this.drawn = [];
    /** @type {Seen["marks"] | undefined} */
    this.marks = undefined;
    /** @type {Seen["tangent"]} */
    this.tangent = null;
    /** @type {Seen["pointed"] | undefined} */
    this.pointed = undefined;
    /** @type {Seen["sublevels"] | undefined} */
    this.sublevels = undefined;
    /** @type {number | null | undefined} */
    this.cursor = undefined;
    this.rendered = -1;
    /** @type {GhostLane[]} */
    this.ghosts = [];
    /** @type {WeakMap<Lane, Trail>} */
    this.haunts = new WeakMap();
    /** @type {Map<Lane, number> | null | undefined} */
    this.reached = undefined;
    /** @type {number[] | null} */
    this.kept = null;
    /** @type {number[] | null} */
    this.wanted = null;
    this.renderer = rendererIn(place);
    this.view = new View(place);
    this.layer = new Layer(place, "stage");
    new ResizeObserver(() => this.resize()).observe(place);
    this.resize();
  }

  resize() {
    this.renderer.setPixelRatio(window.devicePixelRatio || 1);
    this.renderer.setSize(this.place.clientWidth, this.place.clientHeight);
    this.layer.resize(this.place);
    this.split(this.cells.map(({ solver }) => solver));
  }

  /**
   * Sets solvers apart, each in a cell of its own; the one camera sees every cell alike.
   *
   * @param {(number | null)[]} solvers
   */
  split(solvers) {
    this.cells = cellsOf(solvers, this.place.clientWidth, this.place.clientHeight);
    this.view.resize(this.cells[0].width, this.cells[0].height);
  }

  /**
   * A new run in its own box, or in the `wanted` one: its marks, and `surface` or null when it has no sheet. Returns
   * whether it can be drawn here.
   *
   * @param {Meta} meta
   * @param {Surface | null} surface
   * @param {Ink} ink
   */
  show(meta, surface, ink) {
    this.kept = this.wanted;
    this.wanted = null;
    if (meta.target?.length !== 3) return false;
    const bounds = boxOf(meta, surface, this.kept);
    Object.assign(this, { meta, surface, bounds, ...worldOf(bounds), every: niceTicks(0, meta.spec.horizon, 80)[1] });
    this.forget();
    this.positions = surface && worldPoints(surface, this.toWorld);
    this.ink(ink);
    const corners = this.box.corners();
    const [from, to] = [meta.start[0].outputs, meta.best?.outputs ?? meta.target].map(
      (mark) => new THREE.Vector3(...this.toWorld(/** @type {number[]} */ (mark), 0)),
    );
    const depth = surface && this.positions ? new Depth(this.positions, surface, corners) : null;
    this.sight = new Sight(this.view, this.toWorld, depth);
    this.view.show([...corners, from, to], surface ? facets(surface, this.toWorld) : [], from, to);
    return true;
  }

  /** The next drawing is laid out from its rows alone, as paths always are. */
  settle() {
    for (const { memory } of this.cells) memory.clear();
    this.reached = null;
  }

  forget() {
    this.settle();
    Object.assign(this, { trails: [], shadows: new Shadows() });
  }

  /**
   * Shows these layers of the stage: curvature, spheres, tangent, shadows, parallel, side (by side).
   *
   * @param {Set<string>} layers
   */
  choose(layers) {
    this.layers = layers;
    this.view.flatten(layers.has("parallel"));
    if (this.inks) this.ink(this.inks);
  }

  /**
   * Looks from one of FACES, or as at first.
   *
   * @param {string} name
   */
  face(name) {
    const [from, to] = [this.meta?.best?.outputs, this.meta?.target].map(
      (mark) => mark && new THREE.Vector3(...this.toWorld(mark, 0)),
    );
    this.view.from(
      from && to && from.distanceTo(to) > 1e-9 && FACES[name] ? FACES[name](to.sub(from).normalize()) : null,
    );
  }

  /**
   * Another run over the same sheet, box and camera.
   *
   * @param {Meta} meta
   */
  again(meta) {
    const moved = `${meta.target}` !== `${this.meta.target}`;
    this.meta = meta;
    this.forget();
    if (moved && this.surface) this.surround();
  }

  /**
   * Another grid of the same sheet, in the same box, whose corners are `kept` where the run's own box is another one.
   *
   * @param {Surface} surface
   */
  resurface(surface) {
    const corners = [...this.bounds.low, ...this.bounds.high];
    const { low, high } = boxOf(this.meta, surface);
    this.kept = `${[...low, ...high]}` === `${corners}` ? null : corners;
    this.bounds = boxOf(this.meta, surface, corners);
    this.forget();
    const positions = worldPoints(surface, this.toWorld);
    Object.assign(this, {
      surface,
      positions,
      sight: new Sight(this.view, this.toWorld, new Depth(positions, surface, this.box.corners())),
    });
    this.ink(this.inks);
  }

  /** @param {boolean} hidden */
  hide(hidden) {
    this.layer.canvas.hidden = this.renderer.domElement.hidden = hidden;
    if (hidden) this.meta = later;
  }

  /**
   * Builds the scene in the inks of a theme.
   *
   * @param {Ink} ink
   */
  ink(ink) {
    this.inks = ink;
    if (!this.meta) return;
    this.scene?.traverse(dispose);
    Object.assign(this, litScene(ink));
    this.box = new Box(this.bounds.low, this.bounds.high, this.toWorld, ink);
    this.scene.add(this.box.group);
    if (this.surface && this.positions) this.dress(ink, this.surface, this.positions);
    this.rendered = -1;
  }

  /**
   * The sheet in its colours, and the lines on it.
   *
   * @param {Ink} ink
   * @param {Surface} surface
   * @param {Float32Array} positions
   */
  dress(ink, surface, positions) {
    const planes = this.bounds.cut ? this.box.planes() : [];
    this.tint = tintOf(surface, ink, this.layers.has("curvature"));
    this.scene.add(buildSheet(surface, positions, this.tint, ink, planes));
    this.surround();
  }

  /** The lines of equal distance around the target. */
  surround() {
    const {
      bounds,
      box,
      inks,
      meta: { target },
      positions,
      surface,
    } = this;
    const lines =
      this.layers.has("spheres") && surface && positions && target
        ? buildSpheres(surface, positions, target, box.reach(target), inks, bounds.cut ? box.planes() : [])
        : null;
    this.spheres = exchange(this.scene, this.spheres, lines);
    this.rendered = -1;
  }

  get stale() {
    return this.meta !== undefined && this.rendered !== this.view.version;
  }

  /**
   * Where its heads are at `frame`, in pixels.
   *
   * @param {Store} _
   * @param {number} frame
   * @param {Look[]} looks
   */
  heads(_, frame, looks) {
    return this.meta && this.sight.lift ? headsOf(this, frame, looks) : [];
  }

  /**
   * Draws lanes of `store` up to `frame`; `looks` are {lane, style, shown, chosen} in the order of the lanes.
   *
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   */
  draw(store, frame, looks) {
    if (!this.meta) return;
    const solvers = this.layers.has("side") ? apart(looks) : [];
    if (!isSplit(this.cells, solvers)) this.split(solvers);
    makeRoom(this, looks, frame);
    if (this.stale) this.render();
    Object.assign(this, { units: store.units }).layer.begin();
    Object.assign(this, drawCells(this, runsOf(this, frame, looks)));
    if (this.surface) drawBar(this.layer, this.tint, this.inks, this.words, this.every);
  }

  render() {
    const { camera } = this.view;
    camera.updateMatrixWorld();
    this.lamp.position.copy(camera.position).add(new THREE.Vector3(-1, 2.5, 0.5));
    this.box.face(camera);
    renderCells(this.renderer, this.scene, camera, this.cells, this.place.clientHeight);
    if (this.rendered !== this.view.version) this.sight.look();
    this.rendered = this.view.version;
  }

  /**
   * What WebGL draws, as an image with `ratio` pixels per CSS pixel.
   *
   * @param {number} ratio
   */
  raster(ratio) {
    return raster(this.renderer, ratio, () => this.render());
  }

  /**
   * The paths as a table: flow time and outputs of every row up to `frame`.
   *
   * @param {Store} store
   * @param {number} frame
   * @param {Look[]} looks
   */
  table(store, frame, looks) {
    return outputTable(looks, frame);
  }
}
