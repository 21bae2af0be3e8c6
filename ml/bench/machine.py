"""On what a figure was taken: processor, cores, load, engine, precision, versions, date."""

import os
import platform
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from ml.inference import chosen
from ml.models import registry

__all__ = ["record"]

LIBRARIES: Final[tuple[str, ...]] = (
    *("openvino", "numpy", "opencv-python-headless", "streamlit"),
    *("tensorflow", "keras", "tf-keras-vis"),
)


def record() -> dict[str, Any]:
    """The machine as it is now; the load is that of the last minute, before anything is timed."""
    engine = chosen.chosen_engine()
    return {
        "taken": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "load": round(os.getloadavg()[0], 2),
        "engine": type(engine).__name__,
        "precision": getattr(engine, "precision", "f32"),
        "threads": os.environ.get(chosen.THREADS) or None,
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in LIBRARIES},
        "weights": {name: registry.spec(name).sha256[:16] for name in registry.installed()},
    }


def _processor() -> str:
    """Its name as the system says it, with what decides how fast it multiplies."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    facts = dict(line.split(":", 1) for line in lines if ":" in line)
    facts = {key.strip(): value.strip() for key, value in facts.items()}
    known = {"avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16", "asimd"}
    has = sorted(known & set(facts.get("flags", facts.get("Features", "")).split()))
    name = facts.get("model name", platform.machine())
    family = " ".join(facts[key] for key in ("cpu family", "model") if key in facts)
    return f"{name} ({'family/model ' + family + '; ' if family else ''}{', '.join(has)})"


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
