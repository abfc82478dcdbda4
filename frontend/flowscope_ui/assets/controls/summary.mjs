// What each panel shows, in a sentence for readers: said where the drawing stands, and about once in three seconds
// while it plays.

import { timeAt } from "../stream/clock.mjs";
import { short } from "../text/format.mjs";

/**
 * @import { Session } from "../stream/session.mjs"
 * @import { Lane, Store } from "../stream/store.mjs"
 * @import { PlaceOf, Scope, Sentences, View as AnyView, Words } from "../types.d.ts"
 */

const EVERY = 3000; // ms

/**
 * Of a lane at `count` rows, how far it is from the target: what the stage is about.
 *
 * @param {Lane} lane
 * @param {number} count
 * @param {Store} store
 */
function distance(lane, count, store) {
  return short(store.units.factor("residual_norm") * lane.last("residual_norm", count));
}

export class Summaries {
  /**
   * `place(id)` has the sentences, `words` are {at, least, none, of: {panel: what it tells}}.
   *
   * @param {PlaceOf} place
   * @param {Words["summary"]} words
   */
  constructor(place, words) {
    this.place = place;
    this.words = words;
    this.said = -EVERY;
    /** @type {string | null} */
    this.key = null;
  }

  /**
   * Called every frame; says nothing new unless it is time, or the drawing has come to stand.
   *
   * @param {Session} session
   * @param {Scope} scope
   * @param {number} now
   */
  follow(session, scope, now) {
    const key = scope.still.key && `${scope.still.key} ${Object.keys(scope.views)}`;
    if (key ? key === this.key : now - this.said < EVERY) return;
    Object.assign(this, { key, said: now });
    for (const [name, view] of Object.entries(scope.views)) {
      const place = this.place(`${name}-summary`);
      const sentence = this.sentence(name, view, scope, session.playhead.frame);
      if (place.textContent !== sentence) place.textContent = sentence;
    }
    for (const [name, said] of scope.deck.silent) this.place(`${name}-summary`).textContent = said;
  }

  /**
   * "At t = 3.20, excess loss: Gauss–Newton 1.2e−6; Gradient flow 0.034."
   *
   * @param {string} name
   * @param {AnyView} view
   * @param {Scope} scope
   * @param {number} frame
   */
  sentence(name, view, { store, looks }, frame) {
    const { words } = this;
    const said = name === "stage" ? distance : view.said?.bind(view);
    const lanes = looks.filter(({ lane, shown }) => shown && lane.first !== false && lane.upTo(frame));
    const told = said
      ? lanes
          .map(({ lane }) => [lane.name, said(lane, lane.upTo(frame), store)])
          .filter(([, text]) => text)
          .map((each) => each.join(" "))
      : [view.spoken?.()].filter(Boolean);
    const at = words.at
      .replace("{clock}", store.units.clock.letter)
      .replace("{t}", timeAt(store, frame).toFixed(2))
      .replace("{what}", /** @type {Sentences} */ (words.of)[name]);
    return `${at} ${told.join("; ") || words.none}.`;
  }
}
