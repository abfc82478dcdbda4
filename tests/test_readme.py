"""The README's promises: its commands are make targets, its map is the tree, its picture is there."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_its_commands_are_make_targets() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    commands = set(re.findall(r"\bmake ([a-z-]+)", README))
    assert {"run", "test"} <= commands <= targets


def test_the_map_names_folders_that_exist() -> None:
    for folder in re.findall(r"^([a-z_./]+/)\s", README, re.M):
        assert (ROOT / folder).is_dir(), folder


def test_its_pictures_and_links_are_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("http") or (ROOT / target).exists(), target


def test_the_compose_file_is_whole() -> None:
    """`docker compose config` where docker is at hand; no engine is needed for it."""
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert all(word in compose for word in ("server:", "frontend:", "healthcheck:"))
    try:
        done = subprocess.run(
            ["docker", "compose", "config", "--quiet"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    except FileNotFoundError:
        return
    assert done.returncode == 0 or "is not a docker command" in done.stderr or "unknown" in done.stderr, done.stderr


SEEN = """
import json
import flowscope as fs
from flowscope.prediction import PREDICTIONS, Subject
from flowscope_server import contract
from flowscope_ui.contract import parse_contract
from flowscope_ui.form import Form

def form(spec, path):
    document = json.loads(json.dumps({"schema": contract.schema(), "presets": contract.presets()}))
    node = Form(parse_contract(document).spec).node(path, spec)
    return {"kinds": [kind for kind, _ in node.kinds], "fields": [inner.path for inner in node.nodes]}

def judged(spec, name):
    return next(p for p in PREDICTIONS if p.id == name).judge(Subject("new", spec))
"""

ADDED = """

schema = fs.spec_schema()
spec = fs.preset("riemannian-flow").spec.model_dump(mode="json")
spec["solvers"] = [{"name": "new", "flow": {"kind": "gauss_newton", "damping": {"kind": "power_law", "power": 3.0}}}]
spec["horizon"], spec["interval"] = 2.0, 0.5
table = fs.run(fs.parse_spec(spec)).to_table()
told = {"schema": "power_law" in json.dumps(schema), "time": table["time"].to_pylist(), "rho": table["rho"].to_pylist()}
told["form"] = form(spec["solvers"][0]["flow"]["damping"], "solvers.0.flow.damping")
wide = fs.preset("segment").spec.model_dump(mode="json") | {"solvers": spec["solvers"]}
told["P9"] = judged(fs.parse_spec(wide), "P9")
print(json.dumps(told))
"""

FLOW = '''class Hesitant(Adapted):
    """θ' = −½J⁺r."""

    kind: Literal["hesitant"] = "hesitant"

    @staticmethod
    def velocity(at: Linearization, rho: Tensor, start: Start) -> Tensor:
        velocity = -0.5 * at.damped(rho)
        at.inverted = None
        return velocity


class StraightLine(Adapted):
'''

FOLLOWED = """
spec = fs.preset("segment").spec.model_dump(mode="json")
spec["solvers"] = [{"name": "new", "flow": {"kind": "hesitant"}}]
parsed = fs.parse_spec(spec)
table = fs.run(parsed).to_table()
verdicts = {item["id"]: item["verdict"] for item in fs.overlays(table, parsed)}
told = {"verdicts": verdicts, "P1": judged(parsed, "P1")["verdict"], "P4": judged(parsed, "P4")["verdict"]}
told |= {name: table[name].to_pylist() for name in ("time", "loss")}
told["schema"] = "hesitant" in json.dumps(fs.spec_schema())
print(json.dumps({**told, "form": form({"kind": "hesitant"}, "solvers.0.flow")}))
"""


def ask(folder: Path, script: str) -> dict[str, Any]:
    """What a script says of the engine in `folder`, beside the page of this checkout."""
    path = os.pathsep.join([str(folder), str(ROOT / "server"), str(ROOT / "frontend")])
    command = [sys.executable, "-c", SEEN + script]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def replace(path: Path, old: str, new: str) -> None:
    """Puts `new` where `old` stands, which must be once."""
    source = path.read_text(encoding="utf-8")
    assert source.count(old) == 1, f"{path.name}: {old}"
    path.write_text(source.replace(old, new), encoding="utf-8")


def test_its_new_solver_touches_one_file_and_one_union(tmp_path: Path) -> None:
    """The README's class, put into a copy of the engine as it says: it is in the schema, in the form, it runs and is
    judged.
    """
    block = re.search(r"```python\n# engine/flowscope/flow/damping.py\n(.*?)```", README, re.S)
    assert block
    added, union = block[1].split("AnyDamping = Annotated[\n")
    copy = tmp_path / "flowscope"
    shutil.copytree(ROOT / "engine/flowscope", copy)
    replace(
        copy / "flow/damping.py", "AnyDamping = Annotated[\n    Constant\n", f"{added}AnyDamping = Annotated[\n{union}"
    )
    told = ask(tmp_path, ADDED)
    assert told["schema"] is True
    assert told["rho"] == pytest.approx([(1 + t) ** -3.0 for t in told["time"]], rel=1e-12)
    assert "power_law" in told["form"]["kinds"] and told["form"]["fields"] == ["solvers.0.flow.damping.power"]
    assert told["P9"]["verdict"] == "holds" and "new" in told["P9"]["why"]


def test_a_new_flow_touches_one_file_and_one_union(tmp_path: Path) -> None:
    """A whole solver: in the schema and the form, run as its formula says, judged by what speaks of every flow and by
    nothing else.
    """
    copy = tmp_path / "flowscope"
    shutil.copytree(ROOT / "engine/flowscope", copy)
    replace(copy / "flow/adapted.py", "class StraightLine(Adapted):\n", FLOW)
    replace(
        copy / "flow/__init__.py",
        "from .adapted import Arithmetic, Harmonic,",
        "from .adapted import Arithmetic, Harmonic, Hesitant,",
    )
    replace(
        copy / "flow/__init__.py",
        "AnyFlow = Annotated[\n    Gradient",
        "AnyFlow = Annotated[\n    Hesitant\n    | Gradient",
    )
    told = ask(tmp_path, FOLLOWED)
    assert told["schema"] is True and "hesitant" in told["form"]["kinds"]
    loss, time = np.array(told["loss"]), np.array(told["time"])
    assert np.log(loss / loss[0]) == pytest.approx(-time, abs=1e-5)  # half the speed of f' = −r
    assert told["verdicts"] == {"P14": "holds"}
    assert (told["P1"], told["P4"]) == ("does not apply", "holds")


def test_nothing_in_the_project_names_a_host_it_would_fetch_from_at_run_time() -> None:
    for path in [*ROOT.glob("frontend/flowscope_ui/*.py"), *ROOT.glob("frontend/flowscope_ui/assets/*.*")]:
        found = re.findall(r"https?://(?!127\.0\.0\.1|localhost|www\.w3\.org)[\w.-]+", path.read_text(encoding="utf-8"))
        assert not found, f"{path.name}: {found}"
