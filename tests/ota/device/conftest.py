"""A town, or a client, for every test."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.updates.bundles import files_of
from simulator.updates.repository import Repository
from tests.ota.device.client import Client
from tests.ota.device.world import Town


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


@pytest.fixture
def client(tmp_path: Path) -> Client:
    repository = Repository()
    repository.add(files_of("plate-reader", 1), 1)
    repository.publish()
    return Client(tmp_path, repository)
