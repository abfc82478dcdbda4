"""What the tutorial and the how-to pages show is what happens: each of their blocks of code is run, and what it prints
is compared.
"""

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "docs/tutorial.md", *sorted(ROOT.glob("docs/how-to/*.md"))]
BLOCK = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.M | re.S)
KINDS = {"python", "text", "console", "csv", "toml"}


def run_python(code: str, names: dict[str, Any], page: Path) -> str:
    """What a block prints, in the names that the blocks before it left."""
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        exec(compile(code, page.name, "exec"), names)
    return told.getvalue()


def run_console(code: str, folder: Path) -> str:
    """The commands after `$` with what they print. A make target is only looked up; an installation is laid out as pip
    would.
    """
    path = os.pathsep.join([str(folder), *filter(None, sys.path)])
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": path,
    }
    told = ""
    for command in re.findall(r"^\$ (.*)$", code, re.M):
        told += f"$ {command}\n"
        if found := re.fullmatch(r"make ([a-z-]+)", command):
            assert re.search(rf"^{found[1]}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M), command
        elif command == ".venv/bin/pip install -e .":
            install(folder)
        else:
            program, *rest = shlex.split(command.removeprefix(".venv/bin/"))
            done = subprocess.run(
                [program, *rest], cwd=folder, env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
            told += done.stdout
    return told


def install(folder: Path) -> None:
    """What `pip install -e .` leaves of a project whose modules lie beside its pyproject.toml: its name, version and
    entry points.
    """
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    facts = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    facts.mkdir()
    metadata = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (facts / "METADATA").write_text(metadata, encoding="utf-8")
    points = [
        f"[{group}]\n" + "".join(f"{name} = {place}\n" for name, place in named.items())
        for group, named in project["entry-points"].items()
    ]
    (facts / "entry_points.txt").write_text("\n".join(points), encoding="utf-8")


def agrees(shown: str, printed: str) -> bool:
    """Whether a page shows what was printed; `…` in a page stands for what differs from machine to machine."""
    return re.fullmatch(".*".join(map(re.escape, shown.split("…"))), printed) is not None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_block_of_a_page_runs_and_prints_what_the_page_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks of one page are one session in an empty folder. One with a title is a file; `text` is what the Python
    before it prints.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    assert len(blocks) >= 2 and {kind for kind, *_ in blocks} <= KINDS
    names: dict[str, Any] = {"__name__": "page"}
    printed = ""
    for kind, title, code in blocks:
        if title:
            (tmp_path / title).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / title).write_text(code, encoding="utf-8")
        elif kind == "text":
            assert agrees(code, printed), f"{page.name}:\n{printed}"
            printed = ""
        else:
            assert not printed, f"{page.name} does not show what is printed:\n{printed}"
            printed = ""
            if kind == "python":
                printed = run_python(code, names, page)
            else:
                assert kind == "console", f"{page.name}: a block of {kind} has no title"
                told = run_console(code, tmp_path)
                assert agrees(code, told), f"{page.name}:\n{told}"
    assert not printed, f"{page.name} does not show what is printed:\n{printed}"
