"""Solver parts of other packages: found, held against the referee, raced or refused. Each case is a package in a
directory of its own.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ..package import installed

GOOD = """
from typing import Literal
import torch
from flowscope.flow.flow import Flow
from flowscope.optimizer.first_order import FirstOrder
from flowscope.component import Component


class Signed(Flow):
    "θ' = −∇L/‖∇L‖: gradient flow at unit speed."
    kind: Literal["unit_speed"] = "unit_speed"

    def rho(self, at, time, start):
        return torch.ones_like(time)

    @staticmethod
    def velocity(at, rho, start):
        return -at.gradient / at.gradient.norm(dim=1, keepdim=True).clamp_min(1e-12)

    def rate(self, at, rho):
        return at.eigenvalues / at.gradient.norm(dim=1, keepdim=True)

    @staticmethod
    def tally():
        return torch.tensor([1, 0, 0, 1, 0])

    @staticmethod
    def prepare(at):
        pass


class Half(Component):
    "ρ = ½ at every time."
    kind: Literal["half"] = "half"

    def rho_at(self, at, time, start):
        return torch.full_like(time, 0.5)


class Downhill(FirstOrder):
    "θ ← θ − η∇L."
    kind: Literal["downhill"] = "downhill"

    def start(self, theta, matrices):
        return ()

    def move(self, k, theta, gradient, state, matrices):
        return theta - self.eta * gradient, ()
