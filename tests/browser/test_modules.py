"""The pure modules, each alone in the browser that will run it."""

import json
from itertools import pairwise
from typing import Any

import pytest
from flowscope_ui.page import LIBRARIES
from playwright.sync_api import Page


@pytest.fixture
def run(page: Page, server: str) -> Any:
    """Evaluates a function body with a module as `m`."""
    page.goto("/api/health")  # a document of the server without the page in it
    libraries = {"imports": {name: f"/assets/{path}" for name, path in LIBRARIES.items()}}
    page.add_script_tag(type="importmap", content=json.dumps(libraries))

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
    points, greatest, least, first, last = run("canvas/decimate", body)
    assert points <= 4 * 401
    assert (greatest, least) == (7, -5)
    assert (first, last) == pytest.approx((0, 99999 / 250), abs=1e-3)


def test_few_points_are_drawn_as_they_are(run: Any) -> None:
    body = """
    const out = new Float32Array(8);
    return [m.decimate([0, 1, 2, 3], [4, 5, NaN, 7], 4, x => 10 * x, y => y, out), ...out];"""
    assert run("canvas/decimate", body) == [3, 0, 4, 10, 5, 30, 7, 0, 0]


def test_a_curve_that_grows_is_the_curve_that_came_at_once(run: Any) -> None:
    """400 random curves with gaps, zeros and spikes, whose rows come in pieces of random length."""
    body = """
    let seed = 1; const random = () => (seed = (48271 * seed) % 2147483647) / 2147483647;
    const toY = value => value > 1e-3 ? -Math.log10(value) : NaN;
    for (let trial = 0; trial < 400; trial += 1) {
      const n = 1 + Math.floor(300 * random()), share = 0.05 + random();
      const xs = Float64Array.from({length: n}, (_, k) => k), toX = x => share * x;
      const drawn = () => { const u = random(); return u < 0.1 ? NaN : u < 0.2 ? 0 : 10 ** (5 * random() - 4); };
      const data = Float64Array.from({length: 2 * n}, drawn), source = {data, width: 2, offset: 1};
      const next = () => 1 + Math.floor(20 * random());
      const whole = m.whole(xs, source, n, toX, toY), grown = new m.Decimation();
      let [points, count] = [0, 0];
      while (count < n) points = grown.extend(xs, source, count = Math.min(n, count + next()), toX, toY);
      if (points !== whole.points) return trial;
      if (!grown.out.subarray(0, 2 * points).every((each, k) => each === whole.curve.out[k])) return trial;
    }
    return "all";"""
    assert run("canvas/decimate", body) == "all"


def test_boxes_along_a_line_that_grows_are_those_of_the_line_that_came_at_once(run: Any) -> None:
    """200 random walks, of which the last three points may still move; and none of the boxes is far from its
    neighbour.
    """
    body = """
    let seed = 1; const random = () => (seed = (48271 * seed) % 2147483647) / 2147483647;
    for (let trial = 0; trial < 200; trial += 1) {
      const n = 5 + Math.floor(200 * random()), points = [];
      let [x, y] = [100, 100];
      for (let k = 0; k < n; k += 1) points.push(x += 12 * (random() - 0.3) * (random() < 0.05 ? 20 : 1),
        y += 12 * (random() - 0.5));
      const grown = new m.Beads(9);
      for (let fixed = 0; fixed + 3 < n; fixed = Math.min(n - 3, fixed + Math.floor(15 * random()) + 1)) {
        grown.along([...points.slice(0, 2 * fixed), 1e3 * random(), 50, 7, 7, 9, 1], fixed + 3, fixed);
      }
      const [slow, once] = [grown.along(points, n, n - 3), new m.Beads(9).along(points, n)];
      if (JSON.stringify(slow) !== JSON.stringify(once) || once.length < 2) return trial;
      if (once.some((box, k) => k && Math.hypot(box.x - once[k - 1].x, box.y - once[k - 1].y) < 8.99)) return trial;
      if (once.some((box, k) => k && Math.hypot(box.x - once[k - 1].x, box.y - once[k - 1].y) > 30)) return trial;
    }
    return "all";"""
    assert run("canvas/label", body) == "all"


