// @ts-nocheck
// Of many wishes in a row the newest: one is acted on at a time, and the last always is.

export class Latest {
  /** `act(wish)` returns a promise. */
  constructor(act) {
    Object.assign(this, { act, busy: false, waiting: false });
  }

  async wish(wish) {
    Object.assign(this, { next: wish, waiting: true });
    if (this.busy) return;
    this.busy = true;
    while (this.waiting) {
      this.waiting = false;
      await this.act(this.next).catch(() => null); // the page has said what was wrong
    }
    this.busy = false;
  }
}
