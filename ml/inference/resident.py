"""The memory that this process holds: how much, and what of it can be given back.

Limits: Linux and glibc; elsewhere nothing is measured and nothing given back.
"""

import ctypes
import gc
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["Resident", "few_arenas", "give_back", "peaks", "resident"]

_MIB: Final[int] = 2**20
_ARENA_MAX: Final = -8
"""M_ARENA_MAX of malloc.h."""
_ROLLUP: Final[str] = "smaps_rollup"
_FIELDS: Final = {"Rss:": "resident_mb", "Pss:": "proportional_mb", "Anonymous:": "own_mb"}


@dataclass(frozen=True)
class Resident:
    """Memory of a process that is in use, MiB.

    Attributes:
        resident_mb: all of it.
        proportional_mb: the same, what other processes use too divided among them.
        own_mb: of no file, so that the system cannot drop it and read it again.
    """

    resident_mb: float
    proportional_mb: float
    own_mb: float


def resident(process: int | str = "self") -> Resident | None:
    """Memory of a process; None where the system does not say, or the process has gone.

    Reference: proc(5), /proc/pid/smaps.
    """
    try:
        lines = Path("/proc", str(process), _ROLLUP).read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    words = (line.split() for line in lines)
    return Resident(**{_FIELDS[w[0]]: int(w[1]) * 1024 / _MIB for w in words if w[0] in _FIELDS})


def peaks(process: int) -> dict[int, float]:
    """[process] → most memory that it has held so far, MiB, with all that it has started.

    A process that has gone is not among them.

    Reference: proc(5), /proc/pid/status and /proc/pid/task/tid/children.
    """
    found: dict[int, float] = {}
    left = [process]
    while left:
        one = Path("/proc", str(left.pop()))
        try:
            lines = (one / "status").read_text(encoding="ascii", errors="replace").splitlines()
            told = [(thread / "children").read_text() for thread in (one / "task").iterdir()]
        except OSError:
            continue
        left += [int(child) for children in told for child in children.split()]
        for line in lines:
            if line.startswith("VmHWM:"):
                found[int(one.name)] = int(line.split()[1]) * 1024 / _MIB
    return found


def few_arenas() -> None:
    """Let threads share places to allocate from, one a core; call before there are many threads.

    By default there may be eight a core, and what a thread that has ended left half used in each
    of them adds up. Nothing happens where the allocator is not that of glibc.

    Reference: mallopt(3), M_ARENA_MAX.
    """
    try:
        ctypes.CDLL(None).mallopt(_ARENA_MAX, max(2, os.cpu_count() or 1))
    except (AttributeError, OSError, TypeError):  # no glibc
        return


def give_back() -> None:
    """Hand freed memory to the system, which an allocator keeps for later."""
    gc.collect()
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError, TypeError):  # no glibc
        return
