// Other runs, faint, behind the one that is shown: the one before it on a problem of the same sizes, and those that are laid over.

import { along, placeOf } from "./clock.mjs";
import { Store } from "./store.mjs";
import { styleOf } from "./style.mjs";
import { Trail } from "./trail.mjs";
import { Wire } from "./wire.mjs";

const FAINT = 0.3;

/** Whether two runs have as many outputs and parameters, so that one can be drawn behind the other. */
export function isComparable(one, other) {
  return one.outputs === other.outputs && one.parameters === other.parameters;
}

/** What a view draws of a ghost {store, since}: its lanes with their styles, from flow time `since` of the run on. */
export function haunting({ store, since }, scheme) {
  return store.lanes.filter(({ first, count }) => first && count).map((lane) => ({ lane, store, since, style: styleOf(store, lane, scheme) }));
}

/** The curves of a chart's ghosts, kept as pixels while scales and rows are the same. */
export function drawGhosts(chart, scales) {
  const { panel, layer, units } = chart;
  for (const { lane, store, since, style } of chart.ghosts) {
    const key = [scales.x(0), scales.x(1), scales.y(1e-6), scales.y(1), lane.count, since, units.axis.name, units.loss.name].join(" ");
    chart.haunts ??= new WeakMap();
    let known = chart.haunts.get(lane);
    if (known?.key !== key) chart.haunts.set(lane, (known = { key, curves: curvesOf({ panel, lane, store, since, units, scales }) }));
    for (const points of known.curves) layer.stroke(points, points.length / 2, { color: style.color, dash: style.dash, width: 1.4, alpha: FAINT });
  }
}

/** The paths of a stage's ghosts, those of one solver where it is not null. */
export function drawGhostTrails({ ghosts, haunts, layer, sight, view }, solver) {
  for (const { lane, style } of ghosts) {
    if (solver !== null && lane.solver !== solver) continue;
    const trail = haunts.get(lane) ?? new Trail(lane);
    haunts.set(lane, trail);
    if (lane.columns.outputs?.width === 3) trail.update(lane.count, view.version, (row, at) => sight.project(lane.columns.outputs.data, 3 * row, at));
    layer.stroke(trail.pixels, trail.kept, { color: style.color, dash: style.dash, width: 2, alpha: FAINT });
  }
}

function curvesOf({ panel, lane, store, since, units, scales }) {
  return panel.curves(lane, store, lane.count).filter(({ own, column }) => !own && column).map(({ quantity, column, offset, width }) => {
    const factor = units.factor(quantity);
    const places = along(units, lane, lane.count);
    const from = since ? placeOf(units, lane, units.factor("time") * since) : 0;
    const every = Math.max(1, Math.floor(lane.count / 2000));
    const points = [];
    for (let k = 0; k < lane.count; k += every) {
      const x = scales.x(places[k] - from);
      const y = scales.y(factor * column.data[k * width + offset]);
      if (!Number.isNaN(y)) points.push(x, y);
    }
    return new Float32Array(points);
  });
}

export class Ghosts {
  constructor(page) {
    Object.assign(this, { page, shown: true, before: null, laid: new Map() });
    this.page.shell.press("ghosts", true);
  }

  /** The run that is about to be replaced; while a `hand` replaces one after the other, the one before them all. */
  keep(session, hand) {
    if (hand && this.held) return;
    this.held = hand;
    const store = session?.ready && session.store;
    if (store && store.lanes.some(({ count }) => count > 1)) this.before = { store, since: 0 };
  }

  /** A new run: its parent's time is told from where it branched off. */
  begin(store) {
    const { start, interval } = store.meta.spec;
    if (this.before) this.before.since = start.kind === "branch" && JSON.stringify(this.before.store.meta.spec.solvers) === JSON.stringify(start.parent.solvers) ? start.frame * interval : 0;
    this.tell();
  }

  toggle() {
    this.shown = !this.shown;
    this.page.shell.press("ghosts", this.shown);
    this.tell();
  }

  /** Lays run `id` over, or takes it away. */
  lay(id, on) {
    if (!on) {
      this.laid.get(id)?.wire.close();
      this.laid.delete(id);
      return this.tell();
    }
    if (this.laid.has(id)) return undefined;
    const ghost = { store: null, since: 0 };
    const quiet = () => null;
    ghost.wire = new Wire(this.page.api.stream(id), () => ghost.store?.next ?? 0, {
      schema: (meta) => { ghost.store ??= Object.assign(new Store(meta), { tunes: new Map() }); },
      rows: (batches) => {
        batches.forEach((batch) => ghost.store.append(batch));
        ghost.wire.acknowledge(ghost.store.next, performance.now());
        this.tell();
      },
      state: quiet, tunes: quiet, error: quiet,
      ended: () => ghost.wire.close(),
      thinned: ({ until }) => { ghost.store.thinned = until; },
      link: (link) => { if (link === "gone") this.lay(id, false); },
    });
    this.laid.set(id, ghost);
    return undefined;
  }

  /** Hands the scope what is to be seen. */
  tell() {
    const { scope, session } = this.page;
    const all = [this.before, ...this.laid.values()].filter((ghost) => ghost?.store && session?.store && isComparable(ghost.store.meta, session.store.meta));
    scope.haunt(this.shown && !this.page.classroom?.asks ? all : []);
  }
}
