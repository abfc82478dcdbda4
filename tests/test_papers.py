"""The project's papers: they are there, they agree about the version, and the wheel carries the licence."""

import contextlib
import importlib
import importlib.util
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from functools import cache
from pathlib import Path

import flowscope
import pytest
import yaml
from flowscope_server.cli import main

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def read(name: str) -> str:
    """The text of a paper."""
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["LICENSE", "CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "SECURITY.md"])
def test_a_paper_is_there(name: str) -> None:
    assert len(read(name)) > 300


def test_the_papers_tell_one_version() -> None:
    """The newest release of the changelog is what pyproject declares and what a citation names, with its date."""
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)$", read("CHANGELOG.md"), re.M)
    citation = yaml.safe_load(read("CITATION.cff"))
    assert released[0] == (PROJECT["version"], str(citation["date-released"]))
    assert (citation["version"], citation["license"], citation["title"]) == (
        PROJECT["version"],
        PROJECT["license"],
        "Flowscope",
    )
    dates = [date for _, date in released]
    assert dates == sorted(dates, reverse=True)


def test_the_changelog_keeps_its_form() -> None:
    """Unreleased first; below a version nothing but the kinds of change that Keep a Changelog knows."""
    headings = re.findall(r"^(##+) (.+)$", read("CHANGELOG.md"), re.M)
    assert headings[0] == ("##", "[Unreleased]")
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert {title for depth, title in headings if depth == "###"} <= kinds


def test_the_wheel_carries_the_licence_that_the_project_declares(tmp_path: Path) -> None:
    text = read("LICENSE")
    assert PROJECT["license"] == "MIT" and text.startswith("MIT License\n")
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(tmp_path),
        str(ROOT),
    ]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as held:
        (carried,) = [name for name in held.namelist() if name.endswith(".dist-info/licenses/LICENSE")]
        assert held.read(carried).decode() == text


ENDINGS = "py|mjs|js|json|css|sh|md|toml|lock|yml|cff"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
SKIPPED = {".git", ".venv", "node_modules", "site", "build", "dist", "__pycache__", ".ruff_cache", ".pytest_cache"}


@cache
def tree() -> tuple[str, ...]:
    """Every file and folder of the project from its root, with a / before, and one behind a folder."""
    found: list[str] = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in SKIPPED]
        here = f"/{Path(folder).relative_to(ROOT)}/".replace("/./", "/")
        found += [*(here + name for name in files), *(f"{here}{name}/" for name in folders)]
    return tuple(found)


@cache
def functions() -> frozenset[str]:
    """Every test, and every file of tests, by name."""
    files = [*ROOT.glob("tests/**/test_*.py")]
    found = [name for file in files for name in re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.M)]
    return frozenset((*found, *(file.stem for file in files)))


def exists(name: str) -> bool:
    """Whether what a page names is there: a path from the root or the end of one; `*`, `<name>` and `{a,b}` stand for
    several.
    """
    pattern = re.escape(re.sub(r"^(\.\.?/)+", "", name)).replace(r"\*", "[^/]*")
    pattern = re.sub(r"<\w+>", "[^/]+", pattern)
    pattern = re.sub(r"\\{([^}]*)\\}", lambda found: f"({found[1].replace(',', '|')})", pattern)
    return any(re.search(f"/{pattern}$", path) for path in tree())


def test_a_name_is_looked_up_in_the_tree() -> None:
    assert all(
        map(
            exists,
            ("engine/", "flow/damping.py", "damping.py", "words/{en,de}/page.json", "lessons/*.json", "tests/engine/"),
        )
    )
    assert not any(
        map(exists, ("flow/dampings.py", "ping.py", "words/{it,es}/page.json", "lessons/*.yaml", "tests/motor/"))
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    """What stands in backticks and looks like a file, a folder or a test; files that the page itself has a reader write
    are left out.
    """
    text = page.read_text(encoding="utf-8")
    written = set(re.findall(r'^```\w+ title="([^"]+)"', text, re.M))
    prose = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    missing: list[str] = []
    for name in [*re.findall(r"`([^`\s]+)`", prose), *mapped(text)]:
        file, _, test = name.partition("::")
        if re.fullmatch(rf"[\w./*{{}},<>-]*[\w*>}}]\.({ENDINGS})", file) or re.fullmatch(r"\w[\w./{},-]*/", file):
            missing += [file] * (file not in written and not exists(file))
        if re.fullmatch(r"test_\w+", test or file):
            missing += [name] * ((test or file) not in functions())
    assert not missing, f"{page.name} names {missing}"


def test_the_interfaces_of_the_map_are_those_of_the_families() -> None:
    """What the table of families calls with parentheses is defined in the files that its row names."""
    rows = re.findall(r"^\| [\w ]+ \((`.*?)\) \| (.*) \|$", read("docs/architecture.md"), re.M)
    checked = 0
    for files, interface in rows:
        sources = [next(ROOT.glob(f"engine/flowscope/{name}"), None) for name in re.findall(r"`([\w/]+\.py)`", files)]
        text = "".join(source.read_text(encoding="utf-8") for source in sources if source)
        for name in re.findall(r"`(\w+)\(", interface):
            assert re.search(rf"\b(def|class) {name}\b", text), f"{files}: {name}"
            checked += 1
    assert checked > 5


def mapped(text: str) -> list[str]:
    """Files and folders in the maps of a page: blocks of code in no language."""
    maps = "\n".join(
        [*re.findall(r"^```\n(.*?)^```", text, re.M | re.S), *re.findall(r"^    [a-z_/]+/  .*$", text, re.M)]
    )
    return re.findall(rf"[\w./*-]+/(?=\s)|[\w./*-]+\.(?:{ENDINGS})\b", maps)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_object_that_a_page_imports_by_name_is_there(page: Path) -> None:
    """`flowscope.….name` in backticks, and `fs.name` anywhere."""
    text = page.read_text(encoding="utf-8")
    for name in re.findall(r"`(flowscope(?:\.\w+)+)", text):
        if name not in (
            "flowscope.solvers",
            "flowscope.show",
            "flowscope.facts",
            "flowscope.protocol",
        ):  # entry points and facts
            assert resolved(name), f"{page.name} names {name}"
    for name in re.findall(r"\bfs\.([A-Za-z]\w*)", text):
        assert hasattr(flowscope, name), f"{page.name} names fs.{name}"


def resolved(name: str) -> bool:
    """Whether a dotted name is a module, or something in one."""
    with contextlib.suppress(ModuleNotFoundError):
        if importlib.util.find_spec(name):
            return True
    module, _, last = name.rpartition(".")
    return hasattr(importlib.import_module(module), last)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_a_page_names_is_there(page: Path) -> None:
    """`make …` is a target, `flowscope …` a command of the command line; in backticks or on a line of its own."""
    text = page.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.M))
    start = r"(?:`|^    |^\$ )(?:\.venv/bin/)?"
    named = set(re.findall(start + r"make ([a-z-]+)", text, re.M))
    assert named <= targets, f"{page.name}: make {named - targets}"
    spoken = set(re.findall(start + r"flowscope ([a-z]+)", text, re.M))
    assert spoken <= set(main.commands), f"{page.name}: flowscope {spoken - set(main.commands)}"
