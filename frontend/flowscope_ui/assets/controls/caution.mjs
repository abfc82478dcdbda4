// A card above the solvers where the theory leaves the run's network out.

import { addressOf, readAddress } from "../stream/address.mjs";
import { nodes } from "../text/typeset.mjs";

/** @import { Caution, Words } from "../types.d.ts" */

/**
 * `caution` is {sentence, preset} of the contract, or undefined; `words` are the page's.
 *
 * @param {HTMLElement} place
 * @param {Caution | undefined} caution
 * @param {Words["caution"]} words
 */
export function showCaution(place, caution, words) {
  place.replaceChildren();
  if (!caution) return;
  const card = Object.assign(document.createElement("div"), { className: "caution" });
  const title = Object.assign(document.createElement("b"), { textContent: words.title });
  const sentence = document.createElement("p");
  sentence.append(...nodes(caution.sentence));
  card.append(title, sentence);
  const { preset, lock } = readAddress();
  if (preset !== caution.preset) {
    card.append(
      Object.assign(document.createElement("a"), {
        href: `?${addressOf({ preset: caution.preset, lock })}`,
        textContent: words.link,
      }),
    );
  }
  place.append(card);
}
