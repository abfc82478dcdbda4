"""What is vendored is what was published, with its licence: the page's libraries and the tests'."""

import hashlib
import re
from pathlib import Path

import pytest
from flowscope_ui.page import ASSETS

ROW = re.compile(r"^\| (\S+) \| (\S+) \| (\S+) \| `([^`]+)` \| `([0-9a-f]{64})` \|$", re.MULTILINE)
TESTS = Path(__file__).parents[1] / "browser" / "vendor"

folders = pytest.mark.parametrize("vendor", [ASSETS / "vendor", TESTS], ids=["page", "tests"])


def written(vendor: Path) -> dict[str, str]:
    """File → the hash that is written down."""
    return {file: digest for *_, file, digest in ROW.findall((vendor / "VENDORED.md").read_text(encoding="utf-8"))}


@folders
def test_every_vendored_file_has_the_hash_that_is_written_down(vendor: Path) -> None:
    rows = written(vendor)
    assert {file: hashlib.sha256((vendor / file).read_bytes()).hexdigest() for file in rows} == rows


@folders
def test_every_vendored_file_is_written_down(vendor: Path) -> None:
    present = {
        path.relative_to(vendor).as_posix()
        for path in vendor.rglob("*")
        if path.is_file() and path.name != "VENDORED.md"
    }
    assert present
    assert present == set(written(vendor))


@folders
def test_every_package_has_its_licence_beside_it(vendor: Path) -> None:
    packages = {file.split("/")[0] for file in written(vendor)}
    assert all(list((vendor / package).glob("LICENSE*")) for package in packages)
