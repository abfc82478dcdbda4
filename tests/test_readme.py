"""The README's promises: its commands are make targets, its map is the tree, its picture is there."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

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
        done = subprocess.run(["docker", "compose", "config", "--quiet"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    except FileNotFoundError:
        return
    assert done.returncode == 0 or "is not a docker command" in done.stderr or "unknown" in done.stderr, done.stderr


ADDED = """
import json, sys
import flowscope as fs

schema = fs.spec_schema()
spec = fs.preset("riemannian-flow").spec.model_dump(mode="json")
spec["solvers"] = [{"name": "new", "flow": {"kind": "gauss_newton", "damping": {"kind": "power_law", "power": 3.0}}}]
spec["horizon"], spec["interval"] = 2.0, 0.5
table = fs.run(fs.parse_spec(spec)).to_table()
print(json.dumps({"schema": "power_law" in json.dumps(schema), "time": table["time"].to_pylist(), "rho": table["rho"].to_pylist()}))
"""


def test_its_new_solver_touches_one_file_and_one_union(tmp_path: Path) -> None:
    """The README's class, put into a copy of the engine as it says: it is in the schema, it is validated, it runs."""
    block = re.search(r"```python\n# engine/flowscope/damping.py\n(.*?)```", README, re.S)
    assert block
    added, union = block[1].split("Damping = Annotated[\n")
    copy = tmp_path / "flowscope"
    shutil.copytree(ROOT / "engine/flowscope", copy)
    source = (copy / "damping.py").read_text(encoding="utf-8")
    assert source.count("Damping = Annotated[\n    Constant\n") == 1
    (copy / "damping.py").write_text(
        source.replace("Damping = Annotated[\n    Constant\n", f"{added}Damping = Annotated[\n{union}"), encoding="utf-8"
    )
    path = os.pathsep.join([str(tmp_path), str(ROOT / "frontend")])
    done = subprocess.run(
        [sys.executable, "-c", ADDED], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["schema"] is True
    assert told["rho"] == pytest.approx([(1 + t) ** -3.0 for t in told["time"]], rel=1e-12)


def test_nothing_in_the_project_names_a_host_it_would_fetch_from_at_run_time() -> None:
    for path in [*ROOT.glob("frontend/flowscope_ui/*.py"), *ROOT.glob("frontend/flowscope_ui/assets/*.*")]:
        found = re.findall(r"https?://(?!127\.0\.0\.1|localhost|www\.w3\.org)[\w.-]+", path.read_text(encoding="utf-8"))
        assert not found, f"{path.name}: {found}"
