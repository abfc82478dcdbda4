// Curves as tables, and tables as CSV.

/** @import { Column } from "./store.mjs" */
/** @import { Look, Table } from "../types.d.ts" */

/**
 * Flow time and outputs of the lanes that are shown, up to `frame`.
 *
 * @param {Look[]} looks
 * @param {number} frame
 * @returns {Table}
 */
export function outputTable(looks, frame) {
  const shown = looks.filter(({ shown: on, lane }) => on && lane.columns.outputs);
  const width = shown[0]?.lane.columns.outputs?.width ?? 0;
  const rows = shown.flatMap(({ lane }) => {
    const { time, outputs } = /** @type {{ time: Column; outputs: Column }} */ (lane.columns);
    return Array.from({ length: lane.upTo(frame) }, (_, k) => [
      lane.name,
      lane.seed,
      time.data[k],
      ...outputs.data.subarray(k * width, (k + 1) * width),
    ]);
  });
  return { columns: ["curve", "seed", "t", ...Array.from({ length: width }, (_, k) => `f${k + 1}`)], rows };
}

/**
 * A table as CSV below `notes`, each a comment; what is no finite number stays empty.
 *
 * @param {Table} table
 * @param {string[]} notes
 */
export function csv({ columns, rows }, notes) {
  const cell = (/** @type {string | number} */ value) =>
    typeof value === "string" ? quoted(value) : Number.isFinite(value) ? String(value) : "";
  return [
    ...notes.map((note) => `# ${note.replaceAll("\n", " ")}`),
    ...[columns, ...rows].map((row) => row.map(cell).join(",")),
    "",
  ].join("\n");
}

/** @param {string} text */
function quoted(text) {
  return /[",\n#]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
