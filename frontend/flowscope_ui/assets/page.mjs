// The session of the page, and the only place that knows everything: address → spec → run → stream → drawings.

import { magnification } from "./canvas/magnification.mjs";
import { actions, answers } from "./controls/action.mjs";
import { Choices } from "./controls/choice.mjs";
import { connect } from "./controls/control.mjs";
import { answer, furnish, setProps, whenBuilt } from "./controls/dash.mjs";
import { disclose } from "./controls/disclosure.mjs";
import { Hand } from "./controls/hand.mjs";
import { Protocols } from "./controls/race.mjs";
import { Saves } from "./controls/saves.mjs";
import { Shelf } from "./controls/shelf.mjs";
import { Shell } from "./controls/shell.mjs";
import { Slider } from "./controls/slider.mjs";
import { Summaries } from "./controls/summary.mjs";
import { Terms } from "./controls/terms.mjs";
import { Tips } from "./controls/tip.mjs";
import { Transport } from "./controls/transport.mjs";
import { expose } from "./debug.mjs";
import { Exports } from "./export/export.mjs";
import { onDrop } from "./export/file.mjs";
import { Classroom } from "./lesson/classroom.mjs";
import { close, guarded } from "./lesson/lock.mjs";
import { asked, Opening } from "./opening/opening.mjs";
import { Titles } from "./opening/title.mjs";
import { Tunes } from "./opening/tuned.mjs";
import { load } from "./panels/deck.mjs";
import { Scope } from "./scope.mjs";
import { Ghosts } from "./stage/ghost.mjs";
import { Grip } from "./stage/grip.mjs";
import { outlook } from "./stage/outlook.mjs";
import { isLong, remembered, writeAddress } from "./stream/address.mjs";
import { Api } from "./stream/api.mjs";
import { later } from "./stream/later.mjs";
import { Port } from "./stream/port.mjs";
import { Session } from "./stream/session.mjs";
import { Predictions } from "./theory/prediction.mjs";

/**
 * @import { Actions } from "./controls/action.mjs"
 * @import { Hands } from "./controls/card.mjs"
 * @import { Listener } from "./stream/session.mjs"
 * @import { Store } from "./stream/store.mjs"
 * @import { Boot, Meta, Spec } from "./types.d.ts"
 */

export class Page {
  /** @param {Boot} boot */
  constructor(boot) {
    const { text } = boot;
    this.boot = boot;
    this.text = text;
    this.api = new Api(boot.api);
    this.shell = new Shell(text);
    this.port = new Port(this.api, text.notes.unreachable, {
      setStepSize: (solver, eta) => this.hand.setStepSize(solver, eta),
      rest: () => this.hand.rest(),
      race: (spec) => this.protocols.rerun(spec),
      news: () => this.scope.renew(),
    });
    /** @type {Session | null} */
    this.session = null;
    /** @type {Spec | null} */
    this.spec = null;
    /** @type {string | undefined} */
    this.complaint = undefined; // why a spec was refused
    /** @type {Scope} */
    this.scope = later;
    /** @type {Predictions} */
    this.predictions = later;
    /** @type {Choices} */
    this.choices = later;
    /** @type {Hand} */
    this.hand = later;
    /** @type {Slider} */
    this.slider = later;
    /** @type {Transport} */
    this.transport = later;
    /** @type {Terms} */
    this.terms = later;
    /** @type {Ghosts} */
    this.ghosts = later;
    /** @type {Grip} */
    this.grip = later;
    /** @type {Shelf} */
    this.shelf = later;
    /** @type {Protocols} */
    this.protocols = later;
    /** @type {Classroom} */
    this.classroom = later;
    /** @type {Summaries} */
    this.summaries = later;
    /** @type {Titles} */
    this.titles = later;
    /** @type {Tunes} */
    this.tunes = later;
    const { chosen, lost } = asked(boot);
    this.chosen = chosen;
    this.at = chosen.at; // where the first run is to stand
    this.opening = new Opening(this, lost);
    this.actions = guarded(actions(this), this.chosen.lock);
  }

  /** Loads the modules of the panels that are open at first. */
  load() {
    const { boot, chosen } = this;
    return load(boot.panels.filter(({ name }) => chosen.panels.includes(name)));
  }

