"""A manager as `lamplighter fleet serve` runs it, once for all tests of this folder."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.town_hall import TownHall
from simulator.worlds.city import make_city


@pytest.fixture(scope="session")
def hall() -> Iterator[TownHall]:
    with tempfile.TemporaryDirectory(prefix="lamplighter-test-") as folder:
        made = TownHall(Path(folder), make_city(), 0)
        try:
            made.wait_ready(print, lambda: False)
            yield made
        finally:
            made.stop()
