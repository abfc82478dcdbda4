// The curves of a chart as others take them: Plotly, for its hover, and a table.

import { coordinate } from "../canvas/scale.mjs";
import { placesOf } from "../stream/clock.mjs";
import { markup } from "../text/typeset.mjs";

/** @import { Store } from "../stream/store.mjs" */
/** @import { ChartScales, Look, Panel, Table, Units } from "../types.d.ts" */

/**
 * As Plotly takes them, of at most `most` points each: on an axis that is not logarithmic `y` are coordinates and
 * `customdata` values.
 *
 * @param {{ panel: Panel, units: Units, axes: { scales(): ChartScales } }} chart
 * @param {Store} store
 * @param {number} frame
 * @param {Look[]} looks
 * @param {number} [most]
 */
export function tracesOf({ panel, units, axes }, store, frame, looks, most = Infinity) {
  const { kind, unit } = axes.scales().axis;
  const log = kind === "log";
  const at = coordinate({ kind, unit });
  return looks
    .filter(({ shown }) => shown)
    .flatMap(({ lane, style }) => {
      const count = lane.upTo(frame);
      const dash = style.dash.map((length) => `${length}px`).join(",") || "solid";
      return panel
        .curves(lane, store, count)
        .filter(({ faint }) => !faint)
        .map(({ quantity, column, offset, width, weight, name, own }) => {
          const time = placesOf(units, lane, own, count);
          const step = Math.max(1, Math.ceil(time.length / most));
          const rows = Array.from({ length: Math.ceil(time.length / step) }, (_, k) => k * step);
          const factor = units.factor(quantity);
          const values = rows.map((row) => factor * column.data[row * width + offset]);
          return {
            x: rows.map((row) => time[row]),
            y: log ? values.map((value) => value || null) : values.map(at),
            customdata: log ? undefined : values,
            mode: "lines",
            name: markup(`${lane.name}${name}`),
            hovertemplate: log ? "%{y:.3~e}" : "%{customdata:.3~g}",
            line: { color: "rgba(0,0,0,0)", width: weight, simplify: false, dash },
          };
        });
    });
}

/**
 * Every row up to `frame`, with the curves of theory beside the measured ones: {columns, rows}.
 *
 * @param {{ panel: Panel, units: Units }} chart
 * @param {Store} store
 * @param {number} frame
 * @param {Look[]} looks
 * @returns {Table}
 */
export function tableOf({ panel, units }, store, frame, looks) {
  const rate = units.factor("time");
  const rows = looks
    .filter(({ shown }) => shown)
    .flatMap(({ lane }) => {
      const count = lane.upTo(frame);
      return panel.curves(lane, store, count).flatMap(({ quantity, column, offset, width, name, own }) => {
        const time = own ? own.time : lane.columns.time.view(count);
        return Array.from(time, (t, k) => [
          `${lane.name}${name}`,
          lane.seed,
          rate * t,
          units.factor(quantity) * column.data[k * width + offset],
        ]);
      });
    });
  return {
    columns: ["curve", "seed", units.clock.letter, panel.name],
    rows: [...rows, ...(panel.theory?.(store, looks) ?? [])],
  };
}
