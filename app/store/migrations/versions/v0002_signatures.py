"""Signed reports."""

import sqlalchemy as sa
from alembic import op

from app.store.migrations.append_only import guard

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table of signatures and guard it."""
    op.create_table(
        "signatures",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("ai_result_id", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reader", sa.String(80), nullable=False),
        sa.Column("report_hash", sa.String(64), nullable=False),
        sa.Column("takes_back", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_signatures"),
        sa.ForeignKeyConstraint(
            ["ai_result_id"], ["ai_results.id"], name="fk_signatures_ai_result_id"
        ),
        sa.ForeignKeyConstraint(["takes_back"], ["signatures.id"], name="fk_signatures_takes_back"),
        sa.UniqueConstraint("takes_back", name="uq_signatures_takes_back"),
    )
    guard("signatures")
