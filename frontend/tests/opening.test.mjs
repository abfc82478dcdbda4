// What a run is called: titles of presets, and names of solvers that quote their settings.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { followed, renamed } from "#page/opening/name.mjs";
import { restore, sentenceOf } from "#page/opening/restore.mjs";
import { identityOf, Titles } from "#page/opening/title.mjs";

const { presets } = JSON.parse(readFileSync(new URL("../flowscope_ui/contract.json", import.meta.url), "utf8"));

test("every preset bears its own title, and one that was changed anywhere does not", () => {
  assert.ok(presets.length > 40);
  for (const { name, spec } of presets) {
    const as = (change, tuned = false) =>
      identityOf({ ...structuredClone(spec), ...change }, tuned, presets, null).preset?.name ?? null;
    const solvers = structuredClone(spec.solvers);
    solvers[0].name += "!";
    assert.equal(as({}), name);
    assert.equal(as({ horizon: 2 * spec.horizon }), null, name);
    assert.equal(as({ seeds: [99] }), null, name);
    assert.equal(as({ solvers }), null, name);
    assert.equal(as({ solvers: [...spec.solvers, spec.solvers[0]] }), null, name);
    assert.equal(as({}, true), null, name);
  }
});

test("a run that is about to go does not take the title back from the preset that was chosen", async () => {
  const set = [];
  globalThis.window = globalThis;
  globalThis.dash_clientside = { set_props: (_, { value }) => set.push(value) };
  const [first, second, last] = presets;
  const shell = { place: () => ({ style: {}, replaceChildren: () => {} }) };
  const titles = new Titles({ presets, text: { captions: {}, title: {} } }, {}, shell);
  const session = ({ spec }) => ({ store: { meta: { spec } }, tunes: new Map() });
  const answers = [];
  const asked = () => new Promise((resolve) => answers.push(resolve));
  const calls = [second, last].map((each) => titles.call(each, asked()));
  titles.follow(session(first));
  answers[0]();
  await calls[0];
  titles.follow(session(second));
  assert.deepEqual(set, [second.name, last.name]);
  answers[1]("what the server said");
  assert.equal(await calls[1], "what the server said");
  titles.follow(session(last));
  assert.deepEqual(set, [second.name, last.name, last.name]); // now with its own words beside it
});

/**
 * The paths of all numbers in a value.
 *
 * @param {any} value
 * @param {string[]} path
 * @returns {string[][]}
 */
function numbers(value, path = []) {
  if (typeof value === "number") return [path];
  if (!value || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([name, each]) => numbers(each, [...path, name]));
}

test("a number that a name quotes follows its setting", () => {
  // every number of every solver of every preset, changed by 30 %: no name still quotes what is gone
  const letters = { eta: "η = ", tau: "τ = ", rho: "ρ = " };
  const names = new Map();
  for (const { spec } of presets)
    for (const solver of spec.solvers)
      for (const path of numbers(solver)) {
        const after = structuredClone(solver);
        const place = path.slice(0, -1).reduce((at, part) => at[part], after);
        const last = path.at(-1);
        place[last] *= 1.3;
        const name = renamed(solver, after, spec.problem.inputs?.length ?? 3, {});
        names.set(`${solver.name} ${path.join(".")}`, name);
        const letter = letters[last];
        if (!letter || !solver.name.includes(letter) || !place[last] || /½‖|λ/.test(solver.name)) continue;
        const quoted = Number(
          name
            .replace("−", "-")
            .split(letter)[1]
            .split(/[^\d.e-]/)[0],
        );
        assert.ok(Math.abs(quoted / place[last] - 1) < 1e-5, `${solver.name}: ${name} at ${place[last]}`);
      }
  assert.equal(names.get("Constant ρ = 10⁻³ flow.damping.rho"), "Constant ρ = 0.0013");
  assert.equal(names.get("Gradient descent, η = 0.45 on ½‖r‖² optimizer.eta"), "Gradient descent, η = 0.585 on ½‖r‖²");
  assert.equal(names.get("Gauss–Newton, η = ½ integrator.dt"), "Gauss–Newton, η = 0.65");
  assert.equal(names.get("ρ = e^{−2t} flow.damping.rate"), "ρ = e^{−2.6t}");
  assert.equal(names.get("SOAP, η = 3e−3 optimizer.inner.optimizer.eta"), "SOAP, η = 0.0039");
  assert.notEqual(names.get("Straight line, 10 steps integrator.dt"), "Straight line, 10 steps");
});

test("a name says the method that it now is", () => {
  const damping = { kind: "smallest_eigenvalue", scale: 1 };
  const before = { name: "Damped, adaptive ρ", flow: { kind: "gauss_newton", damping } };
  const constant = { ...before, flow: { kind: "gauss_newton", damping: { kind: "constant", rho: 0.5 } } };
  const adam = { name: "Damped, adaptive ρ", optimizer: { kind: "adam", eta: 0.1 } };
  const own = { ...adam, name: "My own" };
  assert.deepEqual(
    [constant, adam, own, before].map(
      (after) => followed({ solvers: [after] }, { solvers: [before] }, 3, {}).solvers[0].name,
    ),
    ["Gauss newton, Constant", "Adam", "My own", "Damped, adaptive ρ"],
  );
});

for (const text of ["nonsense", "1_2_3_0.5_s2_k4", "1_2_3_0.5_s2_k4_n1_", "1_2_99_0.5_s2_k4_n1"])
  test(`an assembly that cannot be read is told and left out: ${text}`, () => {
    const has = { panels: [], layers: [] };
    const chosen = { composition: text, lost: [] };
    const lost = restore(chosen, has);
    assert.deepEqual([lost, chosen.composition], [[["composition", text]], undefined]);
    const words = { names: {}, unknown: "the entry “{name}={text}”", sentence: "Not here: {what}." };
    assert.equal(sentenceOf(lost, words), `Not here: the entry “composition=${text}”.`);
    const wired = { composition: "1_2_3_0.5_s2_k4_n1", lost: [] };
    assert.deepEqual([restore(wired, has), wired.composition], [[], "1_2_3_0.5_s2_k4_n1"]);
  });
