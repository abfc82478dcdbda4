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
    """Send no more."""


@dataclass(frozen=True)
class Resume:
    """Go on sending."""


@dataclass(frozen=True)
class Step:
    """One more frame, while paused."""


@dataclass(frozen=True)
class Speed:
    """So many times 60 frames a second."""

    value: float


@dataclass(frozen=True)
class Ack:
    """The viewer has drawn every row before this offset."""

    offset: int


@dataclass(frozen=True)
class Tune:
    """Set ρ of a solver by hand, from the last frame that was sent on."""

    solver: int
    rho: float


@dataclass(frozen=True)
class Error:
    """What came was not understood: one sentence for the viewer."""

    message: str


Command: TypeAlias = Pause | Resume | Step | Speed | Ack | Tune


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


def tune(solver: object, rho: object) -> Tune | Error:
    """A solver's place in the spec and a number between 0 and 1."""
    if isinstance(solver, bool) or not isinstance(solver, int) or solver < 0:
        return Error(f"tune.solver: expected a whole number from 0, came {show(solver)}.")
    if isinstance(rho, bool) or not isinstance(rho, int | float) or not 0 <= rho <= 1:
        return Error(f"tune.rho: expected a number from 0 to 1, came {show(rho)}.")
    return Tune(solver, float(rho))


# Every message type: the fields it carries (or none), and what makes the command of them.
PLAIN: dict[str, Command] = {"pause": Pause(), "resume": Resume(), "step": Step()}
VALUED: dict[str, tuple[tuple[str, ...], Callable[..., Command | Error]]] = {
    "speed": (("value",), speed),
    "ack": (("offset",), ack),
    "tune": (("solver", "rho"), tune),
}
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


def parse_speed(text: str) -> float | Error:
    """The speed at which a viewer wants to begin, from the stream's address."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if SPEED_MIN <= value <= SPEED_MAX:
        return value
    return Error(
        f"speed: expected a number from {SPEED_MIN:g} to {SPEED_MAX:g}, came {show(text)}; the stream goes at speed 1."
    )


def _command(message: dict[str, object]) -> Command | Error:
    kind = message.get("type")
    if not isinstance(kind, str) or kind not in TYPES:
        return Error(f"type: expected one of {', '.join(TYPES)}, came {show(kind)}.")
    fields, make = VALUED.get(kind, ((), None))
    unknown = sorted(set(message) - {"type", *fields})
    if unknown:
        expected = " and ".join(("type", *fields)) if fields else "type alone"
        return Error(f"{kind}: expected {expected}, came also {show(unknown[0])}.")
    if make is None:
        return PLAIN[kind]
    missing = next((field for field in fields if field not in message), None)
    if missing is not None:
        return Error(f"{kind}.{missing}: expected a number, came nothing.")
    return make(*(message[field] for field in fields))


def show(value: object) -> str:
    """The value as a sentence can hold it: JSON, in ASCII, of at most 60 characters."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
