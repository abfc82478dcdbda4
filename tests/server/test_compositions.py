"""POST /api/compositions: the engine's answer as JSON, and one sentence where an assembly is wrong."""

import flowscope as fs

from .client import Client

LOOP = {
    "modules": [{"rate": 1.0}, {"rate": 2.0, "bend": 1.0}],
    "wires": [{"source": 0, "target": 1, "form": "skew", "gain": 3.0}],
}


def test_the_answer_is_the_engine_s(client: Client) -> None:
    answer = client.http.post("/api/compositions", json=LOOP)
    assert answer.status_code == 200, answer.text
    told, meant = answer.json(), fs.module.Assembly.model_validate(LOOP).composed()
    assert told["predicted"] == meant.predicted == 1.0
    assert told["sampled"] == {"rate": meant.sampled.rate, "points": meant.sampled.points}
    assert told["seen"] == {"rate": meant.seen.rate, "points": meant.seen.points}
    assert told["distance"] == meant.distance.tolist() and told["parts"] == meant.parts.tolist()


def test_a_wrong_assembly_is_answered_with_one_sentence(client: Client) -> None:
    wrong = LOOP | {"wires": [{"source": 0, "target": 7}]}
    answer = client.http.post("/api/compositions", json=wrong)
    assert answer.status_code == 422
    assert answer.json()["detail"] == "wires.0.target: expected one of the modules 0 to 1, came 7"
