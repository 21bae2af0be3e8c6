"""Run by Alembic: applies the migrations inside the transaction that `app.store.opening` holds."""

from alembic import context

from app.store.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
