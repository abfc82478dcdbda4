// The lesson that is open: its card over the stage, the menu in the header, and what a step sets on the page.

import { nodes } from "../text/typeset.mjs";
import { Lesson, settings } from "./lesson.mjs";

/**
 * @import { Session } from "../stream/session.mjs"
 * @import { LessonPlan, Page, Question, Spec } from "../types.d.ts"
 */

const LETTERS = "ABCD"; // of the options, and the keys that choose them

export class Classroom {
  /** @param {Page} page */
  constructor(page) {
    const { boot, text, shell } = page;
    this.page = page;
    this.words = text.lesson;
    this.lessons = boot.lessons;
    this.place = shell.place("lesson");
    /** @type {Lesson | null} */
    this.lesson = null;
    /** @type {Session | null | undefined} */
    this.before = undefined; // what is hidden
    /** @type {boolean | undefined} */
    this.guarded = undefined;
    this.told = { statuses: boot.statuses, never: text.lesson.never };
    document.addEventListener("click", ({ target }) => {
      const opened = /** @type {Element} */ (target).closest("[data-lesson]");
      const { lesson: name } = /** @type {HTMLElement | null} */ (opened)?.dataset ?? {};
      if (name) page.actions.lesson(name, 1);
    });
    if (page.chosen.lesson) this.enter();
  }

  /** Whether a prediction is wanted. */
  get asks() {
    return Boolean(this.lesson?.asks);
  }

  /**
   * The frame beyond which a new run of `spec` is not shown before the prediction.
   *
   * @param {Spec} spec
   */
  curtain(spec) {
    return this.lesson?.curtain(spec) ?? Infinity;
  }

  /**
   * How a picture of a run is called that has a `title`: while a prediction is wanted not by one that may tell the
   * answer.
   *
   * @param {string} title
   */
  title(title) {
    return this.lesson?.asks ? this.lesson.step.title : title;
  }

  /** The lesson and step that the state names. */
  enter() {
    const { chosen } = this.page;
    chosen.step ??= 1;
    this.lesson = new Lesson(
      /** @type {LessonPlan} */ (this.lessons.find(({ name }) => name === chosen.lesson)),
      chosen.step,
      this.told,
    );
    this.draw();
  }

  /**
   * Goes to a step and starts its run; the run before, which may be of the same spec, is out of sight from then on.
   *
   * @param {string} name
   * @param {number} number
   */
  async go(name, number) {
    const { page } = this;
    const lesson = /** @type {LessonPlan} */ (this.lessons.find((each) => each.name === name));
    if (number < 1 || number > lesson.steps.length) return;
    Object.assign(page.chosen, { lesson: name, step: number });
    this.veil(page.session);
    this.enter();
    page.opening.adopt(settings(lesson.steps[number - 1]));
    if (await page.opening.open()) this.veil(null);
  }

  /**
   * Hides what is drawn of a session, until another one is ready; null: nothing is hidden.
   *
   * @param {Session | null} session
   */
  veil(session) {
    this.before = session;
    this.page.shell.place("page").toggleAttribute("data-veil", Boolean(session));
  }

  /** While a prediction is wanted: no title, no caution, no theory and no other run that may tell the answer. */
  guard() {
    const { asks, lesson, page } = this;
    page.shell.say("lesson-name", lesson && asks ? lesson.lesson.title : "");
    page.shell.place("page").toggleAttribute("data-asks", asks);
    if (asks === this.guarded) return;
    this.guarded = asks;
    if (asks && page.session?.store) page.predictions.leave(page.session, null);
    page.ghosts.tell();
  }

  /**
   * `by` steps on or back.
   *
   * @param {number} by
   */
  turn(by) {
    if (this.lesson) this.go(this.lesson.lesson.name, this.lesson.number + by);
  }

  leave() {
    this.lesson = null;
    this.page.session?.lift();
    delete this.page.chosen.lesson;
    delete this.page.chosen.step;
    this.draw();
  }

  /** @param {number} index */
  predict(index) {
    if (!this.lesson?.question || !this.asks || index >= this.lesson.question.options.length) return;
    const { session } = this.page;
    this.lesson.predict(index);
    session?.lift();
    if (session?.ready && session.halted) session.resume();
    this.draw();
  }

  /** @param {Session} session */
  follow(session) {
    if (session === this.before) return;
    if (this.before) this.veil(null);
    if (this.lesson?.follow(session)) this.draw();
  }

  draw() {
    const { lesson, place, words } = this;
    this.guard();
    place.hidden = !lesson;
    this.page.shell.place("caption").hidden = Boolean(lesson);
    place.replaceChildren();
    if (!lesson) return;
    place.append(this.head(lesson), paragraph("text", lesson.step.text));
    if (!lesson.question) return;
    const hint = (lesson.answer ? "" : lesson.waits ? words.waits : lesson.asks ? words.predict : words.runs).replace(
      "{last}",
      LETTERS[lesson.question.options.length - 1],
    );
    place.append(
      paragraph("question", lesson.question.text),
      this.options(lesson, lesson.question),
      paragraph("hint", hint),
      this.answer(lesson),
    );
  }

  /** @param {Lesson} open */
  head(open) {
    const { lesson, number } = open;
    const count = lesson.steps.length;
    const head = element("div", "lesson-head");
    const dots = element("span", "dots");
    dots.title = filled(this.words.progress, { number, count });
    dots.append(...lesson.steps.map((_, k) => element("i", k < number ? "done" : "")));
    head.append(
      element("b", "", open.step.title),
      element("span", "of", filled(this.words.of, { title: lesson.title, number, count })),
      dots,
      this.button("‹", this.words.previous, () => this.turn(-1), number === 1),
      this.button("›", this.words.next, () => this.turn(1), number === count),
      this.button("×", this.words.leave, () => this.page.actions.leave(), false, "leave"),
    );
    return head;
  }

  /**
   * @param {Lesson} lesson
   * @param {Question} question
   */
  options({ choice, answer }, question) {
    const list = element("div", "options");
    list.append(
      ...question.options.map(({ text }, k) => {
        const button = element("button", "option");
        const said = element("span", "");
        said.append(...nodes(text));
        button.append(element("kbd", "", LETTERS[k]), said);
        button.disabled = choice !== null;
        button.dataset.verdict = !answer ? "" : k === answer.right ? "right" : k === choice ? "wrong" : "";
        button.setAttribute("aria-pressed", String(k === choice));
        button.addEventListener("click", () => this.predict(k));
        return button;
      }),
    );
    return list;
  }

  /** @param {Lesson} lesson */
  answer({ answer, choice }) {
    const place = paragraph("answer", answer ? answer.sentence : "");
    if (answer) place.prepend(element("b", "", `${answer.right === choice ? this.words.right : this.words.other} `));
    place.setAttribute("role", "status");
    return place;
  }

  /**
   * @param {string} sign
   * @param {string} label
   * @param {() => void} act
   * @param {boolean} disabled
   * @param {string} name
   */
  button(sign, label, act, disabled, name = "turn") {
    const button = Object.assign(element("button", name, sign), { title: label, disabled });
    button.setAttribute("aria-label", label);
    button.addEventListener("click", act);
    return button;
  }
}

/**
 * @param {string} sentence
 * @param {Record<string, string | number>} values
 */
function filled(sentence, values) {
  return sentence.replace(/\{([a-z]+)\}/g, (_, name) => String(values[name]));
}

/**
 * @param {string} className
 * @param {string} text
 */
function paragraph(className, text) {
  const place = element("p", className);
  place.append(...nodes(text));
  return place;
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} className
 * @param {string} text
 */
function element(tag, className, text = "") {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}
