// The stage: WebGL draws sheet and box when the camera, the size or the theme changes; a canvas draws everything that moves.

import * as THREE from "three";
import { boundsOf, facets, focus } from "./bounds.mjs";
import { Box, niceTicks } from "./box.mjs";
import { drawBar, drawPlaces, drawTrails } from "./scene.mjs";
import { Layer } from "./layer.mjs";
import { buildSheet } from "./sheet.mjs";
import { Trail } from "./trail.mjs";
import { View } from "./view.mjs";

export class Stage {
  constructor(place, words) {
    Object.assign(this, { place, words, surface: null, memory: new Map(), trails: [], drawn: [] });
    this.renderer = new THREE.WebGLRenderer({ antialias: true, alpha: true });
    this.renderer.setClearColor(0, 0);
    this.renderer.localClippingEnabled = true;
    place.append(this.renderer.domElement);
    this.view = new View(place);
    this.layer = new Layer(place, "stage");
    this.rendered = -1;
    new ResizeObserver(() => this.resize()).observe(place);
    this.resize();
  }

  resize() {
    this.renderer.setPixelRatio(window.devicePixelRatio || 1);
    this.renderer.setSize(this.place.clientWidth, this.place.clientHeight);
    this.layer.resize(this.place);
    this.view.resize(this.place.clientWidth, this.place.clientHeight);
  }

  /** A new run: its marks, and `surface` or null when it has no sheet. Returns whether it can be drawn here. */
  show(meta, surface, ink) {
    if (meta.target?.length !== 3) return false;
    this.meta = meta;
    this.surface = surface;
    this.memory.clear();
    this.trails = [];
    this.every = niceTicks(0, meta.spec.horizon, 80)[1];
    const marks = [meta.target, meta.best?.outputs, ...meta.start.map((start) => start.outputs)].filter(Boolean);
    const bounds = focus(boundsOf(surface ? surface.points : marks.flat(), marks), marks);
    const scale = 2 / Math.max(...bounds.high.map((high, axis) => high - bounds.low[axis]));
    const [a, b, c] = bounds.high.map((high, axis) => (high + bounds.low[axis]) / 2);
    this.toWorld = (values, k) => [scale * (values[k] - a), scale * (values[k + 2] - c), -scale * (values[k + 1] - b)];
    this.bounds = bounds;
    this.ink(ink);
    const corners = this.box.corners();
    const [from, to] = [meta.start[0].outputs, meta.best?.outputs ?? meta.target].map((mark) => new THREE.Vector3(...this.toWorld(mark, 0)));
    this.view.show([...corners, from, to], surface ? facets(surface, this.toWorld) : [], from, to);
    return true;
  }

  hide(hidden) {
    this.layer.canvas.hidden = this.renderer.domElement.hidden = hidden;
    if (hidden) this.meta = undefined;
  }

  /** Builds the scene in the inks of a theme. */
  ink(ink) {
    this.inks = ink;
    if (!this.meta) return;
    this.scene = new THREE.Scene();
    this.scene.add(new THREE.HemisphereLight(0xffffff, ink.scheme === "dark" ? 0x8899bb : 0xbfc8d6, ink.scheme === "dark" ? 2.1 : 2.5));
    this.lamp = new THREE.DirectionalLight(0xffffff, 1.1);
    this.scene.add(this.lamp);
    this.box = new Box(this.bounds.low, this.bounds.high, this.toWorld, ink);
    this.scene.add(this.box.group);
    if (this.surface) this.scene.add(buildSheet(this.surface, this.toWorld, ink, this.bounds.cut ? this.box.planes() : []));
    this.rendered = -1;
  }

  get stale() {
    return this.meta !== undefined && this.rendered !== this.view.version;
  }

  /** Draws lanes of `store` up to `frame`; `looks` are {lane, style, shown} in the order of the lanes. */
  draw(store, frame, looks) {
    if (!this.meta) return;
    if (this.stale) this.render();
    const context = this.layer.begin();
    const pixel = (values) => this.view.pixel(new THREE.Vector3(...this.toWorld(values, 0)));
    const taken = this.box.label(this.layer, (point) => this.view.pixel(point), this.inks);
    const runs = looks.map(({ lane, style, shown }, k) => {
      this.trails[k] = this.trails[k]?.lane === lane ? this.trails[k] : new Trail(lane);
      const count = lane.columns.outputs ? lane.upTo(frame) : 0;
      if (count) this.trails[k].update(count, this.view, this.toWorld);
      return { trail: this.trails[k], lane, style, shown: shown && count > 0 };
    });
    const marks = drawPlaces(this.layer, context, pixel, this.meta, this.inks);
    drawTrails({ layer: this.layer, runs, marks, taken, words: this.words, ink: this.inks, memory: this.memory, every: this.every });
    if (this.surface) drawBar(this.layer, this.surface, this.inks, this.words.bar, this.every);
    this.drawn = runs.map(({ trail, shown }) => ({ points: shown ? trail.count : 0, last: shown ? trail.head : null }));
  }

  render() {
    const { camera } = this.view;
    camera.updateMatrixWorld();
    this.lamp.position.copy(camera.position).add(new THREE.Vector3(-1, 2.5, 0.5));
    this.box.face(camera);
    this.renderer.render(this.scene, camera);
    this.rendered = this.view.version;
  }

  /** The stage as one picture. */
  picture() {
    const out = document.createElement("canvas");
    out.width = this.layer.canvas.width;
    out.height = this.layer.canvas.height;
    const context = out.getContext("2d");
    context.fillStyle = this.inks.panel;
    context.fillRect(0, 0, out.width, out.height);
    this.render();
    context.drawImage(this.renderer.domElement, 0, 0, out.width, out.height);
    context.drawImage(this.layer.canvas, 0, 0);
    return out.toDataURL("image/png");
  }
}
