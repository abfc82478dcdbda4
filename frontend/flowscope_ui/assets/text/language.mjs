// The language of the page: a choice opens the same address in another, and sentences of the engine are told in it.

import { addressOf } from "../stream/address.mjs";

/** @import { Chosen, Sentences } from "../types.d.ts" */

/**
 * Lets a person choose; `chosen` is the state of the page.
 *
 * @param {HTMLSelectElement} select
 * @param {Chosen} chosen
 */
export function offerLanguages(select, chosen) {
  select.value = document.documentElement.lang;
  select.addEventListener("change", () => {
    chosen.lang = select.value;
    window.location.search = addressOf(chosen);
  });
}

/**
 * A sentence of the engine in the language of `catalogue`: English → translation. Keys with names in braces are
 * patterns, "rank J fell from {full} to {rank}": what stands there is put into the translation. What has no translation
 * stays as it is.
 *
 * @param {string} sentence
 * @param {Sentences} catalogue
 */
export function told(sentence, catalogue) {
  if (sentence in catalogue) return catalogue[sentence];
  for (const [english, translation] of Object.entries(catalogue)) {
    const values = english.includes("{") && pattern(english).exec(sentence)?.groups;
    if (values) return filled(translation, values);
  }
  return sentence;
}

/** @param {string} english */
function pattern(english) {
  const escaped = english.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  return new RegExp(`^${escaped.replace(/\\\{(\w+)\\\}/g, "(?<$1>.+?)")}$`);
}

/**
 * `sentence` with the `values` of its names in braces.
 *
 * @param {string} sentence
 * @param {Record<string, string | number>} values
 */
export function filled(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}
