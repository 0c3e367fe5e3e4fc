"""A site where everything runs, with boxes made for one test."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from edge.identity.files import Identity
from fleet.broker.embedded import BrokerError
from fleet.broker.mosquitto import find
from fleet.ingest.service import Ingest
from fleet.manager import BrokerKind
from tests.fleet.raw import Raw, raw
from tests.fleet.site import Box, Site, box_of, ingest_of, open_site, until, web_of


@dataclass
class Running:
    """A site, its ingest, and the address of its API."""

    site: Site
    ingest: Ingest
    url: str
    stack: contextlib.ExitStack

    def identity(self, name: str) -> Identity:
        """Enrol a box."""
        return self.site.enrol(name, self.url)

    def box(self, name: str, identity: Identity | None = None) -> Box:
        """A box with its link up, until the end of the test."""
        return self.stack.enter_context(box_of(self.site, name, identity or self.identity(name)))

    def raw(self, identity: Identity, name: str, will: tuple[str, bytes] | None = None) -> Raw:
        """A client with a box's certificate, until the end of the test."""
        return self.stack.enter_context(raw(self.site.config.mqtt_port, identity, name, will=will))

    def settled(self, box: Box, count: int) -> None:
        """Wait until everything that a box said is accounted for."""
        until(lambda: box.outbox.settled(box.outbox.boot).watermark == count, f"{count} are accounted for")


@contextlib.contextmanager
def open_running(folder: Path, kind: BrokerKind) -> Iterator[tuple[Site, Ingest, str]]:
    """Site, ingest and address of the API; skips where the broker is not installed."""
    if kind is BrokerKind.MOSQUITTO:
        try:
            find()
        except BrokerError as error:
            pytest.skip(str(error))
    with open_site(folder, kind) as site, web_of(site.app) as url, ingest_of(site) as ingest:
        yield site, ingest, url
