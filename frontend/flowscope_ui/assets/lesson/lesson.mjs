// A lesson as it is followed: which step, what was predicted, when the run waits, when the answer is read from it.

import { SHOWN } from "../stream/address.mjs";
import { measure, right, told } from "./answer.mjs";

/**
 * @import { Session } from "../stream/session.mjs"
 * @import { Store } from "../stream/store.mjs"
 * @import { LessonPlan, LessonStep, Question, Spec } from "../types.d.ts"
 * @import { Told } from "./answer.mjs"
 */

/**
 * What a step chooses of the page; what it does not name is as the page opens.
 *
 * @param {LessonStep} step
 */
export function settings({ preset, spec, panels = SHOWN, hide = [], speed = 1, loss = "mean", clock = "t" }) {
  return { preset: spec ? undefined : preset, spec, run: undefined, panels, hide: new Set(hide), speed, loss, clock };
}

/**
 * The frame of a declared flow time.
 *
 * @param {Spec} spec
 * @param {number} time
 */
function frameAt({ interval, horizon }, time) {
  return Math.round(Math.min(time, horizon) / interval);
}

export class Lesson {
  /**
   * `lesson` is a member of the contract's lessons, `number` counts its steps from 1; `words` are {statuses, never}.
   *
   * @param {LessonPlan} lesson
   * @param {number} number
   * @param {Told} words
   */
  constructor(lesson, number, words) {
    this.lesson = lesson;
    this.number = number;
    this.words = words;
    /** @type {Session | null} */
    this.session = null; // that is followed
    /** @type {number | null} */
    this.choice = null; // what was predicted
    this.waits = false;
    /** @type {ReturnType<Lesson["read"]> | null} */
    this.answer = null;
    this.again(null);
  }

  get step() {
    return this.lesson.steps[this.number - 1];
  }

  get question() {
    return this.step.question;
  }

  /** Whether a prediction is wanted. */
  get asks() {
    return Boolean(this.question) && this.choice === null;
  }

  /**
   * The frame of a run of `spec` beyond which nothing is shown before the prediction.
   *
   * @param {Spec} spec
   */
  curtain(spec) {
    return this.question ? frameAt(spec, Number(this.step.pause)) : Infinity;
  }

  /**
   * The step from its beginning, for a run.
   *
   * @param {Session | null} session
   */
  again(session) {
    Object.assign(this, { session, choice: null, waits: false, answer: null });
  }

  /** @param {number} index */
  predict(index) {
    this.choice = index;
    this.waits = false;
  }

  /**
   * Follows a session that is ready; returns whether the card has something new to say.
   *
   * @param {Session} session
   */
  follow(session) {
    if (session !== this.session) {
      this.again(session);
      return true;
    }
    const { playhead, store } = session;
    const { spec } = store.meta;
    if (this.asks) return this.wait(session);
    if (!this.question || this.answer) return false;
    if (!["ended", "cut"].includes(session.word) && !(playhead.frame >= frameAt(spec, this.question.until ?? Infinity)))
      return false;
    this.answer = this.read(store, playhead.frame, this.question);
    return true;
  }

  /**
   * Lets the run go on to the pause and no further, whoever plays it; returns whether it waits from now on.
   *
   * @param {Session} session
   */
  wait(session) {
    const pause = this.curtain(session.store.meta.spec);
    if (session.playhead.frame < pause || (this.waits && session.halted)) return false;
    session.pause();
    session.playhead.position = pause;
    const news = !this.waits;
    this.waits = true;
    return news;
  }

  /**
   * What the run says: the option that is right, and the sentence with the measured numbers.
   *
   * @param {Store} store
   * @param {number} frame
   * @param {Question} question
   */
  read(store, frame, { measures, decide, options, answer }) {
    const values = Object.fromEntries(
      Object.entries(measures).map(([name, each]) => [name, measure(store, frame, each)]),
    );
    const sentence = answer.replace(/\{([a-z]+)\}/g, (whole, name) =>
      name in values ? told(values[name], this.words) : whole,
    );
    return { right: right(options, values[decide]), sentence, values };
  }
}