def test_the_playhead_keeps_the_rate_over_jittery_chunks(run: Any) -> None:
    body = """
    const head = new m.Playhead(); const frames = [];
    for (let now = 0; now <= 3000; now += 1000 / 60) {
      const arrived = 4 * Math.floor((now + 25 * Math.sin(now)) * 0.06 / 4) + 3;
      frames.push(head.advance(now, {arrived, speed: 1, complete: false}));
    }
    const steps = frames.slice(1).map((frame, k) => frame - frames[k]);
    return [frames.at(-1), Math.min(...steps), Math.max(...steps), steps.slice(60).filter(step =>
      step === 0).length];"""
    last, least, most, stalls = run("stream/playhead", body)
    assert 165 <= last <= 180
    assert least == 0
    assert most <= 2  # it never leaps to make up for a late chunk
    assert stalls <= 30  # of 120


def test_the_playhead_catches_up_when_far_behind_and_never_runs_ahead(run: Any) -> None:
    body = """
    const head = new m.Playhead(); let now = 0; const seen = [];
    for (let k = 0; k < 120; k += 1) seen.push(head.advance(now += 16.7, {arrived: 3000 + k, speed: 1,
      complete: false}));
    return [seen.at(-1), seen.every((frame, k) => frame <= 3000 + k)];"""
    last, behind = run("stream/playhead", body)
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
    assert run("stream/playhead", body) == [0, 1, 3, True]


def test_a_step_beyond_what_has_arrived_is_taken_when_it_arrives(run: Any) -> None:
    body = """
    const head = new m.Playhead(); head.position = 9; head.freeze(); const wanted = head.step();
    const before = head.advance(10, {arrived: 9, speed: 1, complete: false});
    return [wanted, before, head.advance(20, {arrived: 13, speed: 1, complete: false})];"""
    assert run("stream/playhead", body) == [10, 9, 10]


def test_the_store_counts_gaps_passes_over_repeats_and_knows_what_is_drawn(run: Any) -> None:
    body = """
    const store = new m.Store({lanes: [{lane: 0, solver: 0, name: 'a', seed: 0}, {lane: 1, solver: 1, name: 'b',
      seed: 0}]});
    const scalar = {row: row => row, lane: row => row % 2, frame: row => row >> 1};
    const batch = rows => ({
      count: rows.length, status: () => 'running',
      lists: {outputs: k => [rows[k], 0, 1], eigenvalues: () => [1], theta: () => null},
      scalars: Object.fromEntries(['row', 'lane', 'frame', 'time', 'loss'].map(name =>
        [name, rows.map(scalar[name] ?? (() => 0.5))])),
    });
    store.append(batch([0, 1, 2, 3]));
    store.append(batch([2, 3, 4, 5]));
    const clean = store.gaps;
    store.append(batch([8, 9]));
    const [first, second] = store.lanes;
    return [clean, store.gaps, store.next, store.head, store.drawn(1), store.drawn(-1), store.drawn(99), first.count,
      second.upTo(2),
      Array.from(first.columns.outputs.view(2))];"""
    assert run("stream/store", body) == [0, 1, 10, 4, 4, 0, 10, 4, 3, [0, 0, 1, 2, 0, 1]]


def test_a_column_grows_and_thins(run: Any) -> None:
    body = """
    const column = new m.Column(2); for (let k = 0; k < 5000; k += 1) column.push([k, -k]);
    const same = column.view().every((value, k) => value === (k % 2 ? -(k >> 1) : k >> 1)); column.thin();
    return [same, column.count, column.data[2], column.data[2 * 2499]];"""
    assert run("stream/store", body) == [True, 2500, 2, 4998]


