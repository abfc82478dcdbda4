"""A viewer's cursor into a log, without any socket: acknowledgements in, the next bytes to send out."""

from dataclasses import dataclass

from .decimation import decimate
from .log import Log
from .pace import FRAMES_PER_SECOND

WINDOW_SECONDS = 1.5
WINDOW_ROWS = 4096  # the least window: catching up is then bound by the network, not by the pace of acknowledgements
MESSAGE_BYTES = 1 << 20
BACKLOG_ROWS = 20_000  # a viewer further behind than this gets one decimated chunk to the head


@dataclass
class Cursor:
    """Where a viewer is: rows before `offset` were sent, rows before `acknowledged` were drawn."""

    offset: int = 0
    acknowledged: int = 0

    @classmethod
    def at(cls, offset: int) -> "Cursor":
        """A cursor of a viewer that has every row before `offset`."""
        return cls(offset, offset)

    def ack(self, offset: int) -> None:
        """The viewer has drawn every row before `offset`; going back, or beyond what was sent, means nothing."""
        self.acknowledged = max(self.acknowledged, min(offset, self.offset))

    def room(self, speed: float, lanes: int) -> int:
        """Rows that may still be sent before the viewer acknowledges some."""
        window = max(WINDOW_ROWS, int(WINDOW_SECONDS * FRAMES_PER_SECOND * speed * lanes))
        return window - (self.offset - self.acknowledged)

    def far_behind(self, until: int) -> bool:
        """Whether the backlog up to a row is to be decimated, which takes longer than an event loop should wait."""
        return until - self.offset > BACKLOG_ROWS

    def next(self, log: Log, until: int, *, speed: float, lanes: int) -> bytes:
        """The next bytes to send of the rows before `until`, b"" when there is nothing to send or no room."""
        room = self.room(speed, lanes)
        if self.offset >= until or room <= 0:
            return b""
        if self.far_behind(until):
            stop, data = until, decimate(log, self.offset, until)
        else:
            stop = min(until, log.whole(self.offset, room, MESSAGE_BYTES))
            data = log.read(self.offset, stop)
        self.offset = stop
        return data
