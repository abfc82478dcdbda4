// One run as the page follows it: the stream, what has arrived, and where the drawing stands.

import { Curtain } from "./curtain.mjs";
import { later } from "./later.mjs";
import { Playhead } from "./playhead.mjs";
import { Store } from "./store.mjs";
import { Wire } from "./wire.mjs";

/** @import { Api } from "./api.mjs" */
/** @import { Link } from "./wire.mjs" */
/** @import { LaneState, Meta, ToldTune } from "../types.d.ts" */

/** @typedef {"running" | "paused" | "ended"} State */
/**
 * What is called with news of a run.
 *
 * @typedef {object} Listener
 * @property {(store: Store, session: Session) => void} meta
 * @property {() => void} change
 * @property {(session: Session) => void} tuned
 * @property {(session: Session) => void} moved it is another run from here on: ρ was set by hand
 * @property {(sentence: string) => void} complain
 */

const HURRY = 64; // the fastest speed of a run

let begun = 0;

export class Session {
  /**
   * Follows run `id` and tells `on` of it. Its rows come at a pace of this page, or as fast as they are there where it
   * is not `paced`. Rows beyond the frame `curtain(meta)` are withheld until `lift()`. A run that a hand made goes with
   * the session, unless it is `kept` or is complete.
   *
   * @param {Api} api
   * @param {string} id
   * @param {Listener} on
   * @param {{ speed: number, paced: boolean, kept: boolean, curtain: (meta: Meta) => number }} how
   */
  constructor(api, id, on, { speed, paced, kept, curtain }) {
    this.number = begun += 1; // the same run may be shown again
    this.viewer = `${api.page}-${this.number}`; // what it calls itself
    this.id = id;
    this.on = on;
    this.speed = speed;
    this.paced = paced;
    this.kept = kept;
    this.curtain = new Curtain(curtain);
    /** @type {Store} */
    this.store = later; // from its head on
    /** @type {Link | "connecting"} */
    this.link = "connecting";
    /** @type {State} */
    this.state = "running";
    this.complete = false;
    /** @type {LaneState[]} */
    this.lanes = [];
    /** @type {Map<string, ToldTune>} */
    this.tunes = new Map();
    this.leaving = new AbortController();
    this.byHand = false; // whether a hand moved its start or its numbers
    this.ready = false; // whether the page shows it
    /** @type {{ frame: number, speed: number } | null} */
    this.reaching = null; // what it hurries to, and the speed before
    /** @type {number | undefined} */
    this.drawn = undefined; // the frame that was drawn last
    this.playhead = new Playhead();
    /** @type {() => void} */
    this.seen = later;
    /** @type {Promise<void>} */
    this.first = new Promise((resolve) => {
      this.seen = resolve;
    }); // until its first frame is drawn, or never will be
    this.wire = new Wire(
      (offset) => api.stream(this.id, offset, this.viewer, this.pace),
      () => this.store?.next ?? 0,
      {
        schema: (meta, columns) => this.begin(meta, columns),
        rows: (batches) => batches.forEach((batch) => this.curtain.take(this.store, batch)),
        state: (message) => this.follow(message),
        ended: ({ lanes }) => this.curtain.hides(lanes) || this.finish(lanes),
        thinned: ({ until }) => {
          this.store.thinned = until;
        },
        tunes: ({ tunes }) => this.tuned(tunes),
        error: ({ message }) => this.on.complain(message),
        link: (link) => {
          this.link = link;
          if (link === "gone" || link === "refused") this.seen();
          this.on.change();
        },
      },
    );
  }

  /**
   * @param {Meta} meta
   * @param {string[]} columns
   */
  begin(meta, columns) {
    this.curtain.begin(meta);
    if (this.store) return; // reconnected: the log goes on where it stopped
    this.store = Object.assign(new Store(meta, columns), { tunes: this.tunes, silent: this.curtain.last < Infinity });
    this.on.meta(this.store, this);
  }

  /** @param {LaneState[] | null} lanes */
  finish(lanes) {
    if (!lanes) return;
    Object.assign(this, { complete: true, lanes });
    this.store?.end(lanes);
    this.on.change();
  }

  /** Shows what was withheld, and withholds no more. */
  lift() {
    this.finish(this.curtain.lift(this.store));
  }

  /**
   * What was set by hand, by anybody: at one frame the last word counts.
   *
   * @param {ToldTune[]} tunes
   */
  tuned(tunes) {
    for (const tune of tunes) this.tunes.set(`${tune.frame} ${tune.solver}`, tune);
    this.on.tuned(this);
  }

