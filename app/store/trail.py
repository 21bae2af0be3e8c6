"""The audit trail: lines appended, read and verified."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, func, or_, select
from sqlalchemy.orm import Session

from app.store import chain
from app.store.sessions import Sessions
from app.store.tables import Base, TrailRow

__all__ = ["Break", "Line", "Trail", "Verified"]

CHANGED: Final = "changed"
GAP: Final = "gap"
ROW_CHANGED: Final = "row changed"
ROW_GONE: Final = "row gone"
NO_LINE: Final = "no line"
"""What may be wrong: a line was changed; lines before it are missing; the row that it tells of was
changed, or is gone; a row has no line."""
_AT_ONCE: Final = 500
_CLOCK_STEP: Final = timedelta(seconds=1)
"""A clock that is kept right by the network steps back less than this."""
_COLUMNS: Final = TrailRow.__table__.columns


@dataclass(frozen=True)
class Line:
    """A line of the trail.

    Attributes:
        id: its number, from 1 without a gap.
        at: time in UTC.
        who: keyed digest of the reader, see `Trail.mark`; None for nobody named.
        what: a word of this program.
        scan: content hash, or None.
        digest: its seal.
    """

    id: int
    at: datetime
    who: str | None
    what: str
    scan: str | None
    digest: str


@dataclass(frozen=True)
class Break:
    """A place where the trail does not hold.

    Attributes:
        kind: `CHANGED`, `GAP`, `ROW_CHANGED`, `ROW_GONE` or `NO_LINE`.
        place: "line 7", or a table and the number of its row.
    """

    kind: str
    place: str


@dataclass(frozen=True)
class Verified:
    """What came of looking at the whole trail.

    Attributes:
        lines: how many there are.
        head: seal of the last one, "" where there is none.
        breaks: where it does not hold; nothing where it does.
        set_back: lines whose time is before that of the line before them: the computer's clock
            was set back. They stand in the order in which they were written all the same.
        other_secret: the secret is not the one that the trail was begun with.
    """

    lines: int
    head: str
    breaks: tuple[Break, ...]
    set_back: int = 0
    other_secret: bool = False


class Trail(Sessions):
    """Who saw, changed and exported what."""

    def note(self, what: str, reader: str = "", scan: str | None = None) -> None:
        """Append a line; it is on the disk when this returns.

        Args:
            what: a word of this program, at most 32 characters; never a name.
            reader: who did it, "" where nobody is named.
            scan: content hash of what it is about.
        """
        key = self._key()
        with self._write() as session:
            chain.append(session, key, what=what, who=chain.mark(key, reader), scan=scan)

    def mark(self, reader: str) -> str | None:
        """What stands in the trail for a reader."""
        return chain.mark(self._key(), reader)

    def begun_with_this_secret(self) -> bool:
        """Whether the secret is the one that the first line was sealed with; so without a line.

        Limits: a first line that was changed looks the same; the lines after it hold then.
        """
        query = select(*_COLUMNS).order_by(TrailRow.id).limit(1)
        with self._read() as session:
            first = session.execute(query).first()
        return first is None or first.digest == chain.seal(self._key(), first._asdict())

    def newest(self, rows: Mapping[str, int]) -> str | None:
        """Which of some rows was added last, whatever the computer's clock said then.

        Args:
            rows: [table] → number of a row of it.

        Returns:
            Its table; None where all of them are from before there was a trail.
        """
        told = (
            (TrailRow.row_table == table) & (TrailRow.row_id == number)
            for table, number in rows.items()
        )
        query = select(TrailRow.row_table).where(or_(*told)).order_by(TrailRow.id.desc()).limit(1)
        with self._read() as session:
            return session.scalar(query)

    def last(self, most: int) -> tuple[Line, ...]:
        """The last lines, the newest first."""
        query = select(TrailRow).order_by(TrailRow.id.desc()).limit(most)
        with self._read() as session:
            return tuple(_line(row) for row in session.scalars(query))

    def seal_of(self, number: int) -> str | None:
        """Seal of a line, or None where there is none of that number."""
        with self._read() as session:
            return session.scalar(select(TrailRow.digest).where(TrailRow.id == number))

    def verify(self) -> Verified:
        """Look at every line, and at every row that one tells of or should."""
        key, breaks, count, head = self._key(), list[Break](), 0, chain.FIRST
        set_back, last = 0, datetime.min.replace(tzinfo=UTC)
        with self._read() as session:
            stream = session.execute(select(*_COLUMNS).order_by(TrailRow.id))
            for lines in stream.partitions(_AT_ONCE):
                for line in lines:
                    count += 1
                    if line.previous != head or (count == 1 and line.id != 1):
                        breaks.append(Break(GAP, f"line {line.id}"))
                    if line.digest != chain.seal(key, line._asdict()):
                        breaks.append(Break(CHANGED, f"line {line.id}"))
                    set_back += line.at + _CLOCK_STEP < last
                    head, last = line.digest, line.at
                breaks += _rows(session, lines)
            breaks += _without_line(session)
        other = not self.begun_with_this_secret()
        return Verified(count, head if count else "", tuple(breaks), set_back, other)


def _rows(session: Session, lines: Sequence[Row[Any]]) -> Iterator[Break]:
    """Rows that lines tell of and that are not as they were."""
    named = {line.row_table for line in lines}
    for name in sorted(named & Base.metadata.tables.keys()):  # of another one the line was changed
        told = {line.row_id: line.row_digest for line in lines if line.row_table == name}
        table = Base.metadata.tables[name]
        rows = session.execute(select(table).where(table.c.id.in_(told)))
        found = {row.id: chain.row_digest(row) for row in rows}
        for number, digest in told.items():
            if number not in found:
                yield Break(ROW_GONE, f"{name} {number}")
            elif found[number] != digest:
                yield Break(ROW_CHANGED, f"{name} {number}")


def _without_line(session: Session) -> Iterator[Break]:
    """Rows without a line; those from before there was a trail come before its first one."""
    for name, table in sorted(Base.metadata.tables.items()):
        noted = select(TrailRow.row_id).where(TrailRow.row_table == name)
        first = session.scalar(select(func.min(TrailRow.row_id)).where(TrailRow.row_table == name))
        if name != TrailRow.__tablename__ and first is not None:
            query = select(table.c.id).where(table.c.id > first, table.c.id.not_in(noted))
            for number in session.scalars(query.order_by(table.c.id)):
                yield Break(NO_LINE, f"{name} {number}")


def _line(row: TrailRow) -> Line:
    return Line(row.id, row.at, row.who, row.what, row.scan, row.digest)
