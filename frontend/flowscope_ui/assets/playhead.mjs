// Where the drawing stands in the log: moves smoothly over what has arrived. Pure: the clock is passed in.

export const FRAMES_A_SECOND = 60;
const LEAD = 6; // frames kept in hand against jitter: a chunk and a half
const LONGEST = 250; // ms that one tick may count for, so that a hidden tab does not leap

export class Playhead {
  constructor() {
    this.position = -1; // in frames; the last drawn frame is its floor
    this.frozen = false;
    this.waiting = true;
    this.then = null;
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

  /** One frame on, now or when it arrives. */
  step() {
    this.freeze();
    this.target = Math.max(this.target ?? 0, this.frame) + 1;
    return this.target;
  }

  /** Moves to time `now` (ms); `arrived` is the newest frame, `complete` says that nothing newer will come. */
  advance(now, { arrived, speed, complete }) {
    const elapsed = this.then === null ? 0 : Math.min(now - this.then, LONGEST) / 1000;
    this.then = now;
    if (this.frozen) {
      if (this.target > this.position) this.position = Math.min(this.target, arrived);
      if (this.target <= this.position) this.target = undefined;
      return this.frame;
    }
    this.target = undefined;
    const rate = FRAMES_A_SECOND * speed;
    const lead = Math.max(LEAD, 0.08 * rate);
    const behind = arrived - this.position;
    if (this.waiting && !complete && behind < lead) return this.frame;
    this.waiting = false;
    this.position += complete ? elapsed * rate : stride(behind, elapsed, rate, lead);
    if (this.position >= arrived) {
      this.position = arrived;
      this.waiting = !complete;
    }
    return this.frame;
  }
}

/** Frames to go: at the run's rate, a little faster or slower to keep the lead, and in big strides when far behind. */
function stride(behind, elapsed, rate, lead) {
  const steady = rate * Math.min(1.25, Math.max(0.8, 1 + (0.1 * (behind - lead)) / lead));
  const far = 2 * rate + 4 * lead;
  return behind > far ? Math.max(elapsed * steady, behind * (1 - Math.exp(-4 * elapsed))) : elapsed * steady;
}
