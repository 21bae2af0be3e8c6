"""What the store is asked, and rows → records."""

from typing import TypeVar

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from app.store.records import (
    NEW,
    READ,
    REFUSED,
    SIGNED,
    STOPPED,
    WAITING,
    Entry,
    NewScan,
    Reading,
    Word,
)
from app.store.tables import (
    AnswerRow,
    ReaderDrawingRow,
    ReaderOutlineRow,
    ReadingRow,
    ScanRow,
    SignatureRow,
)
from ml.errors import StoreError

Row = TypeVar("Row", ReadingRow, SignatureRow, ReaderOutlineRow, ReaderDrawingRow)


def stands(table: type[Row]) -> ColumnElement[bool]:
    """Whether a row takes back none and is not taken back."""
    later = aliased(table)
    taken = exists().where(later.takes_back == table.id)
    return table.takes_back.is_(None) & ~taken


def own(session: Session, table: type[Row], number: int, reader: str) -> Row:
    """The row of a reader that this reader may take back.

    Raises:
        StoreError: there is none, or it was taken back before.
    """
    of_reader = select(table).where(table.id == number, table.reader == reader, stands(table))
    found: Row | None = session.scalar(of_reader)
    if found is None:
        raise StoreError(
            "This is not taken back: it is another reader's, or it was taken back before. A reader "
            "takes back their own words, outlines and signatures, each once. Open the scan again."
        )
    return found


def answered(session: Session, number: int) -> AnswerRow:
    """The answer of a number.

    Raises:
        StoreError: there is none.
    """
    found = session.get(AnswerRow, number)
    if found is None:
        raise StoreError(
            "The answer that this belongs to is not in the database of readings. Open the scan "
            "again."
        )
    return found


def worklist() -> Select[ScanRow, AnswerRow | None, bool, bool]:
    """Scans in order: the scan, its last answer or none, whether a word stands, or a signature."""
    last = select(func.max(AnswerRow.id)).where(AnswerRow.scan_id == ScanRow.id).scalar_subquery()
    any_answer = aliased(AnswerRow)
    of_scan = any_answer.scan_id == ScanRow.id
    spoken = (
        select(ReadingRow.id)
        .join(any_answer, any_answer.id == ReadingRow.ai_result_id)
        .where(of_scan, stands(ReadingRow))
        .correlate(ScanRow)
        .exists()
    )
    sealed = (
        select(SignatureRow.id)
        .join(any_answer, any_answer.id == SignatureRow.ai_result_id)
        .where(of_scan, stands(SignatureRow))
        .correlate(ScanRow)
        .exists()
    )
    return (
        select(ScanRow, AnswerRow, spoken, sealed)
        .outerjoin(AnswerRow, AnswerRow.id == last.correlate(ScanRow))
        .order_by(ScanRow.id)
    )


def readings(
    content_hash: str | None,
) -> Select[ReadingRow, str, str | None, bool]:
    """Rows of the readings of one scan or of all: row, scan, the AI's class, whether it stands."""
    query = (
        select(ReadingRow, ScanRow.content_hash, AnswerRow.label, stands(ReadingRow))
        .join(AnswerRow, AnswerRow.id == ReadingRow.ai_result_id)
        .join(ScanRow, ScanRow.id == AnswerRow.scan_id)
        .order_by(ReadingRow.id)
    )
    return query if content_hash is None else query.where(ScanRow.content_hash == content_hash)


def entry(scan: ScanRow, answer: AnswerRow | None, spoken: bool, sealed: bool) -> Entry:
    """A line of the worklist; a signature counts more than a word, a word more than a refusal."""
    flag = WAITING if answer is None else answer.flag
    waiting = REFUSED if flag == STOPPED else NEW
    return Entry(
        scan=NewScan(
            content_hash=scan.content_hash,
            pseudonym=scan.pseudonym,
            study_date=scan.study_date,
            modality=scan.modality,
            format=scan.format,
            simulated=scan.simulated,
            slices=scan.slices,
        ),
        added_at=scan.added_at,
        status=SIGNED if sealed else READ if spoken else waiting,
        flag=flag,
        label=None if answer is None else answer.label,
        uncertainty=None if answer is None else answer.uncertainty,
        refusal=None if answer is None else answer.refusal,
    )


def reading(row: ReadingRow, content_hash: str, ai_label: str | None, stands: bool) -> Reading:
    """A row of the readings."""
    word = Word(
        reader=row.reader,
        verdict=row.verdict,
        reason=row.reason,
        corrected_label=row.corrected_label,
        blind_label=row.blind_label,
        seconds=row.seconds,
    )
    return Reading(
        id=row.id,
        content_hash=content_hash,
        word=word,
        at=row.at,
        model_version=row.model_version,
        weights_hash=row.weights_hash,
        ai_label=ai_label,
        changed_by_ai=row.changed_by_ai,
        takes_back=row.takes_back,
        standing=bool(stands),
    )
