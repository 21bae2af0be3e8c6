"""Audit trail: who saw, changed and exported what."""

import sqlalchemy as sa
from alembic import op

from app.store.migrations.append_only import guard

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table of the trail and guard it; what is there already has no line in it."""
    digest = sa.String(64)
    op.create_table(
        "audit_trail",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", digest),
        sa.Column("what", sa.String(32), nullable=False),
        sa.Column("scan", digest),
        sa.Column("row_table", sa.String(32)),
        sa.Column("row_id", sa.Integer),
        sa.Column("row_digest", digest),
        sa.Column("previous", digest, nullable=False),
        sa.Column("digest", digest, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_trail"),
        sa.UniqueConstraint("previous", name="uq_audit_trail_previous"),
    )
    guard("audit_trail")
