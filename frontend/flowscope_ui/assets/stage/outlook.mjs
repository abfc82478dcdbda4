// @ts-nocheck
// What the stage shows and from where: its layers, its camera and its box, which a link brings back.

/**
 * The actions of a person on the stage of `scope`; `chosen` keeps what they chose and `write()` puts it into the
 * address.
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
  const layer = (name) => {
    if (!chosen.layers.delete(name)) chosen.layers.add(name);
    scope.layer(chosen.layers);
    remember();
  };
  return {
    layer,
    side: () => scope.stage === stage && layer("side"),
    face: (name) => stage.face(name),
    regard: (solver) => scope.regard(solver),
    turn: (around, up) => scope.stage === stage && stage.view.turn(around, up),
  };
}
