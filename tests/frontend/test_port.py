"""What views ask for goes through one port: to the run that is followed, and to nobody else."""

import json
from pathlib import Path

from .test_scale import evaluated

PORT = Path(__file__).parents[2] / "frontend/flowscope_ui/assets/stream/port.mjs"


def test_questions_go_to_the_run_that_is_followed_last() -> None:
    asked = evaluated(
        f"""
        import {{ Port }} from {json.dumps(PORT.as_uri())};
        const asked = [];
        const api = new Proxy({{}}, {{ get: (_, name) => async (...values) => void asked.push([name, ...values]) }});
        const port = new Port(api, "nobody", {{}});
        const leaving = new AbortController();
        port.follow("one", new AbortController().signal);
        port.slice(0, 7);
        port.follow("two", leaving.signal);
        port.layers(1, 8);
        port.ground([0], [1]);
        port.function([0, 1], 9);
        leaving.abort();
        const told = asked.map((each) => each.map((value) => value instanceof AbortSignal ? value.aborted : value));
        """,
        "told",
    )
    assert asked == [
        ["slice", "one", 0, 7],
        ["layers", "two", 1, 8],
        ["ground", "two", [0], [1], True],
        ["function", "two", [0, 1], 9, True],
    ]


def test_a_composition_without_a_server_is_a_sentence() -> None:
    said = evaluated(
        f"""
        import {{ Port }} from {json.dumps(PORT.as_uri())};
        const port = new Port({{ compose: () => Promise.reject(new Error("no server")) }}, "nobody", {{}});
        """,
        "await port.compose({})",
    )
    assert said == {"sentence": "nobody"}
