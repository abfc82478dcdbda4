// @ts-nocheck
// Everything that leaves the page: the menus ask, files are handed to the browser.

import { currentInk } from "../canvas/palette.mjs";
import { looksOf } from "../canvas/style.mjs";
import { timeAt } from "../stream/clock.mjs";
import { csv } from "../stream/table.mjs";
import { captionLines } from "./caption.mjs";

const DRAWN = ["script", "notebook"]; // what draws a figure of its own, on white
const SERVED = {
  csv: "recording?format=csv",
  parquet: "recording?format=parquet",
  arrow: "recording?format=arrow",
  script: "script",
  notebook: "notebook",
};

export class Exports {
  /** `get()` gives {scope, session, classroom}; buttons with `data-export` (and `data-panel`) ask for a file. */
  constructor({ api, shell, text, get }) {
    Object.assign(this, { api, shell, text, get, filming: null });
    document.addEventListener("click", (event) => {
      const { export: kind, panel } = event.target.closest?.("[data-export]")?.dataset ?? {};
      if (kind) this.ask(kind, panel);
    });
  }

  /** Hands out a file of `kind`, of `panel` if it is of one; says so when that cannot be. */
  async ask(kind, panel) {
    const { session, scope } = this.get();
    if (kind === "cancel") return this.filming?.abort();
    if (!session?.ready) return null;
    const looks = DRAWN.includes(kind) ? `?looks=${looksOf(scope.store.meta.spec.solvers)}` : "";
    if (SERVED[kind]) return save(`${this.api.base}/api/runs/${session.id}/${SERVED[kind]}${looks}`, "");
    if (!panel) return this.film(kind, scope);
    const frame = session.playhead.frame;
    const blob = kind === "curves" ? this.curves(panel, scope, frame) : await this.picture(kind, panel, scope, frame);
    return blob
      ? hand(blob, `flowscope-${panel}.${kind === "curves" ? "csv" : kind}`)
      : this.shell.note(this.text.exports.no_curves, 4000);
  }

  curves(panel, scope, frame) {
    const table = scope.views[panel]?.table?.(scope.store, frame, scope.looks);
    if (!table) return null;
    const { title, formula } = headOf(this.shell.place(panel));
    return new Blob([csv(table, [`${title} ${formula}`, ...this.caption(panel, scope, frame)])], { type: "text/csv" });
  }

  async picture(kind, panel, scope, frame) {
    const { svgPicture, pngPicture } = await import("./picture.mjs");
    const view = scope.views[panel];
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

  async film(kind, scope) {
    if (this.filming) return;
    const { exports: words } = this.text;
    this.filming = new AbortController();
    this.tell(words.opening, 0);
    try {
      const { takeFilm } = await import("./film.mjs");
      const seconds = Number.parseFloat(document.querySelector("#film-seconds input:checked").value);
      const caption = this.caption("loss", scope, scope.store.head);
      const report = (share, left) =>
        this.tell(
          words.progress.replace("{percent}", Math.round(100 * share)).replace("{seconds}", Math.ceil(left)),
          share,
        );
      const blob = await takeFilm(kind, {
        scope,
        seconds,
        caption,
        title: this.get().classroom.title(this.get().titles.title),
        ink: currentInk(),
        signal: this.filming.signal,
        report,
      });
      this.tell(blob ? "" : words.no_encoder);
      if (blob) hand(blob, `flowscope.${kind}`);
    } catch (reason) {
      this.tell("");
      if (!this.filming.signal.aborted) throw reason;
    } finally {
      this.filming = null;
    }
  }

  /** The line under the film's buttons; a `share` is drawn as a bar with a button that cancels. */
  tell(sentence, share = null) {
    this.shell.say("film-progress", sentence);
    this.shell.place("film").dataset.busy = share !== null;
    this.shell.place("film").style.setProperty("--share", share ?? 0);
  }
}

/** What the panel's head says: {title, formula, units}, with its marks. */
function headOf(place) {
  const head = place.closest(".panel").querySelector(".head");
  const said = (selector) => marked(head.querySelector(selector));
  return { title: said("h2"), formula: said(".formula"), units: said(".units") };
}

function marked(node) {
  const marks = { SUB: "_", SUP: "^" };
  return [...node.childNodes]
    .map(({ nodeName, textContent }) => (marks[nodeName] ? `${marks[nodeName]}{${textContent}}` : textContent))
    .join("");
}

function hand(blob, name) {
  const address = URL.createObjectURL(blob);
  save(address, name);
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

function save(href, download) {
  Object.assign(document.createElement("a"), { href, download }).click();
}
