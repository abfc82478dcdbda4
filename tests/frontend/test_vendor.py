"""What is vendored is what was published, with its licence."""

import hashlib
import re

from flowscope_ui.page import ASSETS

VENDOR = ASSETS / "vendor"
ROW = re.compile(r"^\| (\S+) \| (\S+) \| (\S+) \| `([^`]+)` \| `([0-9a-f]{64})` \|$", re.MULTILINE)
ROWS = ROW.findall((VENDOR / "VENDORED.md").read_text(encoding="utf-8"))


def test_every_vendored_file_has_the_hash_that_is_written_down() -> None:
    written = {file: digest for *_, file, digest in ROWS}
    assert {file: hashlib.sha256((VENDOR / file).read_bytes()).hexdigest() for file in written} == written


def test_every_vendored_file_is_written_down() -> None:
    present = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file() and path.name != "VENDORED.md"}
    assert present == {row[3] for row in ROWS}


def test_every_package_has_its_licence_beside_it() -> None:
    folders = {row[3].split("/")[0] for row in ROWS}
    assert all(list((VENDOR / folder).glob("LICENSE*")) for folder in folders)
