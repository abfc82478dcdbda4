// All drawings of the page as one: the stage, the charts and the cards follow a session, in one animation loop's tick.

import { Cards } from "./card.mjs";
import { Chart } from "./chart.mjs";
import { Fit } from "./fit.mjs";
import { currentInk, solverStyle } from "./palette.mjs";
import { panels } from "./panel.mjs";
import { cardReadings } from "./reading.mjs";
import { Stage } from "./stage.mjs";

const STILL = ["paused", "ended"];

export class Scope {
  /** `place(id)` is where things are drawn; `hidden` is the set of solvers left out; `toggle(solver)` changes it. */
  constructor(place, { text, statuses }, hidden, toggle) {
    Object.assign(this, { place, text, statuses, hidden, looks: [], dirty: true, committed: null });
    this.stages = [new Stage(place("stage"), text.stage), new Fit(place("stage"), text.fit)];
    this.charts = panels(text.panels).map((panel) => new Chart(place(panel.name), panel, text.axis));
    this.views = { stage: this.stages[0], ...Object.fromEntries(this.charts.map((chart) => [chart.panel.name, chart])) };
    this.cards = new Cards(place("cards"), text.controls, toggle);
  }

  /** A new run: `surface` is its sheet or null. Returns the words of the stage that can show it. */
  show(store, surface) {
    const ink = currentInk();
    this.store = store;
    this.cards.show(store.meta, this.hidden);
    const stage = this.stages.find((each) => each.show(store.meta, surface, ink));
    for (const each of this.stages) each.hide(each !== stage);
    this.views = { ...(stage && { stage }), ...Object.fromEntries(this.charts.map((chart) => [chart.panel.name, chart])) };
    this.place("stage").dataset.empty = stage ? "" : this.text.stage.none;
    for (const chart of this.charts) chart.show(store.meta, ink);
    this.repaint();
    return stage?.words ?? this.text.fit;
  }

  /** Everything again, in the inks of the theme as it is now. */
  repaint() {
    this.dirty = true;
    this.committed = null;
    if (!this.store) return;
    const ink = currentInk();
    const styles = this.store.meta.spec.solvers.map((_, solver) => solverStyle(solver, ink.scheme));
    this.looks = this.store.lanes.map((lane) => ({ lane, style: styles[lane.solver] }));
    for (const view of Object.values(this.views)) view.ink(ink);
    this.cards.ink(styles);
  }

  /** Draws `session` at its playhead if anything changed. */
  draw(session, moved) {
    const views = Object.values(this.views);
    if (!moved && !this.dirty && !views.some((view) => view.stale)) return;
    this.dirty = false;
    const { frame } = session.playhead;
    for (const look of this.looks) look.shown = !this.hidden.has(look.lane.solver);
    for (const view of views) view.draw(this.store, frame, this.looks);
    this.cards.update(cardReadings(this.store, frame, this.statuses), this.hidden);
    this.commit(session, frame);
  }

  /** Hands the curves to Plotly for hover whenever the drawing stands still. */
  commit({ id, word }, frame) {
    const key = STILL.includes(word) ? `${id} ${frame} ${[...this.hidden]}` : null;
    if (key && key !== this.committed) for (const chart of this.charts) chart.commit(this.store, frame, this.looks);
    this.committed = key;
  }

  /** A panel as a picture, at the playhead. */
  picture(name, frame) {
    return this.views[name]?.picture(this.store, frame, this.looks);
  }
}
