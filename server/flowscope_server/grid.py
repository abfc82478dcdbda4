"""The child process that tries the grid of a race: spec and protocol in, lines of JSON out that say how far it is and
at last the spec.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import flowscope as fs
import torch

TELL_SECONDS = 0.1


def answer(spec: fs.RunSpec, protocol: fs.AnyProtocol, progress: Callable[[int, int], None]) -> dict[str, Any]:
    """The last line."""
    try:
        return {"spec": fs.race(spec, protocol, progress=progress).model_dump(mode="json")}
    except fs.SpecError as error:
        return {"detail": str(error), "path": error.path, "expected": error.expected, "came": error.came}


def main() -> None:
    """The child: spec and protocol on standard input, lines on standard output."""
    os.nice(5)
    torch.set_num_threads(1)
    spec, protocol = json.loads(sys.stdin.buffer.readline())
    told = 0.0

    def tell(line: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()

    def progress(done: int, total: int) -> None:
        nonlocal told
        if time.monotonic() - told > TELL_SECONDS:
            told = time.monotonic()
            tell({"done": done, "total": total})

    tell({"done": 0, "total": 1})
    tell(answer(fs.parse_spec(spec), fs.parse_protocol(protocol), progress))


if __name__ == "__main__":
    main()
