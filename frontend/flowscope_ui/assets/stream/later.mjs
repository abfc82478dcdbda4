// The place of a field that is set before it is read: undefined until then, and typed as what it will be.

/**
 * @template T
 * @returns {T}
 */
export function later() {
  return /** @type {T} */ (/** @type {unknown} */ (undefined));
}
