"""Outlines that readers made their own by moving the threshold; the AI's stays what it was.

An outline is named by its threshold: the probability map that it is drawn on is that of the
answer, by the networks that the row names.
"""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import aliased

from app.store.checks import check_name
from app.store.sessions import Sessions
from app.store.tables import AnswerRow, ReaderOutlineRow, ScanRow
from ml.errors import StoreError

__all__ = ["HIGHEST", "LOWEST", "KeptOutline", "NewOutline", "Outlines"]

LOWEST: Final = 0.05
HIGHEST: Final = 0.95
"""Thresholds between which a reader may choose."""


Row = TypeVar("Row", AnswerRow, ReaderOutlineRow)


@dataclass(frozen=True)
class NewOutline:
    """An outline that a reader keeps as their own.

    Attributes:
        reader: name or initials.
        threshold: lowest probability that is outlined.
        ai_threshold: that of the AI's outline at the same time.
        area_px: outlined pixels.
        area_mm2: the same in mm², or None without spacing.
        diameter_px: longest diameter, see `ml.results.Measurement`.
        diameter_mm: likewise in mm.
        perpendicular_px: perpendicular diameter.
        perpendicular_mm: likewise in mm.
    """

    reader: str
    threshold: float
    ai_threshold: float
    area_px: int
    area_mm2: float | None
    diameter_px: float | None
    diameter_mm: float | None
    perpendicular_px: float | None
    perpendicular_mm: float | None


@dataclass(frozen=True)
class KeptOutline:
    """One row of the readers' outlines, as stored.

    Attributes:
        id: number of the row.
        content_hash: the scan.
        outline: what was kept; in a row that takes another back, that one's.
        at: time in UTC.
        model_version: of the answer whose probability map it is drawn on.
        weights_hash: likewise.
        takes_back: the row that this one takes back, or None.
        standing: no later row takes it back, and it takes back none.
    """

    id: int
    content_hash: str
    outline: NewOutline
    at: datetime
    model_version: str
    weights_hash: str
    takes_back: int | None
    standing: bool


class Outlines(Sessions):
    """The readers' own outlines."""

    def keep(self, answer_id: int, outline: NewOutline) -> int:
        """Append an outline of a reader on an answer.

        Returns:
            Number of the row, which is on the disk when this returns.

        Raises:
            StoreError: no reader, a threshold out of bounds, or no such answer.
        """
        check_name(outline.reader)
        if not LOWEST <= outline.threshold <= HIGHEST or outline.area_px < 1:
            raise StoreError(
                f"The outline has the threshold {outline.threshold:g} and {outline.area_px} "
                f"pixels. Accepted are thresholds from {LOWEST:g} to {HIGHEST:g} that outline "
                "something: move the slider."
            )
        with self._write() as session:
            answer = _found(session.get(AnswerRow, answer_id))
            row = ReaderOutlineRow(
                **asdict(outline),
                ai_result_id=answer_id,
                at=datetime.now(UTC),
                model_version=answer.model_version,
                weights_hash=answer.weights_hash,
            )
            session.add(row)
            session.flush()
            return row.id

    def take_back(self, outline_id: int, reader: str) -> int:
        """Append a row that takes a reader's own outline back; the outline itself stays.

        Returns:
            Number of the new row.

        Raises:
            StoreError: there is no such outline of this reader, or it was taken back before.
        """
        with self._write() as session:
            query = select(ReaderOutlineRow).where(
                ReaderOutlineRow.id == outline_id, ReaderOutlineRow.reader == reader, _standing()
            )
            row = _found(session.scalar(query))
            undo = ReaderOutlineRow(
                **asdict(_outline(row)),
                ai_result_id=row.ai_result_id,
                at=datetime.now(UTC),
                model_version=row.model_version,
                weights_hash=row.weights_hash,
                takes_back=outline_id,
            )
            session.add(undo)
            session.flush()
            return undo.id

    def of_scan(self, content_hash: str) -> tuple[KeptOutline, ...]:
        """All rows about one scan, the oldest first."""
        query = (
            select(ReaderOutlineRow, _standing())
            .join(AnswerRow, AnswerRow.id == ReaderOutlineRow.ai_result_id)
            .join(ScanRow, ScanRow.id == AnswerRow.scan_id)
            .where(ScanRow.content_hash == content_hash)
            .order_by(ReaderOutlineRow.id)
        )
        with self._read() as session:
            return tuple(
                KeptOutline(
                    id=row.id,
                    content_hash=content_hash,
                    outline=_outline(row),
                    at=row.at,
                    model_version=row.model_version,
                    weights_hash=row.weights_hash,
                    takes_back=row.takes_back,
                    standing=bool(stands),
                )
                for row, stands in session.execute(query)
            )


def _standing() -> ColumnElement[bool]:
    """Whether a row takes back none and is not taken back."""
    later = aliased(ReaderOutlineRow)
    taken = exists().where(later.takes_back == ReaderOutlineRow.id)
    return ReaderOutlineRow.takes_back.is_(None) & ~taken


def _outline(row: ReaderOutlineRow) -> NewOutline:
    return NewOutline(**{name: getattr(row, name) for name in NewOutline.__dataclass_fields__})


def _found(row: Row | None) -> Row:
    if row is None:
        raise StoreError(
            "The outline cannot be kept or taken back: the answer that it belongs to is not in the "
            "database of readings, or the outline is another reader's or was taken back before. "
            "Open the scan again."
        )
    return row
