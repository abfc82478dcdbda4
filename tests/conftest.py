"""Two workers share the suite (`pytest -n 2 --dist loadscope`): one takes the browser's tests, other files stay with
one as a whole.
"""

import flowscope as flowscope  # before any test loads torch, so that its choice for MKL holds
import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

RECORDED = {f"tests/engine/test_{name}.py" for name in ("recording", "convention", "prediction", "caption")}


class Shares(LoadScopeScheduling):
    """What stays together: a file, whose fixtures are computed once; what reads the presets' recordings; what needs the
    one browser.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return "presets" if file in RECORDED else "browser" if file.startswith("tests/browser/") else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Shares:
    return Shares(config, log)
