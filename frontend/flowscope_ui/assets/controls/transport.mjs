// The transport bar: where the drawing stands among all frames, with a small map of the losses, marks of a loop, and
// the time.

import { decimate } from "../canvas/decimate.mjs";
import { Layer } from "../canvas/layer.mjs";
import { currentInk } from "../canvas/palette.mjs";
import { styleOf } from "../canvas/style.mjs";
import { timeAt } from "../stream/clock.mjs";
import { hasReference } from "../stream/convention.mjs";

/**
 * @import { Session } from "../stream/session.mjs"
 * @import { Page, Words } from "../types.d.ts"
 */

const AGAIN = 300; // ms between drawings of the map while frames arrive
const SETTLED = 350; // ms after which a frame that the drawing stands at is put into the address
const EDGE = 7; // half the thumb of the range

export class Transport {
  /**
   * @param {Page} page
   * @param {Words["transport"]} words
   */
  constructor(page, words) {
    this.page = page;
    this.words = words;
    this.scratch = new Float32Array(4096);
    /** @type {{ from?: number, to?: number }} */
    this.marks = {};
    this.mapped = ""; // what the map shows
    this.drawnAt = -Infinity;
    /** @type {string | undefined} */
    this.stood = undefined; // where the drawing stands
    this.since = -Infinity;
    this.place = page.shell.place("scrub");
    this.range = Object.assign(document.createElement("input"), {
      type: "range",
      className: "scrub",
      min: "0",
      max: "0",
      step: "1",
      value: "0",
    });
    this.range.setAttribute("aria-label", words.scrub);
    this.layer = new Layer(this.place, "scrub");
    this.place.append(this.range);
    this.range.addEventListener("input", () => page.actions.seek(Number(this.range.value)));
    new ResizeObserver(() => {
      this.layer.resize(this.place);
      this.mapped = "";
    }).observe(this.place);
  }

  /** Another run: its own marks. */
  begin() {
    Object.assign(this, { marks: {}, mapped: "" });
  }

  /** Loops over the marks, or the whole run where there are none; or no longer. */
  circle() {
    const { session } = this.page;
    if (!session?.store) return;
    const { playhead, store } = session;
    if (playhead.loop) playhead.circle(null);
    else {
      const { from = 0, to = Infinity } = this.marks;
      playhead.circle({ from, to });
      if (playhead.frame < from || playhead.frame >= Math.min(to, store.head)) session.seek(from);
      session.resume();
    }
    this.mapped = "";
  }

  /**
   * Puts an end of the loop, "from" or "to", where the drawing stands; there once more takes it away.
   *
   * @param {"from" | "to"} end
   */
  mark(end) {
    const { session } = this.page;
    if (!session?.store) return;
    const { playhead } = session;
    const marks = { ...this.marks, [end]: this.marks[end] === playhead.frame ? undefined : playhead.frame };
    if ((marks.from ?? NaN) >= (marks.to ?? NaN)) marks[end === "from" ? "to" : "from"] = undefined;
    this.marks = marks;
    if (playhead.loop) playhead.circle({ from: marks.from ?? 0, to: marks.to ?? Infinity });
    this.mapped = "";
  }

  /**
   * Follows a session that is ready, at time `now` (ms).
   *
   * @param {Session} session
   * @param {number} now
   */
  follow(session, now) {
    const { playhead, store } = session;
    if (this.range.max !== String(store.head)) this.range.max = String(store.head);
    if (this.range.value !== String(playhead.frame)) this.range.value = String(playhead.frame);
    this.tell(session);
    const key = this.key(session);
    if (key !== this.mapped && (!this.mapped || now - this.drawnAt > AGAIN || session.complete)) {
      this.draw(session);
      Object.assign(this, { mapped: key, drawnAt: now });
    }
    this.remember(session, now);
  }

  /**
   * What the map shows, as one string.
   *
   * @param {Session} session
   */
  key({ id, store, playhead }) {
    const scheme = document.documentElement.dataset.mantineColorScheme;
    return `${id} ${store.head} ${[...this.page.chosen.hide]} ${scheme} ${playhead.loop !== null}`;
  }

  /**
   * Whether the map shows everything that has arrived.
   *
   * @param {Session} session
   */
  current(session) {
    return this.mapped === this.key(session);
  }

  /** @param {Session} session */
  tell({ playhead, store }) {
    const { shell } = this.page;
    const time = `${store.units.clock.letter} = ${timeAt(store, playhead.frame).toFixed(2)}`;
    shell.say("scrub-time", `${time} · ${Math.max(0, playhead.frame)} / ${store.head}`);
    this.range.setAttribute("aria-valuetext", time);
    shell.press("loop", playhead.loop !== null);
    shell.press("live", playhead.following);
    for (const end of /** @type {const} */ (["from", "to"])) shell.press(end, this.marks[end] !== undefined);
  }

  /**
   * The frame goes into the address once the drawing has stood there for a while, and leaves it when it plays.
   *
   * @param {Session} session
   * @param {number} now
   */
  remember({ id, playhead, reaching }, now) {
    const { page } = this;
    const at = playhead.frozen ? playhead.frame : undefined;
    const key = `${id} ${at}`;
    if (key !== this.stood) Object.assign(this, { stood: key, since: now });
    if (reaching || page.chosen.at === at || (at !== undefined && now - this.since < SETTLED)) return;
    page.chosen.at = at;
    page.remember();
  }

  /**
   * The map: log L of every first lane that is shown, over all frames.
   *
   * @param {Session} session
   */
  draw({ playhead, store }) {
    const { layer } = this;
    const ink = currentInk();
    layer.begin();
    const lanes = store.lanes.filter(
      ({ first, solver, count }) => first && count && !this.page.chosen.hide.has(solver),
    );
    const column = hasReference(store.meta) ? "excess_loss" : "loss";
    const values = lanes.map((lane) => lane.columns[column].view(lane.count));
    const [low, high] = extent(values);
    /** @param {number} frame */
    const x = (frame) => EDGE + (frame / Math.max(1, store.head)) * (layer.width - 2 * EDGE);
    /** @param {number} value */
    const y = (value) =>
      3 + (layer.height - 6) * (1 - (Math.log(Math.max(value, low)) - Math.log(low)) / (Math.log(high / low) || 1));
    const { from = 0, to = store.head } = this.marks;
    if (playhead.loop || this.marks.from !== undefined || this.marks.to !== undefined) {
      layer.context.fillStyle = ink.grid;
      layer.context.fillRect(x(from), 0, x(Math.min(to, store.head)) - x(from), layer.height);
      for (const frame of [from, to])
        layer.stroke(new Float32Array([x(frame), 0, x(frame), layer.height]), 2, { color: ink.text, width: 1.4 });
    }
    lanes.forEach((lane, k) => {
      if (this.scratch.length < 2 * lane.count) this.scratch = new Float32Array(4 * lane.count);
      const points = decimate(lane.columns.frame.view(lane.count), values[k], lane.count, x, y, this.scratch);
      layer.stroke(this.scratch, points, { color: styleOf(store, lane, ink.scheme).color, width: 1.1, alpha: 0.75 });
    });
  }
}

/** @param {Float64Array[]} columns */
function extent(columns) {
  let [low, high] = [Infinity, 0];
  for (const column of columns) {
    for (let k = 0; k < column.length; k += 1) {
      const value = column[k];
      if (value > 0 && value < low) low = value;
      if (value > high) high = value;
    }
  }
  return high > 0 ? [Math.max(low, 1e-16), high] : [1e-16, 1];
}
