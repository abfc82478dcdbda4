// @ts-nocheck
// Once the drawing has stood still it is laid out from its rows alone, so that a frame looks the same however it was
// reached, and handed on.

const SETTLED = 200; // ms
export const STILL = ["paused", "ended", "cut"];

export class Still {
  constructor(scope) {
    Object.assign(this, { scope, key: null, times: 0, begun: null, waiting: [] });
  }

  /** There is something new to draw. */
  renew() {
    this.key = this.begun = null;
  }

  /**
   * One step per tick, since all at once would hold the page up; `key` names what stands there and the how manieth
   * time, null until all are done.
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

  /** A view is laid out first and then handed on. */
  steps(view, frame) {
    const { scope } = this;
    const lay = () => {
      view.settle?.();
      view.draw(scope.store, frame, scope.looks);
    };
    return [lay, ...(view.commit ? [() => view.commit(scope.store, frame, scope.looks)] : [])];
  }
}
