// Buttons and keys: a table from what a person does to what the page does.

const KEYS = { " ": "pause", ArrowRight: "step", r: "restart", t: "theme", l: "link" };
const TURNS = { ArrowLeft: [-6, 0], ArrowRight: [6, 0], ArrowUp: [0, -6], ArrowDown: [0, 6] };
const BUTTONS = ["pause", "step", "restart", "theme", "link"];

/** Connects buttons and keys to `actions` ({pause, step, …, toggle(solver), turn(around, up)}). */
export function connect(actions) {
  for (const name of BUTTONS) {
    document.getElementById(name).addEventListener("click", (event) => {
      actions[name]();
      if (event.detail) event.currentTarget.blur(); // after a mouse click the keys belong to the page again
    });
  }
  for (const button of document.querySelectorAll("button.save")) button.addEventListener("click", () => actions.save(button.dataset.panel));
  window.addEventListener("keydown", (event) => press(event, actions));
}

function press(event, actions) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not(.switch), textarea, select, [role=combobox], [role=option], .tabs [role=tab]")) return;
  const act = bound(event, actions);
  if (!act || (event.key === " " && event.target.closest("button, input"))) return;
  event.preventDefault();
  act();
}

function bound(event, actions) {
  if (event.shiftKey && TURNS[event.key]) return () => actions.turn(...TURNS[event.key]);
  if (event.shiftKey) return null;
  if (/^[1-9]$/.test(event.key)) return () => actions.toggle(Number(event.key) - 1);
  const name = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  return name && (() => actions[name]());
}
