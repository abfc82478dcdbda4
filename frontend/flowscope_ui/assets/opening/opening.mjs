// What a page opens: what its address asks for, a preset, a spec that a person gave, another run, a step of a lesson.

import { setProps } from "../controls/dash.mjs";
import { settings } from "../lesson/lesson.mjs";
import { declare, LAYERS, readAddress, SHOWN } from "../stream/address.mjs";
import { followed } from "./name.mjs";
import { restore, sentenceOf } from "./restore.mjs";
import { tuned } from "./tuned.mjs";

/** @import { Boot, Page, Preset, Spec, Tune } from "../types.d.ts" */

/**
 * {chosen, lost}: the state that an address asks for, and what of it this page has not.
 *
 * @param {Boot} boot
 */
export function asked(boot) {
  declare(boot.panels);
  const address = readAddress();
  const layers = [boot.text.stage, ...Object.values(boot.text.panels)].flatMap((each) =>
    Object.keys(/** @type {{ layers?: object }} */ (each).layers ?? {}),
  );
  const lost = restore(address, { ...boot, layers });
  const step = boot.lessons.find(({ name }) => name === address.lesson)?.steps[(address.step ?? 1) - 1];
  return {
    chosen: {
      hide: new Set(),
      panels: SHOWN,
      layers: new Set(LAYERS),
      speed: 1,
      ...(step && settings(step)),
      ...address,
    },
    lost,
  };
}

export class Opening {
  /**
   * @param {Page} page
   * @param {[string, string][]} lost
   */
  constructor(page, lost) {
    this.page = page;
    this.lost = lost;
    this.absent = false; // whether the run of a link is not here
    /** @type {Spec | undefined} */
    this.formed = undefined; // what the form is of
    this.built = false; // whether it stands there
  }

  /** @param {string | undefined} name */
  preset(name) {
    return this.page.boot.presets.find((preset) => preset.name === name);
  }

  /** Opens what the address asks for, and tells what of it could not be restored. */
  async begin() {
    const { shell, text } = this.page;
    const tells = { attributeFilter: ["aria-selected"] };
    new MutationObserver(() => this.fill()).observe(shell.place("edit-tab"), tells);
    const sentence = sentenceOf(this.lost, text.links);
    const refused = await this.open();
    if (sentence && !refused) shell.note(sentence, 20_000);
  }

  /** Runs what was chosen. Returns the sentence of what was wrong with it. */
  async open() {
    const {
      page,
      page: { boot, chosen, shell },
    } = this;
    if (chosen.run) return this.watch(chosen.run);
    if (!chosen.spec) return this.show(this.preset(chosen.preset) ?? boot.presets[0], chosen.tunes);
    const sentence = await page.start(tuned(chosen.spec, chosen.tunes));
    if (!sentence || page.session) return sentence;
    await this.show(boot.presets[0]); // a link's spec was refused: the page opens all the same
    shell.note(sentence);
    return sentence;
  }

  /**
   * Runs a preset, with ρ as it was set by hand.
   *
   * @param {Preset} preset
   * @param {Tune[]} [tunes]
   */
  async show(preset, tunes) {
    const { page } = this;
    delete page.chosen.spec;
    page.chosen.preset = preset.name;
    const sentence = await page.titles.call(preset, page.start(tuned(preset.spec, tunes)));
    if (!sentence || !tunes) return sentence;
    await page.start(preset.spec); // what a link sets by hand was refused: the preset opens all the same
    page.shell.note(sentence);
    return sentence;
  }

  /**
   * Runs a spec that a person gave, which ends a lesson. Returns the sentence of what is wrong with it.
   *
   * @param {Spec} spec
   * @param {{ by?: string }} [options]
   */
  async run(spec, options) {
    const {
      page,
      page: { chosen },
    } = this;
    const before = { spec: chosen.spec, preset: chosen.preset };
    const next = options?.by === "form" ? this.followed(spec) : spec;
    Object.assign(chosen, { spec: next, preset: undefined });
    const sentence = await page.start(next, options);
    if (sentence) Object.assign(chosen, before);
    else page.classroom.leave();
    page.remember();
    return sentence;
  }

  /**
   * Shows a spec in the form: at once where the form is open, else when a person opens it, since it is dear to build.
   *
   * @param {Spec} spec
   */
  form(spec) {
    this.formed = spec;
    this.built = false;
    this.fill();
  }

  /** Builds the form of the spec, where a person sees it. */
  fill() {
    const open = this.page.shell.place("edit-tab").getAttribute("aria-selected") === "true";
    if (this.built || !this.formed || !open) return;
    this.built = true;
    setProps("spec", { data: this.formed });
  }

  /**
   * `spec` with the names of its solvers as they follow from what was changed of `before`, which is what the form was
   * made of unless told.
   *
   * @param {Spec} spec
   * @param {Spec} [before]
   */
  followed(spec, before = this.formed) {
    const { session, text } = this.page;
    return before ? followed(spec, before, session?.store?.meta.samples ?? 1, text.kinds) : spec;
  }

  /**
   * Follows a run that was started elsewhere.
   *
   * @param {string} id
   */
  async watch(id) {
    const {
      page,
      page: { api, boot, chosen, shell, text },
    } = this;
    const run = await api.run(id).catch(() => undefined); // the server does not answer
    if (!run) {
      const title = (chosen.spec ?? (this.preset(chosen.preset) ?? boot.presets[0]).spec).title;
      this.absent = run === null;
      shell.absent = run === null ? text.notes.absent.replace("{id}", id).replace("{title}", title) : text.notes.silent;
      shell.note(shell.absent);
      return shell.absent;
    }
    page.spec = run.spec;
    page.follow(id, run.state !== "ended");
    this.form(run.spec);
  }

  /** What was asked for once more; where that is a run which is not here, what else the address names. */
  instead() {
    if (this.absent) delete this.page.chosen.run;
    this.absent = false;
    return this.open();
  }

  /**
   * Puts what a lesson's step sets into what was chosen, and on the page.
   *
   * @param {ReturnType<typeof settings>} step
   */
  adopt({ hide, ...values }) {
    const { choices, chosen, scope } = this.page;
    Object.assign(chosen, values);
    chosen.hide.clear();
    for (const solver of hide) chosen.hide.add(solver);
    for (const name of /** @type {const} */ (["loss", "clock"])) choices.choose(name, values[name]);
    scope.arrange(chosen.panels);
    setProps("speed", { value: String(chosen.speed) });
    setProps("panels", { value: chosen.panels });
  }
}
