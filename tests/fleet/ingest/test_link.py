"""The manager's connection: a refusal is told in words, waits grow, and a message is taken or not taken, never forgotten."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.clock import SystemClock
from edge.outbox.entry import Limits
from edge.outbox.outbox import Outbox
from edge.uplink.config import UplinkConfig
from edge.uplink.uplink import Uplink
from fleet.broker.embedded import BrokerError
from fleet.broker.mosquitto import MANAGER, find
from fleet.identity.authority import Authority
from fleet.ingest import link as link_module
from fleet.ingest.link import BrokerAddress, Link
from fleet.manager import BrokerKind
from protocol.commands import Reply
from protocol.state import State, Status
from tests.fleet.events import FLEET, NOW
from tests.fleet.site import HOST, PATIENCE_S, Site, free_port, open_site, until


async def _until(condition: Callable[[], Any], what: str) -> None:
    for _ in range(int(PATIENCE_S / 0.01)):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(what)


@contextlib.asynccontextmanager
async def _running(link: Link) -> AsyncIterator[Link]:
    task = asyncio.create_task(link.run())
    try:
        yield link
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _link(port: int, tls: ssl.SSLContext | None = None) -> Link:
    return Link(BrokerAddress(HOST, port, tls), ("t/#",), lambda *_: None)


@pytest.fixture(scope="module", params=list(BrokerKind), ids=lambda kind: kind.value)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A broker."""
    if request.param is BrokerKind.MOSQUITTO:
        _find()
    with open_site(tmp_path_factory.mktemp("site"), request.param) as made:
        yield made


def _find() -> Path:
    try:
        return find()
    except BrokerError as error:
        pytest.skip(str(error))


def _context(authority: Authority, shown: Authority | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(authority.certificate_path))
    if shown is not None:
        certificate, key = shown.client_files(MANAGER, dt.datetime.now(dt.timezone.utc))
        context.load_cert_chain(str(certificate), str(key))
    return context


async def test_nobody_listens() -> None:
    """Row 40: not "connected"; where, and why."""
    port = free_port()
    async with _running(_link(port)) as link:
        await _until(lambda: "cannot be reached" in link.fault, "the fault is told")
        assert f"{HOST}:{port}" in link.fault
        assert not link.connected
        assert not link.publish("t/1", b"x", qos=1), "not taken: the caller keeps it"


async def test_nothing_is_written_to_a_connection_that_broke_in_this_turn_of_the_loop(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """asyncio would take it, lose it, and write a line about each on standard error."""
    async with _running(_link(site.config.mqtt_port, _context(site.authority, site.authority))) as link:
        await _until(lambda: link.connected, "connected")
        tcp = link._client._connection._transport._ssl_protocol._transport
        tcp.abort()
        taken = [link.publish("t/1", b"x", qos=1) for _ in range(20)]
    assert not any(taken), "not taken: the caller keeps it"
    assert "socket.send()" not in caplog.text


async def test_who_listens_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_module, "CONNECT_S", 0.2)
    with socket.create_server((HOST, 0)) as silent:
        async with _running(_link(silent.getsockname()[1])) as link:
            await _until(lambda: "does not answer within 0.2 s" in link.fault, "the fault is told")