def test_labels_never_overlap_while_there_is_room(run: Any) -> None:
    body = """
    const labels = Array.from({length: 5}, (_, key) => ({key, x: 200 + key, y: 150, width: 90, height: 15}));
    const placed = m.placeLabels(labels, [{x: 194, y: 144, width: 16, height: 12}], {width: 500, height: 400},
      new Map());
    let clashes = 0;
    const clash = (a, b) => Math.abs(a.y - b.y) < 15 && a.x < b.x + 90 && b.x < a.x + 90;
    for (const a of placed) for (const b of placed) if (a !== b && clash(a, b)) clashes += 1;
    return clashes;"""
    assert run("canvas/label", body) == 0


def test_a_label_stays_where_it_was_while_it_fits(run: Any) -> None:
    body = """
    const memory = new Map(); const frame = {width: 500, height: 400};
    const at = x => m.placeLabels([{key: 1, x, y: 200, width: 90, height: 15}], [], frame, memory)[0].x - x;
    return [at(385), at(380), at(300), at(420), at(300)].map(Math.round);"""
    right, near, middle, edge, back = run("canvas/label", body)
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
    assert run("text/typeset", f"return m.parts({text!r}).map(part => [part.mark, part.text]);") == parts


def test_a_caption_is_broken_at_spaces_and_long_words_anywhere(run: Any) -> None:
    body = "return m.wrapped(['one two three', 'x'.repeat(25), 'a b c d e f'], 10, (text) => text.length, 3);"
    rows = run("export/caption", body)
    assert rows[:2] == ["one two", "three"] and all(len(row) <= 10 for row in rows)
    assert "".join(rows[2:]).startswith("x" * 25) and rows[-2:] == ["a b c d e", "f"]
    assert run("export/caption", "return m.wrapped(['a b c d e f'], 3, (text) => text.length, 2);") == ["a b", "c …"]


def test_a_table_becomes_csv_that_quotes_and_leaves_gaps(run: Any) -> None:
    body = """return m.csv({columns: ['curve', 't'], rows: [['a, "b"', 0.1], ['#c', NaN]]}, ['one\\ntwo']);"""
    assert run("stream/table", body) == '# one two\ncurve,t\n"a, ""b""",0.1\n"#c",\n'


def test_a_film_begins_at_the_first_frame_and_ends_at_the_newest(run: Any) -> None:
    frames = run("export/film", "return m.framesOf(1000, 61);")
    assert (frames[0], frames[-1], len(frames)) == (0, 1000, 61)
    assert {b - a for a, b in pairwise(frames)} <= {16, 17}
    assert run("export/film", "return m.framesOf(0, 1);") == [0]


def test_the_address_round_trips_and_a_broken_one_opens_the_default(run: Any) -> None:
    body = """
    const spec = {title: 'ρ → 0', solvers: [{name: 'α'}]};
    m.writeAddress({preset: 'pair', spec, hide: new Set([2, 0]), theme: 'dark', speed: 4});
    const back = m.readAddress();
    return [back.preset, back.spec, [...back.hide], back.theme, back.speed, m.readAddress('?spec=%%%&speed=2')];"""
    assert run("stream/address", body) == [
        "pair",
        {"title": "ρ → 0", "solvers": [{"name": "α"}]},
        [0, 2],
        "dark",
        4,
        {"lost": [["spec", "%%%"]], "speed": 2},
    ]


