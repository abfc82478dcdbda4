"""What the page knows of the engine: the generated contract (JSON schema of a spec, statuses, presets), read from
package data.
"""

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Contract:
    """`spec` is the JSON schema of a run; `statuses` name → sentence; `presets` are `{"name", "group", "title",
    "verdicts", "slider", "spec"}`, the default first; `advice` is what a lane can be told at its end; `conventions` are
    the units of loss and clock; `cautions` and `refusals` are what choices are not good for; `extensions` are the
    solver parts of other packages, with what the referee says.
    """

    spec: dict[str, Any]
    statuses: dict[str, str]
    advice: list[str]
    presets: list[dict[str, Any]]
    conventions: dict[str, Any]
    cautions: dict[str, dict[str, str]]
    refusals: dict[str, dict[str, str]]
    extensions: list[dict[str, str]]


def parse_contract(document: dict[str, Any]) -> Contract:
    """The contract in a document `{"schema": {"spec", "statuses", …}, "presets"}`."""
    schema = document["schema"]
    told = (schema[name] for name in ("conventions", "cautions", "refusals", "extensions"))
    return Contract(schema["spec"], schema["statuses"], schema["advice"], document["presets"], *told)


def read_contract() -> Contract:
    """The contract that this version was built with."""
    return parse_contract(
        json.loads((files(__package__ or "flowscope_ui") / "contract.json").read_text(encoding="utf-8"))
    )
