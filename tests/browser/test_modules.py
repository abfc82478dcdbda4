"""The pure modules, each alone in the browser that will run it."""

from typing import Any

import pytest
from playwright.sync_api import Page


@pytest.fixture
def run(page: Page, server: str) -> Any:
    """Evaluates a function body with a module as `m`."""
    page.goto("/api/health")  # a document of the server without the page in it

    def evaluate(module: str, body: str) -> Any:
        return page.evaluate(f"async () => {{ const m = await import('/assets/{module}.mjs'); {body} }}")

    return evaluate


def test_a_spike_of_width_one_survives_decimation(run: Any) -> None:
    body = """
    const n = 100000, xs = Float64Array.from({length: n}, (_, k) => k), ys = new Float64Array(n).fill(1);
    ys[54321] = 7; ys[54322] = -5;
    const out = new Float32Array(2 * n);
    const points = m.decimate(xs, ys, n, x => x / 250, y => y, out);
    const drawn = Array.from({length: points}, (_, k) => out[2 * k + 1]);
    return [points, Math.max(...drawn), Math.min(...drawn), out[0], out[2 * points - 2]];"""
    points, greatest, least, first, last = run("decimate", body)
    assert points <= 4 * 401
    assert (greatest, least) == (7, -5)
    assert (first, last) == pytest.approx((0, 99999 / 250), abs=1e-3)


def test_few_points_are_drawn_as_they_are(run: Any) -> None:
    body = """
    const out = new Float32Array(8);
    return [m.decimate([0, 1, 2, 3], [4, 5, NaN, 7], 4, x => 10 * x, y => y, out), ...out];"""
    assert run("decimate", body) == [3, 0, 4, 10, 5, 30, 7, 0, 0]


def test_the_playhead_keeps_the_rate_over_jittery_chunks(run: Any) -> None:
    body = """
    const head = new m.Playhead(); const frames = [];
    for (let now = 0; now <= 3000; now += 1000 / 60) {
      const arrived = 4 * Math.floor((now + 25 * Math.sin(now)) * 0.06 / 4) + 3;
      frames.push(head.advance(now, {arrived, speed: 1, complete: false}));
    }
    const steps = frames.slice(1).map((frame, k) => frame - frames[k]);
    return [frames.at(-1), Math.min(...steps), Math.max(...steps), steps.slice(60).filter(step => step === 0).length];"""
    last, least, most, stalls = run("playhead", body)
    assert 165 <= last <= 180
    assert least == 0
    assert most <= 2  # it never leaps to make up for a late chunk
    assert stalls <= 30  # of 120


def test_the_playhead_catches_up_when_far_behind_and_never_runs_ahead(run: Any) -> None:
    body = """
    const head = new m.Playhead(); let now = 0; const seen = [];
    for (let k = 0; k < 120; k += 1) seen.push(head.advance(now += 16.7, {arrived: 3000 + k, speed: 1, complete: false}));
    return [seen.at(-1), seen.every((frame, k) => frame <= 3000 + k)];"""
    last, behind = run("playhead", body)
    assert last > 2800
    assert behind


def test_a_frozen_playhead_moves_by_steps_only(run: Any) -> None:
    body = """
    const head = new m.Playhead(); let now = 0;
    const go = arrived => head.advance(now += 16.7, {arrived, speed: 1, complete: false});
    for (let k = 0; k < 30; k += 1) go(40);
    head.freeze(); const at = go(60); go(80);
    const still = head.frame; head.step(); const one = go(80);
    head.step(); head.step(); const three = go(80);
    head.thaw(); for (let k = 0; k < 10; k += 1) go(120);
    return [still - at, one - at, three - at, head.frame > at + 6];"""
    assert run("playhead", body) == [0, 1, 3, True]


def test_a_step_beyond_what_has_arrived_is_taken_when_it_arrives(run: Any) -> None:
    body = """
    const head = new m.Playhead(); head.position = 9; head.freeze(); const wanted = head.step();
    const before = head.advance(10, {arrived: 9, speed: 1, complete: false});
    return [wanted, before, head.advance(20, {arrived: 13, speed: 1, complete: false})];"""
    assert run("playhead", body) == [10, 9, 10]


