// The deck: every panel that can stand beside the stage, by its name, in the order of the page.

import { Chart } from "../chart/chart.mjs";
import { measures } from "../chart/damping.mjs";
import { panels } from "../chart/loss.mjs";
import { Plane } from "../flat/plane.mjs";
import { Projection } from "../flat/projection.mjs";
import { Composition } from "../module/composition.mjs";
import { Modules } from "../module/modules.mjs";
import { Budget } from "./budget.mjs";
import { Lamps } from "./conditions.mjs";
import { Diffusion } from "./diffusion.mjs";
import { Ledger } from "./ledger.mjs";
import { rankPanel } from "./rank.mjs";
import { Residual } from "./residual.mjs";
import { Separation } from "./separation.mjs";
import { Spectrum } from "./spectrum.mjs";

/**
 * @import { Store } from "../stream/store.mjs"
 * @import { Choice, Ink, PlaceOf, View as AnyView, Words } from "../types.d.ts"
 */

/**
 * The panels of the deck that are no charts.
 *
 * @typedef {object} Own
 * @property {Ledger} ledger
 * @property {Spectrum} spectrum
 * @property {Residual} modes
 * @property {Plane} plane
 * @property {Separation} pair
 * @property {Projection} projection
 * @property {Budget} budget
 * @property {Lamps} lamps
 * @property {Diffusion} diffusion
 * @property {Modules} modules
 * @property {Composition} composition
 */
/** @typedef {AnyView & { show(store: Store, ink: Ink): unknown, again?(store: Store): void }} PanelView */

/**
 * A view of the deck has `show(store, ink)` for a new run or other units, `ink(ink)` for a new theme, `draw(store,
 * frame, looks)`, `stale` when it must be drawn again, `drawn` for the tests, and may have `heads(store, frame,
 * looks)`, pixels of what moves, without which it is drawn at every frame, `settle()` to forget how its ranges and
 * names came about, `commit(store, frame, looks)` for when the drawing stands still, `table(store, frame, looks)` →
 * {columns, rows} for its CSV. It draws on Layers that are its properties: a picture records them, over `axes.svg()`
 * and `raster()` where it has them.
 *
 * @param {PlaceOf} place
 * @param {Words} text
 * @param {Choice} choice
 * @returns {Record<string, PanelView>}
 */
export function deck(place, text, choice) {
  const words = text.panels;
  const charts = [...panels(words), ...measures(words), rankPanel(place("rank"), words.rank)];
  const drawn = charts.map((panel) => [panel.name, new Chart(place(panel.name), panel)]);
  /** @type {Own} */
  const own = {
    ledger: new Ledger(place("ledger"), words.ledger, text.kinds),
    spectrum: new Spectrum(place("spectrum"), words.spectrum, choice),
    modes: new Residual(place("modes"), words.modes, choice),
    plane: new Plane(place("plane"), "plane", { ...text.stage, ...words.plane }),
    pair: new Separation(place("pair"), words.pair, choice),
    projection: new Projection(place("projection"), "projection", { ...text.stage, ...words.projection }),
    budget: new Budget(place("budget"), words.budget, choice),
    lamps: new Lamps(place("lamps"), words.lamps),
    diffusion: new Diffusion(place("diffusion"), words.diffusion, choice),
    modules: new Modules(place("modules"), words.modules, choice),
    composition: new Composition(place("composition"), words.composition, choice),
  };
  return { ...Object.fromEntries(drawn), ...own };
}
