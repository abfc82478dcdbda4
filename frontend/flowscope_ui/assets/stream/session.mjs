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
 * @property {(store: Store) => void} meta
 * @property {() => void} change
 * @property {() => void} tuned
 * @property {(sentence: string) => void} complain
 */

const HURRY = 64; // the fastest speed of a run
const SLOWEST = 1 / 16;

export class Session {
  /**
   * Follows run `id`; `on` has meta(store), change(), tuned() and complain(sentence). A run that is `own` ends with the
   * session unless it is `kept`, is complete or somebody else watches it. Rows beyond the frame `curtain(meta)` are
   * withheld until `lift()`.
   *
   * @param {Api} api
   * @param {string} id
   * @param {Listener} on
   * @param {{ speed: number, own: boolean, kept: boolean, curtain: (meta: Meta) => number }} how
   */
  constructor(api, id, on, { speed, own, kept, curtain }) {
    this.id = id;
    this.on = on;
    this.speed = speed;
    this.own = own;
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
    this.wire = new Wire(api.stream(id), () => this.store?.next ?? 0, {
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
    });
  }

  /**
   * @param {Meta} meta
   * @param {string[]} columns
   */
  begin(meta, columns) {
    this.curtain.begin(meta);
    if (this.store) return; // reconnected: the log goes on where it stopped
    this.store = Object.assign(new Store(meta, columns), { tunes: this.tunes, silent: this.curtain.last < Infinity });
    this.on.meta(this.store);
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
    this.on.tuned();
  }

  /** @param {{ state: State, speed: number }} message */
  follow({ state, speed }) {
    const before = this.state;
    this.state = state;
    if (state !== "ended") this.speed = speed;
    if (before === "running" && state === "paused" && this.store) this.playhead.freeze(); // somebody else paused it
    if (before === "paused" && state === "running") this.playhead.thaw();
    this.on.change();
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
    this.wire.send({ type: "pause" });
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
    this.wire.send({ type: "resume" });
  }

  /** One frame on: from what has arrived, or by asking for it. */
  step() {
    if (!this.store) return;
    if (!this.paused) this.pause();
    if (this.playhead.step() > this.store.head) this.wire.send({ type: "step" });
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
    if (this.own) this.wire.send({ type: "speed", value: HURRY });
  }

  /** @param {{ frame: number, speed: number }} reaching */
  reached({ frame, speed }) {
    if (this.store.head < frame && !this.complete) return;
    this.reaching = null;
    if (!this.own) return;
    this.setSpeed(speed);
    this.wire.send({ type: "pause" });
  }

  /** Goes as slowly as a run can: another one is about to take its place. */
  yield() {
    if (!this.complete) this.wire.send({ type: "speed", value: SLOWEST });
  }

  /** @param {number} value */
  setSpeed(value) {
    this.speed = value;
    this.wire.send({ type: "speed", value });
  }

  /** A hand is on a slider: the drawing follows more closely for a while. */
  touch() {
    this.playhead.hurry();
  }

  /**
   * Sets ρ of a solver from the head of the run on.
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

  /** @param {Api} api */
  close(api) {
    this.leaving.abort(); // what is still asked of this run is of no use
    this.wire.close();
    this.seen();
    if (this.own && !this.kept && !this.complete && this.link !== "gone") api.drop(this.id);
  }
}
