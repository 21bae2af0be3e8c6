"""The chain of the audit trail: each line is sealed together with the one before it.

A line says when, who (a keyed digest of the reader's name), what (a word of this program), which
scan (its content hash) and, where a row was added to another table, which one, with a digest of
it. No name and no text of a reader is in it. Seals are HMAC-SHA-256 with the secret of the store,
which does not lie in the database: whoever changes or removes a line, or a row that a line tells
of, without that secret cannot make the seals fit again (NIST FIPS 198-1).

Limits: lines cut off at the end leave no gap. They show where they tell of rows that are still
there, and against a number and seal of the last line that somebody wrote down.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from app.store.tables import AnswerRow, Base, ScanRow, SignatureRow, SignedReportRow, TrailRow
from ml.io.identity import keyed

__all__ = ["FIRST", "append", "mark", "record", "row_digest", "seal"]

FIRST: Final = "0" * 64
"""What stands before the first line."""
BACK: Final = ".back"
"""Ending of a line about a row that takes an earlier one back."""


def mark(key: bytes, reader: str) -> str | None:
    """What stands in the trail for a reader; None for nobody named."""
    return keyed(key, "reader", reader.strip()) if reader.strip() else None


def seal(key: bytes, line: Mapping[str, Any]) -> str:
    """The digest of a line, over everything in it and the digest before it."""
    sealed = [_plain(line[column.name]) for column in TrailRow.__table__.columns[:-1]]
    return keyed(key, "trail", json.dumps(sealed, separators=(",", ":")))


def row_digest(row: Mapping[str, Any] | Row[Any]) -> str:
    """SHA-256 hex digest of a row; columns without a value do not count, so that later versions
    may add some."""
    values = row if isinstance(row, Mapping) else row._mapping
    known = {str(name): _plain(value) for name, value in values.items() if value is not None}
    text = json.dumps(known, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def append(session: Session, key: bytes, **values: Any) -> None:
    """Append a line; the caller holds the write lock, so that no other one comes between.

    Args:
        session: inside a transaction that writes.
        key: secret of the seals.
        values: of the columns `who`, `what`, `scan` and of the row, as far as there are any.
    """
    query = select(TrailRow.id, TrailRow.digest).order_by(TrailRow.id.desc()).limit(1)
    last = session.execute(query).first()
    line: dict[str, Any] = {column.name: None for column in TrailRow.__table__.columns}
    line |= values
    line |= {"id": 1 if last is None else last.id + 1, "at": datetime.now(UTC)}
    line["previous"] = FIRST if last is None else last.digest
    line["digest"] = seal(key, line)
    session.add(TrailRow(**line))
    session.flush()


def record(session: Session, key: bytes, added: Sequence[object]) -> None:
    """Append a line for every row that a transaction adds to another table."""
    for row in list(added):
        if not isinstance(row, Base) or isinstance(row, TrailRow):
            continue
        session.refresh(row)  # as the database gives it back, when the trail is verified
        values = {column.name: getattr(row, column.name) for column in row.__table__.columns}
        table = row.__tablename__
        back = BACK if values.get("takes_back") is not None else ""
        append(
            session,
            key,
            who=mark(key, getattr(_about(session, row), "reader", None) or ""),
            what=f"{table}{back}",
            scan=_scan(session, row),
            row_table=table,
            row_id=values["id"],
            row_digest=row_digest(values),
        )


def _about(session: Session, row: Base) -> Base:
    """The row that names reader and answer: of a signed text that of its signature."""
    if not isinstance(row, SignedReportRow):
        return row
    return session.get_one(SignatureRow, row.signature_id)


def _scan(session: Session, row: Base) -> str | None:
    """Content hash of the scan that a row is about."""
    if isinstance(row, ScanRow):
        return row.content_hash
    number: int | None = getattr(row, "scan_id", None)
    answer: int | None = getattr(_about(session, row), "ai_result_id", None)
    if answer is not None:
        number = session.scalar(select(AnswerRow.scan_id).where(AnswerRow.id == answer))
    return session.scalar(select(ScanRow.content_hash).where(ScanRow.id == number))


def _plain(value: Any) -> Any:
    """A value as JSON has it; times in UTC to the microsecond, bytes by their digest."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    return value.isoformat() if isinstance(value, date) else value
