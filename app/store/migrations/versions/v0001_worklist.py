"""Worklist, AI answers and readings."""

import sqlalchemy as sa
from alembic import op

from app.store.migrations.append_only import guard

revision = "0001"
down_revision = None

_HASH = sa.String(64)
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the first three tables and guard them."""
    _scans()
    _ai_results()
    _readings()
    for table in ("scans", "ai_results", "readings"):
        guard(table)


def _scans() -> None:
    op.create_table(
        "scans",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("content_hash", _HASH, nullable=False),
        sa.Column("pseudonym", _HASH, nullable=False),
        sa.Column("study_date", sa.Date),
        sa.Column("modality", sa.String(16)),
        sa.Column("format", sa.String(16), nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("added_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_scans"),
        sa.UniqueConstraint("content_hash", name="uq_scans_content_hash"),
    )


def _ai_results() -> None:
    op.create_table(
        "ai_results",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("scan_id", sa.Integer, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("digest", _HASH, nullable=False),
        sa.Column("model_version", _HASH, nullable=False),
        sa.Column("weights_hash", _HASH, nullable=False),
        sa.Column("weights", sa.JSON, nullable=False),
        sa.Column("flag", sa.String(16), nullable=False),
        sa.Column("label", sa.String(32)),
        sa.Column("probabilities", sa.JSON, nullable=False),
        sa.Column("calibrated", sa.JSON, nullable=False),
        sa.Column("prediction_set", sa.JSON),
        sa.Column("uncertainty", sa.Double),
        sa.Column("refusal", sa.String(32)),
        sa.Column("gate_score", sa.Double),
        sa.Column("gate_limit", sa.Double),
        sa.Column("area_px", sa.Integer),
        sa.Column("area_mm2", sa.Double),
        sa.Column("diameter_px", sa.Double),
        sa.Column("diameter_mm", sa.Double),
        sa.Column("in_training_set", sa.Boolean, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ai_results"),
        sa.ForeignKeyConstraint(["scan_id"], ["scans.id"], name="fk_ai_results_scan_id"),
        sa.UniqueConstraint("scan_id", "digest", name="uq_ai_results_scan_id_digest"),
    )


def _readings() -> None:
    op.create_table(
        "readings",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("ai_result_id", sa.Integer, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("reader", sa.String(80), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("corrected_label", sa.String(32)),
        sa.Column("blind_label", sa.String(32)),
        sa.Column("changed_by_ai", sa.Boolean),
        sa.Column("seconds", sa.Double),
        sa.Column("model_version", _HASH, nullable=False),
        sa.Column("weights_hash", _HASH, nullable=False),
        sa.Column("takes_back", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_readings"),
        sa.ForeignKeyConstraint(
            ["ai_result_id"], ["ai_results.id"], name="fk_readings_ai_result_id"
        ),
        sa.ForeignKeyConstraint(["takes_back"], ["readings.id"], name="fk_readings_takes_back"),
        sa.UniqueConstraint("takes_back", name="uq_readings_takes_back"),
        sa.CheckConstraint(
            "verdict IN ('agree', 'disagree', 'unsure', 'undone')",
            name=op.f("ck_readings_verdict"),
        ),
        sa.CheckConstraint(
            "(verdict = 'undone') = (takes_back IS NOT NULL)", name=op.f("ck_readings_undo")
        ),
        sa.CheckConstraint(
            "corrected_label IS NULL OR verdict = 'disagree'",
            name=op.f("ck_readings_corrected"),
        ),
    )
