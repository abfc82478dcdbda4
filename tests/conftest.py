"""Two workers share the suite (`pytest -n 2 --dist loadgroup`): the browser's tests go to one of them, every other file goes to one as a whole."""

from pathlib import Path

import pytest

BROWSER = Path(__file__).parent / "browser"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        group = "browser" if BROWSER in item.path.parents else item.path.stem
        item.add_marker(pytest.mark.xdist_group(group))
