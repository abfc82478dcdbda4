// What the words on the page say about a run at a frame: cards, clock, footer.

import { told } from "./language.mjs";
import { hasReference } from "./panel.mjs";

const EXPECTED = new Set(["running", "converged", "horizon", "stopped", "spent"]); // ends that need no sentence

/** 0.000123 → "1.2e−4". */
export function short(value) {
  if (!Number.isFinite(value)) return "–";
  const [digits, power] = value.toExponential(1).split("e");
  return value === 0 ? "0" : Math.abs(Number(power)) < 2 ? value.toPrecision(2) : `${digits}e${power.replace("-", "−").replace("+", "")}`;
}

/** −0.7809 → "−0.781": three figures of a number that is about 1. */
export function figures(value) {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))).replace("-", "−") : "–";
}

/** Per solver, in `words`: its first lane's loss at `frame`, and how it ended once that is drawn. */
export function cardReadings(store, frame, statuses, words, catalogue = {}) {
  return store.meta.spec.solvers.map((_, solver) => {
    const lane = store.lanes.find((each) => each.solver === solver);
    const count = lane?.upTo(frame) ?? 0;
    if (!count) return { loss: "\u00a0", spent: "\u00a0", sentence: "" };
    const excess = hasReference(store.meta);
    const column = excess ? "excess_loss" : "loss";
    const loss = `${store.units.caption(excess ? "${L} − ${L}* " : "${L} ")}${short(store.units.factor(column) * lane.last(column, count))}`;
    const ended = count === lane.count && lane.status !== "running";
    const rho = lane.last("rho", count);
    const spent = `${Number.isNaN(rho) ? "" : `ρ ${short(rho)} · `}${lane.last("step", count)} ${words.clocks.steps}${ended && EXPECTED.has(lane.status) ? " ✓" : ""}`;
    return { loss, spent, sentence: ended && !EXPECTED.has(lane.status) ? ending(store.meta.lanes[lane.lane], lane.status, statuses, catalogue) : "" };
  });
}

/** What happened to a lane, and what its own method can do about it. */
function ending({ advice }, status, statuses, catalogue) {
  return [statuses[status] ?? status, told(advice?.[status] ?? "", catalogue)].filter(Boolean).join(" ");
}

/** The time at a frame, by the store's clock. */
export function timeAt(store, frame) {
  return store.units.factor("time") * Math.max(0, ...store.lanes.map((lane) => { const count = lane.upTo(frame); return count ? lane.last("time", count) : 0; }));
}
