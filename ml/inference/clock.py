"""Wall time of the steps of a reading."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["StepClock"]


class StepClock:
    """Seconds of named steps, per scan: `with clock("gate"): …`."""

    def __init__(self, scans: int) -> None:
        """Start with no step.

        Args:
            scans: number of scans that the steps are taken for together.
        """
        self.seconds: dict[str, float] = {}
        self._scans = scans

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        """Time what is done inside."""
        start = time.perf_counter()
        yield
        self.seconds[step] = (time.perf_counter() - start) / self._scans
