"""Imports point one way: the engine knows nobody, the server knows the engine's public names, the page knows
neither.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import flowscope
import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = {
    "flowscope": ROOT / "engine/flowscope",
    "flowscope_server": ROOT / "server/flowscope_server",
    "flowscope_ui": ROOT / "frontend/flowscope_ui",
}
FORBIDDEN = {
    "flowscope": {
        "flowscope_server",
        "flowscope_ui",
        "fastapi",
        "uvicorn",
        "dash",
        "asyncio",
        "threading",
        "multiprocessing",
        "socket",
        "time",
        "logging",
    },
    "flowscope_server": {"dash", "plotly"},
    "flowscope_ui": {"flowscope", "flowscope_server", "torch"},
}
ROOTS = {("flowscope_server", "cli.py")}
"""The composition root may import the page."""


def imports(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Every module imported, anywhere in the file, and the names taken from it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or "", [alias.name for alias in node.names]


def files() -> list[tuple[str, Path]]:
    return [(package, path) for package, folder in PACKAGES.items() for path in sorted(folder.rglob("*.py"))]


FOLDERS = (
    *("component", "status", "convention", "factorisation", "elementary", "alone"),
    *(
        "network",
        "problem",
        "integrator",
        "flow",
        "module",
        "optimizer",
        "manifold",
        "movement",
        "comparison",
        "run",
        "analysis",
    ),
    *("preset", "prediction"),
)
"""The engine's files at the root and its families: each knows those before it alone."""
MOST = {"flowscope": 25, "flowscope_server": 30, "flowscope_ui": 25}
"""Python files side by side."""


def family(path: Path) -> str:
    """The folder of the engine in which a file lies, or the file itself where it lies at the root."""
    return path.relative_to(PACKAGES["flowscope"]).parts[0].removesuffix(".py")


def known(path: Path) -> Iterator[str]:
    """The families that a file of the engine imports from, anywhere in it."""
    here = path.relative_to(PACKAGES["flowscope"]).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = here[: len(here) - (node.level - 1)]
            for parts in [node.module.split(".")] if node.module else [[alias.name] for alias in node.names]:
                yield (*base, *parts)[0]


def test_families_of_the_engine_know_those_before_them_alone() -> None:
    arrows = {(family(path), other): path for path in PACKAGES["flowscope"].rglob("*.py") for other in known(path)}
    arrows = {(one, other): path for (one, other), path in arrows.items() if one not in ("__init__", other)}
    assert len(arrows) > 50 and {one for arrow in arrows for one in arrow} <= set(FOLDERS)
    back = [
        f"{path.name}: {one} → {other}"
        for (one, other), path in arrows.items()
        if FOLDERS.index(one) < FOLDERS.index(other)
    ]
    assert back == []


def test_no_folder_holds_too_many_files() -> None:
    for package, folder in {(package, path.parent) for package, path in files()}:
        assert len([*folder.glob("*.py")]) <= MOST[package], folder
    for folder in {path.parent for path in modules()}:
        assert len([*folder.glob("*.mjs")]) <= MOST["flowscope_ui"], folder


PAGE = (
    "stream",
    "text",
    "canvas",
    "theory",
    "stage",
    "flat",
    "chart",
    "module",
    "panels",
    "export",
    "controls",
    "lesson",
    "opening",
)
"""The families of the page's modules, each in a folder: each knows those before it alone. The files at the root know
all of them.
"""
ASSETS = PACKAGES["flowscope_ui"] / "assets"


def modules() -> list[Path]:
    """The page's own modules."""
    return [path for path in sorted(ASSETS.rglob("*.mjs")) if path.relative_to(ASSETS).parts[0] != "vendor"]


def wanted(path: Path) -> list[str]:
    """What a module of the page imports, at its start or later, and for the types in its comments."""
    return re.findall(r'(?:\bfrom |\bimport\(|^import )"([^"]+)"', path.read_text(encoding="utf-8"), re.MULTILINE)


def test_families_of_the_page_know_those_before_them_alone() -> None:
    arrows = []
    for path in modules():
        for address in wanted(path):
            if not address.startswith(".") or address.endswith("/types.d.ts"):  # what all modules share
                continue
            target = (path.parent / address).resolve()
            assert target.is_file(), f"{path.relative_to(ASSETS)} imports {address}"
            here, there = (each.relative_to(ASSETS).parts for each in (path, target))
            if len(here) > 1 and here[0] != there[0]:
                arrows.append(
                    (
                        "/".join(here),
                        "/".join(there),
                        PAGE.index(here[0]) > (PAGE.index(there[0]) if len(there) > 1 else len(PAGE)),
                    )
                )
    assert len(arrows) > 150
    assert [(here, there) for here, there, forward in arrows if not forward] == []


def test_the_map_of_folders_is_that_of_the_code() -> None:
    """The script that writes it also refuses families that know each other in a circle."""
    check = [sys.executable, str(ROOT / "scripts/map.py"), "--check"]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_three_dimensions_are_on_the_stage_alone() -> None:
    knowing = {path.parent.name for path in modules() for address in wanted(path) if address.split("/")[0] == "three"}
    assert knowing == {"stage"}


def test_no_two_modules_of_the_page_share_a_name() -> None:
    names = [path.name for path in modules()]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize(
    ("package", "path"), files(), ids=lambda value: value.name if isinstance(value, Path) else value
)
def test_imports_point_one_way(package: str, path: Path) -> None:
    forbidden = FORBIDDEN[package] | (
        {"flowscope_ui"} if package == "flowscope_server" and (package, path.name) not in ROOTS else set()
    )
    for module, names in imports(path):
        assert module.split(".")[0] not in forbidden, f"{path.relative_to(ROOT)} imports {module}"
        if package == "flowscope_server" and module.split(".")[0] == "flowscope":
            assert module == "flowscope" and set(names) <= {*flowscope.__all__}, (
                f"{path.relative_to(ROOT)} reaches into the engine"
            )


def test_only_one_file_knows_fastapi() -> None:
    knowing = {
        path.name
        for _, path in files()
        if _ == "flowscope_server" and any(m.split(".")[0] == "fastapi" for m, _ in imports(path))
    }
    assert knowing == {"app.py"}


def test_the_engine_neither_prints_nor_reads_files() -> None:
    for path in PACKAGES["flowscope"].rglob("*.py"):
        calls = {
            node.func.id
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not calls & {"print", "open", "input"}, path.name