def test_contours_of_a_cone_are_circles_and_end_at_the_edge_of_the_grid(run: Any) -> None:
    body = """
    const side = 41, values = Float64Array.from({length: side * side}, (_, k) => Math.hypot(k % side - 20,
      Math.floor(k / side) - 20));
    return m.contourLines(values, {rows: side, columns: side}, [7, 24]);"""
    inner, outer = run("canvas/contour", body)
    assert len(inner["lines"]) == 1
    assert inner["lines"][0][0] == inner["lines"][0][-1]
    assert all(abs(((x - 20) ** 2 + (y - 20) ** 2) ** 0.5 - 7) < 0.03 for x, y in inner["lines"][0])
    assert len(outer["lines"]) == 4  # the circle of 24 leaves a grid of half width 20: an arc in each corner
    for line in outer["lines"]:
        assert all(abs(((x - 20) ** 2 + (y - 20) ** 2) ** 0.5 - 24) < 0.03 for x, y in line)
        assert all({0, 40} & {round(value, 9) for value in line[end]} for end in (0, -1))


def test_contours_pass_over_what_is_no_number(run: Any) -> None:
    body = """
    const values = Float64Array.from({length: 25}, (_, k) => k === 12 ? NaN : k % 5);
    return m.contourLines(values, {rows: 5, columns: 5}, [1.5])[0].lines.flat().every(point =>
      point.every(Number.isFinite));"""
    assert run("canvas/contour", body)


def test_levels_are_spaced_as_powers_of_ten(run: Any) -> None:
    levels = run("canvas/contour", "return m.logLevels([3e-5, 0.2, 7, NaN, 0]);")
    assert levels == sorted(levels)
    assert {1e-4, 1e-3, 1e-2, 0.1, 1} <= set(levels)
    assert all(3e-5 < level < 7 for level in levels)
    assert run("canvas/contour", "return m.logLevels([1, 1]);") == []


AXES = """
    const random = (seed => () => { seed = (seed * 1103515245 + 12345) % 2147483648; return seed / 2147483648 - 0.5;
    })(SEED);
    const n = 32, normal = () => random() + random() + random() + random();
    const start = Array.from({length: n}, normal), target = Array.from({length: n}, normal);
    const vectors = [0, 1, 2].map(k => Array.from({length: n}, (_, i) => i === k ? 1 : 0));
    const map = m.declaredMap(start, target, vectors), kept = new m.Keeping(map);
"""


@pytest.mark.parametrize("seed", range(1, 13))
def test_a_random_walk_triggers_the_warning(run: Any, seed: int) -> None:
    """A plane fitted to the path would show a Lissajous figure and keep most of its variance; a declared one says that
    it keeps little.
    """
    body = (
        AXES.replace("SEED", str(seed))
        + """
    const rows = 600, path = new Float64Array(rows * n); path.set(start);
    for (let k = n; k < path.length; k += 1) path[k] = path[k - n] + normal();
    kept.follow(path, rows);
    return [kept.misleads, kept.retained, kept.shrunk];"""
    )
    misleads, retained, shrunk = run("theory/linear", body)
    assert misleads
    assert retained < 0.5
    assert shrunk > 0.3


def test_a_straight_path_to_the_target_is_kept_whole(run: Any) -> None:
    body = (
        AXES.replace("SEED", "5")
        + """
    const rows = 200, share = k => 1 - Math.exp(-Math.floor(k / n) / 40);
    const path = Float64Array.from({length: rows * n}, (_, k) =>
      start[k % n] + share(k) * (target[k % n] - start[k % n]));
    kept.follow(path, 50); kept.follow(path, rows);
    const at = [0, 0]; m.mapped(map, target, 0, at);
    return [kept.misleads, kept.retained, kept.shrunk, at[0] - Math.hypot(...target.map((y, k) => y - start[k])),
      at[1]];"""
    )
    misleads, *numbers = run("theory/linear", body)
    assert not misleads
    assert numbers == pytest.approx([1, 0, 0, 0], abs=1e-12)