  /** @param {{ run: string, state: State }} message */
  follow({ run, state }) {
    const moved = run !== this.id;
    Object.assign(this, { id: run, state });
    if (moved) this.on.moved(this);
    this.on.change();
  }

  /** At what rate rows are to come. */
  get pace() {
    return this.paced ? { speed: this.speed, paused: this.state === "paused" } : null;
  }

  get paused() {
    return this.playhead.frozen;
  }

  /** Whether play would resume it: paused here or by somebody else. */
  get halted() {
    return this.paused || this.state === "paused";
  }

  /** Whether the last frame of a run that is over is drawn. */
  get atEnd() {
    return Boolean(this.store && this.complete && this.playhead.frame >= this.store.head);
  }

  /** What the badge says. */
  get word() {
    if (this.link === "gone" || this.link === "refused") return this.link;
    if (this.link === "lost") return "reconnecting";
    if (this.atEnd) return this.store.cut ? "cut" : "ended";
    if (this.paused) return "paused";
    if (!this.store) return "connecting";
    if (this.playhead.replaying) return "replay";
    if (this.link !== "open") return "connecting";
    return this.state === "paused" ? "paused" : "running";
  }

  pause() {
    this.playhead.freeze();
    this.ask({ type: "pause" });
  }

  /**
   * Asks for another pace, where there is one.
   *
   * @param {object} message
   */
  ask(message) {
    if (this.paced) this.wire.send(message);
  }

  /** Plays on: from the head with the run, from any other frame over what has arrived, from the end over all again. */
  resume() {
    const { playhead } = this;
    if (this.atEnd && !playhead.loop) this.seek(0);
    playhead.thaw();
    this.unpause();
  }

  unpause() {
    this.state = this.state === "paused" ? "running" : this.state;
    this.ask({ type: "resume" });
  }

  /** One frame on: from what has arrived, or by asking for it. */
  step() {
    if (!this.store) return;
    if (!this.paused) this.pause();
    if (this.playhead.step() > this.store.head) this.ask({ type: "step" });
  }

  /**
   * Stands still at any frame that has arrived; the run goes on.
   *
   * @param {number} frame
   */
  seek(frame) {
    if (this.store) this.playhead.seek(Math.min(frame, this.store.head));
  }

  /** The drawing at the newest frame again, and on with it. */
  live() {
    if (!this.store) return;
    this.playhead.live(this.store.head);
    this.unpause();
  }

  /**
   * Stands still at a frame that is yet to come, to which the run hurries.
   *
   * @param {number} wanted
   */
  reach(wanted) {
    const frame = Math.min(wanted, this.curtain.last);
    this.playhead.reach(frame);
    this.reaching = { frame, speed: this.speed };
    this.ask({ type: "speed", value: HURRY });
  }

  /** @param {{ frame: number, speed: number }} reaching */
  reached({ frame, speed }) {
    if (this.store.head < frame && !this.complete) return;
    this.reaching = null;
    this.setSpeed(speed);
    this.ask({ type: "pause" });
  }

  /** @param {number} value */
  setSpeed(value) {
    this.speed = value;
    this.ask({ type: "speed", value });
  }

  /** A hand is on a slider: the drawing follows more closely for a while. */
  touch() {
    this.playhead.hurry();
  }

  /**
   * Sets ρ of a solver from the newest frame on: the run of that spec takes this one's place.
   *
   * @param {number} solver
   * @param {number} rho
   */
  tune(solver, rho) {
    this.touch();
    this.wire.send({ type: "tune", solver, rho });
  }

  /**
   * Moves the playhead to time `now`; returns whether there is something new to draw.
   *
   * @param {number} now
   */
  tick(now) {
    if (!this.store) return false;
    const before = this.drawn;
    if (this.reaching) this.reached(this.reaching);
    const {
      complete,
      curtain,
      speed,
      store: { head },
    } = this;
    this.playhead.advance(now, { arrived: head, speed, complete: complete || head >= curtain.last });
    this.drawn = this.playhead.frame;
    this.wire.acknowledge(this.playhead.following ? this.store.drawn(this.drawn) : this.store.next, now);
    return this.drawn !== before;
  }

  /**
   * Leaves the run, for another or for run `next`, which may be the same.
   *
   * @param {Api} api
   * @param {string} [next]
   */
  close(api, next) {
    this.leaving.abort(); // what is still asked of this run is of no use
    this.wire.close();
    this.seen();
    const isLeft = this.byHand && !this.kept && !this.complete && this.id !== next;
    if (isLeft && this.link !== "gone") api.drop(this.id, this.viewer);
  }
}