  build() {
    const { boot, chosen, shell, text } = this;
    magnification.choose(chosen.projector);
    /** @type {Hands} */
    const hands = {
      toggle: (solver) => this.actions.toggle(solver),
      touch: () => this.session?.touch(),
      tune: (solver, rho) => this.actions.tune(solver, rho),
    };
    this.scope = new Scope(shell.place, boot, chosen.hide, hands, remembered(chosen), this.port);
    this.predictions = new Predictions(
      this.api,
      shell.place("predictions"),
      text.panels.predictions,
      text.engine,
      boot.panels,
      (/** @type {string} */ panel) => this.actions.unfold(panel),
    );
    this.choices = new Choices(chosen, boot.conventions, (name) => this.restate(name));
    this.hand = new Hand(this);
    this.slider = new Slider(
      shell.place("slider"),
      (spec, before) => this.hand.move(this.opening.followed(spec, before)),
      () => this.hand.rest(),
    );
    this.transport = new Transport(this, text.transport);
    this.terms = new Terms(shell.place("terms"), text.terms);
    this.ghosts = new Ghosts(this);
    this.grip = new Grip(this);
    this.shelf = new Shelf(this, /** @type {HTMLDetailsElement} */ (shell.place("shelf")), text.shelf);
    this.protocols = new Protocols(this, shell.place("protocol"), text.protocol);
    this.scope.arrange(chosen.panels);
    Object.assign(
      this.actions,
      outlook(this.scope, chosen, () => this.remember()),
    );
    new Saves(shell.place("saves"));
    new Exports({ api: this.api, shell, text, get: () => this });
    this.classroom = new Classroom(this);
    new Tips(text.tips, boot.formulas);
    this.summaries = new Summaries(shell.place, text.summary);
    this.titles = new Titles(boot, chosen, shell);
    this.tunes = new Tunes(this);
    close(shell.place, chosen.lock, text.lock);
    connect(/** @type {Actions} */ (/** @type {unknown} */ (this.actions)));
    disclose(document.body);
    onDrop(this.actions.open);
    new MutationObserver(() => this.scope.repaint()).observe(document.documentElement, {
      attributes: true,
      attributeFilter: ["data-mantine-color-scheme"],
    });
    window.addEventListener("resize", () => (magnification.measure() ? this.scope.repaint() : this.scope.renew()));
    expose(() => this);
    if (chosen.theme) setProps("mantine", { forceColorScheme: chosen.theme });
    setProps("speed", { value: String(chosen.speed) });
    setProps("panels", { value: chosen.panels });
    this.api.version().then(
      (version) => shell.say("version", version && `Flowscope ${version}`),
      () => null,
    );
    document.fonts.ready.then(() => this.scope.repaint());
    requestAnimationFrame((now) => this.tick(now));
  }

  /**
   * Starts a run of `next`; the run that is shown stays until the server has accepted it. What it came `by`, the "form"
   * or the "hand", stays as it is.
   *
   * @param {Spec} next
   * @param {{ by?: string }} how
   */
  async start(next, { by } = {}) {
    /** @type {{ id?: string, sentence?: string }} */
    const { id = "", sentence } = await this.shell
      .patient(this.api.start(next))
      .catch(() => ({ sentence: this.text.notes.unreachable }));
    this.complain(sentence);
    if (sentence) return sentence;
    this.choose(next, id);
    this.follow(id, true, by === "hand");
    if (!by) this.opening.form(next);
    if (by === "hand") this.slider.follow(next);
    else this.slider.show(this.opening.preset(this.chosen.preset)?.slider, next);
  }

  /**
   * Tells why a spec was refused: in the form, and over the page where there is no run; nothing: it was accepted.
   *
   * @param {string | undefined} sentence
   */
  complain(sentence) {
    // React is dear while a hand moves
    if (sentence !== this.complaint) setProps("complaint", { children: sentence ?? "" });
    this.complaint = sentence;
    this.shell.note(sentence && !this.session ? sentence : "");
  }

  /**
   * The address is that of a run of `next`, which the server calls `id`.
   *
   * @param {Spec} next
   * @param {string} id
   */
  choose(next, id) {
    const { chosen } = Object.assign(this, { spec: next });
    delete chosen.run;
    const { tunes = [], ...untuned } = next;
    Object.assign(chosen, chosen.preset ? { tunes } : { tunes, spec: untuned });
    if (chosen.spec && isLong(next)) chosen.run = id; // the address of a long spec is its run
  }

