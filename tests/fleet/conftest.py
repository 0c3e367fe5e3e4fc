"""Stores for the manager's tests: SQLite always, PostgreSQL where its binaries are."""

from __future__ import annotations

import importlib.util
import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

from fleet.store.database import migrate, open_engine, url_for
from tests.fleet.postgres import cluster, find_binaries

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Address of a cluster that lives as long as the test session."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    if importlib.util.find_spec("psycopg") is None:
        pytest.skip("psycopg is not installed: pip install 'psycopg[binary]'")
    # Not pytest's own folder: a socket's path must stay under 108 characters, and the server's user must be able to enter.
    with tempfile.TemporaryDirectory(prefix="lamplighter-pg-") as folder, cluster(binaries, Path(folder)) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A store without a schema, once on each database."""
    if request.param == "sqlite":
        engine = open_engine(url_for(tmp_path))
        yield engine
        engine.dispose()
        return
    url = make_url(request.getfixturevalue("postgres"))
    name = f"t{next(_numbers)}"
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    engine = open_engine(url.set(database=name).render_as_string(hide_password=False))
    yield engine
    engine.dispose()


@pytest.fixture
def either(empty_engine: Engine) -> Engine:
    """A store with the schema, once on each database."""
    migrate(empty_engine)
    return empty_engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """The embedded store with the schema."""
    made = open_engine(url_for(tmp_path))
    migrate(made)
    yield made
    made.dispose()
