"""Steps from one schema to the next; see https://alembic.sqlalchemy.org."""
