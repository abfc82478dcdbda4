// What the stage shows and from where: its layers, its camera and its box, which a link brings back.

/** @import { Chosen, Scope } from "../types.d.ts" */

/**
 * The actions of a person on the stage of `scope`; `chosen` keeps what they chose and `write()` puts it into the
 * address.
 *
 * @param {Scope} scope
 * @param {Chosen} chosen
 * @param {() => void} write
 */
export function outlook(scope, chosen, write) {
  const [stage] = scope.stages;
  const remember = () => {
    const { kept, view } = stage;
    chosen.box = kept ?? undefined;
    chosen.camera = view.state ?? (kept ? view.pose : undefined); // what is seen at first depends on a run's own box
    scope.renew();
    write();
  };
  scope.layer(chosen.layers);
  stage.wanted = chosen.box ?? null;
  if (chosen.camera) stage.view.restore(chosen.camera);
  stage.view.onTurn = scope.framed = remember;
  /** @param {string} name */
  /** @param {string} name */
  const layer = (name) => {
    if (!chosen.layers.delete(name)) chosen.layers.add(name);
    scope.layer(chosen.layers);
    remember();
  };
  return {
    layer,
    side: () => scope.stage === stage && layer("side"),
    /** @param {string} name */
    face: (name) => stage.face(name),
    /** @param {number | undefined} solver */
    regard: (solver) => scope.regard(solver),
    /**
     * @param {number} around
     * @param {number} up
     */
    turn: (around, up) => scope.stage === stage && stage.view.turn(around, up),
  };
}
