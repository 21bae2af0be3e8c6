"""What came of many inputs, counted, and kept in a file that further campaigns add to."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from ml.errors import MetricsError
from ml.hostile.watch import Outcome

__all__ = ["COUNTS", "FAILURES", "Campaigns", "add", "counted", "load"]

COUNTS: Final = Path("assets/metrics/robustness/hostile.json")
FAILURES: Final = ("crash", "hang", "memory", "file", "sentence")
"""Kinds of outcome that none may have."""
Campaigns = dict[str, dict[str, dict[str, Any]]]
"""[entry][seed] → counts."""


def counted(found: Iterable[Outcome]) -> dict[str, Any]:
    """The counts of one campaign: outcomes, refusals by class, failures by place."""
    kinds: Counter[str] = Counter()
    refusals: Counter[str] = Counter()
    failures: Counter[str] = Counter()
    sentences: set[str] = set()
    slowest, largest = 0.0, 0
    for one in found:
        kinds[one.kind] += 1
        slowest, largest = max(slowest, one.seconds), max(largest, one.peak_bytes)
        if one.kind == "refused":
            refusals[one.detail] += 1
            sentences.add(re.sub(r"[\d,.]*\d", "#", one.sentence))
        elif one.kind in FAILURES:
            failures[f"{one.kind}: {one.detail}"] += 1
    return {
        "inputs": kinds.total(),
        "read": kinds["read"],
        "refused": dict(sorted(refusals.items())),
        "sentences": len(sentences),
        "failures": dict(sorted(failures.items())),
        "slowest_s": round(slowest, 2),
        "largest_mb": largest >> 20,
    }


def load(root: Path) -> Campaigns:
    """All campaigns that were counted; none where there is no file.

    Raises:
        MetricsError: the file is damaged.
    """
    file = root / COUNTS
    if not file.exists():
        return {}
    try:
        found: Campaigns = json.loads(file.read_text(encoding="utf-8"))["entries"]
    except (ValueError, KeyError, TypeError):
        raise MetricsError(
            f"The counts in {COUNTS} are damaged. Restore the file, or remove it and run "
            "`python -m app.robustness` again."
        ) from None
    return found


def add(root: Path, entry: str, seed: int, counts: Mapping[str, Any]) -> None:
    """Put a campaign to the others; one of the same entry and seed is replaced.

    Its inputs are the same, so that they do not count twice.
    """
    known = load(root)
    known.setdefault(entry, {})[str(seed)] = dict(counts)
    file = root / COUNTS
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    text = json.dumps({"entries": known}, indent=1, sort_keys=True)
    part.write_text(f"{text}\n", encoding="utf-8")
    part.replace(file)
