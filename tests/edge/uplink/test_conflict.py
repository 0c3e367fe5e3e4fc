"""Two boxes with one identity, as the box sees it (FAULTS.md, row 36). What the manager sees is tested with ingest.

A broker that gives the reason sends DISCONNECT with 0x8E before it closes (MQTT 5.0, 3.1.4). Neither broker at hand does, so
that here a relay before a real one sends these four bytes when another box would have come.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge.bodies import ALERT
from tests.edge.uplink.town import HOST, Town, open_town, plain_mosquitto
from tests.fleet.site import until

TAKEN_OVER = bytes((0xE0, 2, 0x8E, 0))


class Relay:
    """Carries one connection at a time, and can end it in the broker's name."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        self._near: socket.socket | None = None
        self._far: socket.socket | None = None
        threading.Thread(target=self._serve, daemon=True).start()

    def take_over(self) -> None:
        """As the broker does when another client comes under the same name."""
        near, far = self._near, self._far
        assert near is not None
        assert far is not None
        near.sendall(TAKEN_OVER)
        near.shutdown(socket.SHUT_WR)
        far.close()

    def close(self) -> None:
        """End."""
        self._listener.close()
        for link in (self._near, self._far):
            if link is not None:
                link.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection((HOST, self._target))
                self.connections += 1
                self._near, self._far = near, far
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=_pump, args=(source, sink), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)
    source.close()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with open_town(tmp_path / "town", "mosquitto") as made:
        yield made


def test_a_box_that_was_thrown_out_says_so_stays_away_and_comes_back(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 36: an alarm and not a flapping session; it ends when the other box has stayed away for long enough."""
    monkeypatch.setattr("edge.uplink.backoff.CONFLICT_S", 3.0)
    monkeypatch.setattr("edge.uplink.uplink.LONGEST_CONFLICT_S", 2.0)
    with (
        plain_mosquitto(tmp_path, "allow_anonymous true\n") as port,
        contextlib.closing(Relay(port)) as relay,
        town.box("double", port=relay.port, tls=None) as box,
    ):
        until(lambda: box.uplink.connected, "connected")
        assert box.uplink.faults() == ()
        relay.take_over()
        until(box.uplink.faults, "the alarm")
        (fault,) = box.uplink.faults()
        assert (fault.code, fault.subject) == ("identity-conflict", "uplink")
        assert "withdraw one of them at the manager" in fault.detail
        assert "two boxes have one identity" in box.error
        box.say(ALERT)
        away = threading.Event()
        assert not away.wait(1.0), "a wait"
        assert (relay.connections, box.uplink.connected) == (1, False), "it does not throw the other one out at once"
        until(lambda: box.uplink.connected, "it comes back after a while")
        assert box.uplink.faults(), "it is not sure yet"
        assert box.pending == 1
        until(lambda: not box.uplink.faults(), "nobody threw it out again")
        assert box.uplink.connected
