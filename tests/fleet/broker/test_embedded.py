"""The embedded broker: a process that runs and takes nobody in is as good as dead."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from fleet.broker.embedded import EmbeddedBroker
from simulator.faults.processes import freeze
from tests.edge.uplink.town import open_town
from tests.fleet.site import until


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked more often."""
    for name, value in {"_ASK_S": 0.2, "_ASK_AGAIN_S": 0.1}.items():
        monkeypatch.setattr(f"fleet.broker.embedded.{name}", value)


def test_a_broker_that_takes_connections_is_alive_however_often_it_is_asked(tmp_path: Path) -> None:
    with open_town(tmp_path, "embedded") as town, town.box("witness") as box:
        until(lambda: box.uplink.connected, "connected")
        pid = town.broker.pid
        deadline = time.monotonic() + 1.5
        while time.monotonic() < deadline:
            assert town.broker.alive
        assert (town.broker.pid, box.uplink.status().connections) == (pid, 1)


def test_a_broker_that_answers_nobody_is_ended_and_can_be_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 30: the process is there, as after a panic inside."""
    monkeypatch.setattr("fleet.broker.embedded._ANSWER_S", 0.5)
    with open_town(tmp_path, "embedded") as town, town.box("witness") as box:
        until(lambda: box.uplink.connected, "connected")
        assert isinstance(town.broker, EmbeddedBroker)
        pid = town.broker.pid
        assert pid is not None
        with town.hands:  # the town itself would see it first, now and then, and start it again
            freeze(pid)
            until(lambda: not town.broker.alive, "it is given up")
            last = box.say()[-1]
            town.broker.start()
        until(lambda: town.manager.numbers("witness") == [last], "all is well again")
        assert town.broker.alive
