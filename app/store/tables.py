"""The tables. Every one is append-only: triggers of the database refuse UPDATE and DELETE.

Nothing in them names a patient or a file. Times are UTC. The migrations make the tables; a test
holds the two to each other.
"""

from datetime import UTC, date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    CheckConstraint,
    DateTime,
    Double,
    ForeignKey,
    LargeBinary,
    MetaData,
    String,
    Text,
)
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from sqlalchemy.types import TypeDecorator

HASH = String(64)
"""A SHA-256 hex digest."""


class UtcTime(TypeDecorator[datetime]):
    """A time with its zone; SQLite forgets zones, so UTC goes in and UTC comes out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Bring a time to UTC before it is stored."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Say that what was stored is UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """All tables, with names for constraints that both databases share."""

    type_annotation_map: ClassVar = {float: Double, datetime: UtcTime}
    metadata = MetaData(
        naming_convention={
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class ScanRow(Base):
    """A line of the worklist; see `records.NewScan`."""

    __tablename__ = "scans"
    __table_args__ = (Unique("content_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    content_hash: Mapped[str] = mapped_column(HASH)
    pseudonym: Mapped[str] = mapped_column(HASH)
    study_date: Mapped[date | None]
    modality: Mapped[str | None] = mapped_column(String(16))
    format: Mapped[str] = mapped_column(String(16))
    simulated: Mapped[bool]
    added_at: Mapped[datetime]
    slices: Mapped[int | None]


class AnswerRow(Base):
    """An answer of the AI; see `records.Answer`."""

    __tablename__ = "ai_results"
    __table_args__ = (Unique("scan_id", "digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    scan_id: Mapped[int] = mapped_column(ForeignKey("scans.id"))
    at: Mapped[datetime]
    digest: Mapped[str] = mapped_column(HASH)
    model_version: Mapped[str] = mapped_column(HASH)
    weights_hash: Mapped[str] = mapped_column(HASH)
    weights: Mapped[dict[str, str]] = mapped_column(JSON)
    flag: Mapped[str] = mapped_column(String(16))
    label: Mapped[str | None] = mapped_column(String(32))
    probabilities: Mapped[dict[str, list[float]]] = mapped_column(JSON)
    calibrated: Mapped[dict[str, list[float]]] = mapped_column(JSON)
    prediction_set: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    uncertainty: Mapped[float | None]
    refusal: Mapped[str | None] = mapped_column(String(32))
    gate_score: Mapped[float | None]
    gate_limit: Mapped[float | None]
    area_px: Mapped[int | None]
    area_mm2: Mapped[float | None]
    diameter_px: Mapped[float | None]
    diameter_mm: Mapped[float | None]
    in_training_set: Mapped[bool]
    seconds: Mapped[float]
    series: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class ReadingRow(Base):
    """A reader's word, or a row that takes one back; see `records.Reading`."""

    __tablename__ = "readings"
    __table_args__ = (
        Unique("takes_back"),
        CheckConstraint("verdict IN ('agree', 'disagree', 'unsure', 'undone')", name="verdict"),
        CheckConstraint("(verdict = 'undone') = (takes_back IS NOT NULL)", name="undo"),
        CheckConstraint("corrected_label IS NULL OR verdict = 'disagree'", name="corrected"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ai_result_id: Mapped[int] = mapped_column(ForeignKey("ai_results.id"))
    at: Mapped[datetime]
    reader: Mapped[str] = mapped_column(String(80))
    verdict: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text)
    corrected_label: Mapped[str | None] = mapped_column(String(32))
    blind_label: Mapped[str | None] = mapped_column(String(32))
    changed_by_ai: Mapped[bool | None]
    seconds: Mapped[float | None]
    model_version: Mapped[str] = mapped_column(HASH)
    weights_hash: Mapped[str] = mapped_column(HASH)
    takes_back: Mapped[int | None] = mapped_column(ForeignKey("readings.id"))


class SignatureRow(Base):
    """A report that was signed (who, when, the digest of it), or a row that takes one back."""

    __tablename__ = "signatures"
    __table_args__ = (Unique("takes_back"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ai_result_id: Mapped[int] = mapped_column(ForeignKey("ai_results.id"))
    at: Mapped[datetime]
    reader: Mapped[str] = mapped_column(String(80))
    report_hash: Mapped[str] = mapped_column(HASH)
    takes_back: Mapped[int | None] = mapped_column(ForeignKey("signatures.id"))


class SignedReportRow(Base):
    """The text that a signature is on, or that of an addendum; see `signed.SignedReport`."""

    __tablename__ = "signed_reports"
    __table_args__ = (Unique("signature_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    signature_id: Mapped[int] = mapped_column(ForeignKey("signatures.id"))
    form_version: Mapped[str] = mapped_column(String(16))
    weights: Mapped[dict[str, str]] = mapped_column(JSON)
    document: Mapped[str] = mapped_column(Text)
    amends: Mapped[int | None] = mapped_column(ForeignKey("signed_reports.id"))


class OwnColumns:
    """What the tables of readers' own outlines share: whose, of which answer, sizes, taken back.

    `sort_order` keeps the columns where the migrations put them.
    """

    __tablename__: str

    id: Mapped[int] = mapped_column(primary_key=True, sort_order=-1)
    ai_result_id: Mapped[int] = mapped_column(ForeignKey("ai_results.id"), sort_order=-1)
    at: Mapped[datetime] = mapped_column(sort_order=-1)
    reader: Mapped[str] = mapped_column(String(80), sort_order=-1)
    area_px: Mapped[int] = mapped_column(sort_order=1)
    area_mm2: Mapped[float | None] = mapped_column(sort_order=1)
    diameter_px: Mapped[float | None] = mapped_column(sort_order=3)
    diameter_mm: Mapped[float | None] = mapped_column(sort_order=3)
    perpendicular_px: Mapped[float | None] = mapped_column(sort_order=3)
    perpendicular_mm: Mapped[float | None] = mapped_column(sort_order=3)
    model_version: Mapped[str] = mapped_column(HASH, sort_order=3)
    weights_hash: Mapped[str] = mapped_column(HASH, sort_order=3)

    @declared_attr
    @classmethod
    def takes_back(cls) -> Mapped[int | None]:
        """The row of the same table that this one takes back."""
        return mapped_column(ForeignKey(f"{cls.__tablename__}.id"), sort_order=3)

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Unique]:
        """A row is taken back once."""
        return (Unique("takes_back"),)


class ReaderOutlineRow(OwnColumns, Base):
    """A reader's own outline, or a row that takes one back; see `outlines.NewOutline`."""

    __tablename__ = "reader_outlines"

    threshold: Mapped[float]
    ai_threshold: Mapped[float]


class ReaderDrawingRow(OwnColumns, Base):
    """A reader's own drawing, or a row that takes one back; see `drawings.NewDrawing`."""

    __tablename__ = "reader_drawings"

    begun: Mapped[str] = mapped_column(String(16))
    mask: Mapped[bytes] = mapped_column(LargeBinary)
    slices: Mapped[int]
    volume_ml: Mapped[float | None] = mapped_column(sort_order=2)


class TrailRow(Base):
    """A line of the audit trail; see `chain`."""

    __tablename__ = "audit_trail"
    __table_args__ = (Unique("previous"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    who: Mapped[str | None] = mapped_column(HASH)
    what: Mapped[str] = mapped_column(String(32))
    scan: Mapped[str | None] = mapped_column(HASH)
    row_table: Mapped[str | None] = mapped_column(String(32))
    row_id: Mapped[int | None]
    row_digest: Mapped[str | None] = mapped_column(HASH)
    previous: Mapped[str] = mapped_column(HASH)
    digest: Mapped[str] = mapped_column(HASH)
