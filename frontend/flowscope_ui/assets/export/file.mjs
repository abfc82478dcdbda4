// A spec as a file: saved from the page, and opened by choosing it or dropping it anywhere.

/** @import { Spec } from "../types.d.ts" */

const LARGEST = 1_000_000; // bytes; the server takes no more

/**
 * Offers `spec` as a file.
 *
 * @param {Spec} spec
 */
export function saveSpec(spec) {
  const href = URL.createObjectURL(new Blob([`${JSON.stringify(spec, null, 1)}\n`], { type: "application/json" }));
  Object.assign(document.createElement("a"), { href, download: "flowscope-spec.json" }).click();
  URL.revokeObjectURL(href);
}

/**
 * Lets a person choose a file.
 *
 * @param {(file: File) => void} take
 */
export function chooseFile(take) {
  const input = Object.assign(document.createElement("input"), { type: "file", accept: ".json,application/json" });
  input.addEventListener("change", () => input.files?.[0] && take(input.files[0]));
  input.click();
}

/**
 * Calls `take(file)` for what is dropped on the page, except where a table is expected.
 *
 * @param {(file: File) => void} take
 */
export function onDrop(take) {
  const ours = (/** @type {DragEvent} */ event) =>
    event.dataTransfer?.types.includes("Files") && !(/** @type {Element} */ (event.target).closest?.(".drop"));
  window.addEventListener("dragover", (event) => ours(event) && event.preventDefault());
  window.addEventListener("drop", (event) => {
    if (!ours(event)) return;
    event.preventDefault();
    if (event.dataTransfer?.files[0]) take(event.dataTransfer.files[0]);
  });
}

/**
 * {spec}, or {sentence} of why `file` holds none.
 *
 * @param {File} file
 * @param {{ large: string, unreadable: string }} words
 * @returns {Promise<{ spec: Spec, sentence?: undefined } | { spec?: undefined, sentence: string }>}
 */
export async function readSpec(file, words) {
  if (file.size > LARGEST) return { sentence: words.large.replace("{name}", file.name) };
  try {
    return { spec: JSON.parse(await file.text()) };
  } catch {
    return { sentence: words.unreadable.replace("{name}", file.name) };
  }
}
