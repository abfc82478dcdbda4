// Of many wishes in a row the newest: one is acted on at a time, and the last always is.

/** @template Wish */
export class Latest {
  /**
   * `act(wish)` returns a promise.
   *
   * @param {(wish: Wish) => Promise<unknown>} act
   */
  constructor(act) {
    this.act = act;
    this.busy = false;
    this.waiting = false;
    /** @type {Wish | undefined} */
    this.next = undefined;
  }

  /** @param {Wish} wish */
  async wish(wish) {
    Object.assign(this, { next: wish, waiting: true });
    if (this.busy) return;
    this.busy = true;
    while (this.waiting) {
      this.waiting = false;
      await this.act(/** @type {Wish} */ (this.next)).catch(() => null); // the page has said what was wrong
    }
    this.busy = false;
  }
}
