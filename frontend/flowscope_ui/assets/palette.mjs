// One solver = one colour, one dash, one marker, everywhere (Okabe–Ito order; lightened a little on dark).

const SOLVERS = [
  { light: "#0072b2", dark: "#5ab2f2", dash: [], marker: "circle" },
  { light: "#c87f00", dark: "#f7ba45", dash: [9, 4], marker: "square" },
  { light: "#008f68", dark: "#3fdcaa", dash: [3, 3.2], marker: "triangle" },
  { light: "#b8588f", dark: "#e08fbb", dash: [9, 3, 2, 3], marker: "diamond" },
  { light: "#2b95cf", dark: "#8fd0f7", dash: [14, 4], marker: "down" },
  { light: "#d55e00", dark: "#ff8642", dash: [5, 3], marker: "hexagon" },
  { light: "#7a6a00", dark: "#f0e442", dash: [12, 3, 2, 3, 2, 3], marker: "cross" },
  { light: "#5b5b66", dark: "#c3c3cf", dash: [1.5, 2.5], marker: "star" },
];

const SIDES = { triangle: [3, -90], square: [4, -45], diamond: [4, 0], down: [3, 90], hexagon: [6, 0] };

/** Colour, dash and marker of a solver in a scheme. */
export function solverStyle(solver, scheme) {
  const style = SOLVERS[solver % SOLVERS.length];
  return { color: style[scheme], dash: style.dash, marker: style.marker };
}

/** "dark" or "light", as the page is now. */
export function currentScheme() {
  return document.documentElement.getAttribute("data-mantine-color-scheme") === "dark" ? "dark" : "light";
}

const INKS = ["text", "dim", "faint", "grid", "panel", "accent", "warn", "bad", "live", "sheet-low", "sheet-mid", "sheet-high", "sheet-line", "sphere", "bend-low", "bend-mid", "bend-high"];
const known = {};

/** The inks of the drawings, from the style sheet's variables: read once in each scheme, since reading makes the browser lay out the page. */
export function currentInk() {
  const scheme = currentScheme();
  known[scheme] ??= readInk(scheme);
  return known[scheme];
}

function readInk(scheme) {
  const style = getComputedStyle(document.getElementById("page"));
  return { scheme, ...Object.fromEntries(INKS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()])) };
}

/** The outline of a marker of radius r around (x, y) as a path on `context`. */
export function markerPath(context, marker, x, y, r) {
  context.beginPath();
  if (marker === "cross" || marker === "star") return starPath(context, x, y, r, marker === "star" ? 5 : 4);
  const shape = SIDES[marker];
  if (!shape) return context.arc(x, y, r, 0, 2 * Math.PI);
  const [sides, turn] = shape;
  const reach = r * (sides === 3 ? 1.35 : 1.18);
  for (let k = 0; k < sides; k += 1) {
    const angle = ((turn + (360 * k) / sides) * Math.PI) / 180;
    context.lineTo(x + reach * Math.cos(angle), y + reach * Math.sin(angle));
  }
  context.closePath();
}

function starPath(context, x, y, r, points) {
  for (let k = 0; k < 2 * points; k += 1) {
    const reach = k % 2 ? 0.45 * r : 1.4 * r;
    const angle = (Math.PI * k) / points - Math.PI / 2;
    context.lineTo(x + reach * Math.cos(angle), y + reach * Math.sin(angle));
  }
  context.closePath();
}
