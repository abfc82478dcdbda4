// A read-only handle on what is drawn, for the browser tests: `window.flowscope`.

import { bandsOf } from "./canvas/band.mjs";
import { endingOf } from "./canvas/ending.mjs";
import { haunting } from "./canvas/haunt.mjs";
import { magnification } from "./canvas/magnification.mjs";
import { currentScheme } from "./canvas/palette.mjs";
import { drawable } from "./theory/overlay.mjs";
import { slopeResiduals } from "./theory/slope.mjs";

/**
 * @import { Chart } from "./chart/chart.mjs"
 * @import { Fit } from "./flat/fit.mjs"
 * @import { Contour } from "./flat/ground.mjs"
 * @import { Page } from "./page.mjs"
 * @import { Composition } from "./module/composition.mjs"
 * @import { Modules } from "./module/modules.mjs"
 * @import { Budget } from "./panels/budget.mjs"
 * @import { Lamps } from "./panels/conditions.mjs"
 * @import { Ledger } from "./panels/ledger.mjs"
 * @import { Separation } from "./panels/separation.mjs"
 * @import { Stage } from "./stage/stage.mjs"
 * @import { Session } from "./stream/session.mjs"
 * @import { Column, Store } from "./stream/store.mjs"
 * @import { ColumnName, DrawnLane, Exit, GhostLane, Listed, Pointed, Spec } from "./types.d.ts"
 */

/**
 * The panels that this handle reads more of than of a chart.
 *
 * @typedef {object} Own
 * @property {Ledger} ledger
 * @property {Separation} pair
 * @property {Budget} budget
 * @property {Lamps} lamps
 * @property {Modules} modules
 * @property {Composition} composition
 */
/**
 * What this handle reads of the stage, whichever it is.
 *
 * @typedef {object} OnStage
 * @property {(DrawnLane & { exit?: Exit | null })[]} drawn
 * @property {Stage["sublevels"]} [sublevels]
 * @property {Stage["marks"]} [marks]
 * @property {Stage["view"]} [view]
 * @property {Stage["tangent"]} [tangent]
 * @property {Stage["trails"]} [trails]
 * @property {Stage["cells"]} [cells]
 * @property {(ratio: number) => string} [raster]
 * @property {Fit["kind"]} [kind]
 * @property {Fit["lines"]} [lines]
 * @property {Fit["functions"]} [functions]
 * @property {number | number[]} [low]
 * @property {number | number[]} [high]
 * @property {Contour[] | { points: number[][] } | null} [ground]
 */
/**
 * What it reads of any view.
 *
 * @typedef {object} Read
 * @property {{ honest?: string }} [words]
 * @property {unknown} [notes]
 * @property {number} [ticks]
 * @property {unknown[]} [tunes]
 * @property {GhostLane[]} ghosts
 * @property {DrawnLane[]} drawn
 * @property {Pointed[]} [pointed]
 */

const SEEN = 1e-7; // the share of the first value below which an error of f weighs more

/**
 * The largest |measured/expected − 1| over curves that are equalities, the measured rows interpolated in the logarithm;
 * null without one.
 *
 * @param {Store} store
 */
function departure(store) {
  /** @type {number | null} */
  let worst = null;
  for (const { lane, form, column, sense, time, expected: values, applies } of store.overlays ?? []) {
    const { columns, count } = store.lanes[lane];
    const recorded = /** @type {Record<string, Column | undefined>} */ (columns)[column];
    if (form !== "curve" || sense !== "equal" || !recorded) continue;
    const expected = values.map(Number);
    const [rate, factor] = [store.units.factor("time"), store.units.factor(column)];
    const at = columns.time.view().map((t) => rate * t);
    const log = recorded.view().map((value) => Math.log(factor * value));
    time.forEach((t, k) => {
      if (!applies[k] || !(expected[k] > SEEN * expected[0]) || t > at[count - 1]) return;
      const row = Math.max(
        1,
        at.findIndex((each) => each >= t),
      );
      const share = (t - at[row - 1]) / (at[row] - at[row - 1]);
      worst = Math.max(
        worst ?? 0,
        Math.abs(Math.exp(log[row - 1] + share * (log[row] - log[row - 1])) / expected[k] - 1),
      );
    });
  }
  return worst;
}

