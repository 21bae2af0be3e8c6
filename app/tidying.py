"""Keeps the collection of garbage short, in a thread of its own for all sessions of the process.

Streamlit looks for garbage after every run of a page, among all objects that there are: with the
app's libraries loaded that takes longer than the run, and no other session gets on meanwhile. What
lives is therefore set aside: a run's collection looks at what came since. Once a minute all of it
is looked at, so that nothing stays for ever, and freed memory goes back to the system. Threads of
sessions share few places to allocate from, or what they leave would add up.
"""

import gc
import threading
import time
from typing import Final

from ml.inference.resident import few_arenas, give_back

__all__ = ["EVERY_S", "TIDYING", "Tidying"]

EVERY_S: Final = 60.0


class Tidying:
    """One thread that tidies up at once and then every minute."""

    def __init__(self) -> None:
        """Create it idle."""
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, if nobody has begun."""
        with self._lock:
            if self._thread is None:
                few_arenas()
                self._thread = threading.Thread(target=self._run, name="tidying", daemon=True)
                self._thread.start()

    @staticmethod
    def tidy() -> None:
        """Look at everything once, and set aside what lives."""
        gc.unfreeze()
        give_back()
        gc.freeze()

    def _run(self) -> None:
        while True:
            self.tidy()
            time.sleep(EVERY_S)


TIDYING: Final = Tidying()
"""Of this process."""
