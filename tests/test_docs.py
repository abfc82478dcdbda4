"""The documentation as a site: its strict build passes, offline, with every formula set and every public name in the
reference.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import flowscope as fs
import pytest

ROOT = Path(__file__).parent.parent


def built(config: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """The build of a site, with proxies that lead nowhere, so that whatever is fetched fails; quiet it would let
    warnings pass.
    """
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", str(config), "-d", str(site)]
    environment = {**os.environ, **nowhere, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    folder = tmp_path_factory.mktemp("site")
    done = built(ROOT / "mkdocs.yml", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_page_of_the_docs_is_built(site: Path) -> None:
    for page in ROOT.glob("docs/**/*.md"):
        assert (site / page.relative_to(ROOT / "docs").with_suffix(".html")).is_file(), page


def test_a_page_loads_nothing_from_elsewhere(site: Path) -> None:
    """Scripts, styles, fonts and pictures are the site's own, and they are there; links that a reader may click are
    free.
    """
    loads = re.compile(r'<(?:script|img|iframe|source)\b[^>]*?\bsrc="?([^" >]+)|<link\b[^>]*?\bhref="?([^" >]+)')
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for target in filter(None, (found[1] or found[2] for found in loads.finditer(text))):
            local = target.split("?")[0].split("#")[0]
            place = site / local[1:] if local.startswith("/") else page.parent / local
            assert "//" not in target and place.exists(), f"{page.name}: {target}"
    for style in site.rglob("*.css"):
        for target in re.findall(r"url\(([^)]+)\)|@import\s+([^;]+)", style.read_text(encoding="utf-8")):
            assert not re.match(r"[\"']?(https?:)?//", "".join(target)), f"{style.name}: {target}"


def test_every_formula_is_set(site: Path) -> None:
    assert len(list((site / "assets/katex/fonts").glob("*.woff2"))) > 10
    pages = {page.stem: page.read_text(encoding="utf-8") for page in site.rglob("*.html")}
    assert 'class="katex"' in pages["index"]
    for name, text in pages.items():
        assert "arithmatex" not in text and "katex-error" not in text, name


def test_the_reference_has_every_public_name(site: Path) -> None:
    text = (site / "reference.html").read_text(encoding="utf-8")
    for name in fs.__all__:
        assert f'id="flowscope.{name}"' in text, name
    assert "the rule of one step" in text, "descriptions of fields"


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("[a](nowhere.md), [b](#nowhere), ![c](img/nowhere.png)", ["'nowhere.md'", "'#nowhere'", "'img/nowhere.png'"]),
        (r"so $\frac{1}$ is", [r"\frac{1}"]),
    ],
    ids=["links", "formula"],
)
def test_what_is_wrong_ends_the_build(page: str, told: list[str], tmp_path: Path) -> None:
    """A link to nowhere, or a formula that does not parse, in a site of one page with the same settings."""
    (tmp_path / "docs/assets/iframe-worker").mkdir(parents=True)
    (tmp_path / "docs/assets/iframe-worker/shim.js").touch()
    (tmp_path / "docs/assets/site.css").touch()
    (tmp_path / "docs/index.md").write_text(f"# Page\n\n{page}\n", encoding="utf-8")
    papers = "\n".join(["CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "/bench/results/"])
    settings = (
        f"INHERIT: {ROOT / 'mkdocs.yml'}\nhooks: ['{ROOT / 'scripts/site.py'}']\ndocs_dir: docs\nnav: [index.md]\n"
    )
    (tmp_path / "mkdocs.yml").write_text(settings + f"not_in_nav: '{papers}'\n", encoding="utf-8")
    done = built(tmp_path / "mkdocs.yml", tmp_path / "site")
    told_of = done.stdout + done.stderr
    assert done.returncode != 0 and all(word in told_of for word in told), told_of
