"""The link's thread sends while the MQTT library's thread acknowledges, and neither can end the link for good."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from edge.clock import SystemClock
from edge.outbox.entry import Limits
from edge.outbox.outbox import Outbox
from edge.uplink.session import WINDOW, Session
from fleet.manager import BrokerKind
from protocol.acks import Ack
from tests.edge.bodies import BODY, COUNT
from tests.fleet.site import Box, Site, box_of, ingest_of, open_site, until, web_of

EVENTS = 1_500
YIELD_S = 1e-6


def test_one_thread_sends_while_another_acknowledges() -> None:
    outbox = Outbox.open(None, Limits(), SystemClock(), "city", "box-1")
    body = BODY[COUNT]()
    for _ in range(EVENTS):
        outbox.append(COUNT, body)
    session = Session(outbox)
    session.connected()
    failures: list[BaseException] = []

    def acknowledge() -> None:
        # One by one: each answer changes what is in flight.
        for seq in range(1, EVENTS + 1):
            while session.sent < seq and not failures:
                time.sleep(0)
            try:
                session.acknowledged(Ack(outbox.boot, seq))
            except RuntimeError as error:
                failures.append(error)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    thread = threading.Thread(target=acknowledge, daemon=True)
    try:
        thread.start()
        while thread.is_alive():
            session.due(0.0)
            assert session.in_flight <= WINDOW
            # A lock is not fair: taken again at once, it might never be the other thread's.
            time.sleep(YIELD_S)
        assert not failures
    finally:
        failures.append(RuntimeError("over"))
        thread.join()
        sys.setswitchinterval(before)
    assert session.sent == EVENTS
    assert session.in_flight == outbox.status().pending == 0


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with open_site(tmp_path_factory.mktemp("site"), BrokerKind.EMBEDDED) as opened:
        yield opened


@pytest.fixture(scope="module")
def url(site: Site) -> Iterator[str]:
    with web_of(site.app) as address:
        yield address


def fails_once(work: Callable[..., Any]) -> Callable[..., Any]:
    left = [KeyError("nobody thought of this")]

    def wrapped(*arguments: Any) -> Any:
        if left:
            raise left.pop()
        return work(*arguments)

    return wrapped


def defect_of(box: Box) -> str:
    return next((fault.detail for fault in box.uplink.faults() if fault.code == "uplink-defect"), "")


@pytest.mark.parametrize("thread", ["sends", "hears"])
def test_an_error_of_ours_ends_a_connection_and_never_the_link(
    site: Site, url: str, thread: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 53: a link that had died would look alive and keep every alert to itself."""
    told: list[str] = []
    monkeypatch.setattr(threading, "excepthook", lambda error: told.append(repr(error.exc_value)))
    identity = site.enrol(thread, url)
    with ingest_of(site), box_of(site, thread, identity) as box:
        box.say(3)
        until(lambda: site.stored(thread) == 3 and box.outbox.status().pending == 0, "the link works")
        assert not box.uplink.faults()
        where, name = (box.uplink._session, "due") if thread == "sends" else (box.uplink._inbound, "take")
        monkeypatch.setattr(where, name, fails_once(getattr(where, name)))
        box.ring()
        until(lambda: defect_of(box), "the error is told")
        box.say(2)
        until(lambda: site.stored(thread) == 6 and box.outbox.status().pending == 0, "everything arrives all the same")
        assert box.uplink.connected
        assert "nobody thought of this" in defect_of(box)
        assert told == ["KeyError('nobody thought of this')"]
        assert box.uplink.status().connections == 2
