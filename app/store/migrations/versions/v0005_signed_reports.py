"""The text of signed reports, and of addenda to them."""

import sqlalchemy as sa
from alembic import op

from app.store.migrations.append_only import guard

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table of signed reports and guard it; earlier signatures have no text."""
    op.create_table(
        "signed_reports",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("signature_id", sa.Integer, nullable=False),
        sa.Column("form_version", sa.String(16), nullable=False),
        sa.Column("weights", sa.JSON, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("amends", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_signed_reports"),
        sa.ForeignKeyConstraint(
            ["signature_id"], ["signatures.id"], name="fk_signed_reports_signature_id"
        ),
        sa.ForeignKeyConstraint(["amends"], ["signed_reports.id"], name="fk_signed_reports_amends"),
        sa.UniqueConstraint("signature_id", name="uq_signed_reports_signature_id"),
    )
    guard("signed_reports")
