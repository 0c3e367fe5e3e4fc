"""Mosquitto with the fleet's access list: who may connect, say and hear what."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.identity.files import Identity
from fleet.broker.mosquitto import access_list
from fleet.identity.authority import Authority
from fleet.ingest.service import Ingest
from fleet.manager import BrokerKind
from protocol.codec import Message
from tests.fleet.events import FLEET, message
from tests.fleet.raw import raw
from tests.fleet.running import Running, open_running
from tests.fleet.site import Site

NOT_AUTHORISED = 0x87
"""MQTT 5.0, section 3.4.2.1."""


@pytest.fixture(scope="module")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Ingest, str]]:
    with open_running(tmp_path_factory.mktemp("site"), BrokerKind.MOSQUITTO) as parts:
        yield parts


@pytest.fixture
def running(_site: tuple[Site, Ingest, str]) -> Iterator[Running]:
    """A site with ingest on mosquitto."""
    with contextlib.ExitStack() as stack:
        yield Running(*_site, stack)


_NOT_FOR_A_BOX = [
    message(1, device="victim"),
    Message(f"lamplighter/v1/{FLEET}/victim/state", b"{}", retain=True),
    Message(f"lamplighter/v1/{FLEET}/victim/command/restart-source", b"{}"),
    Message(f"lamplighter/v1/{FLEET}/liar/ack", b'{"boot":"abcdefghijkl","seq":9}'),
    Message(f"lamplighter/v1/{FLEET}/liar/twin/desired", b"{}", retain=True),
    Message("lamplighter/v1/elsewhere/liar/state", b"{}", retain=True),
]


def test_the_access_list_is_the_contract_s_table() -> None:
    """A channel more in the contract is a line more here; a device's level is its certificate's name."""
    assert access_list("city").splitlines() == [
        "user manager",
        "topic readwrite lamplighter/v1/city/#",
        "",
        "pattern write lamplighter/v1/city/%u/event/+",
        "pattern read lamplighter/v1/city/%u/ack",
        "pattern write lamplighter/v1/city/%u/state",
        "pattern write lamplighter/v1/city/%u/telemetry",
        "pattern read lamplighter/v1/city/%u/twin/desired",
        "pattern write lamplighter/v1/city/%u/twin/reported",
        "pattern read lamplighter/v1/city/%u/command/+",
        "pattern write lamplighter/v1/city/%u/reply",
    ]


def test_a_box_can_do_what_is_its_own(running: Running) -> None:
    client = running.raw(running.identity("own"), "own")
    for topic in ("event/crowd.count", "state", "twin/reported", "reply"):
        assert client.send(Message(f"lamplighter/v1/{FLEET}/own/{topic}", b"{}")) in {0, 0x10}, topic


@pytest.mark.parametrize("shows", ["nothing", "another authority's", "a server's"])
def test_without_a_certificate_of_the_fleet_nobody_connects(running: Running, tmp_path: Path, shows: str) -> None:
    """Rows 38 and 40."""
    site, now = running.site, dt.datetime.now(dt.timezone.utc)
    ca = site.authority.certificate_path
    identity = None
    if shows != "nothing":
        authority = Authority(tmp_path, FLEET) if shows.startswith("another") else site.authority
        files = (
            authority.client_files("box-1", now) if shows.startswith("another") else authority.server_files("x", ("x",), now)
        )
        identity = Identity(files[1], files[0], ca, FLEET, "", 0)
    try:
        with raw(site.config.mqtt_port, identity, "box-1", str(ca)) as client:
            assert client.connected is None
    except ConnectionError:
        pass  # refused while connecting


def test_a_box_cannot_speak_or_listen_as_another(running: Running) -> None:
    """Row 38."""
    one = running.box("victim")
    liar = running.identity("liar")
    for said in _NOT_FOR_A_BOX:
        with raw(running.site.config.mqtt_port, liar, "liar") as client:
            assert client.send(said) in {NOT_AUTHORISED, None}, said.topic
    with raw(running.site.config.mqtt_port, liar, "liar") as client:
        for topic in (f"lamplighter/v1/{FLEET}/victim/command/+", f"lamplighter/v1/{FLEET}/+/ack", "#"):
            client.listen(topic)
        one.say(2)
        running.settled(one, 2)
        assert client.heard == []
    assert running.site.seqs("victim") == [1, 2]
    assert one.uplink.refused == 0
    assert running.site.reasons("victim") == []


def test_a_box_cannot_throw_another_out(running: Running) -> None:
    """Row 36: the client id is the certificate's name, whatever is asked for."""
    one = running.box("settled")
    with raw(running.site.config.mqtt_port, running.identity("pusher"), "settled") as client:
        assert client.connected == 0
        one.say(3)
        running.settled(one, 3)
    assert (one.uplink.connected, one.uplink.status().connections) == (True, 1)
    assert one.uplink.faults() == ()
