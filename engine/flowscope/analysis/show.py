"""The live page of a run in a notebook, shown by what is installed beside the engine."""

from importlib.metadata import entry_points
from typing import Any

from ..run.spec import RunSpec

GROUP = "flowscope.show"


def show(spec: RunSpec, *, server: str | None = None, height: int = 720) -> Any:
    """The page that runs `spec`, as a value that a notebook displays in its cell, `height` CSS pixels high.

    `server` is the address of a running server, `http://host:port`; without one a server is started on this machine,
    once per kernel, and ends with it. What shows the page is found under the entry point group `flowscope.show`. Raises
    RuntimeError when nothing installed offers one.
    """
    found = list(entry_points(group=GROUP))
    if not found:
        raise RuntimeError(
            f"flowscope.show: expected a package that shows pages (entry point group {GROUP!r}), came none: "
            "install flowscope's server."
        )
    return found[0].load()(spec, server=server, height=height)
