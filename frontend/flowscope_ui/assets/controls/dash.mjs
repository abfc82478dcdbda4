// The seam to Dash: its controls call us through clientside callbacks, and we set their properties.

/**
 * Sets properties of a Dash component.
 *
 * @param {string} id
 * @param {Record<string, unknown>} props
 */
export function setProps(id, props) {
  window.dash_clientside.set_props(id, props);
}

/**
 * Answers the clientside callbacks of the layout: name → what to do with the new value.
 *
 * @param {Record<string, (value: never) => void>} callbacks
 */
export function answer(callbacks) {
  const quiet = Object.entries(callbacks).map(([name, act]) => [
    name,
    (/** @type {unknown} */ value) => {
      if (value !== null && value !== undefined) act(/** @type {never} */ (value));
      return null;
    },
  ]);
  window.dash_clientside = Object.assign(window.dash_clientside ?? {}, { flowscope: Object.fromEntries(quiet) });
}

/**
 * Calls `then` once Dash has built the element `id`.
 *
 * @param {string} id
 * @param {() => void} then
 */
export function whenBuilt(id, then) {
  const ready = () => document.getElementById(id) && window.dash_clientside?.set_props;
  const observer = new MutationObserver(() => {
    if (!ready()) return;
    observer.disconnect();
    then();
  });
  if (ready()) then();
  else observer.observe(document.documentElement, { childList: true, subtree: true });
}
