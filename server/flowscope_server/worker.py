"""A worker process: steps many runs in turn, each at its own pace, and says what comes of it."""

import os
import socket
import sys
import time
from math import inf

import flowscope as fs
import torch

from .mark import Mark
from .message import Accepted, Channel, Control, Delete, Failed, Ready, Refused, Start
from .stint import Stint

WARM_FRAMES = 8


class Rota:
    """The runs of one worker: every run that wants a turn gets one, round and round."""

    def __init__(self, channel: Channel, mark: Mark) -> None:
        self._channel, self._mark = channel, mark
        self._stints: dict[str, Stint] = {}

    def serve(self) -> None:
        """Work until the server is gone."""
        try:
            self._channel.send(Ready())
            while True:
                for message in self._channel.poll(self._wait()):
                    self._hear(message)
                for run, stint in list(self._stints.items()):
                    if stint.wait() <= 0:
                        self._turn(run, stint)
        except (EOFError, OSError):
            return

    def _wait(self) -> float | None:
        seconds = min((stint.wait() for stint in self._stints.values()), default=inf)
        return None if seconds == inf else seconds

    def _hear(self, message: object) -> None:
        match message:
            case Start():
                self._start(message)
            case Control(run, command) if run in self._stints:
                self._stints[run].obey(command)
                self._tell_tuned(self._stints[run])
            case Delete(run):
                self._stints.pop(run, None)
            case _:
                pass  # to a run that is gone

    def _start(self, start: Start) -> None:
        self._mark.write(start.run)
        try:
            stint = Stint(start, time.perf_counter)
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

    def _turn(self, run: str, stint: Stint) -> None:
        self._mark.write(run)
        try:
            rows = stint.turn()
        except Exception as error:  # what a run does wrong ends that run, never its neighbours
            del self._stints[run]
            self._channel.send(Failed(run, describe(error)))
        else:
            self._tell_tuned(stint)
            if rows is not None:
                if not rows.over:
                    self._channel.send(rows)
                if (stage := stint.stage()) is not None:
                    self._channel.send(stage)
                if rows.over:  # after which the server hears no more of this run
                    self._channel.send(rows)
                    del self._stints[run]
        self._mark.write("")

    def _tell_tuned(self, stint: Stint) -> None:
        for tuned in stint.tuned():
            self._channel.send(tuned)


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
