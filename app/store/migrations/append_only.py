"""Triggers that refuse any change of a row, in the words of either database."""

from alembic import op

_SQLITE = """
CREATE TRIGGER {table}_no_{event} BEFORE {event} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""
_POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION sulcus_append_only() RETURNS trigger AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END
$$ LANGUAGE plpgsql
"""
_POSTGRES = """
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION sulcus_append_only()
"""


def guard(table: str) -> None:
    """Refuse UPDATE and DELETE (and TRUNCATE) on a table from now on."""
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            op.execute(_SQLITE.format(table=table, event=event))
    else:
        op.execute(_POSTGRES_FUNCTION)
        op.execute(_POSTGRES.format(table=table))
