"""When frames are due to a viewer: a credit of frames that grows with the wall clock. The clock is passed in, so
nothing here waits.
"""

import math

import flowscope as fs

FRAMES_PER_SECOND = 60.0  # at speed 1
SPEED_MIN, SPEED_MAX = 0.0625, 64.0
CATCH_UP_SECONDS = 0.25  # a missed deadline is made up for by at most this much


class Pace:
    """Frames owed to the wall clock: credit(t) = min(credit + 60·speed·Δt, most), spent as frames are computed."""

    def __init__(self, now: float, *, speed: float = 1.0, paused: bool = False) -> None:
        self._credit = 1.0  # the first frame is due at once
        self._seen = now
        self._speed = speed
        self._paused = paused

    @property
    def speed(self) -> float:
        """How many times 60 frames a second."""
        return self._speed

    @property
    def paused(self) -> bool:
        """Whether the clock is held."""
        return self._paused

    def due(self, now: float) -> int:
        """Whole frames that are due."""
        self._accrue(now)
        return int(self._credit)

    @property
    def most(self) -> float:
        """The largest credit: a quarter of a second, and never less than one chunk."""
        return max(CATCH_UP_SECONDS * FRAMES_PER_SECOND * self._speed, fs.FRAMES_PER_CHUNK)

    def wait(self, now: float, frames: int) -> float:
        """Seconds until so many frames are due; infinite while paused."""
        self._accrue(now)
        if self._paused:
            return math.inf
        return max(0.0, frames - self._credit) / (FRAMES_PER_SECOND * self._speed)

    def spend(self, now: float, frames: int) -> None:
        """So many frames were sent: take them from the credit, which never becomes a debt."""
        self._accrue(now)
        self._credit = max(0.0, self._credit - frames)

    def pause(self, now: float) -> None:
        """Hold the clock."""
        self._accrue(now)
        self._paused = True

    def resume(self, now: float) -> None:
        """Let the clock go on; the time held counts for nothing."""
        self._accrue(now)
        self._paused = False

    def accelerate(self, now: float, speed: float) -> None:
        """Go on at another speed from here."""
        self._accrue(now)
        self._speed = speed
        self._credit = min(self._credit, self.most)

    def _accrue(self, now: float) -> None:
        if not self._paused:
            self._credit = min(self._credit + FRAMES_PER_SECOND * self._speed * (now - self._seen), self.most)
        self._seen = now
