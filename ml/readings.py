"""The table of readings that a batch run writes: one row a file, safe against being cut off.

`DIR/readings.csv` is a contract for other programs: columns may be added at the end, none is
renamed. Beside it `DIR/.resume.csv` notes, for each row, the SHA-256 of the file's content and
a mark of the networks that read it, so that a later run knows which rows still hold.

A row is complete on disk before the next file is read; what a kill cuts off is one row, and
the next run drops the half of it that was written.

Text is UTF-8, one line a row. Line ends and other control characters in a file's name, and
bytes in it that are no text, are written as backslash escapes.
"""

import csv
import hashlib
import io
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO

from ml.errors import SulcusError
from ml.inference.conflicts import conflicts, deciding, evidence, least_heat_ratio
from ml.labels import CLASSES
from ml.models.registry import CLASSIFIERS
from ml.results import Analysis, Refused

__all__ = [
    "COLUMNS",
    "ForeignTable",
    "ReadingsTable",
    "Row",
    "as_text",
    "failed_row",
    "ok_row",
    "refused_row",
]

COLUMNS: tuple[str, ...] = (
    "file",
    "status",
    "reason",
    "prediction",
    "confidence",
    "agreement",
    *(f"{model}_{label}" for model in (*CLASSIFIERS, "mean") for label in CLASSES),
    "mask_file",
    "area_px",
    "area_mm2",
    "prediction_set",
    "in_training_set",
    "conflicts",
)
"""Columns of `readings.csv`, in order."""

_RESUME_COLUMNS = ("file", "sha256", "networks")

Row = dict[str, str]


class ForeignTable(SulcusError):
    """The folder already holds a `readings.csv` that this version did not write."""


def as_text(name: str) -> str:
    """A path as one line of valid UTF-8; what cannot be that becomes backslash escapes."""
    text = name.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def ok_row(file: str, analysis: Analysis, mask_file: str) -> Row:
    """Row of a scan that was read.

    Args:
        file: path as the caller gave it.
        analysis: what the networks said.
        mask_file: path of the mask, relative to the folder of the table.

    Returns:
        Probabilities, calibrated where that was fitted, and confidence (the mean's highest
        probability) with six decimals, the classes that cannot be ruled out joined by ";",
        agreement as the number of networks that put the mean's class first, area in mm² only
        when the file gives the pixel spacing, "yes" or "no" for a copy of a training picture, and
        what in the reading contradicts itself (`ml.inference.conflicts.KINDS`) joined by ";".

    Raises:
        MetricsError: when heat maps count as elsewhere was not measured.
    """
    sizes = analysis.segmentation.measurement
    row = dict.fromkeys(COLUMNS, "")
    row |= {
        "file": file,
        "status": "ok",
        "prediction": analysis.mean.label,
        "confidence": f"{analysis.mean.confidence:.6f}",
        "agreement": str(analysis.agreement),
        "mask_file": mask_file,
        "area_px": str(sizes.area_px),
        "area_mm2": "" if sizes.area_mm2 is None else f"{sizes.area_mm2:.3f}",
        "prediction_set": ";".join(analysis.prediction_set or ()),
        "in_training_set": "no" if analysis.membership is None else "yes",
        "conflicts": ";".join(conflicts(evidence(deciding(analysis)), least_heat_ratio())),
    }
    for reading in (*analysis.classifications, analysis.mean):
        for label, probability in zip(CLASSES, reading.shown, strict=True):
            row[f"{reading.model}_{label}"] = f"{probability:.6f}"
    return row


def failed_row(file: str, reason: str) -> Row:
    """Row of a file that could not be read; every column after the reason is empty."""
    one_line = " ".join(reason.split())
    return dict.fromkeys(COLUMNS, "") | {"file": file, "status": "failed", "reason": one_line}


def refused_row(file: str, refused: Refused) -> Row:
    """Row of a scan that the gate stopped; every column after the reason is empty.

    The reason is "<identifier>: <measured> (limit <limit>)", see `ml.inference.gate.REASONS`.
    """
    found = refused.refusal
    reason = f"{found.reason}: {found.score:.3f} (limit {found.limit:.3f})"
    return dict.fromkeys(COLUMNS, "") | {"file": file, "status": "refused", "reason": reason}


