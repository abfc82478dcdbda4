"""`flowscope.show`: the live page in a notebook's cell, from a server that ends with the notebook's kernel."""

import base64
import html
import re
import subprocess
import sys

import flowscope as fs

SERVE = "from flowscope_server.cli import main; main()"
_children: list[subprocess.Popen[str]] = []
_address = ""


class Page:
    """The page at `url`, as a frame of `height` CSS pixels in a notebook."""

    def __init__(self, url: str, height: int) -> None:
        self.url, self.height = url, height

    def __repr__(self) -> str:
        return f"Page({self.url!r})"

    def _repr_html_(self) -> str:
        address, style = html.escape(self.url), f"width: 100%; height: {self.height}px; border: 0"
        allowed = "clipboard-write; fullscreen"
        return f'<iframe src="{address}" style="{style}" allow="{allowed}" title="Flowscope"></iframe>'


def show(spec: fs.RunSpec, *, server: str | None, height: int) -> Page:
    """The page that runs `spec`, at `server` or at this kernel's own server, which is started when it is first
    needed.
    """
    text = base64.urlsafe_b64encode(spec.model_dump_json().encode()).decode().rstrip("=")
    return Page(f"{(server or _own()).rstrip('/')}/?spec={text}", height)


def _own() -> str:
    """The address of this kernel's server. Its standard input is a pipe from the kernel, which closes however the
    kernel ends.
    """
    global _address
    if not _children or _children[-1].poll() is not None:
        command = [sys.executable, "-c", SERVE, "serve", "--port", "0", "--until-eof"]
        # in a session of its own, since an interrupt of the kernel is not meant for it
        child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        _children.append(child)
        _address = _told(child)
    return _address


def _told(child: subprocess.Popen[str]) -> str:
    assert child.stdout
    found = re.search(r"http://\S+", child.stdout.readline())
    if not found:
        raise RuntimeError(
            f"flowscope.show: expected a server to start, came exit status {child.wait()}: what it said is in "
            "the kernel's log."
        )
    return found[0]
