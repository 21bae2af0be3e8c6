"""Who may use the networks when several ask at once: answers first, heat maps afterwards.

A processor that is shared by all who wait gives everybody an answer late. So a few scans are read
at a time, in the order in which they came, and a heat map that takes a pass of its own waits until
nobody waits for an answer, though not for ever.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["PATIENCE_S", "TURNS", "Turns"]

PATIENCE_S: Final[float] = 10.0
"""Longest time that something waits for the answers of others, seconds."""


class Turns:
    """Places for the passes of the networks; any number of threads may ask for one."""

    def __init__(self, places: int, *, patience_s: float = PATIENCE_S) -> None:
        """Create it with nobody waiting.

        Args:
            places: how many readings run at a time, and how many heat maps.
            patience_s: longest time that a heat map waits for readings, seconds.
        """
        self.places = places
        self._readings = threading.BoundedSemaphore(places)
        self._maps = threading.BoundedSemaphore(places)
        self._patience_s = patience_s
        self._asked = 0
        self._none_asked = threading.Condition()

    @contextmanager
    def first(self) -> Iterator[None]:
        """A place for a reading, as soon as one is free."""
        with self._none_asked:
            self._asked += 1
        try:
            with self._readings:
                yield
        finally:
            with self._none_asked:
                self._asked -= 1
                if not self._asked:
                    self._none_asked.notify_all()

    @contextmanager
    def afterwards(self) -> Iterator[None]:
        """A place for what can wait until no reading is asked for."""
        with self._none_asked:
            self._none_asked.wait_for(lambda: not self._asked, self._patience_s)
        with self._maps:
            yield


TURNS: Final = Turns(max(2, os.cpu_count() or 2))
"""Of this process."""
