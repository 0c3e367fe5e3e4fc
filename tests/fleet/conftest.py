"""Stores for the manager's tests: SQLite always, PostgreSQL where its binaries are."""

from __future__ import annotations

import importlib.util
import itertools
import shutil
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
    engine = open_engine(_create(request.getfixturevalue("postgres"), f"t{next(_numbers)}"))
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An embedded store with the schema and nothing in it, to be copied: a hundred tests begin with one."""
    folder = tmp_path_factory.mktemp("migrated")
    made = open_engine(url_for(folder))
    migrate(made)
    made.dispose()
    return folder / "fleet.sqlite"


@pytest.fixture(scope="session")
def migrated_database(postgres: str) -> str:
    """Name of a database of the cluster with the schema and nothing in it, to be copied."""
    name = "migrated"
    made = open_engine(_create(postgres, name))
    migrate(made)
    made.dispose()
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A store with the schema, once on each database."""
    if request.param == "sqlite":
        url = _copied(request.getfixturevalue("migrated_file"), tmp_path)
    else:
        template = request.getfixturevalue("migrated_database")
        url = _create(request.getfixturevalue("postgres"), f"t{next(_numbers)}", template)
    engine = open_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(migrated_file: Path, tmp_path: Path) -> Iterator[Engine]:
    """The embedded store with the schema."""
    made = open_engine(_copied(migrated_file, tmp_path))
    yield made
    made.dispose()


def _copied(store: Path, folder: Path) -> str:
    shutil.copyfile(store, folder / store.name)
    return url_for(folder)


def _create(cluster_url: str, name: str, template: str = "template1") -> str:
    url = make_url(cluster_url)
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    admin.dispose()
    return url.set(database=name).render_as_string(hide_password=False)
