// The shelf: runs that this server keeps, of which any on the same data can be laid over the one that is shown.

import { isComparable, isOnSameData } from "../stage/ghost.mjs";

/** @import { Page, Run, Words } from "../types.d.ts" */

export class Shelf {
  /**
   * @param {Page} page
   * @param {HTMLDetailsElement} place
   * @param {Words["shelf"]} words
   */
  constructor(page, place, words) {
    this.page = page;
    this.place = place;
    this.words = words;
    const list = Object.assign(document.createElement("div"), { className: "list" });
    place.append(Object.assign(document.createElement("summary"), { textContent: words.title }), list);
    place.addEventListener("toggle", () => place.open && this.show(list));
    for (const id of page.chosen.over ?? []) page.ghosts.lay(id, true);
  }

  /** @param {HTMLElement} list */
  async show(list) {
    const { page, words } = this;
    const runs = (await page.api.runs()).filter((run) => run.id !== page.session?.id && this.fits(run));
    list.replaceChildren(paragraph(runs.length ? words.about : words.none), ...runs.map((run) => this.row(run)));
  }

  /**
   * Whether a run, as the server tells of it, is of the sizes and on the data of the one that is shown.
   *
   * @param {Run} run
   */
  fits(run) {
    const meta = this.page.session?.store?.meta;
    return (
      meta !== undefined && isComparable(meta, run) && isOnSameData(meta, { record: { data: run.data ?? undefined } })
    );
  }

  /** @param {Run} run */
  row({ id, title, rows, made }) {
    const { page } = this;
    const label = document.createElement("label");
    const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: page.ghosts.laid.has(id) });
    box.addEventListener("change", () => this.lay(id, box.checked));
    const mark = page.ghosts.laid.get(id)?.mark;
    label.append(
      box,
      `${mark ? `${mark}  ` : ""}${title || id} · ${rows} rows · ${new Date(1000 * made).toLocaleTimeString()}`,
    );
    label.title = id;
    return label;
  }

  /**
   * @param {string} id
   * @param {boolean} on
   */
  lay(id, on) {
    const { page } = this;
    page.ghosts.lay(id, on);
    this.keep();
  }

  /** Puts what is laid over into the address. */
  keep() {
    const { page } = this;
    page.chosen.over = [...page.ghosts.laid.keys()];
    page.remember();
  }
}

/** @param {string} text */
function paragraph(text) {
  return Object.assign(document.createElement("p"), { textContent: text });
}
