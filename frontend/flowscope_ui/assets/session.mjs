// One run as the page follows it: the stream, what has arrived, and where the drawing stands.

import { Playhead } from "./playhead.mjs";
import { Store } from "./store.mjs";
import { Wire } from "./wire.mjs";

export class Session {
  /** Follows run `id`; `on` has meta(store), change() and gone(). */
  constructor(api, id, on, { speed, own }) {
    Object.assign(this, { id, on, speed, own, store: null, link: "connecting", state: "running", complete: false, lanes: [] });
    this.playhead = new Playhead();
    this.wire = new Wire(api.stream(id), () => this.store?.next ?? 0, {
      schema: (meta) => this.begin(meta),
      rows: (batches) => batches.forEach((batch) => this.store.append(batch)),
      state: (message) => this.follow(message),
      ended: ({ lanes }) => { this.complete = true; this.lanes = lanes; },
      thinned: ({ until }) => { this.store.thinned = until; },
      error: ({ message }) => console.info(`flowscope: ${message}`),
      link: (link) => { this.link = link; this.on.change(); },
    });
  }

  begin(meta) {
    if (this.store) return; // reconnected: the log goes on where it stopped
    this.store = new Store(meta);
    this.on.meta(this.store);
  }

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

  /** What the badge says. */
  get word() {
    if (this.link === "gone" || this.link === "refused") return this.link;
    if (this.link === "lost") return "reconnecting";
    if (this.store && this.complete && this.playhead.frame >= this.store.head) return "ended";
    if (this.paused) return "paused";
    if (!this.store || this.link !== "open") return "connecting";
    return this.state === "paused" ? "paused" : "running";
  }

  pause() {
    this.playhead.freeze();
    this.wire.send({ type: "pause" });
  }

  resume() {
    this.playhead.thaw();
    this.state = this.state === "paused" ? "running" : this.state;
    this.wire.send({ type: "resume" });
  }

  /** One frame on: from what has arrived, or by asking for it. */
  step() {
    if (!this.store) return;
    if (!this.paused) this.pause();
    if (this.playhead.step() > this.store.head) this.wire.send({ type: "step" });
  }

  setSpeed(value) {
    this.speed = value;
    this.wire.send({ type: "speed", value });
  }

  /** Moves the playhead to time `now`; returns whether there is something new to draw. */
  tick(now) {
    if (!this.store) return false;
    const before = this.playhead.frame;
    this.playhead.advance(now, { arrived: this.store.head, speed: this.speed, complete: this.complete });
    this.wire.acknowledge(this.store.drawn(this.playhead.frame), now);
    return this.playhead.frame !== before;
  }

  close(api) {
    this.wire.close();
    if (this.own && this.link !== "gone") api.drop(this.id);
  }
}
