"""A worker's mark: whose turn it is, in 32 bytes that the server can still read after the worker died."""

import mmap
import os
import tempfile

SIZE = 32


def create() -> int:
    """A new, unnamed file for one worker's mark; the caller closes the descriptor."""
    with tempfile.TemporaryFile() as file:
        descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, SIZE)
    return descriptor


def read(descriptor: int) -> str:
    """The run whose turn it was, or "" between turns."""
    return os.pread(descriptor, SIZE, 0).rstrip(b"\0").decode("ascii")


class Mark:
    """The worker's side: a store into shared memory per turn, no system call."""

    def __init__(self, descriptor: int) -> None:
        self._memory = mmap.mmap(descriptor, SIZE)

    def write(self, run: str) -> None:
        """Name the run whose turn begins; "" when it is over."""
        self._memory[:] = run.encode("ascii").ljust(SIZE, b"\0")
