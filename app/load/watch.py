"""What a running app holds: memory, handles, threads, temporary files; and what it logged.

Limits: Linux, see `ml.inference.resident`.
"""

import re
import time
from pathlib import Path
from typing import Final

from app.load.server import Running
from ml.bench.soak import Sample
from ml.errors import MetricsError
from ml.inference.resident import resident

__all__ = ["complaints", "sample"]

_COMPLAINT: Final = re.compile(r"traceback|error|exception|warning", re.IGNORECASE)


def sample(app: Running) -> Sample:
    """What the app holds now.

    Raises:
        MetricsError: it has ended, or the system does not say.

    Reference: proc(5), /proc/pid/fd and /proc/pid/task.
    """
    memory, place = resident(app.process), Path("/proc", str(app.process))
    try:
        handles, threads = (len(list((place / name).iterdir())) for name in ("fd", "task"))
    except OSError:
        memory = None
    if memory is None:
        raise MetricsError(
            "The app under load cannot be watched: it has ended, or this system has no /proc. Its "
            f"last words: {app.log.read_text(encoding='utf-8', errors='replace')[-500:]}"
        )
    return Sample(
        seconds=time.perf_counter() - app.start,
        resident_mb=memory.resident_mb,
        own_mb=memory.own_mb,
        handles=handles,
        threads=threads,
        files=sum(one.is_file() for one in app.temporary.rglob("*")),
    )


def complaints(app: Running) -> list[str]:
    """Lines of the app's log that tell of an error or warn."""
    lines = app.log.read_text(encoding="utf-8", errors="replace").splitlines()
    return [line.strip() for line in lines if _COMPLAINT.search(line)]
