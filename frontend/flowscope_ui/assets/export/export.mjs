// Everything that leaves the page: the menus ask, files are handed to the browser.

import { currentInk } from "../canvas/palette.mjs";
import { looksOf } from "../canvas/style.mjs";
import { timeAt } from "../stream/clock.mjs";
import { csv } from "../stream/table.mjs";
import { captionLines } from "./caption.mjs";

/** @import { Api } from "../stream/api.mjs" */
/** @import { Session } from "../stream/session.mjs" */
/** @import { Drawings, PlaceOf, Sentences, Words } from "../types.d.ts" */

/**
 * The page as exports need it.
 *
 * @typedef {object} Page
 * @property {Drawings} scope
 * @property {Session | null} session
 * @property {{ title(title: string): string }} classroom
 * @property {{ title: string }} titles
 */
/**
 * The words around the drawings.
 *
 * @typedef {object} Shell
 * @property {PlaceOf} place
 * @property {(id: string, words: string) => void} say
 * @property {(sentence: string, ms?: number) => void} note
 */

const DRAWN = ["script", "notebook"]; // what draws a figure of its own, on white
/** @type {Sentences} */
const SERVED = {
  csv: "recording?format=csv",
  parquet: "recording?format=parquet",
  arrow: "recording?format=arrow",
  script: "script",
  notebook: "notebook",
};

export class Exports {
  /**
   * `get()` gives {scope, session, classroom}; buttons with `data-export` (and `data-panel`) ask for a file.
   *
   * @param {{ api: Api, shell: Shell, text: Words, get: () => Page }} page
   */
  constructor({ api, shell, text, get }) {
    this.api = api;
    this.shell = shell;
    this.text = text;
    this.get = get;
    /** @type {AbortController | null} */
    this.filming = null;
    document.addEventListener("click", (event) => {
      const button = /** @type {Element} */ (event.target).closest?.("[data-export]");
      const { export: kind, panel } = button instanceof HTMLElement ? button.dataset : {};
      if (kind) this.ask(kind, panel);
    });
  }

  /**
   * Hands out a file of `kind`, of `panel` if it is of one; says so when that cannot be.
   *
   * @param {string} kind
   * @param {string | undefined} panel
   */
  async ask(kind, panel) {
    const { session, scope } = this.get();
    if (kind === "cancel") return this.filming?.abort();
    if (!session?.ready) return null;
    const looks = DRAWN.includes(kind) ? `?looks=${looksOf(scope.store.meta.spec.solvers)}` : "";
    if (SERVED[kind]) return save(`${this.api.base}/api/runs/${session.id}/${SERVED[kind]}${looks}`, "");
    if (!panel) return this.film(/** @type {"gif" | "mp4"} */ (kind), scope);
    const frame = session.playhead.frame;
    const blob = kind === "curves" ? this.curves(panel, scope, frame) : await this.picture(kind, panel, scope, frame);
    return blob
      ? hand(blob, `flowscope-${panel}.${kind === "curves" ? "csv" : kind}`)
      : this.shell.note(this.text.exports.no_curves, 4000);
  }

  /**
   * @param {string} panel
   * @param {Drawings} scope
   * @param {number} frame
   */
  curves(panel, scope, frame) {
    const table = scope.views[panel]?.table?.(scope.store, frame, scope.looks);
    if (!table) return null;
    const { title, formula } = headOf(this.shell.place(panel));
    return new Blob([csv(table, [`${title} ${formula}`, ...this.caption(panel, scope, frame)])], { type: "text/csv" });
  }

  /**
   * @param {string} kind
   * @param {string} panel
   * @param {Drawings} scope
   * @param {number} frame
   */
  async picture(kind, panel, scope, frame) {
    const { svgPicture, pngPicture } = await import("./picture.mjs");
    const view = scope.views[panel];
    if (!view) return null;
    const place = this.shell.place(panel);
    const draw = () => view.draw(scope.store, frame, scope.looks);
    const svg = await svgPicture({
      place,
      view,
      draw,
      heading: headOf(place),
      caption: this.caption(panel, scope, frame),
      link: window.location.href,
      ink: currentInk(),
    });
    return kind === "png" ? pngPicture(svg) : new Blob([svg], { type: "image/svg+xml" });
  }

  /**
   * @param {string} panel
   * @param {Drawings} scope
   * @param {number} frame
   */
  caption(panel, scope, frame) {
    const { meta } = scope.store;
    const title = this.get().classroom.title(this.get().titles.title);
    return captionLines({
      meta,
      title,
      time: timeAt(scope.store, frame),
      units: headOf(this.shell.place(panel)).units,
      band: scope.store.units.band,
      text: this.text,
      link: window.location.href,
    });
  }

  /**
   * @param {"gif" | "mp4"} kind
   * @param {Drawings} scope
   */
  async film(kind, scope) {
    if (this.filming) return;
    const { exports: words } = this.text;
    const filming = new AbortController();
    this.filming = filming;
    this.tell(words.opening, 0);
    try {
      const { takeFilm } = await import("./film.mjs");
      const wished = /** @type {HTMLInputElement} */ (document.querySelector("#film-seconds input:checked"));
      const seconds = Number.parseFloat(wished.value);
      const caption = this.caption("loss", scope, scope.store.head);
      const report = (/** @type {number} */ share, /** @type {number} */ left) =>
        this.tell(
          words.progress
            .replace("{percent}", String(Math.round(100 * share)))
            .replace("{seconds}", String(Math.ceil(left))),
          share,
        );
      const blob = await takeFilm(kind, {
        scope,
        seconds,
        caption,
        title: this.get().classroom.title(this.get().titles.title),
        ink: currentInk(),
        signal: filming.signal,
        report,
      });
      this.tell(blob ? "" : words.no_encoder);
      if (blob) hand(blob, `flowscope.${kind}`);
    } catch (reason) {
      this.tell("");
      if (!filming.signal.aborted) throw reason;
    } finally {
      this.filming = null;
    }
  }

  /**
   * The line under the film's buttons; a `share` is drawn as a bar with a button that cancels.
   *
   * @param {string} sentence
   * @param {number | null} [share]
   */
  tell(sentence, share = null) {
    this.shell.say("film-progress", sentence);
    this.shell.place("film").dataset.busy = String(share !== null);
    this.shell.place("film").style.setProperty("--share", String(share ?? 0));
  }
}

/**
 * What the panel's head says: {title, formula, units}, with its marks.
 *
 * @param {HTMLElement} place
 */
function headOf(place) {
  const head = place.closest(".panel")?.querySelector(".head");
  const said = (/** @type {string} */ selector) => marked(/** @type {Element} */ (head?.querySelector(selector)));
  return { title: said("h2"), formula: said(".formula"), units: said(".units") };
}

/** @param {Element} node */
function marked(node) {
  /** @type {Sentences} */
  const marks = { SUB: "_", SUP: "^" };
  return [...node.childNodes]
    .map(({ nodeName, textContent }) => (marks[nodeName] ? `${marks[nodeName]}{${textContent}}` : textContent))
    .join("");
}

/**
 * @param {Blob} blob
 * @param {string} name
 */
function hand(blob, name) {
  const address = URL.createObjectURL(blob);
  save(address, name);
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/**
 * @param {string} href
 * @param {string} download
 */
function save(href, download) {
  Object.assign(document.createElement("a"), { href, download }).click();
}
