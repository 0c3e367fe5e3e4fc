"""Alembic's entry: runs steps on the connection that it is given."""

from __future__ import annotations

from alembic import context

from fleet.store import anpr, gunshot  # noqa: F401 - their tables are the schema's too
from fleet.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
