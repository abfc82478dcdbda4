"""The page's copy of the contract, and the documents that describe it, against the engine and the server."""

import re
import runpy
from pathlib import Path

import flowscope as fs

ROOT = Path(__file__).parent.parent


def test_the_pages_contract_is_the_generated_one() -> None:
    script = runpy.run_path(str(ROOT / "scripts/contract.py"))
    assert script["PLACE"].read_text(encoding="utf-8") == script["text"](), "run `make contract`"


def test_the_wire_document_names_every_column_and_status() -> None:
    wire = (ROOT / "docs/wire.md").read_text(encoding="utf-8")
    for column in fs.frame_columns():
        assert f"`{column['name']}`" in wire, column["name"]
    for status in fs.Status:
        assert f"`{status.word}`" in wire, status.word


def test_every_solver_part_has_its_page() -> None:
    """docs/solvers.md holds the formula, the assumption and the cost of each flow, damping and integrator."""
    pages = (ROOT / "docs/solvers.md").read_text(encoding="utf-8")
    kinds = re.findall(r'"const": "([a-z_0-9]+)"', fs.spec_schema().__repr__().replace("'", '"'))
    protocols = {"equal_time", "same_step", "best_step", "equal_cost"}
    named = {kind for kind in kinds if kind not in {"teacher", "points", "point", "random"} | protocols}
    assert named >= {"gradient", "gauss_newton", "smallest_eigenvalue", "dormand_prince"}
    for kind in named:
        assert f"`{kind}`" in pages, kind
    pages = (ROOT / "docs/protocols.md").read_text(encoding="utf-8")
    for kind in protocols:
        assert f"| `{kind}` |" in pages, kind


def test_every_common_mistake_names_a_test_that_exists() -> None:
    table = (ROOT / "docs/mistakes.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", table)
    assert len(named) >= 16
    for file, test in named:
        assert not test or f"def {test}(" in (ROOT / file).read_text(encoding="utf-8"), f"{file}::{test}"
