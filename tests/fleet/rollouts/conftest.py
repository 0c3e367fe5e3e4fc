"""Cities for tests of rollouts."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.fleet.rollouts.city import City


@pytest.fixture
def city(engine: Engine, tmp_path: Path) -> City:
    """Twelve boxes on the embedded store."""
    return City(engine, tmp_path, 12)


@pytest.fixture
def each(either: Engine, tmp_path: Path) -> City:
    """Twelve boxes, once on each database."""
    return City(either, tmp_path, 12)
