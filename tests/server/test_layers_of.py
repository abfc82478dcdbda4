"""GET /api/runs/{id}/layers: the engine's answer as JSON, and one sentence where there is none."""

import flowscope as fs
import pytest

from .client import Client, spec


def test_the_layers_are_the_engine_s(client: Client) -> None:
    value = fs.preset("layerwise").spec
    run = client.create(value.model_dump(mode="json", serialize_as_any=True))
    answer = client.http.get(f"/api/runs/{run}/layers", params={"lane": 2, "frame": 4})
    assert answer.status_code == 200, answer.text
    told, meant = answer.json(), fs.layers_at(value, 2, 0, 4)
    assert told["widths"] == [1, 4, 3, 1] and told["eta"] == pytest.approx(1 / 3)
    assert told["coupling"] == meant.portrait.coupling.tolist()
    assert [each["condition"] for each in told["layers"]] == [each.condition for each in meant.portrait.layers]
    assert all(each["metric"] is None for each in told["layers"]), "no layer of it has two outputs"


@pytest.mark.parametrize(("query", "sentence"), [({"lane": 99, "frame": 0}, "lane: expected"), ({"lane": 0}, "frame")])
def test_a_wrong_place_is_answered_with_one_sentence(client: Client, query: dict[str, int], sentence: str) -> None:
    run = client.create(fs.preset("layerwise").spec.model_dump(mode="json", serialize_as_any=True))
    answer = client.http.get(f"/api/runs/{run}/layers", params=query)
    assert answer.status_code == 422 and sentence in answer.json()["detail"]


def test_a_network_without_layers_says_so(client: Client) -> None:
    run = client.create(spec())
    answer = client.http.get(f"/api/runs/{run}/layers", params={"lane": 0, "frame": 0})
    assert answer.status_code == 422 and "a network of layers" in answer.json()["detail"]
