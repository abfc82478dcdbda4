// The three charts, as tables: which columns a lane's curves are, where the axis starts, what is drawn behind them.

import { drawPredictions, predicted } from "./prediction.mjs";

const SHOWN_EIGENVALUES = 4;
const FLOOR = 1e-16; // of float64: below it an excess loss or an eigenvalue is rounding
const APART = 1.6; // e-folds that a curve may be from its prediction

/** The chart panels of the page; `words` are their sentences. */
export function panels(words) {
  let told = []; // the labels of the predictions as they were last drawn
  return [
    {
      name: "loss", low: 1e-4, high: 3, room: 3, floor: FLOOR, leaders: true,
      curves: (lane) => [{ column: lossColumn(lane), offset: 0, width: 1, weight: 2.2, name: "" }],
      backdrop: ({ layer, scales, frame, store, ink, looks }) => {
        rule(layer, scales.left, scales.right, scales.y(FLOOR), ink.faint, [1, 3]);
        told = drawPredictions({ layer, scales, store, looks, ink }, { column: "loss", less: store.meta.best?.loss ?? 0 }, words.predictions);
        const rate = gaussNewtonRate(store, frame);
        if (rate) slope(layer, scales, rate.start, rate.holds ? ink.dim : ink.faint);
      },
      notes: ({ scales, frame, store }) => {
        const rate = gaussNewtonRate(store, frame);
        const notes = [...floorNote(scales, words.loss.floor), ...told];
        if (rate) notes.push(rate.holds ? { text: "e^{−2t}", ...besideSlope(scales, rate.start) } : { text: words.loss.broken, x: scales.left + 8, y: scales.bottom - 11, align: "left" });
        return notes;
      },
    },
    {
      name: "eigenvalues", low: 1e-3, high: 10, room: 1, floor: FLOOR,
      backdrop: ({ layer, scales, ink }) => rule(layer, scales.left, scales.right, scales.y(FLOOR), ink.faint, [1, 3]),
      notes: ({ scales }) => floorNote(scales, words.eigenvalues.floor),
      curves: (lane) => {
        const column = lane.columns.eigenvalues;
        const shown = Math.min(column?.width ?? 0, SHOWN_EIGENVALUES);
        return Array.from({ length: shown }, (_, k) => ({ column, offset: k, width: column.width, weight: k ? 1.4 : 2.2, name: ` λ${"₁₂₃₄"[k]}`, end: `λ_${k + 1}` }));
      },
    },
    {
      name: "rho", low: 1e-2, high: 3, room: 1, zero: true,
      curves: (lane) => [{ column: lane.columns.rho, offset: 0, width: 1, weight: 2.2, name: "" }],
      backdrop: ({ layer, scales, ink }) => rule(layer, scales.left, scales.right, scales.zero, ink.faint, [1, 3]),
      notes: ({ scales }) => [{ text: "0", x: scales.left - 6, y: scales.zero, align: "right" }],
    },
  ];
}

/** Whether the loss drawn is the excess over the best in class, or the raw one. */
export function hasReference(meta) {
  return meta.best !== null;
}

function lossColumn(lane) {
  const { excess_loss: excess, loss } = lane.columns;
  return excess.count && Number.isNaN(excess.data[0]) ? loss : excess;
}

/** Gauss–Newton with ρ = 0 takes L − L* down like e^{−2t} where the best point is the one it reaches: its start, and whether that holds so far. */
function gaussNewtonRate(store, frame) {
  const { solvers } = store.meta.spec;
  const pure = ({ flow }) => flow.kind === "gauss_newton" && flow.damping?.kind === "constant" && flow.damping.rho === 0;
  const lane = store.lanes.find(({ solver }) => pure(solvers[solver]));
  const count = lane?.upTo(frame) ?? 0;
  if (!count || !hasReference(store.meta) || predicted(store, lane)) return null;
  const start = lane.columns.excess_loss.data[0];
  const reached = Math.max(lane.last("excess_loss", count), FLOOR);
  const fallen = Math.max(start * Math.exp(-2 * lane.last("time", count)), FLOOR);
  return { start, holds: lane.status !== "rank_loss" && Math.abs(Math.log(reached / fallen)) < APART };
}

/** What lies below the floor is rounding: said where the floor is in sight. */
function floorNote(scales, text) {
  if (scales.y(FLOOR) >= scales.bottom - 2) return [];
  return [{ text, x: 0.4 * scales.left + 0.6 * scales.right, y: scales.y(FLOOR) - 9, align: "center" }];
}

function rule(layer, x0, x1, y, color, dash) {
  layer.stroke(new Float32Array([x0, y, x1, y]), 2, { color, dash, width: 1.2 });
}

function slope(layer, scales, start, color) {
  const end = Math.log(start / FLOOR) / 2;
  layer.stroke(new Float32Array([scales.x(0), scales.y(start), scales.x(end), scales.y(FLOOR)]), 2, { color, dash: [4, 4], width: 1.2 });
}

/** Left of the slope, near where it leaves the picture. */
function besideSlope(scales, start) {
  const [x0, y0, x1, y1] = [scales.x(0), scales.y(start), scales.x(Math.log(start / FLOOR) / 2), scales.y(FLOOR)];
  const share = 0.62 * Math.min(1, (scales.bottom - y0) / (y1 - y0), (scales.right - x0) / (x1 - x0));
  return { x: x0 + share * (x1 - x0) - 8, y: y0 + share * (y1 - y0) + 9, align: "right" };
}
