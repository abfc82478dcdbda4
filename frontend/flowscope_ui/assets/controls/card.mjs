// The cards of the rail: colour, dash, marker, name, loss and how the lane ended, with a switch for every panel.

import { paintMarker } from "../canvas/palette.mjs";
import { method } from "../export/caption.mjs";
import { nodes } from "../text/typeset.mjs";
import { tunesOf } from "../theory/tune.mjs";
import { Tuner } from "./tuner.mjs";

/**
 * @import { Lane, Store } from "../stream/store.mjs"
 * @import { Damping, Extension, Ink, Meta, Solver, Style, Words } from "../types.d.ts"
 * @import { Reading } from "./reading.mjs"
 */

/** @typedef {Words["controls"] & { kinds: Words["kinds"], protocol: Words["protocol"] }} CardWords */
/**
 * What a card calls.
 *
 * @typedef {object} Hands
 * @property {(solver: number, shown: boolean) => void} toggle
 * @property {() => void} touch
 * @property {(solver: number, rho: number) => void} tune
 */

export class Cards {
  /**
   * `on` has toggle(solver, shown), and touch() and tune(solver, rho) for the sliders.
   *
   * @param {HTMLElement} place
   * @param {CardWords} words
   * @param {Extension[]} extensions
   * @param {Hands} on
   */
  constructor(place, words, extensions, on) {
    this.place = place;
    this.words = words;
    this.extensions = extensions;
    this.on = on;
    /** @type {string | undefined} */
    this.solvers = undefined; // those that have cards
    /** @type {ReturnType<Cards["card"]>[]} */
    this.cards = [];
  }

  /**
   * @param {Meta} meta
   * @param {Set<number>} hidden
   */
  show(meta, hidden) {
    const solvers = JSON.stringify([meta.spec.solvers, meta.samples, meta.loss?.is_squares]);
    if (solvers === this.solvers) return; // another run of the same ones
    this.solvers = solvers;
    this.place.replaceChildren();
    this.cards = meta.spec.solvers.map((solver, index) => this.card(solver, index, !hidden.has(index), meta));
  }

  /**
   * @param {Solver} solver
   * @param {number} index
   * @param {boolean} on
   * @param {Meta} meta
   */
  card(solver, index, on, meta) {
    const card = element("label", "card");
    const swatch = element("canvas", "swatch");
    const words = element("span", "words");
    const name = element("span", "solver");
    name.append(...nodes(solver.name));
    const value = element("span", "value", "\u00a0");
    const cost = element("span", "value", "\u00a0");
    const input = Object.assign(element("input", "switch"), { type: "checkbox", checked: on });
    input.setAttribute("role", "switch");
    input.setAttribute("aria-label", `${this.words.hide}: ${solver.name}`);
    card.title = `${this.words.hide} (${index + 1})`;
    Object.assign(card.dataset, { solver: String(index), kind: (solver.flow ?? solver.optimizer).kind });
    words.append(name, ...this.badges(solver), value, cost);
    const ending = element("span", "ending");
    const tunable = meta.lanes.some((lane) => lane.solver === index && lane.is_tunable);
    const tuner = tunable ? new Tuner(solver, index, this.words.tune, this.on) : null;
    const how = method(solver.integrator ?? solver.optimizer, this.words, meta);
    const by = Object.assign(element("span", "method", how), { title: how });
    card.append(swatch, words, input, by, ...(tuner ? [tuner.place] : []), ending);
    input.addEventListener("change", () => this.on.toggle(index, input.checked));
    this.place.append(card);
    return { card, swatch, value, cost, ending, input, tuner };
  }

  /**
   * Of the parts of a solver that other packages bring: whether the referee has passed them.
   *
   * @param {Solver} solver
   */
  badges({ flow, optimizer }) {
    const { kind: own, damping } = /** @type {{ kind: string, damping?: Damping }} */ (flow ?? optimizer);
    const kinds = [own, damping?.kind];
    return this.extensions
      .filter(({ kind }) => kind && kinds.includes(kind))
      .map(({ kind, fault, package: source }) => {
        const badge = element(
          "span",
          "badge",
          fault ? this.words.unrefereed.replace("{fault}", fault) : this.words.refereed,
        );
        badge.dataset.refereed = String(!fault);
        badge.title = `${kind} (${source})`;
        return badge;
      });
  }

  /**
   * @param {Style[]} styles
   * @param {Pick<Ink, "panel">} ink
   */
  ink(styles, { panel }) {
    this.cards.forEach(({ card, swatch }, index) => {
      card.style.setProperty("--solver", styles[index].color);
      drawSwatch(swatch, styles[index], panel);
    });
  }

  /**
   * `readings` per solver: {loss, spent, sentence}.
   *
   * @param {Reading[]} readings
   * @param {Set<number>} hidden
   */
  update(readings, hidden) {
    this.cards.forEach(({ card, value, cost, ending, input }, index) => {
      const { loss, spent, sentence } = readings[index];
      /** @type {[HTMLElement, string][]} */
      const told = [
        [value, loss],
        [cost, spent],
        [ending, sentence],
      ];
      for (const [place, text] of told) if (place.textContent !== text) place.textContent = text;
      card.classList.toggle("off", hidden.has(index));
      input.checked = !hidden.has(index);
    });
  }

  /**
   * ρ of every solver at `frame`, where a hand may change it.
   *
   * @param {Store} store
   * @param {number} frame
   */
  tuned(store, frame) {
    this.cards.forEach(({ tuner }, index) => {
      const lane = /** @type {Lane} */ (store.lanes.find(({ solver }) => solver === index));
      const count = lane.upTo(frame);
      tuner?.update(count ? lane.last("rho", count) : NaN, tunesOf(store, index).at(-1), {
        frame,
        over: Boolean(store.complete),
      });
    });
  }
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Style} style
 * @param {string} rim
 */
function drawSwatch(canvas, style, rim) {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [30, 16];
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.scale(ratio, ratio);
  context.strokeStyle = style.color;
  context.lineWidth = 2.6;
  context.setLineDash(style.dash);
  context.beginPath();
  context.moveTo(0, height / 2);
  context.lineTo(width, height / 2);
  context.stroke();
  paintMarker(context, style.marker, width / 2 + 4, height / 2, 4.6, style.color, rim, "transparent");
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} className
 * @param {string} text
 */
function element(tag, className, text = "") {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}
