"""Reports as they were signed, and addenda to them: the whole text, which nothing changes.

Who signed, when, and the digest of the text stand in the row of the signature. A signature is
taken back by a new row, and the text stays; one that has an addendum is not taken back.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import Session

from app.store import queries
from app.store.checks import check_name
from app.store.sessions import Sessions
from app.store.tables import AnswerRow, ScanRow, SignatureRow, SignedReportRow
from ml.errors import StoreError

__all__ = ["NewReport", "Reports", "Signed", "SignedReport"]


@dataclass(frozen=True)
class NewReport:
    """What a reader signs.

    Attributes:
        reader: name.
        form_version: of the form that the text has.
        weights: [network] → SHA-256 of the weights that the report is on.
        document: the text, JSON.
    """

    reader: str
    form_version: str
    weights: Mapping[str, str]
    document: str

    @property
    def digest(self) -> str:
        """SHA-256 hex digest of the text."""
        return hashlib.sha256(self.document.encode()).hexdigest()


@dataclass(frozen=True)
class SignedReport:
    """A signed report or an addendum, as stored.

    Attributes:
        id: number of the row.
        content_hash: the scan.
        report: what was signed.
        at: time in UTC.
        digest: of the text when it was signed.
        amends: the row that this one is an addendum to, or None for a report.
        standing: the signature was not taken back.
    """

    id: int
    content_hash: str
    report: NewReport
    at: datetime
    digest: str
    amends: int | None
    standing: bool

    @property
    def intact(self) -> bool:
        """Whether the text is the one that was signed."""
        return self.report.digest == self.digest


@dataclass(frozen=True)
class Signed:
    """Who signed a report on a scan, for the worklist.

    Attributes:
        reader: name.
        at: time in UTC.
        addendum: it is an addendum to another report.
    """

    reader: str
    at: datetime
    addendum: bool


class Reports(Sessions):
    """The signed reports."""

    def sign(self, answer_id: int, report: NewReport) -> int:
        """Append a signed report on an answer: its scan counts as signed.

        Returns:
            Number of the row, which is on the disk when this returns.

        Raises:
            StoreError: the name is empty or too long, or there is no such answer.
        """
        check_name(report.reader)
        with self._write() as session:
            queries.answered(session, answer_id)
            return _appended(session, answer_id, report, None)

    def amend(self, report_id: int, addendum: NewReport) -> int:
        """Append an addendum to a signed report, which stays as it is.

        Returns:
            Number of the new row.

        Raises:
            StoreError: the name is empty or too long, or no such report stands.
        """
        check_name(addendum.reader)
        with self._write() as session:
            signature = session.scalar(_standing(report_id))
            if signature is None:
                raise StoreError(
                    "There is no such signed report, or its signature was taken back: nothing is "
                    "added. Open the scan again."
                )
            return _appended(session, signature.ai_result_id, addendum, report_id)

    def take_back(self, report_id: int, reader: str) -> int:
        """Append a row that takes a reader's own signature on a report back; the report stays.

        Returns:
            Number of the new row of the signatures.

        Raises:
            StoreError: no signature of this reader stands there, or the report has an addendum.
        """
        with self._write() as session:
            if session.scalar(select(exists().where(_tied(report_id)))):
                raise StoreError(
                    "The signature is not taken back: the report has an addendum, or is one. Write "
                    "another addendum."
                )
            row = session.get(SignedReportRow, report_id)
            number = 0 if row is None else row.signature_id
            signature = queries.own(session, SignatureRow, number, reader)
            undo = SignatureRow(
                ai_result_id=signature.ai_result_id,
                at=datetime.now(UTC),
                reader=reader,
                report_hash=signature.report_hash,
                takes_back=signature.id,
            )
            session.add(undo)
            session.flush()
            return undo.id

    def of_scan(self, content_hash: str) -> tuple[SignedReport, ...]:
        """All signed reports on one scan and their addenda, the oldest first."""
        stands = queries.stands(SignatureRow)
        query = _of_scans(SignedReportRow, SignatureRow, stands).order_by(SignedReportRow.id)
        with self._read() as session:
            found = session.execute(query.where(ScanRow.content_hash == content_hash))
            return tuple(
                SignedReport(
                    id=row.id,
                    content_hash=content_hash,
                    report=NewReport(signature.reader, row.form_version, row.weights, row.document),
                    at=signature.at,
                    digest=signature.report_hash,
                    amends=row.amends,
                    standing=bool(standing),
                )
                for row, signature, standing in found
            )

    def signers(self) -> Mapping[str, tuple[Signed, ...]]:
        """[content hash] → who signed a report that stands, and the addenda, the oldest first."""
        columns = (ScanRow.content_hash, SignatureRow.reader, SignatureRow.at)
        query = _of_scans(*columns, SignedReportRow.amends).where(queries.stands(SignatureRow))
        found: dict[str, tuple[Signed, ...]] = {}
        with self._read() as session:
            for name, reader, at, amends in session.execute(query.order_by(SignedReportRow.id)):
                found[name] = (*found.get(name, ()), Signed(reader, at, amends is not None))
        return found


def _appended(session: Session, answer_id: int, report: NewReport, amends: int | None) -> int:
    """The number of the new row, behind that of its signature."""
    signature = SignatureRow(
        ai_result_id=answer_id,
        at=datetime.now(UTC),
        reader=report.reader,
        report_hash=report.digest,
    )
    session.add(signature)
    session.flush()
    row = SignedReportRow(
        signature_id=signature.id,
        form_version=report.form_version,
        weights=dict(report.weights),
        document=report.document,
        amends=amends,
    )
    session.add(row)
    session.flush()
    return row.id


def _standing(report_id: int) -> Select[SignatureRow]:
    """The signature on a report that is no addendum, where it was not taken back."""
    return (
        select(SignatureRow)
        .join(SignedReportRow, SignedReportRow.signature_id == SignatureRow.id)
        .where(SignedReportRow.id == report_id, SignedReportRow.amends.is_(None))
        .where(queries.stands(SignatureRow))
    )


def _tied(report_id: int) -> ColumnElement[bool]:
    """Rows that are an addendum, this one or one to it."""
    itself = (SignedReportRow.id == report_id) & SignedReportRow.amends.is_not(None)
    return itself | (SignedReportRow.amends == report_id)


def _of_scans(*columns: Any) -> Select[Any]:
    """Columns of signed reports with their signatures and scans."""
    return (
        select(*columns)
        .select_from(SignedReportRow)
        .join(SignatureRow, SignatureRow.id == SignedReportRow.signature_id)
        .join(AnswerRow, AnswerRow.id == SignatureRow.ai_result_id)
        .join(ScanRow, ScanRow.id == AnswerRow.scan_id)
    )
