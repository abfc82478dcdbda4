// All drawings of the page as one: the stage, the open panels of the deck and the cards follow a session, in one
// animation loop's tick.

import { haunting } from "./canvas/haunt.mjs";
import { Motion } from "./canvas/motion.mjs";
import { currentInk } from "./canvas/palette.mjs";
import { Still, STILL } from "./canvas/still.mjs";
import { stylesOf } from "./canvas/style.mjs";
import { Cards } from "./controls/card.mjs";
import { cardReadings } from "./controls/reading.mjs";
import { Fit } from "./flat/fit.mjs";
import { Landscape } from "./flat/landscape.mjs";
import { Reach } from "./flat/reach.mjs";
import { Deck } from "./panels/deck.mjs";
import { Stage } from "./stage/stage.mjs";
import { later } from "./stream/later.mjs";

/**
 * @import { Hands } from "./controls/card.mjs"
 * @import { Port } from "./stream/port.mjs"
 * @import { Session } from "./stream/session.mjs"
 * @import { Store } from "./stream/store.mjs"
 * @import { Boot, Choice, Ghost, Look, PlaceOf, Surface, View as AnyView } from "./types.d.ts"
 */

const COLUMNS = [0, 1, 4, 7]; // from so many panels on, the deck has 0, 1, 2, 3 columns

/** @typedef {Stage | Reach | Landscape | Fit} StageView */

export class Scope {
  /**
   * `place(id)` is where things are drawn; `hidden` is the set of solvers left out; `on` is what the cards call;
   * `choice` is what the panels remember, `port` what views ask.
   *
   * @param {PlaceOf} place
   * @param {Pick<Boot, "text" | "statuses" | "extensions" | "panels">} boot
   * @param {Set<number>} hidden
   * @param {Hands} on
   * @param {Choice} choice
   * @param {Port} port
   */
  constructor(place, { text, statuses, extensions, panels }, hidden, on, choice, port) {
    this.place = place;
    this.port = port;
    this.text = text;
    this.statuses = { ...statuses, lost: text.notes.cut };
    this.hidden = hidden;
    /** @type {Store} */
    this.store = later;
    /** @type {Surface | null} */
    this.surface = null;
    /** @type {StageView | undefined} */
    this.stage = undefined;
    /** @type {Set<string> | undefined} */
    this.layers = undefined; // of the stage
    /** @type {number | undefined} */
    this.regarded = undefined; // the solver that a person looks at
    /** @type {Look[]} */
    this.looks = [];
    /** @type {string[]} */
    this.wanted = []; // the panels of the deck that a person has opened
    /** @type {string[]} */
    this.open = []; // those of them whose modules are here
    /** @type {Ghost[]} */
    this.ghosts = [];
    this.dirty = true;
    this.drawnAt = -Infinity;
    this.still = new Still(this);
    this.motion = new Motion();
    this.framed = () => this.renew(); // what happens when the stage has another sheet or box
    /** @type {[Stage, Reach, Landscape, Fit]} */
    this.stages = [
      new Stage(place("stage"), text.stage),
      new Reach(place("stage"), { ...text.stage, ...text.reach }, port),
      new Landscape(place("stage"), { ...text.stage, ...text.panels.plane }, port),
      new Fit(place("stage"), text.fit, port),
    ];
    this.deck = new Deck(panels, place, text, choice, port, (name, view) => {
      view.onPoint = (at) => this.point(at);
      if (this.layers) this.deck.layer(name, view, this.layers);
    });
    this.cards = new Cards(
      place("cards"),
      { ...text.controls, kinds: text.kinds, protocol: text.protocol },
      extensions,
      on,
    );
  }

  /**
   * A new run: `surface` is its sheet or null. Returns the words of the stage that can show it.
   *
   * @param {Store} store
   * @param {Surface | null} surface
   */
  show(store, surface) {
    const ink = currentInk();
    Object.assign(this, { store, surface });
    this.cards.show(store.meta, this.hidden);
    /** @type {StageView[]} */
    const stages = this.stages;
    const stage = stages.find((each) => each.show(store.meta, surface, ink));
    for (const each of this.stages) each.hide(each !== stage);
    this.stage = stage;
    this.place("stage").dataset.empty = stage ? "" : this.text.stage.none;
    this.place("layers").hidden = !(stage && "layers" in stage);
    this.restart();
    this.framed();
    return stage?.words ?? { ...this.text.fit, formula: "" };
  }

  /**
   * Another run on the same surface: axes and camera stay. Returns the words of the stage.
   *
   * @param {Store} store
   */
  again(store) {
    this.store = store;
    this.stage?.again(store.meta);
    this.cards.show(store.meta, this.hidden);
    for (const name of this.open) {
      const view = this.deck.silent.has(name) ? null : this.deck.view(name);
      if (view?.again) view.again(store);
      else this.lay(name);
    }
    this.look();
    return /** @type {StageView} */ (this.stage).words;
  }

  /**
   * The sheet of this run once more, in the box that is there.
   *
   * @param {Surface} surface
   */
  resurface(surface) {
    this.surface = surface;
    for (const view of Object.values(this.views)) view.resurface?.(surface);
    this.framed();
  }

  /** The open panels from the beginning: a new run, or other units. */
  restart() {
    for (const name of this.open) this.lay(name);
    this.look();
  }

