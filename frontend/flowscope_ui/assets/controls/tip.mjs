// The tooltip of every control: one element, under the pointer or the focus, with words and, where there is one, the
// formula.

/** @import { Sentences } from "../types.d.ts" */

const WAIT = 350; // ms of a pointer at rest
const EDGE = 8;
const GAP = 7;
const CONTROLS = [
  ...["button", "select", "input", "textarea", "summary", "a[href]", ".formula"],
  ...["[role=tab]", "[role=menuitem]", "[tabindex='0']", "[title]", "[data-tip]"],
].join();

/** KaTeX, with its style sheet and its fonts: loaded when a formula is first seen. */
async function typesetter() {
  if (!document.getElementById("katex")) {
    const style = Object.assign(document.createElement("link"), {
      id: "katex",
      rel: "stylesheet",
      href: new URL("../vendor/katex/katex.min.css", import.meta.url),
    });
    document.head.append(style);
    await new Promise((done) => {
      style.onload = done;
    });
  }
  return (await import("katex")).default;
}

export class Tips {
  /**
   * `words` and `formulas` (TeX) by selector: what an element has no words of its own for, and what it stands for.
   *
   * @param {Sentences} words
   * @param {Sentences} formulas
   */
  constructor(words, formulas) {
    this.words = Object.entries(words);
    this.formulas = Object.entries(formulas);
    /** @type {HTMLElement | null} */
    this.of = null;
    /** @type {HTMLElement | null | undefined} */
    this.pointed = undefined;
    /** @type {string | null | undefined} */
    this.described = undefined; // by what else the control is described
    /** @type {number | undefined} */
    this.timer = undefined;
    this.place = Object.assign(document.createElement("div"), { id: "tip", className: "tip", hidden: true });
    this.place.setAttribute("role", "tooltip");
    this.said = document.createElement("p");
    this.formula = Object.assign(document.createElement("div"), { className: "tex" });
    this.place.append(this.said, this.formula);
    document.body.append(this.place);
    document.addEventListener(
      "pointerover",
      ({ target, pointerType }) => pointerType !== "touch" && this.point(target),
    );
    document.addEventListener("focusin", (event) => {
      const target = /** @type {Element} */ (event.target);
      if (target.matches(":focus-visible")) this.show(target);
    });
    for (const kind of ["focusout", "pointerdown", "scroll"]) document.addEventListener(kind, () => this.hide(), true);
    document.addEventListener("keydown", ({ key }) => key === "Escape" && this.hide());
  }

  /** @param {EventTarget | null} target */
  point(target) {
    // the document itself has no closest()
    const control = /** @type {HTMLElement | null | undefined} */ (
      /** @type {Partial<Element>} */ (target).closest?.(CONTROLS)
    );
    if (control) this.adopt(control);
    if (control === this.pointed) return;
    this.pointed = control;
    clearTimeout(this.timer);
    this.hide();
    if (control) this.timer = setTimeout(() => this.show(control), WAIT);
  }

  /**
   * Takes over what the browser would show by itself.
   *
   * @param {HTMLElement} control
   */
  adopt(control) {
    const titled = /** @type {HTMLElement | null} */ (control.closest("[title]"));
    if (!titled) return;
    titled.dataset.tip = titled.title;
    titled.removeAttribute("title");
  }

  /**
   * The words for a control: its own, else those of the nearest thing that has some, else its name.
   *
   * @param {HTMLElement} control
   */
  tell(control) {
    this.adopt(control);
    const own = /** @type {HTMLElement | null} */ (control.closest("[data-tip]:not([data-tip=''])"));
    if (own) return own.dataset.tip;
    const name = control.getAttribute("aria-label");
    const [, words] = this.words.find(([selector]) => control.matches(selector)) ?? [];
    if (words) return words;
    const around = this.words.find(([selector]) => control.closest(selector));
    const { labels } = /** @type {Partial<HTMLInputElement>} */ (control);
    const said = name ?? labels?.[0]?.textContent ?? control.textContent ?? "";
    return [said.trim(), around?.[1]].filter(Boolean).join(": ");
  }

  /**
   * The TeX of what a control stands for, "" where it stands for none.
   *
   * @param {HTMLElement} control
   */
  tex(control) {
    const whole = control.matches(".card, .tuner"); // stands for what it holds
    return (
      this.formulas.find(
        ([selector]) => control.matches(selector) || (whole && control.querySelector(selector)),
      )?.[1] ?? ""
    );
  }

  /** @param {EventTarget | null} target */
  async show(target) {
    const control = /** @type {HTMLElement | null} */ (/** @type {Element} */ (target).closest(CONTROLS));
    const words = control && this.tell(control);
    if (!control || !words) return;
    this.of = control;
    this.said.textContent = words;
    const tex = this.tex(control);
    this.formula.hidden = !tex;
    this.place.hidden = false;
    this.described = control.getAttribute("aria-describedby");
    control.setAttribute("aria-describedby", [this.described, "tip"].filter(Boolean).join(" "));
    this.stand();
    if (!tex) return;
    const katex = await typesetter();
    if (this.of !== control) return;
    katex.render(tex, this.formula, { throwOnError: true, displayMode: true });
    this.stand();
  }

  /** Under the control or over it, inside the window. */
  stand() {
    const { place, of } = this;
    const box = /** @type {HTMLElement} */ (of).getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = place;
    const under = box.bottom + GAP;
    const top = under + height + EDGE > window.innerHeight ? Math.max(EDGE, box.top - GAP - height) : under;
    const left = Math.min(Math.max(EDGE, box.left + box.width / 2 - width / 2), window.innerWidth - width - EDGE);
    Object.assign(place.style, { left: `${left}px`, top: `${top}px` });
  }

  hide() {
    clearTimeout(this.timer);
    if (this.place.hidden) return;
    if (this.described) this.of?.setAttribute("aria-describedby", this.described);
    else this.of?.removeAttribute("aria-describedby");
    this.of = null;
    this.place.hidden = true;
  }
}
