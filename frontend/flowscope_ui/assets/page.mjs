// The session of the page, and the only place that knows everything: address → spec → run → stream → drawings.

import { Api } from "./api.mjs";
import { connect } from "./control.mjs";
import { answer, setProps, whenBuilt } from "./dash.mjs";
import { expose } from "./debug.mjs";
import { currentScheme } from "./palette.mjs";
import { hasReference } from "./panel.mjs";
import { Predictions } from "./prediction.mjs";
import { Scope } from "./scope.mjs";
import { Session } from "./session.mjs";
import { Shell } from "./shell.mjs";
import { readAddress, writeAddress } from "./url.mjs";

const boot = JSON.parse(document.getElementById("boot").textContent);
const { text } = boot;
const api = new Api(boot.api);
const shell = new Shell(text);
const chosen = { hide: new Set(), speed: 1, ...readAddress() };

let scope, session, spec, predictions;

function build() {
  scope = new Scope(shell.place, boot, chosen.hide, (solver) => actions.toggle(solver));
  predictions = new Predictions(api, shell.place("predictions"), text.panels.predictions);
  connect(actions);
  new MutationObserver(() => scope.repaint()).observe(document.documentElement, { attributes: true, attributeFilter: ["data-mantine-color-scheme"] });
  expose(() => ({ scope, session, chosen }));
  if (chosen.theme) setProps("mantine", { forceColorScheme: chosen.theme });
  setProps("speed", { value: String(chosen.speed) });
  api.version().then((version) => shell.say("version", version && `Flowscope ${version}`), () => null);
  document.fonts.ready.then(() => scope.repaint());
  requestAnimationFrame(tick);
}

async function open() {
  if (chosen.run) return watch(chosen.run);
  const preset = boot.presets.find(({ name }) => name === chosen.preset) ?? boot.presets[0];
  if (!chosen.spec) {
    chosen.preset = preset.name;
    setProps("preset", { value: preset.name });
  }
  return start(chosen.spec ?? preset.spec);
}

/** Starts a run of `next`; the run that is shown stays until the server has accepted it. */
async function start(next, { typed = false } = {}) {
  const { id, sentence } = await api.start(next).catch(() => ({ sentence: text.notes.unreachable }));
  setProps("complaint", { children: sentence ?? "" });
  shell.note(sentence && !session ? sentence : "");
  if (sentence) return;
  spec = next;
  delete chosen.run;
  follow(id, true);
  if (!typed) setProps("spec", { data: spec }); // what was typed stays as it is
}

async function watch(id) {
  const run = await api.run(id);
  if (!run) return shell.note(text.notes.gone);
  spec = run.spec;
  follow(id, false);
  setProps("spec", { data: spec });
}

function follow(id, own) {
  session?.close(api);
  session = new Session(api, id, { meta: (store) => begin(id, store), change: () => { scope.dirty = true; } }, { speed: chosen.speed, own });
  writeAddress(chosen);
}

async function begin(id, store) {
  const { meta } = store;
  if (session.own && chosen.speed !== 1) session.setSpeed(chosen.speed);
  const surface = meta.target?.length === 3 ? await api.stage(id) : null;
  if (session.id !== id) return;
  shell.title("stage", scope.show(store, surface));
  shell.title("loss", hasReference(meta) ? text.panels.loss : { title: text.panels.loss.raw_title, formula: text.panels.loss.raw });
  shell.say("caption", text.captions[meta.spec.title] ?? text.caption);
  session.ready = true;
}

function tick(now) {
  requestAnimationFrame(tick);
  if (session?.ready) {
    predictions.follow(session, now, () => { scope.dirty = true; });
    scope.draw(session, session.tick(now));
  }
  shell.status(session);
}

const actions = {
  pause: () => {
    if (session?.halted) session.resume();
    else session?.pause();
    scope.dirty = true;
  },
  step: () => session?.step(),
  restart: () => (spec ? start(spec) : open()),
  theme: () => {
    chosen.theme = currentScheme() === "dark" ? "light" : "dark";
    setProps("mantine", { forceColorScheme: chosen.theme });
    writeAddress(chosen);
  },
  toggle: (solver) => {
    if (!chosen.hide.delete(solver)) chosen.hide.add(solver);
    scope.dirty = true;
    writeAddress(chosen);
  },
  turn: (around, up) => scope.views.stage?.view?.turn(around, up),
  link: async () => {
    await navigator.clipboard?.writeText(window.location.href).catch(() => null); // without permission the address bar still has it
    shell.note(text.notes.copied, 2500);
  },
  save: async (name) => {
    const href = session?.ready && (await scope.picture(name, session.playhead.frame));
    if (href) Object.assign(document.createElement("a"), { href, download: `flowscope-${name}.png` }).click();
  },
};

answer({
  start: ({ spec: typed }) => {
    chosen.spec = typed;
    delete chosen.preset;
    start(typed, { typed: true });
  },
  speed: (value) => {
    chosen.speed = Number(value);
    session?.setSpeed(chosen.speed);
    writeAddress(chosen);
  },
  preset: (name) => {
    if (name === chosen.preset) return;
    chosen.preset = name;
    delete chosen.spec;
    chosen.hide.clear();
    start(boot.presets.find((preset) => preset.name === name).spec);
  },
});

window.addEventListener("pagehide", () => session?.close(api));

whenBuilt("rho", () => {
  build();
  open();
});
