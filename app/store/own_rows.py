"""What readers' own outlines of every kind have in common: appended, taken back by a new row."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from sqlalchemy import select

from app.store import queries
from app.store.checks import check_name
from app.store.sessions import Sessions
from app.store.tables import AnswerRow, ScanRow

__all__ = ["Kept", "OwnRows"]


class OfReader(Protocol):
    """An outline as it is to be kept."""

    @property
    def reader(self) -> str:
        """Name or initials."""

    def check(self) -> None:
        """See that it makes sense.

        Raises:
            StoreError: it does not.
        """


New = TypeVar("New", bound=OfReader)


@dataclass(frozen=True)
class Kept(Generic[New]):
    """One row, as stored.

    Attributes:
        id: number of the row.
        content_hash: the scan or series.
        outline: what was kept; in a row that takes another back, that one's.
        at: time in UTC.
        model_version: of the answer that it is about.
        weights_hash: likewise.
        takes_back: the row that this one takes back, or None.
        standing: no later row takes it back, and it takes back none.
    """

    id: int
    content_hash: str
    outline: New
    at: datetime
    model_version: str
    weights_hash: str
    takes_back: int | None
    standing: bool


class OwnRows(Sessions, Generic[New]):
    """The rows of one table."""

    _table: ClassVar[Any]
    _record: ClassVar[Any]  # a dataclass whose fields are columns of the table

    def keep(self, answer_id: int, outline: New) -> int:
        """Append an outline of a reader on an answer.

        Returns:
            Number of the row, which is on the disk when this returns.

        Raises:
            StoreError: no reader, an outline that makes no sense, or no such answer.
        """
        check_name(outline.reader)
        outline.check()
        with self._write() as session:
            answer = queries.answered(session, answer_id)
            row = self._table(
                **self._values(outline),
                ai_result_id=answer_id,
                at=datetime.now(UTC),
                model_version=answer.model_version,
                weights_hash=answer.weights_hash,
            )
            session.add(row)
            session.flush()
            return int(row.id)

    def take_back(self, outline_id: int, reader: str) -> int:
        """Append a row that takes a reader's own outline back; the outline itself stays.

        Returns:
            Number of the new row.

        Raises:
            StoreError: there is no such outline of this reader, or it was taken back before.
        """
        table = self._table
        with self._write() as session:
            row = queries.own(session, table, outline_id, reader)
            undo = table(
                **self._values(row),
                ai_result_id=row.ai_result_id,
                at=datetime.now(UTC),
                model_version=row.model_version,
                weights_hash=row.weights_hash,
                takes_back=outline_id,
            )
            session.add(undo)
            session.flush()
            return int(undo.id)

    def of_scan(self, content_hash: str) -> tuple[Kept[New], ...]:
        """All rows about one scan or series, the oldest first."""
        table = self._table
        query = (
            select(table, queries.stands(table))
            .join(AnswerRow, AnswerRow.id == table.ai_result_id)
            .join(ScanRow, ScanRow.id == AnswerRow.scan_id)
            .where(ScanRow.content_hash == content_hash)
            .order_by(table.id)
        )
        with self._read() as session:
            return tuple(
                Kept(
                    id=row.id,
                    content_hash=content_hash,
                    outline=self._outline(row),
                    at=row.at,
                    model_version=row.model_version,
                    weights_hash=row.weights_hash,
                    takes_back=row.takes_back,
                    standing=bool(stands),
                )
                for row, stands in session.execute(query)
            )

    def standing(self, content_hash: str) -> tuple[Kept[New], ...]:
        """Rows of all readers about one scan or series that were not taken back, oldest first.

        Raises:
            StoreError: they cannot be read.
        """
        return tuple(row for row in self.of_scan(content_hash) if row.standing)

    def _values(self, row: Any) -> dict[str, Any]:
        return {name: getattr(row, name) for name in self._record.__dataclass_fields__}

    def _outline(self, row: Any) -> New:
        found: New = self._record(**self._values(row))
        return found
