"""Offices for tests of lists."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.event import listen

from tests.fleet.lists.office import Office


@pytest.fixture
def office(engine: Engine, tmp_path: Path) -> Office:
    """On the embedded store."""
    engine.dispose()  # what is synchronised is tested elsewhere
    listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA synchronous=OFF"))
    return Office(engine, tmp_path)


@pytest.fixture
def each(either: Engine, tmp_path: Path) -> Office:
    """Once on each database."""
    return Office(either, tmp_path)
