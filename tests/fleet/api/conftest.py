"""The API over HTTP, with an account of each role, a box and an alert."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import argon2
import httpx
import pytest
from sqlalchemy import Engine

from fleet.accounts.accounts import Role
from fleet.api.app import make_app
from fleet.fusion.anpr.search import Plates
from fleet.identity.authority import Authority
from fleet.identity.enrolment import BrokerAddress, Enrolment
from fleet.ingest.sink import Sink
from fleet.services import Services
from fleet.store.database import migrate, open_engine, url_for
from protocol.events import Phase
from protocol.identifiers import uuid7
from tests.fleet.events import FLEET, alert, known, message
from tests.fleet.site import web_of

PASSWORD = "correct horse battery"
INCIDENT = uuid7(1)


@dataclass
class Api:
    """A running API and how to reach it."""

    url: str
    services: Services
    tokens: dict[Role, str]
    client: httpx.Client

    def ask(self, method: str, path: str, role: Role | None = None, **options: object) -> httpx.Response:
        """Ask as a role, or as nobody."""
        headers = {"Authorization": f"Bearer {self.tokens[role]}"} if role else {}
        given = options.pop("headers", {})
        assert isinstance(given, dict)
        return self.client.request(method, path, headers={**headers, **given}, **options)  # type: ignore[arg-type]


def serve(engine: Engine, folder: Path, plates: Plates | None = None) -> Iterator[Api]:
    """Serve a store."""
    enrolment = Enrolment(engine, Authority(folder / "keys", FLEET), FLEET, BrokerAddress("broker.example", 8883))
    services = Services(engine, enrolment, FLEET, plates=plates)
    services.accounts._hasher = argon2.PasswordHasher(time_cost=1, memory_cost=64)
    known(engine, "box-1")
    Sink(engine).store([message(1), alert(2, INCIDENT, Phase.NEW)])
    with web_of(make_app(services)) as url, httpx.Client(base_url=url, timeout=30, trust_env=False) as client:
        tokens = {}
        for role in Role:
            services.accounts.add(role.value, role, PASSWORD)
            found = services.accounts.log_in(role.value, PASSWORD)
            assert found is not None
            tokens[role] = found[1]
        yield Api(url, services, tokens, client)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """An API for a module."""
    folder = tmp_path_factory.mktemp("api")
    engine = open_engine(url_for(folder))
    migrate(engine)
    yield from serve(engine, folder)
    engine.dispose()


@pytest.fixture
def fresh(either: Engine, tmp_path: Path) -> Iterator[Api]:
    """An API for a test, once on each database."""
    yield from serve(either, tmp_path)


Ask = Callable[..., httpx.Response]
