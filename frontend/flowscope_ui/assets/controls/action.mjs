// What a person can do: by buttons and keys (`actions`), and by the controls that Dash draws (`answers`).

import { magnification } from "../canvas/magnification.mjs";
import { currentScheme } from "../canvas/palette.mjs";
import { chooseFile, readSpec, saveSpec } from "../export/file.mjs";
import { isLong } from "../stream/address.mjs";
import { branchOf } from "./branch.mjs";
import { setProps } from "./dash.mjs";

/**
 * @import { outlook } from "../stage/outlook.mjs"
 * @import { Page, Preset, Spec } from "../types.d.ts"
 */

/** @typedef {ReturnType<typeof actions> & ReturnType<typeof outlook>} Actions */

const STOPPED = new Set(["ended", "cut"]);

/**
 * Name → what the page does.
 *
 * @param {Page} page
 */
export function actions(page) {
  const { chosen, shell, text } = page;
  return {
    pause: () => {
      const { session } = page;
      if (session?.halted || (session && STOPPED.has(session.word))) session.resume();
      else session?.pause();
      page.scope.dirty = true;
    },
    step: () => page.session?.step(),
    back: () => page.session?.seek(Math.max(0, page.session.playhead.frame - 1)),
    leap: (/** @type {number} */ by) => page.session?.seek(Math.max(0, page.session.playhead.frame + by)),
    seek: (/** @type {number} */ frame) => page.session?.seek(frame),
    home: () => page.session?.seek(0),
    end: () => page.session?.seek(Infinity),
    live: () => page.session?.live(),
    loop: () => page.transport.circle(),
    ghosts: () => page.ghosts.toggle(),
    branch: () =>
      page.session?.ready && page.terms.lane && page.opening.run(branchOf(page.session, page.terms.lane, chosen.hide)),
    from: () => page.transport.mark("from"),
    to: () => page.transport.mark("to"),
    restart: () => (page.spec ? page.start(page.spec) : page.opening.instead()),
    theme: () => {
      chosen.theme = currentScheme() === "dark" ? "light" : "dark";
      setProps("mantine", { forceColorScheme: chosen.theme });
      page.remember();
    },
    projector: () => {
      chosen.projector = !chosen.projector;
      if (magnification.choose(chosen.projector)) page.scope.repaint();
      page.remember();
    },
    toggle: (/** @type {number} */ solver) => {
      if (!chosen.hide.delete(solver)) chosen.hide.add(solver);
      page.scope.dirty = true;
      page.remember();
    },
    unfold: (/** @type {string} */ panel) => {
      const names = [...new Set([...chosen.panels, panel])];
      answers(page).panels(names);
      setProps("panels", { value: names });
    },
    link: async () => {
      // without permission the address bar still has it
      await navigator.clipboard?.writeText(window.location.href).catch(() => null);
      const save = { label: text.controls["spec-save"], act: () => page.spec && saveSpec(page.spec) };
      if (chosen.run && page.spec && isLong(page.spec)) shell.note(text.notes.long, 15_000, save);
      else shell.note(text.notes.copied, 2500);
    },
    tune: (/** @type {number} */ solver, /** @type {number} */ rho) => page.session?.tune(solver, rho),
    "spec-save": () => page.spec && saveSpec(page.spec),
    "spec-open": () => chooseFile(page.actions.open),
    open: async (/** @type {File} */ file) => {
      const { spec, sentence } = await readSpec(file, text.files);
      const refused = sentence ?? (await page.opening.run(spec));
      if (refused) shell.note(refused, 10_000);
    },
    asks: () => page.classroom.asks,
    predict: (/** @type {number} */ index) => page.classroom.predict(index),
    lesson: (/** @type {string} */ name, /** @type {number} */ step) => page.classroom.go(name, step),
    next: () => page.classroom.turn(1),
    previous: () => page.classroom.turn(-1),
    leave: () => {
      page.classroom.leave();
      page.remember();
    },
  };
}

/**
 * Name of a clientside callback → what the page does with the new value.
 *
 * @param {Page} page
 */
export function answers(page) {
  const { chosen } = page;
  return {
    start: (/** @type {{ spec: Spec }} */ { spec }) => page.opening.run(spec, { by: "form" }),
    speed: (/** @type {string} */ value) => {
      chosen.speed = Number(value);
      page.session?.setSpeed(chosen.speed);
      page.remember();
    },
    panels: (/** @type {string[]} */ names) => {
      if (`${names}` === `${chosen.panels}`) return;
      chosen.panels = names;
      page.scope.arrange(names);
      page.remember();
    },
    preset: (/** @type {string} */ name) => {
      if (name === page.titles.shown) return;
      page.classroom.leave();
      chosen.hide.clear();
      page.opening.show(/** @type {Preset} */ (page.opening.preset(name)));
    },
  };
}
