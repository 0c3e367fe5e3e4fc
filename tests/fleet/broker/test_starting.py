"""Starting, killing and stopping a broker; and what the embedded one demands and does not. Both where not said otherwise."""

from __future__ import annotations

import datetime as dt
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from fleet.broker import mosquitto
from fleet.broker.embedded import BrokerError, EmbeddedBroker, ServerFiles
from fleet.broker.mosquitto import Mosquitto, find
from fleet.identity.authority import Authority
from fleet.manager import AnyBroker, BrokerKind
from protocol.codec import Message
from tests.fleet.events import FLEET, message
from tests.fleet.raw import Raw, raw
from tests.fleet.site import HOST, Site, free_port, open_site, until, web_of


@pytest.fixture
def files(tmp_path: Path) -> ServerFiles:
    """What a broker shows."""
    authority = Authority(tmp_path / "keys", FLEET)
    certificate, key = authority.server_files("broker", (HOST,), dt.datetime.now(dt.timezone.utc))
    return ServerFiles(certificate, key, authority.certificate_path)


@pytest.fixture(params=list(BrokerKind), ids=lambda kind: kind.value)
def kind(request: pytest.FixtureRequest) -> BrokerKind:
    """Each broker that is installed."""
    chosen: BrokerKind = request.param
    if chosen is BrokerKind.MOSQUITTO:
        try:
            find()
        except BrokerError as error:
            pytest.skip(str(error))
    return chosen


def _start(kind: BrokerKind, folder: Path, port: int, files: ServerFiles) -> AnyBroker:
    if kind is BrokerKind.EMBEDDED:
        return EmbeddedBroker(folder, port, files)
    return Mosquitto(folder, port, HOST, FLEET, files)


def _lives(broker: AnyBroker) -> int | None:
    return broker.pid if broker.alive else None


def test_it_lives_until_it_is_stopped_and_comes_back_after_a_kill(kind: BrokerKind, tmp_path: Path, files: ServerFiles) -> None:
    port = free_port()
    broker = _start(kind, tmp_path / "broker", port, files)
    try:
        first = _lives(broker)
        broker.kill()
        assert _lives(broker) is None
        broker.start()
        assert _lives(broker) not in {None, first}
    finally:
        broker.stop()
    assert _lives(broker) is None
    broker.stop()
    with socket.create_server((HOST, port)):
        pass  # the port is free again


def test_a_port_in_use_is_named_with_the_remedy(kind: BrokerKind, tmp_path: Path, files: ServerFiles) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BrokerError) as caught:
            _start(kind, tmp_path / "broker", port, files)
    assert f"port {port} for MQTT is in use" in str(caught.value)
    assert "choose another with --mqtt-port" in str(caught.value)


def test_it_listens_on_loopback_only(kind: BrokerKind, tmp_path: Path, files: ServerFiles) -> None:
    broker = _start(kind, tmp_path / "broker", free_port(), files)
    try:
        assert broker.pid is not None
        listening = [c.laddr for c in psutil.Process(broker.pid).net_connections() if c.status == psutil.CONN_LISTEN]
        assert {address.ip for address in listening} == {HOST}
    finally:
        broker.stop()


def test_mosquitto_that_is_not_there_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(mosquitto, "_CANDIDATES", (str(tmp_path / "nowhere"),))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BrokerError, match=r"apt-get install mosquitto, or use --broker embedded"):
        find()


def test_mosquitto_that_does_not_start_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, files: ServerFiles) -> None:
    fake = tmp_path / "mosquitto"
    fake.write_text("#!/bin/sh\nexit 3\n", "utf-8")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(BrokerError, match="mosquitto does not start on port"):
        Mosquitto(tmp_path / "broker", free_port(), HOST, FLEET, files)


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site on the embedded broker."""
    with open_site(tmp_path_factory.mktemp("site"), BrokerKind.EMBEDDED) as site:
        yield site


def test_the_embedded_broker_encrypts_and_asks_nobody_who_they_are(embedded: Site) -> None:
    """For demonstrations and tests: hence loopback only. In earnest there is mosquitto."""
    ca = str(embedded.authority.certificate_path)
    with raw(embedded.config.mqtt_port, None, "anybody", ca) as client:
        assert client.connected == 0
        assert client.listen("#") == 1
        assert client.send(message(1, device="somebody-else")) in {0, 0x10}
        until(lambda: client.heard, "it hears what others say")
    with socket.create_connection((HOST, embedded.config.mqtt_port)) as plain:
        plain.settimeout(5)
        plain.sendall(b"\x10\x10\x00\x04MQTT\x05\x02\x00\x05\x00\x00\x03abc")
        try:
            answer = plain.recv(64)
        except (ConnectionError, TimeoutError):
            answer = b""
    assert not answer.startswith(b"\x20"), "no CONNACK in clear"


def test_the_embedded_broker_forgets_everything(embedded: Site) -> None:
    """Row 30: nothing of ours rests on its memory."""
    with web_of(embedded.app) as url:
        identity = embedded.enrol("box", url)
    kept = Message(f"lamplighter/v1/{FLEET}/box/state", b"{}", retain=True)
    with raw(embedded.config.mqtt_port, identity, "box") as client:
        client.send(kept)
        assert _remembered(client, kept.topic) == [b"{}"]
    embedded.broker.kill()
    embedded.broker.start()
    with raw(embedded.config.mqtt_port, identity, "box") as client:
        assert _remembered(client, kept.topic) == []


def _remembered(client: Raw, topic: str) -> list[bytes]:
    marker = f"lamplighter/v1/{FLEET}/box/telemetry"
    client.listen(topic)
    client.listen(marker)
    client.send(Message(marker, b"after"))
    until(lambda: client.said(marker), "what followed came")
    return client.said(topic)
