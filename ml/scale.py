"""What more than one machine takes: `python -m ml.scale` writes docs/scale.md.

Figures come from `assets/metrics/bench.json` (`make bench`); one that is not there is called not
measured yet, and nothing is worked out of it.

Exit status: 0 written, or with --check as committed · 1 with --check, the file is stale.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any, Final

from ml.evaluation.rendering import differing, write_texts
from ml.models.registry import REPOSITORY
from ml.scale_words import DOCUMENT, NOT_MEASURED, PLACES, SITES

__all__ = ["Measured", "document", "main", "measured", "outputs"]

BENCH: Final = Path("assets/metrics/bench.json")
TARGET: Final = Path("docs/scale.md")
DAY_S: Final = 24 * 60 * 60
BUSY: Final = 0.5
"""Share of the day that the cores are planned to work; the rest is for peaks and lost machines."""


@dataclass(frozen=True)
class Measured:
    """What the bench found; None where it did not.

    Attributes:
        processor: its name.
        cores: of the machine.
        load: of the machine in the minute before; of 1 and more the figures are too low.
        pictures: how many the batch read.
        per_second: pictures a second of the whole machine, batch.
        peak_mb: most memory of the batch.
        median_ms: one full reading, warm.
    """

    processor: str | None = None
    cores: int | None = None
    load: float | None = None
    pictures: int | None = None
    per_second: float | None = None
    peak_mb: float | None = None
    median_ms: float | None = None

    @property
    def per_core(self) -> float | None:
        """Pictures a second and core."""
        if self.per_second is None or not self.cores:
            return None
        return self.per_second / self.cores


def measured(root: Path) -> Measured:
    """The figures of the bench; whatever is absent or of another form is None."""
    try:
        found = json.loads((root / BENCH).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = {}
    runs = _at(found, "batch", "runs")
    usable = [one for one in runs if _number(one, "pictures")] if isinstance(runs, list) else []
    largest: Mapping[str, Any] = max(usable, key=lambda one: one["pictures"], default={})
    processor = _at(found, "batch", "machine", "processor")
    return Measured(
        processor=processor if isinstance(processor, str) else None,
        cores=_whole(_number(found, "batch", "machine", "cores")),
        load=_number(found, "batch", "machine", "load"),
        pictures=_whole(_number(largest, "pictures")),
        per_second=_number(largest, "pictures_per_s"),
        peak_mb=_number(largest, "peak_mb"),
        median_ms=_number(found, "reading", "reading_ms", "median_ms"),
    )


def document(found: Measured) -> str:
    """The text of docs/scale.md."""
    sites = [
        f"| {name} | {slices:,} | {_rate(slices)} | {_cores(slices, found)} |"
        for name, slices in SITES.items()
    ]
    places = [f"| {what} | {where} | {why} |" for what, where, why in PLACES]
    return DOCUMENT.format(
        processor=found.processor or NOT_MEASURED,
        cores=_told(found.cores, "{:d}"),
        load=_told(found.load, "{:.1f}"),
        pictures=_told(found.pictures, "{:,d}"),
        per_second=_told(found.per_second, "{:.2f}"),
        per_core=_told(found.per_core, "{:.2f}"),
        peak_mb=_told(found.peak_mb, "{:,.0f}"),
        median_ms=_told(found.median_ms, "{:,.0f}"),
        busy=f"{BUSY:.0%}".replace("%", " %"),
        sites="\n".join(sites),
        places="\n".join(places),
    )


def outputs(root: Path) -> dict[Path, str]:
    """What the published file must hold."""
    return {root / TARGET: document(measured(root))}


def _rate(slices: int) -> str:
    """Slices a second, on the mean of a day."""
    return f"{slices / DAY_S:,.1f}"


def _cores(slices: int, found: Measured) -> str:
    if not found.per_core:
        return NOT_MEASURED
    return f"{ceil(slices / (DAY_S * BUSY * found.per_core)):,}"


def _told(figure: float | None, form: str) -> str:
    return NOT_MEASURED if figure is None else form.format(figure)


def _whole(figure: float | None) -> int | None:
    return None if figure is None else round(figure)


def _number(found: object, *way: str) -> float | None:
    """The positive number at the end of a way, or None."""
    value = _at(found, *way)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 0 < value < float("inf") else None


def _at(found: object, *way: str) -> Any:
    """What is at the end of a way of keys, or None."""
    for name in way:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def main(arguments: Sequence[str] | None = None, root: Path = REPOSITORY) -> int:
    """Entry point; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m ml.scale", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    options = parser.parse_args(arguments)
    stale = differing(outputs(root))
    if options.check:
        for path in stale:
            sys.stderr.write(f"{path} is stale: run `python -m ml.scale`.\n")
        return 1 if stale else 0
    for path in write_texts(stale):
        sys.stdout.write(f"written: {path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
