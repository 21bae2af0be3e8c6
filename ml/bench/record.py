"""The file that the figures are kept in: one entry a part, with when and where it was taken."""

import json
from pathlib import Path
from typing import Any, Final

from ml.errors import MetricsError
from ml.models.registry import REPOSITORY

__all__ = ["FILE", "ROOT", "load", "merge"]

ROOT: Final[Path] = REPOSITORY
FILE: Final[Path] = Path("assets/metrics/bench.json")
_MEND: Final[str] = "Run `make bench` to write it anew."


def merge(file: Path, part: str, machine: dict[str, Any], figures: dict[str, Any]) -> None:
    """Put a part's figures in the place of its earlier ones; the other parts stay.

    Args:
        file: made if needed.
        part: name of the part.
        machine: what `ml.bench.machine.record` gave before it began.
        figures: what was found.

    Raises:
        MetricsError: the file is there and damaged.
    """
    known = load(file) if file.is_file() else {}
    known[part] = {"machine": machine, **figures}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


def load(file: Path) -> dict[str, Any]:
    """[part] → its figures, and "machine" of each.

    Raises:
        MetricsError: the file is absent or damaged.
    """
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(found, dict) or not all("machine" in one for one in found.values()):
            raise ValueError("a part without its machine")
    except FileNotFoundError as error:
        raise MetricsError(f"{FILE} is missing: nothing was timed yet. {_MEND}") from error
    except (OSError, TypeError, ValueError) as error:
        raise MetricsError(f"{FILE} is damaged ({error}). {_MEND}") from error
    return found