async def test_waits_grow_and_are_drawn_by_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    """Row 35: whoever closes at once is not asked in a loop, nor by all managers and boxes in the same moment."""
    drawn: list[tuple[float, float]] = []

    def draw(low: float, high: float) -> float:
        drawn.append((low, high))
        return 0.001

    async def close(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()
        await writer.wait_closed()

    monkeypatch.setattr("fleet.ingest.link.random.uniform", draw)
    server = await asyncio.start_server(close, HOST, 0)
    try:
        async with _running(_link(server.sockets[0].getsockname()[1])) as link:
            await _until(lambda: len(drawn) >= 7, "some attempts")
            assert "closed before an answer" in link.fault
    finally:
        server.close()
        await server.wait_closed()
    assert drawn[:7] == [(0, wait) for wait in (0.25, 0.5, 1, 2, 4, 5, 5)], "each anywhere between nothing and the limit"


async def test_a_broker_of_another_authority_is_not_believed(site: Site, tmp_path: Path) -> None:
    """Row 40."""
    stranger = Authority(tmp_path, "elsewhere")
    async with _running(_link(site.config.mqtt_port, _context(stranger, stranger))) as link:
        await _until(lambda: "TLS" in link.fault, "the fault is told")
        assert "of this fleet's authority" in link.fault
        assert link.connections == 0


@pytest.mark.parametrize("site", [BrokerKind.MOSQUITTO], ids=["mosquitto"], indirect=True)
@pytest.mark.parametrize("shows", ["none", "another authority's"])
async def test_whoever_has_no_certificate_is_refused(site: Site, tmp_path: Path, shows: str) -> None:
    """Row 40: and the words name the certificate."""
    shown = None if shows == "none" else Authority(tmp_path, "elsewhere")
    async with _running(_link(site.config.mqtt_port, _context(site.authority, shown))) as link:
        await _until(lambda: "certificate" in link.fault, "the fault is told")
        assert not link.connected
        assert link.connections == 0


@pytest.fixture
def password_broker(tmp_path: Path) -> Iterator[int]:
    """Mosquitto that wants a password from everybody; its port."""
    port, config = free_port(), tmp_path / "mosquitto.conf"
    config.write_text(f"listener {port} {HOST}\nallow_anonymous false\n", "utf-8")
    with subprocess.Popen([str(_find()), "-c", str(config)], stderr=subprocess.DEVNULL) as process:
        yield port
        process.kill()


async def test_a_refusal_of_the_broker_is_told(password_broker: int) -> None:
    """Row 40: a connection that the broker refuses is no connection."""
    async with _running(_link(password_broker)) as link:
        await _until(lambda: "refuses the manager" in link.fault, "the fault is told")
        assert not link.connected
        assert link.connections == 0


def test_a_refusal_of_the_broker_is_told_by_the_box(password_broker: int) -> None:
    """Row 40, at the other end of the wire."""
    clock = SystemClock()
    outbox = Outbox.open(None, Limits(), clock, FLEET, "box")
    config = UplinkConfig(FLEET, "box", HOST, password_broker)
    uplink = Uplink(
        config,
        outbox,
        lambda: State(Status.ONLINE, outbox.boot, NOW),
        lambda _twin: None,
        lambda name, _: Reply(name, ok=True),
        clock,
    )
    uplink.start()
    try:
        until(lambda: "bad user name or password" in uplink.status().last_error, "the fault is told")
        assert "check broker.username and broker.password_file" in uplink.status().last_error
        assert not uplink.connected
        assert uplink.status().connections == 0
    finally:
        uplink.stop(0)


async def test_messages_come_and_go_and_a_lost_connection_comes_back(site: Site) -> None:
    heard: list[tuple[str, bytes]] = []
    topic = f"lamplighter/v1/{FLEET}/box/state"
    again: list[int] = []

    def take(name: str, payload: bytes, _properties: dict[str, Any]) -> None:
        heard.append((name, payload))

    address = BrokerAddress(HOST, site.config.mqtt_port, _context(site.authority, site.authority))
    link = Link(address, (f"lamplighter/v1/{FLEET}/#",), take, lambda: again.append(1))
    async with _running(link):
        await _until(lambda: link.connected, "connected")
        assert link.fault == ""
        assert link.publish(topic, b"one", qos=1)
        await _until(lambda: heard == [(topic, b"one")], "it comes back")
        link.pause()
        assert link.publish(topic, b"two", qos=1)
        await asyncio.sleep(0.1)
        assert heard == [(topic, b"one")], "paused: nothing is read"
        link.resume()
        await _until(lambda: len(heard) == 2, "resumed")
        await asyncio.to_thread(site.broker.kill)
        await _until(lambda: not link.connected, "it notices")
        assert not link.publish(topic, b"lost", qos=1)
        await asyncio.to_thread(site.broker.start)
        await _until(lambda: link.connected, "it comes back")
        assert link.publish(topic, b"three", qos=1)
        await _until(lambda: len(heard) == 3, "and hears again")
    assert (link.connections, len(again)) == (2, 2)


async def test_what_the_broker_does_not_confirm_is_bounded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the window the caller is told, and keeps its message."""
    monkeypatch.setattr(link_module, "WINDOW", 5)
    async with _running(_link(site.config.mqtt_port, _context(site.authority, site.authority))) as link:
        await _until(lambda: link.connected, "connected")
        topic = f"lamplighter/v1/{FLEET}/box/ack"
        taken = [link.publish(topic, b"x", qos=1) for _ in range(8)]
        assert taken == [True] * 5 + [False] * 3
        await _until(lambda: link.publish(topic, b"x", qos=1), "confirmed ones make room")
