"""What the page knows of the engine: the generated contract (JSON schema of a spec, statuses, presets), read from package data."""

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Contract:
    """`spec` is the JSON schema of a run; `statuses` name → sentence; `presets` are `{"name", "title", "spec"}`, the default first."""

    spec: dict[str, Any]
    statuses: dict[str, str]
    presets: list[dict[str, Any]]


def parse_contract(document: dict[str, Any]) -> Contract:
    """The contract in a document `{"schema": {"spec", "statuses", …}, "presets"}`."""
    return Contract(document["schema"]["spec"], document["schema"]["statuses"], document["presets"])


def read_contract() -> Contract:
    """The contract that this version was built with."""
    return parse_contract(json.loads(_read("contract.json")))


def read_text() -> dict[str, Any]:
    """Every sentence of the page, from its one file."""
    return json.loads(_read("text.json"))


def _read(name: str) -> str:
    return (files(__package__ or "flowscope_ui") / name).read_text(encoding="utf-8")
