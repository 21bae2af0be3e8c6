"""Loads the networks in the background, once for all sessions of the process.

The first page does not wait for them. A reading that comes before they are there waits for the
engine, which loads each network once, whoever asks. The backward pass of a heat map is built when
the first map of a network is looked at: an app that nobody reads with need not hold it.
"""

import threading
from typing import Final

from app import services
from app.tidying import TIDYING
from ml.errors import SulcusError
from ml.models import registry

__all__ = ["LOADING", "Loading"]


class Loading:
    """One pass over the registered networks, in a thread of its own."""

    def __init__(self) -> None:
        """Create it with nothing loaded."""
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._ready, self._networks = 0, 0

    def start(self) -> None:
        """Begin, if nobody has begun."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._load, name="networks", daemon=True)
                self._thread.start()

    @property
    def waiting(self) -> tuple[int, int] | None:
        """Networks that are ready, and all; None while none is being loaded."""
        return (self._ready, self._networks) if self._ready < self._networks else None

    def _load(self) -> None:
        try:
            names = registry.installed()
            self._networks = len(names)
            engine = services.engine()
            for name in names:
                engine.fingerprint(name)
                self._ready += 1
        except SulcusError:
            pass  # whoever reads a scan gets the same error, with its words
        finally:
            self._networks = self._ready
            TIDYING.start()


LOADING: Final = Loading()
"""Of this process."""
