// Once the drawing has stood still it is laid out from its rows alone, so that a frame looks the same however it was
// reached, and handed on.

/** @import { Session } from "../stream/session.mjs" */
/** @import { Store } from "../stream/store.mjs" */
/** @import { Look, View } from "../types.d.ts" */

/**
 * What is drawn: lanes of a store, but for the hidden solvers, in views.
 *
 * @typedef {object} Drawn
 * @property {Store} store
 * @property {Set<number>} hidden
 * @property {Look[]} looks
 * @property {Record<string, View>} views
 * @property {number} drawnAt when it was drawn last, in ms
 */

const SETTLED = 200; // ms
export const STILL = ["paused", "ended", "cut"];

export class Still {
  /** @param {Drawn} scope */
  constructor(scope) {
    this.scope = scope;
    /** @type {string | null} */
    this.key = null;
    this.times = 0;
    /** @type {string | null} */
    this.begun = null;
    /** @type {(() => void)[]} */
    this.waiting = [];
  }

  /** There is something new to draw. */
  renew() {
    this.key = this.begun = null;
  }

  /**
   * One step per tick, since all at once would hold the page up; `key` names what stands there and the how manieth
   * time, null until all are done.
   *
   * @param {Session} session
   */
  follow({ id, word, playhead: { frame } }) {
    const { scope } = this;
    if (performance.now() - scope.drawnAt < SETTLED) return;
    const key = STILL.includes(word) ? `${id} ${frame} ${[...scope.hidden]}` : null;
    if (key !== this.begun)
      Object.assign(this, {
        key: null,
        begun: key,
        waiting: key ? Object.values(scope.views).flatMap((view) => this.steps(view, frame)) : [],
      });
    const step = this.waiting.shift();
    if (!step && key) this.key ??= `${key} ${(this.times += 1)}`;
    step?.();
  }

  /**
   * A view is laid out first and then handed on.
   *
   * @param {View} view
   * @param {number} frame
   * @returns {(() => void)[]}
   */
  steps(view, frame) {
    const { scope } = this;
    const lay = () => {
      view.settle?.();
      view.draw(scope.store, frame, scope.looks);
    };
    return [lay, ...(view.commit ? [() => view.commit?.(scope.store, frame, scope.looks)] : [])];
  }
}
