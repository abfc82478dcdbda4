// Fields that get their value after their object is made, most often from the first run that is shown.

/** What such a field begins with: undefined, whatever its type says. */
export const later = /** @type {never} */ (/** @type {unknown} */ (undefined));