/**
 * `get()` gives {scope, session, chosen}; everything is read at the moment of asking.
 *
 * @param {() => Page} get
 */
export function expose(get) {
  const session = () => /** @type {Session} */ (get().session);
  const store = () => /** @type {Store} */ (session().store);
  const own = () => /** @type {Own & Record<string, Chart>} */ (/** @type {unknown} */ (get().scope.views));
  const stage = () => /** @type {OnStage | undefined} */ (/** @type {unknown} */ (get().scope.views.stage));
  const every = () => Object.entries(/** @type {Record<string, Read>} */ (get().scope.views));
  const handle = {
    get state() {
      return get().session?.word ?? "connecting";
    },
    get run() {
      return get().session?.id ?? null;
    },
    /** Counts what was shown: the same run may be shown again. */
    get session() {
      return get().session?.number ?? null;
    },
    get ready() {
      return Boolean(get().session?.ready);
    },
    get gaps() {
      return get().session?.store?.gaps ?? 0;
    },
    get rows() {
      return get().session?.store?.received ?? 0;
    },
    get head() {
      return get().session?.store?.head ?? -1;
    },
    get frame() {
      return get().session?.playhead.frame ?? -1;
    },
    get position() {
      return get().session?.playhead.position ?? -1;
    },
    get meta() {
      return get().session?.store?.meta ?? null;
    },
    /** Theory's curves as they were last told: {id, lane, column, verdict, until, points}. */
    get predictions() {
      return (get().session?.store?.overlays ?? []).map(({ id, lane, column, verdict, until, time, formula }) => ({
        id,
        lane,
        column,
        verdict,
        until,
        formula,
        points: time.length,
      }));
    },
    /** Whether theory and the map have taken in everything that has arrived. */
    get settled() {
      const { session: now, predictions, transport } = get();
      return Boolean(now?.ready && predictions.current(now) && transport.current(now));
    },
    /** Whether the drawing stands, laid out from its rows alone. */
    get still() {
      const { scope, predictions, session: now } = get();
      return Boolean(now?.ready && scope.still.key !== null && !scope.dirty && predictions.current(now));
    },
    /** The units of everything drawn, by name. */
    get units() {
      const { loss, axis } = store().units;
      return { loss: loss.name, clock: axis.name };
    },
    /**
     * The curves of a chart as data, [{x, y}]: x by the clock, y as values in the units of the page.
     *
     * @param {string} panel
     */
    series(panel) {
      const chart = own()[panel];
      return chart.traces(store(), session().playhead.frame, get().scope.looks).map(({ x, y, customdata }) => ({
        x,
        y: customdata ?? y,
      }));
    },
    /**
     * The newest value of the first curve of each lane in a chart, as recorded, in units of the loss.
     *
     * @param {string} panel
     */
    lanes(panel) {
      const { frame } = session().playhead;
      return store().lanes.map((lane) => {
        const [{ quantity, column, offset, width }] = own()[panel].panel.curves(lane, store(), lane.upTo(frame));
        return store().units.factor(quantity) * column.data[(lane.upTo(frame) - 1) * width + offset];
      });
    },
    /**
     * Of each solver, the first band of a chart: {low, median, high}, as recorded.
     *
     * @param {string} panel
     */
    bands(panel) {
      return store()
        .lanes.filter(({ first }) => first)
        .map((lane) => {
          const { low, median, high } = bandsOf(lane)?.get(`${panel} 0`) ?? {};
          return { low, median, high };
        });
    },
    /**
     * What the cost ledger says: ranks by clock, pairs whose order turns, the sentence; the ranking where all have
     * spent the same, and why flows are dear.
     */
    get ledger() {
      const { rankings: table, swapped, sentence, axes, standing, equal, dear } = own().ledger;
      return {
        table,
        swapped,
        sentence: sentence[0],
        all: sentence,
        axes: axes.map(({ name }) => name),
        standing,
        equal,
        dear: dear.said,
      };
    },
    /** What the panel of two paths draws: {pair, pairing, time, place, outputs, theta}, as plain numbers. */
    get pair() {
      const { told } = own().pair;
      return (
        told &&
        JSON.parse(JSON.stringify(told, (_, value) => (value instanceof Float64Array ? Array.from(value) : value)))
      );
    },
    /** What the budget panel draws: {budget, …, outer, inner, lane}, as plain numbers. */
    get budget() {
      const { told } = own().budget;
      return (
        told && {
          ...Object.fromEntries(
            Object.entries(told).map(([name, value]) => [
              name,
              value instanceof Float64Array ? Array.from(value) : value,
            ]),
          ),
        }
      );
    },
    /** What the server said of the layers that the modules panel shows. */
    get layersOf() {
      return own().modules?.found ?? null;
    },
    /** What the server said of the modules that are composed, with the `state` that it was asked for. */
    get composed() {
      return own().composition?.found ?? null;
    },
    /** How a panel's numbers are to be read, as it says under them. */
    get honest() {
      return Object.fromEntries(
        every()
          .filter(([, { words }]) => words?.honest)
          .map(([name, { words }]) => [name, words?.honest]),
      );
    },
    /** The sublevel sets on the sheet, {lane, area, touches}. */
    get sublevels() {
      return stage()?.sublevels ?? [];
    },
    /** The two conditions of each lane shown, {interior, data}, each {holds, certain}. */
    get lamps() {
      return own().lamps.told?.map(({ now }) => now);
    },
    /**
     * All that has arrived of a column of lane `index`.
     *
     * @param {number} index
     * @param {ColumnName} name
     */
    column(index, name) {
      return Array.from(/** @type {Column} */ (store().lanes[index].columns[name]).view());
    },
    /** What each chart says about itself. */
    get notes() {
      return Object.fromEntries(
        every()
          .filter(([, { notes }]) => Array.isArray(notes))
          .map(([name, { notes }]) => [name, notes]),
      );
    },
    /** How many ticks of rejected trials each chart draws. */
    get ticks() {
      return Object.fromEntries(every().map(([name, view]) => [name, view.ticks ?? 0]));
    },
    /**
     * How far the measured rows, in the page's units, lie from the curves that the server drew in the units it was
     * asked for.
     */
    get departure() {
      return departure(store());
    },
    /** Measured less predicted local slopes of the losses, as the strip under them draws them. */
    get slopes() {
      return slopeResiduals(store(), get().scope.looks, session().playhead.frame, ["loss", "excess_loss"]);
    },
    /** The lines of the loss panel that theory draws, "P1 0" for P1 over lane 0. */
    get curves() {
      return drawable(store(), get().scope.looks, { columns: ["loss", "excess_loss"] }).map(
        ({ id, lane }) => `${id} ${lane}`,
      );
    },
    /**
     * The stage as a flat picture: its ranges, its contours of the loss by level, the points that the network can
     * reach; null on a sheet.
     */
    get flat() {
      const { low, high, ground } = stage() ?? {};
      return Array.isArray(low)
        ? {
            low,
            high,
            levels: Array.isArray(ground) ? ground.map(({ level, lines }) => [level, lines.length]) : [],
            points: ground && "points" in ground ? ground.points : [],
          }
        : null;
    },
    /**
     * The fit: how it is drawn, its range, how many functions are drawn as lines, and those that the engine told last,
     * {frame, lanes, shape, inputs, outputs}.
     */
    get fit() {
      const { kind, low, high, lines, functions } = /** @type {OnStage} */ (stage());
      return functions ? { kind, low, high, lines, found: functions.of(store()) } : null;
    },
    /** What was set by hand, and the marks drawn for it in each chart. */
    get tunes() {
      return [...(get().session?.store?.tunes.values() ?? [])];
    },
    get marks() {
      return Object.fromEntries(every().map(([name, view]) => [name, view.tunes ?? []]));
    },
    get hidden() {
      return [...get().chosen.hide];
    },
    /** Pixels of start, target and best point on the stage. */
    get places() {
      return stage()?.marks ?? null;
    },
    /** How many points of other runs lie behind this one, by panel. */
    get ghosts() {
      return Object.fromEntries(
        every().map(([name, view]) => [name, view.ghosts.reduce((sum, { lane }) => sum + lane.count, 0)]),
      );
    },
    /** The other runs that are drawn, as they look: {mark, name, lanes}. */
    get overlays() {
      return get().scope.ghosts.map((ghost) => ({
        mark: ghost.mark,
        name: ghost.name,
        data: ghost.store.meta.record?.data,
        lanes: haunting(ghost, currentScheme()).map(({ style, mark }) => ({ ...style, mark })),
      }));
    },
    get camera() {
      const { camera, controls } = stage()?.view ?? {};
      if (!camera || !controls) return null;
      return {
        position: camera.position.toArray(),
        quaternion: camera.quaternion.toArray(),
        target: controls.target.toArray(),
        zoom: camera.zoom,
        parallel: "isOrthographicCamera" in camera,
      };
    },
    /** The tangent plane that was drawn last: {lane, row, normal, full, projection}, in outputs. */
    get tangent() {
      return stage()?.tangent ?? null;
    },
    /** Of type, strokes and heads. */
    get scale() {
      return magnification.scale;
    },
    get layers() {
      return [...get().chosen.layers];
    },
    /** How many points of each path the sheet hides. */
    get covered() {
      return stage()?.trails?.map(({ hidden, kept }) => hidden.subarray(0, kept).reduce((sum, each) => sum + each, 0));
    },
    /** How lanes that ran away are told of, "" of the others. */
    get endings() {
      const { endings } = get().scope.text.panels.loss;
      return store().lanes.map((lane) => endingOf(lane, lane.upTo(session().playhead.frame), endings));
    },
    /** Where paths leave the picture of the stage, null where the head is in sight. */
    get exits() {
      return stage()?.drawn.map(({ exit }) => exit ?? null);
    },
    /** What each panel marks at the place under the pointer, {lane, row, x, y}. */
    get pointed() {
      return Object.fromEntries(
        every().map(([name, view]) => [
          name,
          (view.pointed ?? []).map(({ lane, row, x, y, value }) => ({ lane, row, x, y, value })),
        ]),
      );
    },
    /**
     * The pictures side by side on the stage, {x, y, width, height, solver}; and what WebGL draws in all of them, as an
     * image.
     */
    get cells() {
      return stage()?.cells?.map(({ x, y, width, height, solver }) => ({ x, y, width, height, solver }));
    },
    sheet() {
      return stage()?.raster?.(1);
    },
    get drawn() {
      return Object.fromEntries(every().map(([name, view]) => [name, view.drawn]));
    },
    /**
     * What lane `index` has drawn: its points, parameters (undefined where they are not recorded) and times.
     *
     * @param {number} index
     */
    path(index) {
      const lane = store().lanes[index];
      const count = lane.upTo(session().playhead.frame);
      /** @param {Listed} name */
      const list = (name) => {
        const column = lane.columns[name];
        if (!column) return undefined;
        const { width, data } = column;
        return Array.from({ length: count }, (_, k) => Array.from(data.subarray(k * width, (k + 1) * width)));
      };
      return {
        outputs: list("outputs"),
        theta: list("theta"),
        rho: Array.from(lane.columns.rho.view(count)),
        frame: Array.from(lane.columns.frame.view(count)),
        time: Array.from(lane.columns.time.view(count)),
      };
    },
    /** Draws everything again. */
    repaint() {
      get().scope.repaint();
    },
    /** Starts a run of this spec as a hand would, changed in some entries. */
    rest() {
      get().hand.rest();
    },
    /** @param {Partial<Spec>} change */
    again(change) {
      get().hand.move({ .../** @type {Spec} */ (get().spec), ...change });
    },
    /** Closes the socket as a lost network would. */
    cut() {
      session().wire.socket.close();
    },
  };
  Object.defineProperty(window, "flowscope", { value: Object.freeze(handle) });
}
