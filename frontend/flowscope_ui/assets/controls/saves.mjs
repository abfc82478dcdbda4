// The menu of a panel's files: one for all panels, under the button that opened it.

const GAP = 6; // pixels between button and menu
/** @type {Record<string, (at: number, count: number) => number>} */
const MOVES = {
  ArrowDown: (at, count) => (at + 1) % count,
  ArrowUp: (at, count) => (at + count - 1) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
};

export class Saves {
  /** @param {HTMLElement} menu */
  constructor(menu) {
    this.menu = menu;
    menu.popover = "auto";
    for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("button.save"))) {
      button.popoverTargetElement = menu; // the browser opens it, and closes it by Escape or a press beside it
      button.addEventListener("click", () => this.call(button));
    }
    menu.addEventListener("toggle", (event) => event.newState === "open" && this.items[0].focus());
    menu.addEventListener("click", () => menu.hidePopover());
    menu.addEventListener("keydown", (event) => this.press(event));
  }

  get items() {
    return /** @type {HTMLElement[]} */ ([...this.menu.querySelectorAll("[role=menuitem]")]);
  }

  /**
   * The files are those of the panel of `button`, and the menu stands under it.
   *
   * @param {HTMLElement} button
   */
  call(button) {
    const { bottom, right } = button.getBoundingClientRect();
    for (const item of this.items) item.dataset.panel = button.dataset.panel;
    this.menu.style.top = `${bottom + GAP}px`;
    this.menu.style.right = `${Math.max(GAP, document.documentElement.clientWidth - right)}px`;
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const { items } = this;
    const move = MOVES[event.key];
    if (!move) return;
    event.preventDefault();
    event.stopPropagation(); // the arrows of the page step through frames
    items[move(items.indexOf(/** @type {HTMLElement} */ (document.activeElement)), items.length)].focus();
  }
}