def test_the_axes_are_orthonormal_and_pass_over_a_mode_that_is_the_target_direction(run: Any) -> None:
    body = """
    const map = m.declaredMap([0, 0, 0], [2, 0, 0], [[1, 0, 0], [0.6, 0.8, 0], [0, 0, 1]]);
    return [map.mode, ...map.axes, m.declaredMap([0], [1], [[1]])];"""
    mode, first, second, none = run("theory/linear", body)
    assert mode == 1
    assert first == [1, 0, 0]
    assert second == pytest.approx([0, 1, 0])
    assert none is None


def test_a_tangent_plane_needs_two_directions(run: Any) -> None:
    body = """
    const flat = m.tangentAt([1, 0, 0, 1, 0, 0], [0, 0, 0], [1, 2, 3]);
    return [flat.projection, flat.normal, m.tangentAt([1, 2, 2, 4, 3, 6], [0, 0, 0], [1, 2, 3])];"""
    assert run("theory/tangent", body) == [[1, 2, 0], [0, 0, 1], None]


def test_metric_ellipses_are_the_balls_of_the_metric(run: Any) -> None:
    body = """
    const jacobian = [2, 1, 0, 0.5, 1, -1], axes = m.axesOf(jacobian, 0, 3);
    const points = m.ball(axes, [3, 4], 0.1, 1).flat();
    return points.map(([x, y]) => Math.hypot(...[0, 1, 2].map(row =>
      jacobian[2 * row] * (x - 3) + jacobian[2 * row + 1] * (y - 4))));"""
    assert run("canvas/ellipse", body) == pytest.approx([0.1] * 98, rel=1e-12)


def test_the_sheet_hides_what_is_behind_it_only(run: Any) -> None:
    body = """
    const positions = new Float32Array(75);
    for (let k = 0; k < 25; k += 1) positions.set([(k % 5) / 2 - 1, Math.floor(k / 5) / 2 - 1, 0], 3 * k);
    const depth = new m.Depth(positions, {rows: 5, columns: 5}, [{x: -2, y: -2, z: -2}, {x: 2, y: 2, z: 2}]);
    depth.look([0.4, 0, 0, 0, 0, 0.4, 0, 0, 0, 0, -0.5, 0, 0, 0, 0, 1], 200, 100);
    return [depth.hides(100, 50, 0.2), depth.hides(100, 50, -0.2), depth.hides(3, 3, 0.2), depth.hides(-5, 50, 0.2)];"""
    assert run("stage/depth", body) == [True, False, False, False]


def test_a_name_without_a_free_place_has_none_the_next_time_either(run: Any) -> None:
    """One place fits into the frame, and a box lies a pixel over it: less than the slack that a kept place is given."""
    body = """
    const memory = new Map(), label = {key: 1, x: 10, y: 15, width: 80, height: 15}, box = {x: 100, y: 0, width: 20,
      height: 40};
    const crowded = () => m.placeLabels([label], [box], {width: 106, height: 30}, memory)[0].crowded;
    const free = m.placeLabels([label], [], {width: 106, height: 30}, new Map())[0].crowded;
    return [free, crowded(), crowded(), crowded()];"""
    assert run("canvas/label", body) == [False, True, True, True]


def test_a_view_rests_while_its_heads_stay_within_a_quarter_of_a_pixel(run: Any) -> None:
    """From where it was drawn last, not from frame to frame; and not for longer than a quarter of a second."""
    body = """
    const motion = new m.Motion(), view = {}, drawn = [];
    for (let k = 0; k < 100; k += 1) {
      const heads = [0.1 * k, NaN];
      if (motion.rests(view, heads, 10 * k)) continue;
      motion.note(view, heads, 10 * k);
      drawn.push(k);
    }
    const late = new m.Motion(); late.note(view, [5], 0);
    const others = [[[5], 249], [[5], 250], [[5, 5], 10], [[NaN], 10]].map(([heads, now]) => late.rests(view, heads,
      now));
    return [drawn.slice(0, 4), ...others, late.rests({}, [5], 10)];"""
    assert run("canvas/motion", body) == [[0, 3, 6, 9], True, False, False, False, False]