def test_the_store_counts_gaps_passes_over_repeats_and_knows_what_is_drawn(run: Any) -> None:
    body = """
    const store = new m.Store({lanes: [{lane: 0, solver: 0, name: 'a', seed: 0}, {lane: 1, solver: 1, name: 'b', seed: 0}]});
    const scalar = {row: row => row, lane: row => row % 2, frame: row => row >> 1};
    const batch = rows => ({
      count: rows.length, status: () => 'running',
      lists: {outputs: k => [rows[k], 0, 1], theta: () => null, eigenvalues: () => [1]},
      scalars: new Proxy({}, {get: (_, name) => rows.map(scalar[name] ?? (() => 0.5))}),
    });
    store.append(batch([0, 1, 2, 3]));
    store.append(batch([2, 3, 4, 5]));
    const clean = store.gaps;
    store.append(batch([8, 9]));
    const [first, second] = store.lanes;
    return [clean, store.gaps, store.next, store.head, store.drawn(1), store.drawn(-1), store.drawn(99), first.count, second.upTo(2),
      Array.from(first.columns.outputs.view(2))];"""
    assert run("store", body) == [0, 1, 10, 4, 4, 0, 10, 4, 3, [0, 0, 1, 2, 0, 1]]


def test_a_column_grows_and_thins(run: Any) -> None:
    body = """
    const column = new m.Column(2); for (let k = 0; k < 5000; k += 1) column.push([k, -k]);
    const same = column.view().every((value, k) => value === (k % 2 ? -(k >> 1) : k >> 1)); column.thin();
    return [same, column.count, column.data[2], column.data[2 * 2499]];"""
    assert run("store", body) == [True, 2500, 2, 4998]


def test_labels_never_overlap_while_there_is_room(run: Any) -> None:
    body = """
    const labels = Array.from({length: 5}, (_, key) => ({key, x: 200 + key, y: 150, width: 90, height: 15}));
    const placed = m.placeLabels(labels, [{x: 194, y: 144, width: 16, height: 12}], {width: 500, height: 400}, new Map());
    let clashes = 0;
    const clash = (a, b) => Math.abs(a.y - b.y) < 15 && a.x < b.x + 90 && b.x < a.x + 90;
    for (const a of placed) for (const b of placed) if (a !== b && clash(a, b)) clashes += 1;
    return clashes;"""
    assert run("label", body) == 0


def test_a_label_stays_where_it_was_while_it_fits(run: Any) -> None:
    body = """
    const memory = new Map(); const frame = {width: 500, height: 400};
    const at = x => m.placeLabels([{key: 1, x, y: 200, width: 90, height: 15}], [], frame, memory)[0].x - x;
    return [at(385), at(380), at(300), at(420), at(300)].map(Math.round);"""
    right, near, middle, edge, back = run("label", body)
    assert right == near == middle
    assert edge < 0
    assert back == edge


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("ρ = e^{−t}", [["", "ρ = e"], ["^", "−t"]]),
        ("f(x_1)", [["", "f(x"], ["_", "1"], ["", ")"]]),
        ("gauss_newton", [["", "gauss_newton"]]),
        ("", [["", ""]]),
    ],
)
def test_subscripts_and_superscripts_in_names(run: Any, text: str, parts: list[list[str]]) -> None:
    assert run("mark", f"return m.parts({text!r}).map(part => [part.mark, part.text]);") == parts


def test_the_address_round_trips_and_a_broken_one_opens_the_default(run: Any) -> None:
    body = """
    const spec = {title: 'ρ → 0', solvers: [{name: 'α'}]};
    m.writeAddress({preset: 'pair', spec, hide: new Set([2, 0]), theme: 'dark', speed: 4});
    const back = m.readAddress();
    return [back.preset, back.spec, [...back.hide], back.theme, back.speed, Object.keys(m.readAddress('?spec=%%%&speed=2'))];"""
    assert run("url", body) == ["pair", {"title": "ρ → 0", "solvers": [{"name": "α"}]}, [0, 2], "dark", 4, ["speed"]]
