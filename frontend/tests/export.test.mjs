// Captions and films.

import assert from "node:assert/strict";
import { test } from "node:test";

import { wrapped } from "#page/export/caption.mjs";
import { framesOf } from "#page/export/film.mjs";

test("a caption is broken at spaces, and long words anywhere", () => {
  const rows = wrapped(["one two three", "x".repeat(25), "a b c d e f"], 10, (text) => text.length, 3);
  assert.deepEqual(rows.slice(0, 2), ["one two", "three"]);
  assert.ok(rows.every((row) => row.length <= 10));
  assert.ok(rows.slice(2).join("").startsWith("x".repeat(25)));
  assert.deepEqual(rows.slice(-2), ["a b c d e", "f"]);
  assert.deepEqual(
    wrapped(["a b c d e f"], 3, (text) => text.length, 2),
    ["a b", "c …"],
  );
});

test("a film begins at the first frame and ends at the newest", () => {
  const frames = framesOf(1000, 61);
  assert.deepEqual([frames[0], frames.at(-1), frames.length], [0, 1000, 61]);
  assert.ok(frames.slice(1).every((frame, k) => [16, 17].includes(frame - frames[k])));
  assert.deepEqual(framesOf(0, 1), [0]);
});
