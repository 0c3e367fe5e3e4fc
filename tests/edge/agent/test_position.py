"""Row 58: a box that moves. Its receiver is on a real serial line, its microphone a real process."""

from __future__ import annotations

import os
import pty
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from edge.agent.health import HealthBoard
from edge.agent.position import Position
from edge.boxfile import Gnss
from edge.runtime.policy import RuntimePolicy
from hardware.nmea import Fix
from protocol.events import Where
from protocol.examples.gunshot import SHOTS
from protocol.gunshot import Bearing
from simulator.faults.clocks import HandClock
from tests.edge.agent.offline import Offline
from tests.edge.capture.sound import bundles, listening, live_ports
from tests.hardware.sentences import east_of, gst, rmc

CAR = Where(0.0, 0.0, heading=90.0, frame="vehicle")
HEARD = structs.replace(SHOTS, bearing=Bearing(30.0, 3.0))
EAR = """
[gnss]
port = "{port}"

[[microphones]]
id = "roof"
uri = "live:Banging"
kind = "alsa"
where = {{ lat = 1.0, lon = 1.0, frame = "vehicle" }}
"""


@pytest.fixture
def position() -> Position:
    clock = HandClock()
    clock.advance(1000.0)
    return Position(Gnss("/dev/none"), clock, HealthBoard())


def test_an_array_on_a_car_tells_directions_from_north_while_it_drives_and_none_while_it_stands(position: Position) -> None:
    position._whereabouts.take([(999.0, Fix(52.5, 13.4, 12.0, 350.0, 6.0))])
    turned = position.turned(HEARD, CAR, 999.5)
    assert turned.bearing is not None
    assert turned.bearing.azimuth_deg == pytest.approx(20.0)
    assert turned.bearing.sigma_deg > 5.0, "the course has its own deviation"
    position._whereabouts.take([(1000.0, Fix(52.5, 13.4, 0.3, 120.0, 6.0))])
    assert position.turned(HEARD, CAR, 1000.2).bearing is None
    assert position.turned(HEARD, structs.replace(CAR, frame="fixed"), 1000.2) == HEARD


def test_what_is_fixed_and_a_box_without_a_receiver_are_where_they_are_configured(position: Position) -> None:
    fixed = structs.replace(CAR, frame="fixed")
    assert position.where(fixed, 1000.0) == fixed
    assert position.where(CAR, 1000.0) is None, "it moves, and nobody knows where"
    without = Position(None, HandClock(), HealthBoard())
    assert without.where(CAR, 1000.0) == CAR
    assert without.turned(HEARD, CAR, 1000.0) == HEARD


@pytest.fixture
def car() -> Iterator[tuple[str, list[float]]]:
    """Port of a receiver that says a place a few times a second, and how far along the street it is: the last one counts."""
    ours, theirs = pty.openpty()
    along, ending = [0.0], threading.Event()

    def say() -> None:
        while not ending.wait(0.1):
            os.write(ours, (gst(3, 3) + rmc(*east_of(52.5, 13.4, along[-1]), 0.0, 90.0)).encode())

    thread = threading.Thread(target=say)
    thread.start()
    yield os.ttyname(theirs), along
    ending.set()
    thread.join()
    os.close(ours)
    os.close(theirs)


def test_shots_carry_the_place_of_their_moment_and_a_jump_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, car: tuple[str, list[float]]
) -> None:
    policy = replace(RuntimePolicy(), sound_ports={"alsa": live_ports.ENTRY}, listener=listening.ENTRY)
    monkeypatch.setattr("edge.runtime.runtime.RuntimePolicy", lambda: policy)
    bundles.make_bundle(tmp_path / "models")
    port, along = car
    with Offline(tmp_path, EAR.format(port=port), box='models = "models"').running() as box:
        box.until(lambda _: box.agent._position.where(CAR, time.monotonic()), "a fix")
        began = box.agent.status().telemetry.outbox.pending
        status = box.until(lambda s: s.telemetry.outbox.pending >= began + 4, "shots")
        assert "position" not in {reason.subject for reason in status.reasons}
        along.append(2000.0)
        status = box.until(lambda s: any(r.code == "position-jumped" for r in s.reasons), "the jump is said")
        before = status.telemetry.outbox.pending
        box.until(lambda s: s.telemetry.outbox.pending >= before + 4, "shots after it")
    shots = [body for kind, body in box.said() if kind == "gunshot.detected" and "where" in body]
    first, last = shots[0]["where"], shots[-1]["where"]
    assert (first["lat"], first["lon"], first["frame"]) == (
        pytest.approx(52.5, abs=1e-5),
        pytest.approx(13.4, abs=1e-5),
        "vehicle",
    )
    assert 5 < first["accuracy"] < 20
    assert last["accuracy"] >= 1990, "which of the two places is right, nobody knows"