"""
BROKEN = GOOD.replace("return -at.gradient /", "return at.gradient /")  # uphill
CLAIMING = GOOD.replace('    kind: Literal["unit_speed"]', '    is_gradient = True\n    kind: Literal["unit_speed"]')
DRIFTING = GOOD.replace("torch.full_like(time, 0.5)", "torch.full_like(time, 1.5)")
MIXING = GOOD.replace("/ at.gradient.norm(dim=1, keepdim=True)", "/ at.gradient.norm()")  # lanes feel each other
BOASTING = GOOD.replace("return at.eigenvalues /", "return 2 * at.eigenvalues /")
PICKY = GOOD.replace(
    "    def rho(",
    """    def check(self, spec):
        if spec.outputs > spec.network.parameters:
            yield "", "as many parameters as outputs", f"{spec.network.parameters} for {spec.outputs}"

    def rho(""",
).replace(
    "    def rho_at(",
    """    def check(self, spec):
        if spec.problem.samples > 2:
            yield "kind", "a damping for more than two samples", self.kind
            raise AssertionError("only the first objection is asked for")

    def rho_at(""",
)
POINTS = "[flowscope.solvers]\nunit = tiny:Signed\nhalf = tiny:Half\ndown = tiny:Downhill\n"
ASK = """
import json, sys
import flowscope as fs
problem = {"kind": "points", "inputs": [[-1.0], [0.5], [1.0]], "targets": [[0.2], [0.1], [-0.3]]}
def solver(kind, **rest): return {"name": kind, "flow": {"kind": kind, **rest}}
specs = {
    "alone": [solver("unit_speed")],
    "race": [solver("unit_speed"), solver("gradient"), solver("gauss_newton", damping={"kind": "half"}),
             {"name": "down", "optimizer": {"kind": "downhill"}}],
    "damped": [solver("gauss_newton", damping={"kind": "half"}), solver("gradient")],
}
told = {"verdicts": fs.verdicts(), "schema": json.dumps(fs.spec_schema())}
for name, solvers in specs.items():
    value = {"problem": problem, "network": {"kind": "neuron"}, "solvers": solvers, "horizon": 0.2}
    try:
        recording = fs.run(fs.parse_spec(value))
        told[name] = [lane.status.word for lane in recording.lanes]
        told[name + " rows"] = recording.to_table().select(
            ["lane", "rates", "eigenvalues", "gradient_norm"]).to_pylist()
    except fs.SpecError as error:
        told[name] = str(error)
print(json.dumps(told))
"""


def ask(folder: Path, module: str, points: str = POINTS) -> dict[str, Any]:
    """What an interpreter says in which a package `tiny 1.0` is installed."""
    path = installed(folder, module, points)
    done = subprocess.run(
        [sys.executable, "-c", ASK], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def fault(told: dict[str, Any], kind: str) -> str:
    return next(each["fault"] for each in told["verdicts"] if each["kind"] == kind)


def test_a_package_brings_a_flow_a_damping_and_an_optimizer_that_race(tmp_path: Path) -> None:
    told = ask(tmp_path, GOOD)
    assert [(each["kind"], each["family"], each["package"], each["fault"]) for each in told["verdicts"]] == [
        ("downhill", "optimizer", "tiny 1.0", ""),
        ("half", "damping", "tiny 1.0", ""),
        ("unit_speed", "flow", "tiny 1.0", ""),
    ]
    assert all(f'"{kind}"' in told["schema"] for kind in ("downhill", "half", "unit_speed"))
    assert told["race"] == ["horizon"] * 4


def test_a_flow_of_a_package_brings_the_rates_that_theory_has_for_it(tmp_path: Path) -> None:
    rows = ask(tmp_path, GOOD)["race rows"]
    own = [row for row in rows if row["lane"] == 0]
    assert len(own) == 5 and own[0]["eigenvalues"][0] > 2 * own[0]["eigenvalues"][1]
    for row in own:
        assert row["rates"] == pytest.approx([λ / row["gradient_norm"] for λ in row["eigenvalues"]], rel=1e-12)
    assert all(row["rates"] == row["eigenvalues"] for row in rows if row["lane"] == 1)
    assert all(row["rates"] is None for row in rows if row["lane"] == 3), "an optimizer"


def test_a_flow_that_goes_uphill_may_run_alone_but_not_race(tmp_path: Path) -> None:
    told = ask(tmp_path, BROKEN)
    assert "⟨∇L, θ'⟩ ≤ 0" in fault(told, "unit_speed")
    assert told["alone"] == ["climbed"], "its method promises descent"
    came = "one that fails at descent (`fs.verdicts()`)"
    assert (
        told["race"]
        == f"solvers.0.flow: expected a method that the referee has passed, in a run with others, came {came}"
    )
    assert told["damped"] == ["horizon", "horizon"]


@pytest.mark.parametrize(
    ("module", "kind", "said"),
    [
        (CLAIMING, "unit_speed", "gradient: "),
        (DRIFTING, "half", "ρ: "),
        (MIXING, "unit_speed", "lanes: "),
        (BOASTING, "unit_speed", "rate: "),
    ],
)
def test_the_referee_holds_each_part_to_what_it_claims(module: str, kind: str, said: str, tmp_path: Path) -> None:
    told = ask(tmp_path, module)
    assert fault(told, kind).startswith(said)
    assert isinstance(told["race"], str)


def test_a_part_of_a_package_objects_as_those_of_flowscope_do(tmp_path: Path) -> None:
    told = ask(tmp_path, PICKY)
    assert told["alone"] == "solvers.0.flow: expected as many parameters as outputs, came 2 for 3"
    assert told["damped"] == "solvers.0.flow.damping.kind: expected a damping for more than two samples, came 'half'"
    assert fault(told, "unit_speed") == ""
    objects = "expected a damping for more than two samples, came half"
    assert fault(told, "half") == f"bench: {objects}; {objects}", "on either bench"


def test_what_cannot_be_loaded_is_told_and_stops_nothing(tmp_path: Path) -> None:
    told = ask(tmp_path, GOOD, POINTS + "gone = tiny:Nothing\nodd = tiny:torch\n")
    faults = {each["name"]: each["fault"] for each in told["verdicts"] if not each["kind"]}
    assert faults["gone"].startswith("it cannot be loaded (AttributeError")
    assert faults["odd"].startswith("expected a class of a flow, a damping or an optimizer")
    assert told["race"] == ["horizon"] * 4


def test_a_kind_that_is_taken_is_no_other_part(tmp_path: Path) -> None:
    told = ask(tmp_path, GOOD.replace('"unit_speed"', '"gradient"'))
    assert "'gradient', which is taken" in next(each["fault"] for each in told["verdicts"] if each["name"] == "unit")
