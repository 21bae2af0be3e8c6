"""Reading and writing the committed tables of rows, with one sentence for each way they fail."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from ml.errors import MetricsError

EVALUATE: Final[str] = "make evaluate"


def write_lines(path: Path, header: Sequence[str], body: Iterable[Sequence[object]]) -> None:
    """Write a CSV with its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(body)


def read_lines(path: Path, *, command: str = EVALUATE) -> list[dict[str, str]]:
    """The lines of a CSV by column.

    Args:
        path: the table.
        command: what writes it again.

    Raises:
        MetricsError: the file is absent or holds no line.
    """
    if not path.is_file():
        raise MetricsError(f"{path.name} has not been computed; run `{EVALUATE}`")
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    if not lines:
        raise unusable(path, "no row", command=command)
    return lines


def unusable(path: Path, why: object, *, command: str = EVALUATE) -> MetricsError:
    """The error of a table that is there but is not what it should be."""
    return MetricsError(f"{path.name} cannot be used ({why}); run `{command}` to write it again")
