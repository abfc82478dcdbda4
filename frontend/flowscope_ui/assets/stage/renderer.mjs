// Where the stage stands: a renderer, and a scene with its light.

import * as THREE from "three";

/** @import { Ink } from "../types.d.ts" */

/**
 * The one WebGL context of a stage, appended to `place`.
 *
 * @param {HTMLElement} place
 */
export function rendererIn(place) {
  const renderer = new THREE.WebGLRenderer({ antialias: true, alpha: true });
  renderer.setClearColor(0, 0);
  renderer.debug.checkShaderErrors = false; // asking for them waits for the compiler
  renderer.localClippingEnabled = true;
  place.append(renderer.domElement);
  return renderer;
}

/**
 * An empty {scene} with the light of a theme, and the {lamp} that goes with the camera.
 *
 * @param {Ink} ink
 */
export function litScene({ scheme }) {
  const [scene, lamp] = [new THREE.Scene(), new THREE.DirectionalLight(0xffffff, 1.1)];
  scene.add(
    new THREE.HemisphereLight(0xffffff, scheme === "dark" ? 0x8899bb : 0xbfc8d6, scheme === "dark" ? 2.1 : 2.5),
    lamp,
  );
  return { scene, lamp };
}

/**
 * What `render` draws, as an image with `ratio` pixels per CSS pixel.
 *
 * @param {THREE.WebGLRenderer} renderer
 * @param {number} ratio
 * @param {() => void} render
 */
export function raster(renderer, ratio, render) {
  const before = renderer.getPixelRatio();
  renderer.setPixelRatio(ratio);
  render();
  const image = renderer.domElement.toDataURL("image/png");
  renderer.setPixelRatio(before);
  render();
  return image;
}
