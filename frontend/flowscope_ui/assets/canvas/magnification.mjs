// How large type, strokes and heads are: one number, which the style sheets set for the window and the hall, and every
// drawing follows.

export const magnification = {
  scale: 1,

  /** Takes the number from the style sheets; returns whether it is another one. */
  measure() {
    const before = this.scale;
    this.scale = Number(getComputedStyle(document.documentElement).getPropertyValue("--scale")) || 1;
    return this.scale !== before;
  },

  /**
   * Type for the last row of a hall, or for a desk.
   *
   * @param {boolean | undefined} hall
   */
  choose(hall) {
    document.documentElement.dataset.projector = String(Boolean(hall));
    return this.measure();
  },
};
