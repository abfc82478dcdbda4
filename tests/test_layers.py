"""Imports point one way: the engine knows nobody, the server knows the engine's public names, the page knows neither."""

import ast
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


@pytest.mark.parametrize(("package", "path"), files(), ids=lambda value: value.name if isinstance(value, Path) else value)
def test_imports_point_one_way(package: str, path: Path) -> None:
    forbidden = FORBIDDEN[package] | ({"flowscope_ui"} if package == "flowscope_server" and (package, path.name) not in ROOTS else set())
    for module, names in imports(path):
        assert module.split(".")[0] not in forbidden, f"{path.relative_to(ROOT)} imports {module}"
        if package == "flowscope_server" and module.split(".")[0] == "flowscope":
            assert module == "flowscope" and set(names) <= {*flowscope.__all__}, f"{path.relative_to(ROOT)} reaches into the engine"


def test_only_one_file_knows_fastapi() -> None:
    knowing = {path.name for _, path in files() if _ == "flowscope_server" and any(m.split(".")[0] == "fastapi" for m, _ in imports(path))}
    assert knowing == {"app.py"}


def test_the_engine_neither_prints_nor_reads_files() -> None:
    for path in PACKAGES["flowscope"].rglob("*.py"):
        calls = {
            node.func.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not calls & {"print", "open", "input"}, path.name
