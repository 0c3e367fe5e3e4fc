"""A site with ingest on each broker, for a module; each test brings boxes with names of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from fleet.ingest.service import Ingest
from fleet.manager import BrokerKind
from tests.fleet.running import Running, open_running
from tests.fleet.site import Site


@pytest.fixture(scope="module", params=list(BrokerKind), ids=lambda kind: kind.value)
def _site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Ingest, str]]:
    with open_running(tmp_path_factory.mktemp("site"), request.param) as parts:
        yield parts


@pytest.fixture
def running(_site: tuple[Site, Ingest, str]) -> Iterator[Running]:
    """A site with ingest, once on each broker."""
    with contextlib.ExitStack() as stack:
        yield Running(*_site, stack)
