// Where the drawing stands in the log: moves smoothly over what has arrived, or over any part of it again. Pure: the
// clock is passed in.

/** @typedef {{ from: number, to: number }} Loop */

export const FRAMES_A_SECOND = 60;
const LEAD = 6; // frames kept in hand against jitter: a chunk and a half
const CLOSE = 2; // the same while a hand is on the run, whose frames then come one by one
const HURRY = 2000; // ms for which that lasts
const EASY = { gain: 0.1, most: 1.25 }; // how the pace answers to being behind
const EAGER = { gain: 0.5, most: 3 };
const LONGEST = 250; // ms that one tick may count for, so that a hidden tab does not leap

/**
 * How many frames the drawing stays behind what arrives, so that it moves evenly.
 *
 * @param {boolean} hurried
 * @param {number} rate
 */
function leadOf(hurried, rate) {
  return hurried ? Math.max(CLOSE, 0.03 * rate) : Math.max(LEAD, 0.08 * rate);
}

export class Playhead {
  constructor() {
    this.position = -1; // in frames; the last drawn frame is its floor
    this.frozen = false;
    this.replaying = false; // plays what has arrived, at the run's rate, and does not hurry to its head
    /** @type {Loop | null} */
    this.loop = null; // {from, to} in frames, between which a replay goes round
    this.waiting = true;
    /** @type {number | null} */
    this.then = null;
    this.hurried = -Infinity;
    /** @type {number | undefined} */
    this.target = undefined; // the frame that a person stepped to
  }

  /** Stays close to what has arrived for a while. */
  hurry() {
    this.hurried = this.then ?? 0;
  }

  get frame() {
    return Math.floor(this.position);
  }

  freeze() {
    this.frozen = true;
    this.position = this.frame;
  }

  thaw() {
    this.frozen = false;
  }

  /**
   * Stands still at any frame that has arrived.
   *
   * @param {number} frame
   */
  seek(frame) {
    Object.assign(this, { frozen: true, replaying: true, position: Math.max(0, Math.floor(frame)), target: undefined });
  }

  /**
   * Stands still at a frame once it has arrived.
   *
   * @param {number} frame
   */
  reach(frame) {
    Object.assign(this, { frozen: true, replaying: true, target: frame });
  }

  /** Whether it keeps up with what arrives. */
  get following() {
    return !this.frozen && !this.replaying;
  }

  /**
   * To the newest frame, and on with it.
   *
   * @param {number} arrived
   */
  live(arrived) {
    Object.assign(this, { frozen: false, replaying: false, loop: null, position: arrived });
  }

  /**
   * Goes round between two frames, or stops doing so.
   *
   * @param {Loop | null} loop
   */
  circle(loop) {
    this.loop = loop;
    this.replaying ||= Boolean(loop);
  }

  /** One frame on, now or when it arrives. */
  step() {
    this.freeze();
    this.target = Math.max(this.target ?? 0, this.frame) + 1;
    return this.target;
  }

  /**
   * Moves to time `now` (ms); `arrived` is the newest frame, `complete` says that nothing newer will come.
   *
   * @param {number} now
   * @param {{ arrived: number, speed: number, complete: boolean }} log
   */
  advance(now, { arrived, speed, complete }) {
    const elapsed = this.then === null ? 0 : Math.min(now - this.then, LONGEST) / 1000;
    this.then = now;
    if (this.frozen) return this.still(arrived);
    this.target = undefined;
    const rate = FRAMES_A_SECOND * speed;
    if (this.replaying) return this.replay(elapsed * rate, arrived, complete);
    if (this.position < 0 && arrived >= 0) this.position = 0; // a start is seen at once
    const hurried = now - this.hurried < HURRY;
    const lead = leadOf(hurried, rate);
    const behind = arrived - this.position;
    if (this.waiting && !complete && behind < lead) return this.frame;
    this.waiting = false;
    this.position += complete ? elapsed * rate : stride(behind, elapsed, rate, lead, hurried ? EAGER : EASY);
    if (this.position >= arrived) {
      this.position = arrived;
      this.waiting = !complete;
    }
    return this.frame;
  }

  /**
   * It moves to what a person stepped to, once that has arrived.
   *
   * @param {number} arrived
   */
  still(arrived) {
    if (this.target !== undefined && this.target > this.position) this.position = Math.min(this.target, arrived);
    if (this.target !== undefined && this.target <= this.position) this.target = undefined;
    return this.frame;
  }

  /**
   * @param {number} frames
   * @param {number} arrived
   * @param {boolean} complete
   */
  replay(frames, arrived, complete) {
    this.position += frames;
    const last = Math.min(this.loop?.to ?? Infinity, arrived);
    if (this.position < last) return this.frame;
    if (this.loop && (complete || this.loop.to <= arrived)) {
      const length = Math.max(1, last - this.loop.from);
      this.position = Math.min(last, this.loop.from + ((this.position - last) % length));
    } else {
      this.position = arrived;
      this.replaying = complete && this.replaying;
      this.waiting = !complete;
    }
    return this.frame;
  }
}

/**
 * Frames to go: at the run's rate, a little faster or slower to keep the lead, and in big strides when far behind.
 *
 * @param {number} behind
 * @param {number} elapsed
 * @param {number} rate
 * @param {number} lead
 * @param {{ gain: number, most: number }} pace
 */
function stride(behind, elapsed, rate, lead, { gain, most }) {
  const steady = rate * Math.min(most, Math.max(0.8, 1 + (gain * (behind - lead)) / lead));
  const far = 2 * rate + 4 * lead;
  return behind > far ? Math.max(elapsed * steady, behind * (1 - Math.exp(-4 * elapsed))) : elapsed * steady;
}
