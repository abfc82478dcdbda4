// Buttons that open menus and popovers. Mantine tells their state on a wrapper, which is no control: here it goes to
// the button inside, where readers look for it.

const STATE = ["aria-haspopup", "aria-expanded", "aria-controls"];
const WRAPPERS = STATE.map((name) => `div[${name}]`).join();

/**
 * Keeps doing so for the menus under `root`.
 *
 * @param {HTMLElement} root
 */
export function disclose(root) {
  const mend = () => root.querySelectorAll(WRAPPERS).forEach(hand);
  mend();
  // words that change, every frame, tell nothing
  /** @param {MutationRecord} change */
  const tells = ({ addedNodes }) => !addedNodes.length || [...addedNodes].some((node) => node instanceof Element);
  new MutationObserver((changes) => changes.some(tells) && mend()).observe(root, {
    subtree: true,
    childList: true,
    attributeFilter: STATE,
  });
  root.addEventListener("focusin", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (target.matches("[role=menu] > [data-autofocus]")) enter(target);
  });
}

/**
 * Moves the state of a wrapper to its button.
 *
 * @param {Element} wrapper
 */
function hand(wrapper) {
  const button = /** @type {HTMLButtonElement} */ (wrapper.querySelector("button"));
  if (wrapper.getAttribute("aria-expanded") === "false") button.removeAttribute("aria-controls");
  for (const name of STATE) {
    const state = wrapper.getAttribute(name);
    if (state === null) continue;
    button.setAttribute(name, state);
    wrapper.removeAttribute(name);
  }
}

/**
 * A menu opens: its first item has the focus, not the place before it, which is no item.
 *
 * @param {Element} place
 */
function enter(place) {
  const item = /** @type {HTMLElement} */ (place.parentElement).querySelector("[role=menuitem]");
  /** @type {HTMLElement} */ (item).focus();
  place.remove();
}