  /**
   * A panel from the beginning; where the run has not recorded what it draws, it says so instead.
   *
   * @param {string} name
   */
  lay(name) {
    if (!this.deck.silence(name, this.store)) this.deck.view(name).show(this.store, currentInk());
  }

  /**
   * The stage of this run once more in another place, box and side as here; null where there is none.
   *
   * @param {HTMLElement} place
   */
  anotherStage(place) {
    const { stage } = this;
    if (!stage) return null;
    const Same = /** @type {new (place: HTMLElement, words: object, port: Port) => StageView} */ (stage.constructor);
    const another = new Same(place, stage.words, this.port);
    if (another instanceof Stage && stage instanceof Stage) another.wanted = stage.kept;
    another.show(this.store.meta, this.surface, currentInk());
    if (another instanceof Stage && stage instanceof Stage) {
      another.choose(stage.layers);
      another.view.follow(stage.view);
    }
    return another;
  }

  /**
   * Shows these layers of the stage.
   *
   * @param {Set<string>} layers
   */
  layer(layers) {
    this.layers = layers;
    this.stages[0].choose(layers);
    this.deck.choose(layers);
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("button[data-layer]")))
      button.setAttribute("aria-pressed", String(layers.has(button.dataset.layer ?? "")));
    this.renew();
  }

  /**
   * Looks at one solver, or at none in particular.
   *
   * @param {number | undefined} solver
   */
  regard(solver) {
    if (solver === this.regarded) return;
    this.regarded = solver;
    this.dirty = true;
  }

  /**
   * The place on the clock that is under the pointer in one chart, or null: every panel marks it.
   *
   * @param {number | null} place
   */
  point(place) {
    for (const view of Object.values(this.views)) view.cursor = place;
    this.dirty = true;
  }

  /**
   * Opens the panels `names` and closes the others; one whose module is not here is drawn as soon as it has come.
   *
   * @param {string[]} names
   */
  arrange(names) {
    const { deck } = this;
    const wanted = deck.names.filter((name) => names.includes(name));
    this.wanted = wanted;
    for (const name of deck.names) this.place(`${name}-panel`).hidden = !wanted.includes(name);
    const columns = COLUMNS.findLastIndex((least) => wanted.length >= least);
    this.place("page").dataset.columns = String(columns);
    this.place("deck").style.setProperty("--columns", String(Math.max(columns, 1)));
    const absent = wanted.filter((name) => !deck.has(name));
    if (absent.length)
      deck.open(absent).then(
        () => this.arrange(this.wanted),
        () => absent.forEach((name) => deck.tell(name, this.text.notes.unreachable)),
      );
    const before = this.open;
    this.open = wanted.filter((name) => deck.has(name));
    if (!this.store) return void this.renew();
    for (const name of this.open) if (!before.includes(name)) this.lay(name);
    this.look();
  }

  /**
   * Draws other runs faintly behind this one.
   *
   * @param {Ghost[]} ghosts
   */
  haunt(ghosts) {
    this.ghosts = ghosts;
    if (this.store) this.look();
  }

  /**
   * What is drawn, by name.
   *
   * @returns {Record<string, AnyView>}
   */
  get views() {
    return {
      ...(this.stage && { stage: this.stage }),
      ...Object.fromEntries(
        this.open.filter((name) => !this.deck.silent.has(name)).map((name) => [name, this.deck.view(name)]),
      ),
    };
  }

  /** There is something new to draw at the frame that is shown. */
  renew() {
    this.dirty = true;
    this.still.renew();
  }

  /** Everything again, in the inks of the theme as it is now. */
  repaint() {
    this.renew();
    if (!this.store) return;
    this.look();
    for (const view of Object.values(this.views)) view.ink(currentInk());
  }

  /** Lanes, ghosts and cards in the colours of the theme. */
  look() {
    const ink = currentInk();
    const styles = stylesOf(this.store.meta.spec.solvers, ink.scheme);
    this.looks = this.store.lanes.map((lane) => ({ lane, style: styles[lane.solver], shown: false }));
    for (const view of Object.values(this.views))
      view.ghosts = this.ghosts.flatMap((ghost) => haunting(ghost, ink.scheme));
    this.cards.ink(styles, ink);
    this.renew();
  }

  /**
   * Draws `session` at its playhead if anything changed.
   *
   * @param {Session} session
   * @param {boolean} moved
   */
  draw(session, moved) {
    const views = Object.values(this.views);
    if (!moved && !this.dirty && !views.some((view) => view.stale)) return void this.still.follow(session);
    this.dirty ||= STILL.includes(session.word); // where it stands every view is drawn exactly
    this.paint(views, session.playhead.frame);
  }

  /**
   * @param {AnyView[]} views
   * @param {number} frame
   */
  paint(views, frame) {
    const { dirty, motion, store } = this;
    const now = performance.now();
    this.dirty = false;
    for (const look of this.looks)
      Object.assign(look, { shown: !this.hidden.has(look.lane.solver), chosen: look.lane.solver === this.regarded });
    for (const view of views) {
      const heads = view.heads?.(store, frame, this.looks);
      if (!dirty && !view.stale && heads && motion.rests(view, heads, now)) continue;
      view.draw(store, frame, this.looks);
      if (heads) motion.note(view, heads, now);
    }
    this.cards.update(cardReadings(store, frame, this.statuses, this.cards.words, this.text.engine), this.hidden);
    this.cards.tuned(store, frame);
    this.drawnAt = performance.now();
  }
}
