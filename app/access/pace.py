"""How many pictures one reader may have read in an hour, so that nobody takes the machine."""

import os
import threading
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping
from typing import Final

from ml.errors import AccessError

__all__ = ["PACE", "READINGS_PER_HOUR", "Pace", "readings_per_hour"]

READINGS_PER_HOUR: Final = 5000
"""Slices an hour, unless `SULCUS_READINGS_PER_HOUR` says otherwise."""
_HOUR_S: Final = 3600.0


def readings_per_hour(environment: Mapping[str, str] = os.environ) -> int:
    """The most slices that are read for one reader in an hour.

    Raises:
        AccessError: the variable holds no such number.
    """
    text = environment.get("SULCUS_READINGS_PER_HOUR")
    if not text:
        return READINGS_PER_HOUR
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise AccessError(
            "SULCUS_READINGS_PER_HOUR is not a number of readings. Accepted is a whole number "
            "from 1 on."
        )
    return int(text)


class Pace:
    """What was read for whom within the last hour; the same picture counts once in it.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._read: defaultdict[str, OrderedDict[str, tuple[float, int]]] = defaultdict(OrderedDict)

    def count(self, who: str, what: str, *, slices: int, most: int) -> None:
        """Count a picture or a series that is about to be read.

        Args:
            who: reader, or session where nobody signs in.
            what: digest of the picture or series.
            slices: how many pictures it has.
            most: pictures an hour.

        Raises:
            AccessError: it would be too many; a series that alone has more than `most` is read
                where nothing else was.
        """
        with self._lock:
            now = self._clock()
            self._forget(now)
            mine = self._read[who]
            if what in mine:
                return
            done = sum(one for _, one in mine.values())
            if mine and done + slices > most:
                wait = _HOUR_S - (now - next(iter(mine.values()))[0])
                raise AccessError(
                    f"Slices read for you within the last hour: {done:,}. This scan would add "
                    f"{slices:,}, and one reader may ask for {most:,}. Minutes to wait: "
                    f"{max(1, round(wait / 60))}. Then open the scan again; what was read stays "
                    "readable."
                )
            mine[what] = (now, slices)

    def _forget(self, now: float) -> None:
        """Let go of what is older than an hour, and of readers without anything newer."""
        for who in list(self._read):
            mine = self._read[who]
            while mine and now - next(iter(mine.values()))[0] >= _HOUR_S:
                mine.popitem(last=False)
            if not mine:
                del self._read[who]


PACE: Final = Pace()
"""The one of this process."""
