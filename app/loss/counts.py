"""What came of the trials, as rows of a table in the repository."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

from ml.datasets.tables import write_csv
from ml.evaluation.table_files import read_lines

__all__ = ["COUNTS", "Row", "Tally", "load", "save"]

COUNTS: Final = Path("assets/metrics/robustness/loss.csv")
COMMAND: Final = "python -m app.loss"
_NUMBERS: Final = ("seed", "trials", "acknowledged", "refused", "left", "lost", "failures")


@dataclass(frozen=True)
class Row:
    """One case.

    Attributes:
        part: one of `app.loss.__main__.PARTS`.
        case: what was tried.
        seed: of the moments.
        trials: how often.
        acknowledged: steps that were; all of them were looked for.
        refused: steps that were refused in a sentence.
        left: trials after which something half written lay about before the next start.
        lost: steps that were acknowledged and are not there, where the disk had lied.
        failures: trials in which something was wrong.
        what: what it was.
    """

    part: str
    case: str
    seed: int
    trials: int
    acknowledged: int
    refused: int
    left: int
    lost: int
    failures: int
    what: str


class Tally:
    """Counts one case while it is tried."""

    def __init__(self, part: str, case: str, seed: int) -> None:
        self._of = (part, case, seed)
        self._counts: Counter[str] = Counter()
        self._what: Counter[str] = Counter()

    def trial(
        self,
        problems: Iterable[str],
        *,
        acknowledged: int = 0,
        refused: int = 0,
        left: bool = False,
        lost: int = 0,
    ) -> None:
        """Count one trial; see `Row`."""
        found = list(problems)
        self._what.update(set(found))
        self._counts.update(
            trials=1,
            acknowledged=acknowledged,
            refused=refused,
            left=int(left),
            lost=lost,
            failures=int(bool(found)),
        )

    @property
    def row(self) -> Row:
        """What was counted so far."""
        part, case, seed = self._of
        numbers = {name: self._counts[name] for name in _NUMBERS} | {"seed": seed}
        what = "; ".join(f"{text} ({count})" for text, count in self._what.most_common())
        return Row(part, case, what=what, **numbers)


def load(root: Path) -> list[Row]:
    """The committed rows; none where there is no file.

    Raises:
        MetricsError: the file holds none.
    """
    file = root / COUNTS
    lines = read_lines(file, command=COMMAND) if file.exists() else []
    return [_row(line) for line in lines]


def _row(line: Mapping[str, str]) -> Row:
    numbers = {name: int(line[name]) for name in _NUMBERS}
    return Row(line["part"], line["case"], what=line["what"], **numbers)


def save(root: Path, rows: Iterable[Row]) -> None:
    """Put rows in the place of those of the same part and case."""
    new = list(rows)
    again = {(one.part, one.case) for one in new}
    kept = [one for one in load(root) if (one.part, one.case) not in again]
    (root / COUNTS).parent.mkdir(parents=True, exist_ok=True)
    write_csv(
        root / COUNTS, [one.name for one in fields(Row)], [asdict(one) for one in (*kept, *new)]
    )
