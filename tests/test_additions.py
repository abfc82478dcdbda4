"""What CONTRIBUTING says of adding a part: each is added to a copy of the engine by the files that are named, and runs.

A probe with its panel is added in tests/browser/test_signed.py.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flowscope
import pytest

ENGINE = Path(str(flowscope.__file__)).parent
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Addition:
    """What is put before a line of a file, file by file; a script that tells of it, and what it tells."""

    edits: dict[str, dict[str, str]]
    script: str
    told: Any


RUN = """
import json
import flowscope as fs
def solve(solver, loss=fs.Squares()):
    problem = fs.Points(inputs=((-1.0,), (0.5,), (1.0,)), targets=((0.2,), (0.1,), (-0.3,)), loss=loss)
    spec = fs.RunSpec(problem=problem, network=fs.Neuron(), start=fs.Point(parameters=(0.3, -0.7)), solvers=(solver,),
        horizon=0.5, interval=0.1)
    spec = fs.parse_spec_json(spec.model_dump_json())
    return [row["loss"] for row in fs.run(spec).to_table().to_pylist()]
"""
ADDITIONS = {
    "damping": Addition(
        {
            "flow/damping.py": {
                "AnyDamping = ": (
                    'class Halved(Component):\n    """ρ_t = ½."""\n\n    kind: Literal["halved"] = "halved"\n\n'
                    "    def rho_at(self, at: Linearization, time: Tensor, start: Start) -> Tensor:\n"
                    "        return torch.full_like(time, 0.5)\n\n\n"
                ),
                "    | SmallestEigenvalue\n": "    | Halved\n",
            }
        },
        RUN + "from flowscope.flow.damping import Halved\n"
        "dampings = Halved(), fs.Constant(rho=0.5)\n"
        "one, two = (solve(fs.Solver('d', fs.GaussNewton(damping=each))) for each in dampings)\n"
        "print(json.dumps([one == two, fs.referee(Halved()).fault, 'halved' in json.dumps(fs.spec_schema())]))",
        [True, "", True],
    ),
    "optimizer": Addition(
        {
            "optimizer/first_order.py": {
                "class HeavyBall(": (
                    'class Halving(FirstOrder):\n    """θ ← θ − ½η∇L."""\n\n'
                    '    kind: Literal["halving"] = "halving"\n\n'
                    "    def start(self, theta: Tensor, matrices: Sequence[Matrix]) -> State:\n        return ()\n\n"
                    "    def move(\n        self, k: Tensor, theta: Tensor, gradient: Tensor, state: State,"
                    " matrices: Sequence[Matrix]\n    ) -> tuple[Tensor, State]:\n"
                    "        return theta - 0.5 * self.eta * gradient, ()\n\n\n"
                )
            },
            "run/spec.py": {
                "AnyOptimizer = Annotated": "from ..optimizer.first_order import Halving\n\n",
                "    | HeavyBall\n": "    | Halving\n",
            },
        },
        RUN + "from flowscope.optimizer.first_order import Halving\n"
        "one = solve(fs.Solver('d', Halving(eta=0.1)))\n"
        "told = [len(one), one[-1] < one[0], fs.referee(Halving()).fault]\n"
        "print(json.dumps([*told, 'halving' in json.dumps(fs.spec_schema())]))",
        [6, True, "", True],
    ),
    "loss": Addition(
        {
            "problem/loss.py": {
                "AnyLoss = ": (
                    'class Doubled(Elementwise):\n    """g = Σ (f − y)²: twice the loss of squares."""\n\n'
                    '    kind: Literal["doubled"] = "doubled"\n\n'
                    "    def value(self, f: Tensor, y: Tensor) -> Tensor:\n"
                    "        return (f - y).square().sum((-2, -1))\n\n"
                    "    def cotangent(self, f: Tensor, y: Tensor) -> Tensor:\n        return 2.0 * (f - y)\n\n"
                    "    def second(self, f: Tensor, y: Tensor) -> Tensor:\n        return torch.full_like(f, 2.0)\n\n"
                    "    def minimiser(self, y: Tensor) -> Tensor:\n        return y\n\n\n"
                ),
                " | LogCosh, Field": " | Doubled",
            }
        },
        RUN + "from flowscope.problem.loss import Doubled\n"
        "one, two = (solve(fs.Solver('g', fs.Gradient()), each) for each in (Doubled(), fs.Squares()))\n"
        "print(json.dumps([one[0] / two[0], one[-1] < two[-1] * 2, fs.referee(Doubled()).fault]))",
        [2.0, True, ""],
    ),
    "preset": Addition(
        {
            "preset/mechanism.py": {
                '    Preset("stiff", ': (
                    '    Preset("added", "Mechanisms", _saddle("A saddle, once more", 1.02), expected("P9")),\n'
                )
            }
        },
        "import json\nimport flowscope as fs\n"
        "print(json.dumps([[row['verdict'] for row in fs.check(['added']) if row['id'] == 'P9'], "
        "len(fs.run(fs.preset('added').spec).lanes)]))",
        [["holds"], 2],
    ),
    "prediction": Addition(
        {
            "prediction/rate.py": {
                '    Prediction(\n        "P9",': (
                    '    Prediction(\n        "P99",\n        "the loss of gradient flow never rises",\n'
                    '        "none",\n        Tolerance(1e-12, "rounding"),\n        lambda subject: None,\n'
                    "        lambda subject: Outcome(\n            0.0,\n"
                    '            worst := float(np.max(np.diff(subject.lane(subject.gradient)[0]["loss"]))),\n'
                    '            max(worst, 0.0),\n            "the greatest rise",\n        ),\n    ),\n'
                )
            },
            "preset/mechanism.py": {"P1 P2 P9 P11": "P99 "},
        },
        "import json\nimport flowscope as fs\n"
        "print(json.dumps(sorted({row['verdict'] for row in fs.check(['past-saddle']) if row['id'] == 'P99'})))",
        ["holds"],
    ),
}


def added(text: str, before: str, new: str) -> str:
    """A text with `new` before the one place where `before` stands."""
    assert text.count(before) == 1, f"{before!r} stands {text.count(before)} times"
    return text.replace(before, new + before)


@pytest.mark.parametrize("part", ADDITIONS)
def test_a_part_runs_once_the_named_files_have_it(part: str, tmp_path: Path) -> None:
    addition = ADDITIONS[part]
    shutil.copytree(ENGINE, tmp_path / "flowscope", ignore=shutil.ignore_patterns("__pycache__"))
    for name, edits in addition.edits.items():
        file = tmp_path / "flowscope" / name
        text = file.read_text(encoding="utf-8")
        for before, new in edits.items():
            text = added(text, before, new)
        file.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", addition.script],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == addition.told


@pytest.mark.parametrize("part", ADDITIONS)
def test_the_guide_counts_the_files_that_it_takes(part: str) -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    row = re.search(rf"^\| {part} \|.*\| (\d+), (\d+) \|$", guide, re.M)
    assert row
    assert int(row[1]) == len(ADDITIONS[part].edits)
