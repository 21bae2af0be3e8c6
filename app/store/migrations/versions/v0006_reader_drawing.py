"""Readers' own drawings."""

import sqlalchemy as sa
from alembic import op

from app.store.migrations.append_only import guard

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table of readers' drawings and guard it."""
    op.create_table(
        "reader_drawings",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("ai_result_id", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reader", sa.String(80), nullable=False),
        sa.Column("begun", sa.String(16), nullable=False),
        sa.Column("mask", sa.LargeBinary, nullable=False),
        sa.Column("slices", sa.Integer, nullable=False),
        sa.Column("area_px", sa.Integer, nullable=False),
        sa.Column("area_mm2", sa.Double),
        sa.Column("volume_ml", sa.Double),
        sa.Column("diameter_px", sa.Double),
        sa.Column("diameter_mm", sa.Double),
        sa.Column("perpendicular_px", sa.Double),
        sa.Column("perpendicular_mm", sa.Double),
        sa.Column("model_version", sa.String(64), nullable=False),
        sa.Column("weights_hash", sa.String(64), nullable=False),
        sa.Column("takes_back", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_reader_drawings"),
        sa.ForeignKeyConstraint(
            ["ai_result_id"], ["ai_results.id"], name="fk_reader_drawings_ai_result_id"
        ),
        sa.ForeignKeyConstraint(
            ["takes_back"], ["reader_drawings.id"], name="fk_reader_drawings_takes_back"
        ),
        sa.UniqueConstraint("takes_back", name="uq_reader_drawings_takes_back"),
    )
    guard("reader_drawings")
