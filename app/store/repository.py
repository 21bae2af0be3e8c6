"""Reading from and appending to the store; every call is one short transaction."""

from dataclasses import asdict
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.store import queries
from app.store.checks import check_word
from app.store.records import UNDONE, Answer, Entry, NewScan, Reading, Word
from app.store.sessions import Sessions
from app.store.tables import AnswerRow, ReadingRow, ScanRow


class Repository(Sessions):
    """The worklist, the AI's answers and the readers' words."""

    def add_scan(self, scan: NewScan) -> None:
        """Put a scan that nobody read yet on the worklist, unless it is there."""
        with self._write() as session:
            _admitted(session, scan)

    def add_answer(self, scan: NewScan, answer: Answer) -> int:
        """Put a scan on the worklist unless it is there, and what the AI said of it.

        Returns:
            Number of the answer's row; the same answer to the same scan is one row.
        """
        with self._write() as session:
            scan_id = _admitted(session, scan)
            known = session.scalar(
                select(AnswerRow.id).where(
                    AnswerRow.scan_id == scan_id, AnswerRow.digest == answer.digest
                )
            )
            return known if known is not None else _append_answer(session, scan_id, answer)

    def add_word(self, answer_id: int, word: Word) -> int:
        """Append what a reader says of an answer.

        Returns:
            Number of the row, which is on the disk when this returns.

        Raises:
            StoreError: the word is not complete, or there is no such answer.
        """
        check_word(word)
        with self._write() as session:
            answer = queries.answered(session, answer_id)
            row = ReadingRow(
                **asdict(word),
                ai_result_id=answer_id,
                at=_now(),
                changed_by_ai=word.changed_from_blind(answer.label),
                model_version=answer.model_version,
                weights_hash=answer.weights_hash,
            )
            session.add(row)
            session.flush()
            return row.id

    def take_back(self, reading_id: int, reader: str) -> int:
        """Append a row that takes a reader's own word back; the word itself stays.

        Returns:
            Number of the new row.

        Raises:
            StoreError: there is no such word of this reader, or it was taken back before.
        """
        with self._write() as session:
            row = queries.own(session, ReadingRow, reading_id, reader)
            undo = ReadingRow(
                ai_result_id=row.ai_result_id,
                at=_now(),
                reader=reader,
                verdict=UNDONE,
                reason="",
                model_version=row.model_version,
                weights_hash=row.weights_hash,
                takes_back=reading_id,
            )
            session.add(undo)
            session.flush()
            return undo.id

    def worklist(self) -> tuple[Entry, ...]:
        """Every scan with its last answer, in the order in which they came."""
        with self._read() as session:
            return tuple(queries.entry(*row) for row in session.execute(queries.worklist()))

    def readings(self, content_hash: str | None = None) -> tuple[Reading, ...]:
        """All rows of the readings of one scan, or of all, the oldest first."""
        query = queries.readings(content_hash)
        with self._read() as session:
            return tuple(queries.reading(*row) for row in session.execute(query))


def _now() -> datetime:
    return datetime.now(UTC)


def _admitted(session: Session, scan: NewScan) -> int:
    """The number of a scan's line, which is added where there is none."""
    known = session.scalar(select(ScanRow.id).where(ScanRow.content_hash == scan.content_hash))
    if known is not None:
        return known
    row = ScanRow(**asdict(scan), added_at=_now())
    session.add(row)
    session.flush()
    return row.id


def _append_answer(session: Session, scan_id: int, answer: Answer) -> int:
    row = AnswerRow(
        **asdict(answer),
        scan_id=scan_id,
        at=_now(),
        digest=answer.digest,
        weights_hash=answer.weights_hash,
    )
    session.add(row)
    session.flush()
    return row.id
