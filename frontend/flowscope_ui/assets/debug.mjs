// A read-only handle on what is drawn, for the browser tests: `window.flowscope`.

import { drawable } from "./prediction.mjs";

/** `get()` gives {scope, session, chosen}; everything is read at the moment of asking. */
export function expose(get) {
  const handle = {
    get state() { return get().session?.word ?? "connecting"; },
    get run() { return get().session?.id ?? null; },
    get ready() { return Boolean(get().session?.ready); },
    get gaps() { return get().session?.store?.gaps ?? 0; },
    get rows() { return get().session?.store?.received ?? 0; },
    get head() { return get().session?.store?.head ?? -1; },
    get frame() { return get().session?.playhead.frame ?? -1; },
    get position() { return get().session?.playhead.position ?? -1; },
    get meta() { return get().session?.store?.meta ?? null; },
    /** Theory's curves as they were last told: {id, lane, column, verdict, until, points}. */
    get predictions() { return (get().session?.store?.overlays ?? []).map(({ id, lane, column, verdict, until, time }) => ({ id, lane, column, verdict, until, points: time.length })); },
    /** The lines of the loss panel that theory draws, "P1 0" for P1 over lane 0. */
    get curves() { const { scope, session } = get(); return drawable(session.store, scope.looks, "loss").map(({ id, lane }) => `${id} ${lane}`); },
    get hidden() { return [...get().chosen.hide]; },
    get camera() {
      const { position, quaternion } = get().scope.views.stage?.view?.camera ?? {};
      if (!position) return null;
      return { position: position.toArray(), quaternion: quaternion.toArray() };
    },
    get drawn() { return Object.fromEntries(Object.entries(get().scope.views).map(([name, view]) => [name, view.drawn])); },
    /** What lane `index` has drawn: its points, parameters (undefined where they are not recorded) and times. */
    path(index) {
      const { session } = get();
      const lane = session.store.lanes[index];
      const count = lane.upTo(session.playhead.frame);
      const list = (name) => lane.columns[name] && Array.from({ length: count }, (_, k) => { const { width, data } = lane.columns[name]; return Array.from(data.subarray(k * width, (k + 1) * width)); });
      return { outputs: list("outputs"), theta: list("theta"), time: Array.from(lane.columns.time.view(count)) };
    },
    /** Closes the socket as a lost network would. */
    cut() { get().session.wire.socket.close(); },
  };
  Object.defineProperty(window, "flowscope", { value: Object.freeze(handle) });
}