class ReadingsTable:
    """A table and its resume notes in one folder; a context manager that holds them open."""

    def __init__(
        self, folder: Path, networks: str, *, columns: tuple[str, ...] = COLUMNS, name: str = ""
    ) -> None:
        """Repair and read what an earlier run left; nothing is opened for writing yet.

        Args:
            folder: existing folder of the table.
            networks: mark of the networks and thresholds in use; rows of others do not hold.
            columns: of the table, "file" among them.
            name: of another table than `readings.csv`, without its ending.

        Raises:
            ForeignTable: a table of this name with other columns is there.
        """
        self._folder = folder
        self._networks = networks
        self._columns = columns
        self._table_file = folder / f"{name or 'readings'}.csv"
        self._notes_file = folder / f".resume{name and '-'}{name}.csv"
        self._masks: dict[str, str] = {}
        self._notes = {
            note["file"]: (note["sha256"], note["networks"])
            for note in _read(self._notes_file, _RESUME_COLUMNS)
        }
        for row in _read(self._table_file, columns):
            file, mask = row["file"], row.get("mask_file", "")
            # anyone may have edited the table: masks elsewhere are neither replaced nor removed
            foreign = bool(mask) and Path(mask).parent != Path("masks")
            self._masks[file] = "" if foreign else mask
            if foreign:
                self._notes.pop(file, None)
        self._open: tuple[IO[bytes], IO[bytes]] | None = None
        self._stack = ExitStack()

    def __contains__(self, file: str) -> bool:
        """Whether the file has a row, current or not."""
        return file in self._masks

    def holds(self, file: str, sha256: str) -> bool:
        """Whether the row of a file is there, of this content, by these networks, mask and all."""
        if (
            not sha256
            or file not in self._masks
            or self._notes.get(file) != (sha256, self._networks)
        ):
            return False
        mask = self._masks[file]
        return not mask or (self._folder / mask).is_file()

    def files(self) -> tuple[str, ...]:
        """Every file that has a row, current or not."""
        return tuple(self._masks)

    def masks(self) -> Mapping[str, str]:
        """Mask path of every file that has one, relative to the folder of the table."""
        return {file: mask for file, mask in self._masks.items() if mask}

    def drop(self, files: Collection[str]) -> None:
        """Take the rows of these files out, in one atomic step, and then their masks."""
        stale = {file for file in files if file in self._masks}
        if not stale:
            return
        with _replacing(self._table_file) as handle:
            handle.write(_line(self._columns))
            for row in _read(self._table_file, self._columns):
                if row["file"] not in stale:
                    handle.write(_line(row.values()))
        for file in stale:
            mask = self._masks.pop(file)
            if mask:
                (self._folder / mask).unlink(missing_ok=True)

    def __enter__(self) -> "ReadingsTable":
        """Open both files for appending, with their header lines."""
        self._open = (
            self._append(self._notes_file, _RESUME_COLUMNS),
            self._append(self._table_file, self._columns),
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close both files."""
        self._stack.close()
        self._open = None

    def add(self, row: Row, sha256: str) -> None:
        """Append one row and wait until it is on the disk.

        Args:
            row: as made by `ok_row`, `refused_row` or `failed_row`.
            sha256: digest of the content that was read, or empty when nothing could be read;
                then the next run tries the file again.
        """
        if self._open is None:
            raise RuntimeError("the table is not open; use it in a with statement")
        notes, table = self._open
        # the note first: a note without its row does no harm, the file is simply read again
        note = (row["file"], sha256, self._networks)
        for handle, values in ((notes, note), (table, (row[column] for column in self._columns))):
            handle.write(_line(values))
            handle.flush()
            os.fsync(handle.fileno())

    def _append(self, file: Path, columns: Sequence[str]) -> IO[bytes]:
        if not file.exists() or file.stat().st_size == 0:
            write_atomically(file, _line(columns))
        return self._stack.enter_context(file.open("ab"))


def write_atomically(file: Path, content: bytes) -> None:
    """Write a whole file so that a reader sees the old content or the new, never a part."""
    with _replacing(file) as handle:
        handle.write(content)


@contextmanager
def _replacing(file: Path) -> Iterator[IO[bytes]]:
    """A handle whose content takes the place of `file` when the block ends without an error."""
    digest = hashlib.sha256(os.fsencode(file.name)).hexdigest()
    temporary = file.with_name(f".writing-{digest[:16]}")
    with temporary.open("wb") as handle:
        yield handle
        handle.flush()
        os.fsync(handle.fileno())
    temporary.replace(file)


def _line(values: Iterable[str]) -> bytes:
    """One line of CSV."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerow(values)
    return text.getvalue().encode("utf-8", "surrogateescape")


def _read(file: Path, columns: Sequence[str]) -> Iterator[Row]:
    """All complete rows of a table, one by one; a half-written last one is cut off the file.

    Raises:
        ForeignTable: its header is another one.
    """
    if not file.exists():
        return
    complete = _complete_length(file)
    if complete < file.stat().st_size:
        os.truncate(file, complete)
    with file.open(encoding="utf-8", errors="surrogateescape", newline="") as handle:
        reader = csv.DictReader(handle, restval="")
        if complete and tuple(reader.fieldnames or ()) != tuple(columns):
            raise ForeignTable(
                f"{file.name} in the output folder has other columns than this version writes; "
                "choose an empty folder for --out"
            )
        yield from reader


def _complete_length(file: Path) -> int:
    """Bytes up to the end of the last complete line."""
    complete = 0
    with file.open("rb") as handle:
        for line in handle:
            if line.endswith(b"\n"):
                complete += len(line)
    return complete
