"""A worker process: computes many runs in turn, ahead of those who watch them, and says what comes of it."""

import os
import socket
import sys
import time
from dataclasses import replace
from math import inf

import flowscope as fs
import torch

from .mark import Mark
from .message import Accepted, Channel, Delete, Failed, Ready, Refused, Start, Want
from .stint import Stint

WARM_FRAMES = 8
BREATH_SECONDS = 0.25  # a turn that lasts longer lets others have theirs
NESTED = 8  # turns within one another, at most


class Left(Exception):
    """A run in whose turn nobody wants it any more."""


class Rota:
    """The runs of one worker. The one whose viewers would have to wait first has the next turn.

    A frame may take minutes. So a turn that lasts lets others have turns between its steps (`_breathe`, which the
    engine's look at the clock calls), and ends where everybody has left its run. That begins anew when somebody comes.
    """

    def __init__(self, channel: Channel, mark: Mark) -> None:
        self._channel, self._mark = channel, mark
        self._stints: dict[str, Stint] = {}
        self._given_up: dict[str, Start] = {}
        self._turns: list[tuple[str, float]] = []  # the runs whose turns go on, each within the one before, since when

    def serve(self) -> None:
        """Work until the server is gone."""
        try:
            self._channel.send(Ready())
            while True:
                for message in self._channel.poll(self._wait()):
                    self._hear(message)
                self._give_turn()
        except (EOFError, OSError):
            return

    def _wait(self) -> float | None:
        seconds = min((stint.wait() for stint in self._stints.values()), default=inf)
        return None if seconds == inf else seconds

    def _give_turn(self) -> None:
        """A turn for the most urgent run that has none now."""
        busy = {run for run, _ in self._turns}
        ready = [
            (stint.urgency(), stint.turned, run)
            for run, stint in self._stints.items()
            if run not in busy and not stint.wait()
        ]
        if ready:
            self._turn(min(ready)[-1])

    def _clock(self) -> float:
        """Seconds; who asks for them in a turn that lasts has others served meanwhile."""
        now = time.perf_counter()
        if self._turns and now - self._turns[-1][1] > BREATH_SECONDS:
            self._breathe()
            return time.perf_counter()
        return now

    def _breathe(self) -> None:
        """Hear what came, and give another run a turn. Raises Left where the run of this turn is wanted no more."""
        run, _ = self._turns[-1]
        self._turns[-1] = run, inf  # no breath within a breath
        for message in self._channel.poll(0.0):
            self._hear(message)
        if run not in self._stints or self._stints[run].is_left:
            raise Left
        if len(self._turns) < NESTED:
            self._give_turn()
        self._mark.write(run)
        self._turns[-1] = run, time.perf_counter()

    def _hear(self, message: object) -> None:
        match message:
            case Start():
                self._start(message)
            case Want(run) if run in self._stints:
                self._stints[run].wanted(message)
            case Want(run) if run in self._given_up and message.ahead > 0:
                start = replace(self._given_up.pop(run), want=message)
                self._stints[run] = Stint(start, self._clock)
            case Delete(run):
                self._stints.pop(run, None)
                self._given_up.pop(run, None)
            case _:
                pass  # of a run that is gone

    def _start(self, start: Start) -> None:
        self._mark.write(start.run)
        try:
            stint = Stint(start, self._clock, parent=self._stints.get(start.parent))
            self._channel.send(Accepted(start.run))
            header = stint.header()
        except fs.SpecError as error:
            self._channel.send(Refused(start.run, str(error), error.path, error.expected, error.came))
        except Exception as error:
            self._channel.send(Failed(start.run, describe(error)))
        else:
            self._stints[start.run] = stint
            self._channel.send(header)
        self._mark.write("")

    def _turn(self, run: str) -> None:
        stint = self._stints[run]
        self._mark.write(run)
        self._turns.append((run, time.perf_counter()))
        try:
            rows, stage = stint.turn(), stint.stage()
        except Left:
            if self._stints.pop(run, None):
                self._given_up[run] = stint.again
        except (EOFError, ConnectionError):  # the server is gone
            raise
        except Exception as error:  # what a run does wrong ends that run, never its neighbours
            del self._stints[run]
            self._channel.send(Failed(run, describe(error)))
        else:
            for said in (stage, rows) if rows and rows.over else (rows, stage):
                if said is not None:
                    self._channel.send(said)
        self._turns.pop()
        self._mark.write("")


def describe(error: Exception) -> str:
    """What went wrong, as one sentence."""
    first = (str(error).splitlines() or [""])[0].rstrip(".")
    return f"The computation failed with {type(error).__name__}{': ' if first else ''}{first}."


def warm() -> None:
    """Compute a few frames, so that the first run a person starts is as quick as the next."""
    run = fs.Run(fs.PRESETS[0].spec, clock=time.perf_counter)
    run.stage()
    run.chunk(WARM_FRAMES)


def main() -> None:
    """The process: the socket's and the mark's descriptors are its arguments."""
    os.nice(5)
    torch.set_num_threads(1)
    warm()
    Rota(Channel(socket.socket(fileno=int(sys.argv[1]))), Mark(int(sys.argv[2]))).serve()


if __name__ == "__main__":
    main()
