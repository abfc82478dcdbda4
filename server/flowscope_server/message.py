"""What the server and its workers say to each other: pickled values, each behind its length, over a socket pair."""

import asyncio
import pickle
import select
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

import flowscope as fs

LENGTH = struct.Struct("!I")


@dataclass(frozen=True)
class Standing:
    """How one lane stands: its status by name, and the status's sentence."""

    lane: int
    name: str
    seed: int
    status: str
    sentence: str


def standings(lanes: Iterable[fs.Lane], *, instead: fs.Status | None = None) -> tuple[Standing, ...]:
    """How the lanes stand; with `instead`, lanes still running get that status."""
    return tuple(_standing(lane, instead if instead and lane.status is fs.Status.RUNNING else None) for lane in lanes)


def _standing(lane: fs.Lane, instead: fs.Status | None) -> Standing:
    status = instead or lane.status
    return Standing(lane.lane, lane.name, lane.seed, status.word, instead.value if instead else lane.sentence)


@dataclass(frozen=True)
class Want:
    """How much of a run is wanted: the foremost viewer is at `frame` now and plays `rate` frames a second. The worker
    may be ahead of it by what it computes in so many seconds.
    """

    run: str
    frame: float = 0.0
    rate: float = 0.0
    ahead: float = inf


@dataclass(frozen=True)
class Start:
    """Compute this run. Its first `skip` rows are in the log already: compute them where need be, send them not. Those
    are the rows of the run `parent` too, where there is one. Its stage may be known already: `staged`.
    """

    run: str
    spec: fs.RunSpec
    want: Want
    skip: int = 0
    staged: bool = False
    parent: str = ""


@dataclass(frozen=True)
class Delete:
    """Forget this run."""

    run: str


@dataclass(frozen=True)
class Ready:
    """The worker is warm."""


@dataclass(frozen=True)
class Accepted:
    """A run can be built from the spec; its header follows."""

    run: str


@dataclass(frozen=True)
class Header:
    """The run was built: its schema message, whether a stage will follow, and its lanes."""

    run: str
    schema: bytes
    staged: bool
    lanes: tuple[Standing, ...]


@dataclass(frozen=True)
class Stage:
    """The stage of a run, as a whole Arrow stream: it comes after the first rows, which nobody is to wait for."""

    run: str
    stream: bytes


@dataclass(frozen=True)
class Batch:
    """One encoded record batch: its bytes, how many rows, and the last of its frames."""

    data: bytes
    rows: int
    last: int


@dataclass(frozen=True)
class Rows:
    """Record batches; `over` when these were the run's last rows (there may be none)."""

    run: str
    batches: tuple[Batch, ...]
    lanes: tuple[Standing, ...]
    over: bool = False


@dataclass(frozen=True)
class Refused:
    """The spec parses, but no run can be built from it: the engine's SpecError in parts."""

    run: str
    detail: str
    path: str
    expected: str
    came: str


@dataclass(frozen=True)
class Failed:
    """Building or stepping the run raised; only this run ends."""

    run: str
    sentence: str


def encode(message: object) -> bytes:
    """The message as it goes over the socket."""
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(data)) + data


async def receive(reader: asyncio.StreamReader) -> object:
    """The next message of a worker; IncompleteReadError when it died."""
    (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
    return pickle.loads(await reader.readexactly(length))


class Channel:
    """The worker's end of the socket pair: blocking sends, and a poll that never waits longer than asked."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._buffer = bytearray()

    def send(self, message: object) -> None:
        """Send, waiting for the server to take it: a full socket is how a busy server slows its workers."""
        self._socket.sendall(encode(message))

    def poll(self, seconds: float | None) -> list[object]:
        """What has come within so many seconds (None: wait for something); EOFError when the server is gone."""
        if not select.select([self._socket], [], [], seconds)[0]:
            return []
        data = self._socket.recv(1 << 20)
        if not data:
            raise EOFError
        self._buffer += data
        return self._whole()

    def _whole(self) -> list[object]:
        messages, position = [], 0
        while len(self._buffer) - position >= LENGTH.size:
            (length,) = LENGTH.unpack_from(self._buffer, position)
            end = position + LENGTH.size + length
            if end > len(self._buffer):
                break
            messages.append(pickle.loads(self._buffer[position + LENGTH.size : end]))
            position = end
        del self._buffer[:position]
        return messages
