"""What a worker of a batch does, in a process of this machine or of a cluster."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from ml.batch import Read, networks_mark, read_here
from ml.errors import EngineError, SulcusError
from ml.inference.chosen import THREADS
from ml.inference.engine import Engine

__all__ = ["GO_ON", "RETRIES", "Worker"]

RETRIES: Final = 3
"""Times that files are read again after the worker that read them was lost."""
GO_ON: Final = "Rows that are written stay; the same command goes on from here."
_OTHERS: Final = (
    "It has other networks, thresholds or reference pictures than the process that started the "
    "run. Put the same version of this program on all machines, and change nothing while it runs."
)


class Worker:
    """Networks that are loaded once and are those of the run."""

    def __init__(self, make_engine: Callable[[], Engine], networks: str, *, threads: int) -> None:
        """Load the networks; what is wrong with them is said when the first files come.

        Args:
            make_engine: called once.
            networks: `ml.batch.networks_mark` of the process that started the run.
            threads: processor cores that a network may use, unless `SULCUS_THREADS` says it.
        """
        os.environ.setdefault(THREADS, str(threads))
        self._networks = networks
        self._engine: Engine | None = None
        self._problem = ""
        try:
            engine = make_engine()
            if networks_mark(engine) != networks:
                raise EngineError(_OTHERS)
            self._engine = engine
        except SulcusError as error:
            self._problem = str(error)

    def read(self, files: Sequence[str], masks: Mapping[str, str]) -> list[Read]:
        """Each file once, in their order; see `ml.batch.Reader`.

        Raises:
            SulcusError: the networks cannot be loaded, are others, or cannot go on.
        """
        if self._engine is None:
            raise EngineError(self._problem)
        return list(read_here(self._engine, files, masks, self._networks))
