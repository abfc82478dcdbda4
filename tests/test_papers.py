"""The project's papers: they are there, they agree about the version, and the wheel carries the licence."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def read(name: str) -> str:
    """The text of a paper."""
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["LICENSE", "CHANGELOG.md", "CITATION.cff", "SECURITY.md"])
def test_a_paper_is_there(name: str) -> None:
    assert len(read(name)) > 300


def test_the_papers_tell_one_version() -> None:
    """The newest release of the changelog is what pyproject declares and what a citation names, with its date."""
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)$", read("CHANGELOG.md"), re.M)
    citation = yaml.safe_load(read("CITATION.cff"))
    assert released[0] == (PROJECT["version"], str(citation["date-released"]))
    assert (citation["version"], citation["license"], citation["title"]) == (PROJECT["version"], PROJECT["license"], "Flowscope")
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
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(tmp_path), str(ROOT)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as held:
        (carried,) = [name for name in held.namelist() if name.endswith(".dist-info/licenses/LICENSE")]
        assert held.read(carried).decode() == text
