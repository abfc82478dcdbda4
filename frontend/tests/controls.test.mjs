// The seam to Dash: what a person chose, and what only tells of a value that we set.

import assert from "node:assert/strict";
import { test } from "node:test";

import { answer, isEcho, setProps } from "#page/controls/dash.mjs";

globalThis.dash_clientside = { set_props: () => {} };

test("a late callback of a value that we set is no choice of a person", () => {
  const chosen = [];
  answer({ preset: (value) => chosen.push(value) });
  const heard = globalThis.dash_clientside.flowscope.preset;
  setProps("preset", { value: "saddle" });
  setProps("preset", { value: "past-saddle" });
  heard("saddle"); // comes when another one is set already
  heard("past-saddle");
  assert.deepEqual(chosen, []);
  heard("saddle"); // a person
  assert.deepEqual(chosen, ["saddle"]);
});

test("a value that Dash passed over is not waited for", () => {
  for (const value of [1, 2, 3]) setProps("speed", { value });
  assert.equal(isEcho("speed", 3), true);
  assert.equal(isEcho("speed", 1), false);
});

test("a choice of a person ends the wait for what was set before it", () => {
  setProps("panels", { value: ["loss"] });
  assert.equal(isEcho("panels", ["loss", "rho"]), false);
  assert.equal(isEcho("panels", ["loss"]), false);
});

test("properties other than the value are not waited for", () => {
  setProps("complaint", { children: "no" });
  assert.equal(isEcho("complaint", "no"), false);
});
