// The seam to Dash: its controls call us through clientside callbacks, and we set their properties.

/** @type {Map<string, string[]>} */
const echoes = new Map(); // values that we set, by control, whose callbacks are still to come

/**
 * Sets properties of a Dash component.
 *
 * @param {string} id
 * @param {Record<string, unknown>} props
 */
export function setProps(id, props) {
  if ("value" in props) echoes.set(id, [...(echoes.get(id) ?? []), JSON.stringify(props.value)]);
  window.dash_clientside.set_props(id, props);
}

/**
 * Whether a callback only tells of a value that we set ourselves. It may come late, when we have set another one since:
 * it is no choice of a person then either.
 *
 * @param {string} id
 * @param {unknown} value
 */
export function isEcho(id, value) {
  const list = echoes.get(id) ?? [];
  const at = list.indexOf(JSON.stringify(value));
  echoes.set(id, at < 0 ? [] : list.slice(at + 1)); // Dash passes over values that were replaced at once
  return at >= 0;
}

/**
 * Answers the clientside callbacks of the layout: name of a control → what to do with the value that a person chose.
 *
 * @param {Record<string, (value: never) => void>} callbacks
 */
export function answer(callbacks) {
  const quiet = Object.entries(callbacks).map(([name, act]) => [
    name,
    (/** @type {unknown} */ value) => {
      const echo = isEcho(name, value);
      if (!echo && value !== null && value !== undefined) act(/** @type {never} */ (value));
      return null;
    },
  ]);
  window.dash_clientside = Object.assign(window.dash_clientside ?? {}, { flowscope: Object.fromEntries(quiet) });
}

/** Puts what the document keeps in templates into the places that Dash has built and leaves empty. */
export function furnish() {
  for (const template of /** @type {NodeListOf<HTMLTemplateElement>} */ (
    document.querySelectorAll("template[data-place]")
  ))
    document.getElementById(template.dataset.place ?? "")?.append(template.content);
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
