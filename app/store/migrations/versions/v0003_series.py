"""Series: how many slices a scan has, and what an answer says of a whole series."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add both columns; what is there is a picture of its own and has neither."""
    op.add_column("scans", sa.Column("slices", sa.Integer))
    op.add_column("ai_results", sa.Column("series", sa.JSON))
