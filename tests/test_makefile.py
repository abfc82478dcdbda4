"""The Makefile's promises: whatever it runs is there and compiles, and the benchmark runs."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
RECIPES = "\n".join(re.findall(r"^\t(.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
MODULES = sorted(set(re.findall(r"python -m ([\w.]+)", RECIPES)))
FILES = sorted(set(re.findall(r"(?<![\w./])((?:scripts|tests)/[\w/.-]+)", RECIPES)))


def source_of(module: str) -> Path:
    """The file that `python -m module` runs."""
    spec = importlib.util.find_spec(module)
    assert spec, f"no module {module}"
    if spec.submodule_search_locations is not None:
        assert spec.origin, f"{module} has no __init__.py"
        spec = importlib.util.find_spec(f"{module}.__main__")
        assert spec, f"python -m {module}: no __main__.py"
    assert spec.origin, module
    return Path(spec.origin)


def test_the_makefile_names_modules_and_files() -> None:
    assert {"bench", "pytest"} <= set(MODULES) and {"scripts/contract.py", "scripts/mutants.py"} <= set(FILES)


@pytest.mark.parametrize("module", MODULES)
def test_every_module_that_the_makefile_runs_is_there_and_compiles(
    module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    path = source_of(module)
    compile(path.read_text(encoding="utf-8"), path, "exec")


@pytest.mark.parametrize("name", FILES)
def test_every_file_that_the_makefile_names_is_there_and_compiles(name: str) -> None:
    path = ROOT / name
    assert path.is_file(), name
    if path.suffix == ".py":
        compile(path.read_text(encoding="utf-8"), path, "exec")
    else:
        assert os.access(path, os.X_OK), f"{name} cannot be run"
        subprocess.run(["bash", "-n", str(path)], check=True)


def test_a_thousand_instances_are_drawn_in_the_long_run_of_both_property_tests() -> None:
    assert re.search(r"FLOWSCOPE_INSTANCES=1000 .*tests/engine/test_drawn\.py tests/engine/test_status\.py", RECIPES)


def test_a_commit_is_held_to_what_make_check_runs() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipes = dict(re.findall(r"^(check[\w-]*):.*\n((?:\t.*\n)+)", makefile, re.M))
    parts = re.findall(r"check-\w+", recipes.pop("check"))
    assert parts == list(recipes)
    commands = [line.strip().replace("$(BIN)", ".venv/bin") for part in parts for line in recipes[part].splitlines()]
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert [hook["entry"] for hook in local["hooks"]] == commands
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-config", ".pre-commit-config.yaml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_older_torch_that_is_tried_is_the_first_that_the_project_admits() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r"sed -nE '(.*?)' pyproject.toml", (ROOT / "scripts/torch.sh").read_text(encoding="utf-8"))
    assert found
    read = subprocess.run(["sed", "-nE", found[1], "pyproject.toml"], cwd=ROOT, capture_output=True, text=True)
    assert f'"torch>={read.stdout.strip()}"' in project
    pinned = re.search(r"^torch==(.*)$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.M)
    assert pinned and f"torch=={pinned[1]}\n" in (ROOT / "requirements.lock").read_text(encoding="utf-8")


def test_the_benchmark_runs() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--quick"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    rows = [line for line in done.stdout.splitlines() if re.search(r"\*\*\d+\.\d\*\*", line)]
    assert len(rows) == 2 and "stage" in rows[0] and "damped step" in rows[1], done.stdout
