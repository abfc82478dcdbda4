"""What a viewer may say, parsed without ever raising: text in, a command or an error out."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

from .pace import SPEED_MAX, SPEED_MIN

MESSAGE_BYTES = 4096
OFFSET_MAX = 2**53  # what a JavaScript number counts exactly


@dataclass(frozen=True)
class Pause:
    """Hold the run."""


@dataclass(frozen=True)
class Resume:
    """Let the run go on."""


@dataclass(frozen=True)
class Step:
    """One more frame, while paused."""


@dataclass(frozen=True)
class Stop:
    """End the run's lanes where they are."""


@dataclass(frozen=True)
class Speed:
    """So many times 60 frames a second."""

    value: float


@dataclass(frozen=True)
class Ack:
    """The viewer has drawn every row before this offset."""

    offset: int


@dataclass(frozen=True)
class Error:
    """What came was not understood: one sentence for the viewer."""

    message: str


Command: TypeAlias = Pause | Resume | Step | Stop | Speed | Ack


def speed(value: object) -> Speed | Error:
    """A finite number between the slowest and the fastest speed."""
    expected = f"speed.value: expected a number from {SPEED_MIN:g} to {SPEED_MAX:g}, came {show(value)}."
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Error(expected)
    return Speed(float(value)) if SPEED_MIN <= value <= SPEED_MAX else Error(expected)


def ack(value: object) -> Ack | Error:
    """A whole number of rows."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= OFFSET_MAX:
        return Ack(value)
    return Error(f"ack.offset: expected a whole number of rows from 0 to {OFFSET_MAX}, came {show(value)}.")


# Every message type: the one field it carries (or none), and what makes the command of it.
PLAIN: dict[str, Command] = {"pause": Pause(), "resume": Resume(), "step": Step(), "stop": Stop()}
VALUED: dict[str, tuple[str, Callable[[object], Command | Error]]] = {"speed": ("value", speed), "ack": ("offset", ack)}
TYPES = (*PLAIN, *VALUED)


def parse(text: str | bytes | None) -> Command | Error:
    """The command in what a viewer sent, or an Error with one sentence; never raises."""
    if not isinstance(text, str):
        return Error("Expected a text message with one JSON object, came a binary message.")
    if len(text) > MESSAGE_BYTES or len(text.encode(errors="replace")) > MESSAGE_BYTES:
        return Error(f"Expected a message of at most {MESSAGE_BYTES} bytes, came a longer one.")
    try:
        message = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return Error(f"Expected one JSON object, came {show(text)}.")
    if not isinstance(message, dict):
        return Error(f"Expected one JSON object, came {show(message)}.")
    return _command(message)


def parse_offset(text: str) -> int | Error:
    """The row at which a viewer wants to begin, from the stream's address."""
    if text.isascii() and text.isdigit() and len(text) <= 16:
        return int(text)
    return Error(f"offset: expected a whole number of rows from 0, came {show(text)}; the stream begins at row 0.")


def _command(message: dict[str, object]) -> Command | Error:
    kind = message.get("type")
    if not isinstance(kind, str) or kind not in TYPES:
        return Error(f"type: expected one of {', '.join(TYPES)}, came {show(kind)}.")
    field, make = VALUED.get(kind, (None, None))
    unknown = sorted(set(message) - {"type", field})
    if unknown:
        expected = f"type and {field}" if field else "type alone"
        return Error(f"{kind}: expected {expected}, came also {show(unknown[0])}.")
    if field is None or make is None:
        return PLAIN[kind]
    if field not in message:
        return Error(f"{kind}.{field}: expected a number, came nothing.")
    return make(message[field])


def show(value: object) -> str:
    """The value as a sentence can hold it: JSON, in ASCII, of at most 60 characters."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