  /**
   * Restarts the run from another θ₀ (p numbers), as often as a hand wishes; `hand.rest()` ends that.
   *
   * @param {number[]} theta
   */
  setStart(theta) {
    const spec = /** @type {Spec} */ (this.spec);
    this.hand.move({
      ...spec,
      start: { kind: "point", parameters: [...theta] },
      seeds: spec.seeds.slice(0, 1),
      tunes: [],
    });
  }

  /**
   * Shows a run: `paced` at the chosen speed, else as fast as its rows are there.
   *
   * @param {string} id
   * @param {boolean} paced
   * @param {boolean} hand
   */
  follow(id, paced, hand = false) {
    const before = this.session;
    this.ghosts.keep(before, hand);
    /** @type {Listener} */
    const on = {
      meta: (store, session) => this.begin(session, store),
      change: () => {
        this.scope.dirty = true;
      },
      complain: (sentence) => this.shell.note(sentence, 4000),
      tuned: (session) => {
        this.scope.dirty = true;
        this.tunes.hear(session);
      },
      moved: (session) => this.move(session),
    };
    const session = new Session(this.api, id, on, {
      speed: this.chosen.speed,
      paced,
      kept: Boolean(this.chosen.run),
      curtain: ({ spec }) => this.classroom.curtain(spec),
    });
    this.session = session;
    session.byHand = hand;
    before?.close(this.api, id); // last: its farewell is in no hurry
    if (!hand) this.remember();
  }

  /**
   * The sheet of a run with two parameters and three outputs; null for any other.
   *
   * @param {string} id
   * @param {Meta} meta
   */
  async surfaceOf(id, { target, parameters }) {
    if (target?.length !== 3 || parameters !== 2) return null;
    const surface = await this.api.stage(id);
    return surface && Object.assign(surface, { run: id });
  }

  /**
   * What is asked of the run is asked of another one from here on, in which a hand has set ρ.
   *
   * @param {Session} session
   */
  move(session) {
    if (session !== this.session) return;
    if (session.store?.surface) session.store.surface.run = session.id;
    this.port.follow(session.id, session.leaving.signal);
    if (!this.chosen.run) return;
    this.chosen.run = session.id;
    this.remember();
  }

  /**
   * @param {Session} session
   * @param {Store} store
   */
  async begin(session, store) {
    const { id } = session;
    store.units = this.choices.units(store.meta);
    const known = this.hand.covers(store.meta) && session.byHand;
    const surface = known ? this.hand.surface : await this.surfaceOf(id, store.meta);
    if (this.session !== session) return;
    store.surface = surface;
    this.port.follow(session.id, session.leaving.signal);
    this.hand.surface = surface;
    this.shell.begin(store, known ? this.scope.again(store) : this.scope.show(store, surface), this.boot.cautions);
    for (const part of [this.transport, this.protocols, this.terms, this.ghosts]) part.begin(store);
    if (this.at !== undefined) session.reach(this.at);
    this.at = undefined;
    session.ready = true;
  }

  /**
   * A unit or ε was chosen: everything that is drawn and said follows.
   *
   * @param {string} name
   */
  restate(name) {
    const { session } = this;
    if (!session?.ready) return;
    session.store.units = this.choices.units(session.store.meta);
    if (name === "share") this.scope.dirty = true;
    else this.scope.restart();
    this.shell.heads(session.store);
    this.protocols.declare(session.store);
  }

  /** Puts what was chosen into the address. */
  remember() {
    writeAddress(this.chosen);
  }

  /** @param {number} now */
  tick(now) {
    requestAnimationFrame((then) => this.tick(then));
    const { session, scope } = this;
    if (session?.ready) {
      this.classroom.follow(session);
      if (!this.hand.isQuick(now) && !this.classroom.asks)
        this.predictions.follow(session, this.chosen, now, () => scope.renew());
      // the run that is about to go stands still: the next one has the machine to itself
      const moved = !this.hand.asking && session.tick(now);
      scope.draw(session, moved);
      this.hand.drawn(session);
      this.summaries.follow(session, scope, now);
      this.transport.follow(session, now);
      this.terms.follow(session, now);
      this.titles.follow(session);
    }
    this.shell.status(session);
  }
}

const page = new Page(JSON.parse(/** @type {HTMLElement} */ (document.getElementById("boot")).textContent ?? ""));
answer(answers(page));
window.addEventListener("pagehide", () => page.session?.close(page.api));

const loaded = page.load().catch(() => null); // a panel that did not come is asked for once more
whenBuilt("deck", async () => {
  await loaded;
  furnish();
  page.build();
  page.opening.begin();
});
