// What a view may ask for: of the server, about the run that is shown, and of the page.

/**
 * @import { Assembly, Composed, Functions, Ground, Layers, Refusal, Slice, Spec } from "../types.d.ts"
 * @import { Api } from "./api.mjs"
 */

/**
 * What the page does for a view.
 *
 * @typedef {object} Acts
 * @property {(solver: number, eta: number) => void} setStepSize restarts the run with another step η of a solver, as
 *   often as a hand wishes
 * @property {() => void} rest ends that
 * @property {(spec: Spec) => void} race races a spec under the rule that it has
 * @property {() => void} news there is something new to draw
 */

export class Port {
  /**
   * `unreachable` is the sentence of a server that does not answer.
   *
   * @param {Api} api
   * @param {string} unreachable
   * @param {Acts} acts
   */
  constructor(api, unreachable, acts) {
    this.api = api;
    this.unreachable = unreachable;
    this.acts = acts;
    this.run = "";
    this.leaving = new AbortController().signal; // given when nobody waits for answers about the run any more
  }

  /**
   * From now on questions are about this run.
   *
   * @param {string} run
   * @param {AbortSignal} leaving
   */
  follow(run, leaving) {
    Object.assign(this, { run, leaving });
  }

  /**
   * The plane of losses through a lane's θ at a frame.
   *
   * @param {number} lane
   * @param {number} frame
   * @returns {Promise<Slice | Refusal>}
   */
  slice(lane, frame) {
    return this.api.slice(this.run, lane, frame);
  }

  /**
   * The layers of a lane's network at a frame.
   *
   * @param {number} lane
   * @param {number} frame
   * @returns {Promise<Layers | Refusal>}
   */
  layers(lane, frame) {
    return this.api.layers(this.run, lane, frame);
  }

  /**
   * Outputs and losses over a box of one or two parameters.
   *
   * @param {number[]} low
   * @param {number[]} high
   * @returns {Promise<Ground | Refusal>}
   */
  ground(low, high) {
    return this.api.ground(this.run, low, high, this.leaving);
  }

  /**
   * What the networks of lanes are, over inputs around the samples, at a frame.
   *
   * @param {number[]} lanes
   * @param {number} frame
   * @returns {Promise<Functions | Refusal>}
   */
  function(lanes, frame) {
    return this.api.function(this.run, lanes, frame, this.leaving);
  }

  /**
   * What an assembly of modules promises, beside what it does; it belongs to no run.
   *
   * @param {Assembly} assembly
   * @returns {Promise<Composed | Refusal>}
   */
  compose(assembly) {
    return this.api.compose(assembly).catch(() => ({ sentence: this.unreachable }));
  }

  /**
   * @param {number} solver
   * @param {number} eta
   */
  setStepSize(solver, eta) {
    this.acts.setStepSize(solver, eta);
  }

  rest() {
    this.acts.rest();
  }

  /** @param {Spec} spec */
  race(spec) {
    this.acts.race(spec);
  }

  news() {
    this.acts.news();
  }
}
