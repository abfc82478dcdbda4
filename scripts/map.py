"""The map of folders in docs/architecture.md, from the imports of the code: `make map` writes it anew."""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
MAP = ROOT / "docs/architecture.md"
BEGIN, END = "<!-- written by scripts/map.py -->\n", "<!-- end of the map -->\n"
Imports = Callable[[Path, Path], Iterator[Path]]
"""From a root and a file under it to the files or folders that it imports, as paths from the root."""


def python(root: Path, file: Path) -> Iterator[Path]:
    """What a Python file imports relatively."""
    here = file.relative_to(root).parts[:-1]
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = Path(*here[: len(here) - (node.level - 1)])
            yield from (base / part for part in ([node.module] if node.module else [each.name for each in node.names]))


def javascript(root: Path, file: Path) -> Iterator[Path]:
    """What a module imports by a relative address, at its start, later, or for the types in its comments."""
    for address in re.findall(
        r'(?:\bfrom |\bimport\(|^import )"(\.[^"]+\.mjs)"', file.read_text(encoding="utf-8"), re.M
    ):
        yield (file.parent / address).resolve().relative_to(root.resolve())


def arrows(root: Path, files: list[Path], imports: Imports) -> dict[str, set[str]]:
    """Which families each family imports from; files at the root are left out."""
    families = {file.relative_to(root).parts[0] for file in files if file.parent != root}
    found: dict[str, set[str]] = {name: set() for name in families}
    for file in files:
        here = file.relative_to(root).parts[0]
        if here in families:
            others = {path.parts[0].split(".")[0] for path in imports(root, file) if path.parts}
            found[here] |= (others & families) - {here}
    return found


def ordered(known: dict[str, set[str]]) -> list[str]:
    """The families, each after all that it knows. Raises ValueError where they know each other in a circle."""
    order: list[str] = []
    while len(order) < len(known):
        free = sorted(name for name in known if name not in order and known[name] <= {*order})
        if not free:
            raise ValueError(f"a circle among {sorted({*known} - {*order})}")
        order += free
    return order


def table(title: str, root: Path, files: list[Path], imports: Imports) -> list[str]:
    """The families under a root as a table of Markdown."""
    known = arrows(root, files, imports)
    held = {name: [file for file in files if file.relative_to(root).parts[0] == name] for name in known}
    rows = [f"| `{name}/` | {len(held[name])} | {', '.join(sorted(known[name])) or '–'} |" for name in ordered(known)]
    count = sum(map(len, known.values()))
    told = f"**{title}**: {len(known)} folders, {len(files)} files, {count} arrows between folders, no circle."
    return [told, "", "| folder | files | knows |", "|---|---|---|", *rows, ""]


def written() -> str:
    """The map as it stands in the code."""
    engine, page = ROOT / "engine/flowscope", ROOT / "frontend/flowscope_ui/assets"
    modules = [file for file in sorted(page.rglob("*.mjs")) if file.relative_to(page).parts[0] != "vendor"]
    lines = table("Engine", engine, sorted(engine.rglob("*.py")), python)
    return "\n".join([*lines, *table("Page", page, modules, javascript)])


def mapped(text: str) -> str:
    """A page with the map that it holds written anew."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{written()}{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    text = MAP.read_text(encoding="utf-8")
    if "--check" in sys.argv:
        sys.exit(mapped(text) != text and "docs/architecture.md: the map of folders is not that of the code: make map")
    MAP.write_text(mapped(text), encoding="utf-8")
