"""One row a picture: the committed tables from which every figure is derived.

`classification_*.csv`: id, source, group, cluster, split, label, then `<model>_logit_<class>`
for every network, `<model>_<class>` for every network and `mean_<class>`; the official tables
end in `leaky`. Only the logits are read back; the probabilities are there for other readers.

`segmentation_clean.csv`: id, group, label, split, dice, iou, hd95_mm, asd_mm, reference_px,
predicted_px, picture_px, predicted_share, tumour: of the U-Net alone, and what the classifiers'
mean gives a tumour (empty where nobody asked them). An empty cell is a figure that does not
exist there.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ml.evaluation.calibration import softmax
from ml.evaluation.classification import Labels
from ml.evaluation.intervals import Numbers
from ml.evaluation.segmentation import OutlineRow, OutlineScore
from ml.evaluation.table_files import read_lines, unusable, write_lines
from ml.labels import CLASSES, class_index

DIGITS: Final[int] = 6
MEAN: Final[str] = "mean"
WHERE: Final[tuple[str, ...]] = ("id", "source", "group", "cluster", "split", "label")
SCORES: Final[tuple[str, ...]] = ("dice", "iou", "hd95_mm", "asd_mm")
SIZES: Final[tuple[str, ...]] = ("reference_px", "predicted_px", "picture_px")


@dataclass(frozen=True)
class ClassificationTable:
    """Pictures with what every network said about them.

    Attributes:
        where: [column of `WHERE`] → one entry a picture.
        logits: [network name] → (N, 4) float64, rounded to `DIGITS`.
        leaky: per picture whether a group-mate is in training, or None where none can be.
    """

    where: Mapping[str, tuple[str, ...]]
    logits: Mapping[str, Numbers]
    leaky: tuple[bool, ...] | None = None

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self.where["id"])

    @property
    def labels(self) -> Labels:
        """(N,) index of the true class."""
        return np.array([class_index(name) for name in self.where["label"]], dtype=np.int64)

    def part(self, split: str) -> "ClassificationTable":
        """The pictures of one split only."""
        kept = [i for i, name in enumerate(self.where["split"]) if name == split]
        return ClassificationTable(
            where={name: tuple(column[i] for i in kept) for name, column in self.where.items()},
            logits={name: values[kept] for name, values in self.logits.items()},
            leaky=None if self.leaky is None else tuple(self.leaky[i] for i in kept),
        )


def with_mean(logits: Mapping[str, Numbers]) -> dict[str, Numbers]:
    """Add "mean", the mean of the networks' probabilities, as logits (its natural logarithm).

    softmax(log p) is p again, so every model can be treated alike from here on.
    """
    average = np.mean([softmax(values) for values in logits.values()], axis=0)
    return {**logits, MEAN: np.log(np.maximum(average, 1e-300))}


def write_classification(path: Path, table: ClassificationTable) -> None:
    """Write a table; its logits must already be rounded, so that reading gives the same figures."""
    probabilities = {name: softmax(v) for name, v in with_mean(table.logits).items()}
    columns: list[tuple[str, Iterable[str]]] = [(name, table.where[name]) for name in WHERE]
    for name, values in table.logits.items():
        columns += [
            (f"{name}_logit_{label}", map(number, values[:, c])) for c, label in enumerate(CLASSES)
        ]
    for name, values in probabilities.items():
        columns += [
            (f"{name}_{label}", map(number, values[:, c])) for c, label in enumerate(CLASSES)
        ]
    if table.leaky is not None:
        columns.append(("leaky", [str(int(flag)) for flag in table.leaky]))
    header, body = zip(*columns, strict=True)
    write_lines(path, header, zip(*body, strict=True))


def read_classification(path: Path) -> ClassificationTable:
    """Read a table back.

    Raises:
        MetricsError: the file is absent or lacks a column.
    """
    rows = read_lines(path)
    suffix = f"_logit_{CLASSES[0]}"
    names = [column[: -len(suffix)] for column in rows[0] if column.endswith(suffix)]
    try:
        return ClassificationTable(
            where={name: tuple(row[name] for row in rows) for name in WHERE},
            logits={
                name: np.array([[float(r[f"{name}_logit_{c}"]) for c in CLASSES] for r in rows])
                for name in names
            },
            leaky=tuple(row["leaky"] == "1" for row in rows) if "leaky" in rows[0] else None,
        )
    except (KeyError, ValueError) as error:
        raise unusable(path, error) from error


def write_segmentation(path: Path, rows: Sequence[OutlineRow]) -> None:
    """Write one line a picture."""
    header = ("id", "group", "label", "split", *SCORES, *SIZES, "predicted_share", "tumour")
    body = (
        (
            *(row.id, row.group, row.label, row.split),
            *(number(getattr(row.score, name)) for name in SCORES),
            *(str(row.score.reference_px), str(row.score.predicted_px), str(row.picture_px)),
            number(row.area_share),
            number(row.tumour),
        )
        for row in rows
    )
    write_lines(path, header, body)


def read_segmentation(path: Path) -> list[OutlineRow]:
    """Read the lines back.

    Raises:
        MetricsError: the file is absent or lacks a column.
    """
    try:
        return [_outline_row(row) for row in read_lines(path)]
    except (KeyError, ValueError) as error:
        raise unusable(path, error) from error


def _outline_row(row: Mapping[str, str]) -> OutlineRow:
    figures = {name: float(row[name]) if row[name] else math.nan for name in SCORES}
    return OutlineRow(
        id=row["id"],
        group=row["group"],
        label=row["label"],
        split=row["split"],
        score=OutlineScore(
            **figures,
            reference_px=int(row["reference_px"]),
            predicted_px=int(row["predicted_px"]),
        ),
        picture_px=int(row["picture_px"]),
        tumour=float(row["tumour"]) if row.get("tumour") else math.nan,
    )


def number(value: float) -> str:
    """Fixed digits, no minus before zero, empty where there is no value."""
    return "" if math.isnan(value) else f"{round(float(value), DIGITS) + 0.0:.{DIGITS}f}"
