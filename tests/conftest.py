"""Two workers share the suite (`pytest -n 2 --dist loadgroup`): one takes the browser's tests, other files stay with one as a whole."""

from pathlib import Path

import flowscope  # noqa: F401  # before any test loads torch, so that its choice for MKL holds
import pytest

BROWSER = Path(__file__).parent / "browser"


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        group = "browser" if BROWSER in item.path.parents else item.path.stem
        item.add_marker(pytest.mark.xdist_group(group))
