// Buttons and keys: a table from what a person does to what the page does.

/** @import { Actions } from "./action.mjs" */

/** @type {Record<string, (typeof BUTTONS)[number] | "home" | "end" | "side" | "next" | "previous">} */
const KEYS = {
  " ": "pause",
  ArrowLeft: "back",
  ArrowRight: "step",
  Home: "home",
  End: "end",
  v: "live",
  o: "loop",
  "[": "from",
  "]": "to",
  g: "ghosts",
  b: "branch",
  r: "restart",
  t: "theme",
  p: "projector",
  s: "side",
  l: "link",
  PageDown: "next",
  PageUp: "previous",
};
/** @type {Record<string, number>} */
const LEAPS = { ArrowLeft: -10, ArrowRight: 10 };
/** @type {Record<string, [number, number]>} */
const TURNS = { ArrowLeft: [-6, 0], ArrowRight: [6, 0], ArrowUp: [0, -6], ArrowDown: [0, 6] };
const BUTTONS = /** @type {const} */ ([
  "back",
  "pause",
  "step",
  "live",
  "loop",
  "from",
  "to",
  "ghosts",
  "branch",
  "restart",
  "projector",
  "theme",
  "link",
  "spec-save",
  "spec-open",
]);

/**
 * Connects buttons and keys to `actions` ({pause, step, …, toggle(solver), turn(around, up)}).
 *
 * @param {Actions} actions
 */
export function connect(actions) {
  for (const name of BUTTONS) {
    const button = /** @type {HTMLElement} */ (document.getElementById(name));
    button.addEventListener("click", (event) => {
      actions[name]();
      if (event.detail) button.blur(); // after a mouse click the keys belong to the page again
    });
  }
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("button[data-layer]")))
    button.addEventListener("click", () => actions.layer(button.dataset.layer ?? ""));
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-face]")))
    button.addEventListener("click", () => actions.face(button.dataset.face ?? ""));
  const cards = /** @type {HTMLElement} */ (document.getElementById("cards"));
  const cardOf = (/** @type {Event} */ { target }) =>
    /** @type {HTMLElement | null} */ (/** @type {Element} */ (target).closest(".card"));
  cards.addEventListener("pointerover", (event) => {
    const card = cardOf(event);
    if (card) actions.regard(Number(card.dataset.solver));
  });
  cards.addEventListener("pointerleave", () => actions.regard(undefined));
  cards.addEventListener("focusin", (event) => actions.regard(Number(cardOf(event)?.dataset.solver)));
  cards.addEventListener("focusout", () => actions.regard(undefined));
  window.addEventListener("keydown", (event) => press(event, actions));
}

/**
 * @param {KeyboardEvent} event
 * @param {Actions} actions
 */
function press(event, actions) {
  const target = /** @type {Element} */ (event.target);
  if (
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    target.closest("input:not(.switch, .scrub), textarea, select, [role=combobox], [role=option], .tabs [role=tab]")
  )
    return;
  const act = bound(event, actions);
  if (!act || (event.key === " " && target.closest("button, input:not(.scrub)"))) return;
  event.preventDefault();
  act();
}

/**
 * @param {KeyboardEvent} event
 * @param {Actions} actions
 */
function bound(event, actions) {
  if (event.shiftKey && TURNS[event.key] && /** @type {Element} */ (event.target).id === "stage")
    return () => actions.turn(...TURNS[event.key]);
  if (event.shiftKey && LEAPS[event.key]) return () => actions.leap(LEAPS[event.key]);
  if (event.shiftKey) return null;
  if (/^[a-d]$/.test(event.key) && actions.asks()) return () => actions.predict("abcd".indexOf(event.key));
  if (/^[1-9]$/.test(event.key)) return () => actions.toggle(Number(event.key) - 1);
  const name = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  return name && (() => actions[name]());
}
