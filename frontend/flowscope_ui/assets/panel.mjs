// The charts of the loss and of the eigenvalues, as tables: which columns a lane's curves are, where the axis starts, what is drawn behind them.

import { drawMarks } from "./moment.mjs";
import { drawPredictions, predicted, predictedRows } from "./overlay.mjs";
import { rule } from "./rule.mjs";
import { tunesOf } from "./tune.mjs";

const SHOWN_EIGENVALUES = 4;
const FLOOR = 1e-16; // of float64: below it an excess loss or an eigenvalue is rounding
const APART = 1.6; // e-folds that a curve may be from its prediction

/** The panels of the page that always show the same; `words` are their sentences. */
export function panels(words) {
  let told = []; // the labels of the predictions as they were last drawn
  return [
    {
      name: "loss", low: 1e-4, high: 3, room: 3, floor: FLOOR, leaders: true,
      curves: (lane) => { const quantity = lossColumn(lane); return [{ quantity, column: lane.columns[quantity], offset: 0, width: 1, weight: 2.2, name: "" }]; },
      backdrop: (drawing) => {
        const { layer, scales, frame, store, ink } = drawing;
        rule(layer, scales.left, scales.right, scales.y(FLOOR), ink.faint, [1, 3]);
        const less = store.units.factor("loss") * (store.meta.best?.loss ?? 0);
        const columns = hasReference(store.meta) ? ["loss", "excess_loss"] : ["loss"];
        told = [...drawPredictions(drawing, { columns, less }, words.predictions), ...drawMarks(drawing, less, words.predictions)];
        const rate = gaussNewtonRate(store, frame);
        if (rate) slope(layer, scales, rate, rate.holds ? ink.dim : ink.faint);
      },
      theory: (store, looks) => predictedRows(store, looks, { columns: hasReference(store.meta) ? ["loss", "excess_loss"] : ["loss"], less: store.units.factor("loss") * (store.meta.best?.loss ?? 0) }),
      notes: ({ scales, frame, store }) => {
        const rate = gaussNewtonRate(store, frame);
        const notes = [...floorNote(scales, words.loss.floor), ...told];
        if (rate) notes.push(rate.holds ? { text: store.units.caption(words.loss.rate), ...besideSlope(scales, rate) } : { text: store.units.caption(words.loss.broken), x: scales.left + 8, y: scales.bottom - 11, align: "left" });
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
        return Array.from({ length: shown }, (_, k) => ({ quantity: "eigenvalues", column, offset: k, width: column.width, weight: k ? 1.4 : 2.2, name: ` λ${"₁₂₃₄"[k]}`, end: `λ_${k + 1}` }));
      },
    },
  ];
}

/** Whether the loss drawn is the excess over the best in class, or the raw one. */
export function hasReference(meta) {
  return meta.best !== null;
}

function lossColumn(lane) {
  const { excess_loss: excess } = lane.columns;
  return excess.count && Number.isNaN(excess.data[0]) ? "loss" : "excess_loss";
}

/** Gauss–Newton with ρ = 0 and no hand on it takes L − L* down like e^{−2t} where the best point is the one it reaches: its start, and whether that holds so far. */
function gaussNewtonRate(store, frame) {
  const { solvers } = store.meta.spec;
  const pure = ({ flow, integrator }) => flow?.kind === "gauss_newton" && integrator.kind !== "euler" && flow.damping?.kind === "constant" && flow.damping.rho === 0;
  const lane = store.lanes.find(({ solver }) => pure(solvers[solver]));
  const count = lane?.upTo(frame) ?? 0;
  if (!count || store.units.axis.columns || !hasReference(store.meta) || predicted(store, lane) || tunesOf(store, lane.solver).length) return null;
  const first = lane.columns.excess_loss.data[0];
  const reached = Math.max(lane.last("excess_loss", count), FLOOR);
  const fallen = Math.max(first * Math.exp(-2 * lane.last("time", count)), FLOOR);
  const start = store.units.factor("excess_loss") * first;
  const end = (store.units.factor("time") * Math.log(start / FLOOR)) / 2;
  return { start, end, holds: lane.status !== "rank_loss" && Math.abs(Math.log(reached / fallen)) < APART };
}

/** What lies below the floor is rounding: said where the floor is in sight. */
function floorNote(scales, text) {
  if (scales.y(FLOOR) >= scales.bottom - 2) return [];
  return [{ text, x: 0.4 * scales.left + 0.6 * scales.right, y: scales.y(FLOOR) - 9, align: "center" }];
}

function slope(layer, scales, { start, end }, color) {
  layer.stroke(new Float32Array([scales.x(0), scales.y(start), scales.x(end), scales.y(FLOOR)]), 2, { color, dash: [4, 4], width: 1.2 });
}

/** Left of the slope, near where it leaves the picture. */
function besideSlope(scales, { start, end }) {
  const [x0, y0, x1, y1] = [scales.x(0), scales.y(start), scales.x(end), scales.y(FLOOR)];
  const share = 0.62 * Math.min(1, (scales.bottom - y0) / (y1 - y0), (scales.right - x0) / (x1 - x0));
  return { x: x0 + share * (x1 - x0) - 8, y: y0 + share * (y1 - y0) + 9, align: "right" };
}
