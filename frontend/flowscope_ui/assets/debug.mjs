// @ts-nocheck
// A read-only handle on what is drawn, for the browser tests: `window.flowscope`.

import { endingOf } from "./canvas/ending.mjs";
import { haunting } from "./canvas/haunt.mjs";
import { magnification } from "./canvas/magnification.mjs";
import { currentScheme } from "./canvas/palette.mjs";
import { drawable } from "./theory/overlay.mjs";
import { slopeResiduals } from "./theory/slope.mjs";

const SEEN = 1e-7; // the share of the first value below which an error of f weighs more

/**
 * The largest |measured/expected − 1| over curves that are equalities, the measured rows interpolated in the logarithm;
 * null without one.
 */
function departure(store) {
  let worst = null;
  for (const { lane, form, column, sense, time, expected, applies } of store.overlays ?? []) {
    const { columns, count } = store.lanes[lane];
    if (form !== "curve" || sense !== "equal" || !columns[column]) continue;
    const [rate, factor] = [store.units.factor("time"), store.units.factor(column)];
    const at = columns.time.view().map((t) => rate * t);
    const log = columns[column].view().map((value) => Math.log(factor * value));
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

/** `get()` gives {scope, session, chosen}; everything is read at the moment of asking. */
export function expose(get) {
  const handle = {
    get state() {
      return get().session?.word ?? "connecting";
    },
    get run() {
      return get().session?.id ?? null;
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
      const { session, predictions, transport } = get();
      return Boolean(session?.ready) && predictions.current(session) && transport.current(session);
    },
    /** Whether the drawing stands, laid out from its rows alone. */
    get still() {
      const { scope, predictions, session } = get();
      return Boolean(session?.ready) && scope.still.key !== null && !scope.dirty && predictions.current(session);
    },
    /** The units of everything drawn, by name. */
    get units() {
      const { loss, axis } = get().session.store.units;
      return { loss: loss.name, clock: axis.name };
    },
    /** The curves of a chart as data, [{x, y}]: x by the clock, y in units of the loss. */
    series(panel) {
      const { scope, session } = get();
      return scope.views[panel]
        .traces(session.store, session.playhead.frame, scope.looks)
        .map(({ x, y }) => ({ x, y }));
    },
    /** The newest value of the first curve of each lane in a chart, as recorded, in units of the loss. */
    lanes(panel) {
      const {
        scope,
        session: {
          store,
          playhead: { frame },
        },
      } = get();
      return store.lanes.map((lane) => {
        const { quantity, column, offset, width } = scope.views[panel].panel.curves(lane, store, lane.upTo(frame))[0];
        return store.units.factor(quantity) * column.data[(lane.upTo(frame) - 1) * width + offset];
      });
    },
    /** Of each solver, the first band of a chart: {low, median, high}, as recorded. */
    bands(panel) {
      return get()
        .session.store.lanes.filter(({ first }) => first)
        .map(({ bands }) => {
          const { low, median, high } = bands.get(`${panel} 0`);
          return { low, median, high };
        });
    },
    /**
     * What the cost ledger says: ranks by clock, pairs whose order turns, the sentence; the ranking where all have
     * spent the same, and why flows are dear.
     */
    get ledger() {
      const { rankings: table, swapped, sentence, axes, standing, equal, dear } = get().scope.views.ledger;
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
      const { told } = get().scope.views.pair;
      return (
        told &&
        JSON.parse(JSON.stringify(told, (_, value) => (value instanceof Float64Array ? Array.from(value) : value)))
      );
    },
    /** What the budget panel draws: {budget, …, outer, inner, lane}, as plain numbers. */
    get budget() {
      const { told } = get().scope.views.budget;
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
      return get().scope.views.modules?.found ?? null;
    },
    /** What the server said of the modules that are composed, with the `state` that it was asked for. */
    get composed() {
      return get().scope.views.composition?.found ?? null;
    },
    /** How a panel's numbers are to be read, as it says under them. */
    get honest() {
      return Object.fromEntries(
        Object.entries(get().scope.views)
          .filter(([, { words }]) => words?.honest)
          .map(([name, { words }]) => [name, words.honest]),
      );
    },
    /** The sublevel sets on the sheet, {lane, area, touches}. */
    get sublevels() {
      return get().scope.views.stage?.sublevels ?? [];
    },
    /** The two conditions of each lane shown, {interior, data}, each {holds, certain}. */
    get lamps() {
      return get().scope.views.lamps.told.map(({ now }) => now);
    },
    /** All that has arrived of a column of lane `index`. */
    column(index, name) {
      return Array.from(get().session.store.lanes[index].columns[name].view());
    },
    /** What each chart says about itself. */
    get notes() {
      return Object.fromEntries(
        Object.entries(get().scope.views)
          .filter(([, { notes }]) => Array.isArray(notes))
          .map(([name, { notes }]) => [name, notes]),
      );
    },
    /** How many ticks of rejected trials each chart draws. */
    get ticks() {
      return Object.fromEntries(Object.entries(get().scope.views).map(([name, view]) => [name, view.ticks ?? 0]));
    },
    /**
     * How far the measured rows, in the page's units, lie from the curves that the server drew in the units it was
     * asked for.
     */
    get departure() {
      return departure(get().session.store);
    },
    /** Measured less predicted local slopes of the losses, as the strip under them draws them. */
    get slopes() {
      const { scope, session } = get();
      return slopeResiduals(session.store, scope.looks, session.playhead.frame, ["loss", "excess_loss"]);
    },
    /** The lines of the loss panel that theory draws, "P1 0" for P1 over lane 0. */
    get curves() {
      const { scope, session } = get();
      return drawable(session.store, scope.looks, { columns: ["loss", "excess_loss"] }).map(
        ({ id, lane }) => `${id} ${lane}`,
      );
    },
    /**
     * The stage as a flat picture: its ranges, its contours of the loss by level, the points that the network can
     * reach; null on a sheet.
     */
    get flat() {
      const { low, high, ground } = get().scope.views.stage ?? {};
      return Array.isArray(low)
        ? {
            low,
            high,
            levels: Array.isArray(ground) ? ground.map(({ level, lines }) => [level, lines.length]) : [],
            points: ground?.points ?? [],
          }
        : null;
    },
    /**
     * The fit: how it is drawn, its range, how many functions are drawn as lines, and those that the engine told last,
     * {frame, lanes, shape, inputs, outputs}.
     */
    get fit() {
      const { kind, low, high, lines, functions } = get().scope.views.stage;
      return functions ? { kind, low, high, lines, found: functions.of(get().session.store) } : null;
    },
    /** What was set by hand, and the marks drawn for it in each chart. */
    get tunes() {
      return [...(get().session?.store?.tunes.values() ?? [])];
    },
    get marks() {
      return Object.fromEntries(Object.entries(get().scope.views).map(([name, view]) => [name, view.tunes ?? []]));
    },
    get hidden() {
      return [...get().chosen.hide];
    },
    /** Pixels of start, target and best point on the stage. */
    get places() {
      return get().scope.views.stage?.marks ?? null;
    },
    /** How many points of other runs lie behind this one, by panel. */
    get ghosts() {
      return Object.fromEntries(
        Object.entries(get().scope.views).map(([name, view]) => [
          name,
          view.ghosts.reduce((sum, { lane }) => sum + lane.count, 0),
        ]),
      );
    },
    /** The other runs that are drawn, as they look: {mark, name, lanes}. */
    get overlays() {
      return get().scope.ghosts.map((ghost) => ({
        mark: ghost.mark,
        name: ghost.name,
        data: ghost.store.meta.record.data,
        lanes: haunting(ghost, currentScheme()).map(({ style, mark }) => ({ ...style, mark })),
      }));
    },
    get camera() {
      const { camera, controls } = get().scope.views.stage?.view ?? {};
      if (!camera) return null;
      return {
        position: camera.position.toArray(),
        quaternion: camera.quaternion.toArray(),
        target: controls.target.toArray(),
        zoom: camera.zoom,
        parallel: Boolean(camera.isOrthographicCamera),
      };
    },
    /** The tangent plane that was drawn last: {lane, row, normal, full, projection}, in outputs. */
    get tangent() {
      return get().scope.views.stage?.tangent ?? null;
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
      return get().scope.views.stage?.trails?.map(({ hidden, kept }) =>
        hidden.subarray(0, kept).reduce((sum, each) => sum + each, 0),
      );
    },
    /** How lanes that ran away are told of, "" of the others. */
    get endings() {
      const { scope, session } = get();
      return session.store.lanes.map((lane) =>
        endingOf(lane, lane.upTo(session.playhead.frame), scope.text.panels.loss.endings),
      );
    },
    /** Where paths leave the picture of the stage, null where the head is in sight. */
    get exits() {
      return get().scope.views.stage.drawn.map(({ exit }) => exit ?? null);
    },
    /** What each panel marks at the place under the pointer, {lane, row, x, y}. */
    get pointed() {
      return Object.fromEntries(
        Object.entries(get().scope.views).map(([name, view]) => [
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
      return get().scope.views.stage.cells.map(({ x, y, width, height, solver }) => ({ x, y, width, height, solver }));
    },
    sheet() {
      return get().scope.views.stage.raster(1);
    },
    get drawn() {
      return Object.fromEntries(Object.entries(get().scope.views).map(([name, view]) => [name, view.drawn]));
    },
    /** What lane `index` has drawn: its points, parameters (undefined where they are not recorded) and times. */
    path(index) {
      const { session } = get();
      const lane = session.store.lanes[index];
      const count = lane.upTo(session.playhead.frame);
      const list = (name) =>
        lane.columns[name] &&
        Array.from({ length: count }, (_, k) => {
          const { width, data } = lane.columns[name];
          return Array.from(data.subarray(k * width, (k + 1) * width));
        });
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
    again(change) {
      get().hand.move({ ...get().spec, ...change });
    },
    /** Closes the socket as a lost network would. */
    cut() {
      get().session.wire.socket.close();
    },
  };
  Object.defineProperty(window, "flowscope", { value: Object.freeze(handle) });
}
