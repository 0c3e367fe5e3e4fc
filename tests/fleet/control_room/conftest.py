"""A town in a store; one control room for all tests over HTTP; one Chromium for each module that needs it.

Rule: Playwright's loop must not outlive a module, or the asyncio tests that come after it could not run theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from sqlalchemy import Engine

from fleet.identity.authority import Authority
from fleet.identity.enrolment import BrokerAddress, Enrolment
from fleet.services import Services
from tests.fleet.control_room.box import Box
from tests.fleet.control_room.browser import ControlRoom, chromium
from tests.fleet.control_room.town import FLEET, Town


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    with chromium() as program:
        yield program


@pytest.fixture(scope="session")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlRoom]:
    """A lively control room."""
    made = ControlRoom(tmp_path_factory.mktemp("room"))
    try:
        made.start()
        yield made
    finally:
        made.close()


@pytest.fixture
def town(engine: Engine) -> Town:
    """A town that has said nothing yet."""
    made = Town(engine)
    made.register()
    return made


@pytest.fixture
def box(town: Town) -> Box:
    """One of its boxes."""
    return town.boxes["market-1"]


@pytest.fixture
def services(engine: Engine, tmp_path: Path) -> Services:
    """The manager's, over the town's store."""
    authority = Authority(tmp_path / "keys", FLEET)
    return Services(engine, Enrolment(engine, authority, FLEET, BrokerAddress("127.0.0.1", 1)), FLEET)
