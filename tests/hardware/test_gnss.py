"""A receiver on a serial line: a real pseudo-terminal."""

from __future__ import annotations

import os
import pty
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hardware import gnss
from hardware.gnss import SerialReceiver
from hardware.nmea import Fix
from tests.hardware.sentences import gst, rmc

PATIENCE_S = 10.0


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gnss, "AGAIN_S", 0.05)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def taken(receiver: SerialReceiver, count: int) -> list[tuple[float, Fix]]:
    """The next so many fixes."""
    found: list[tuple[float, Fix]] = []
    deadline = time.monotonic() + PATIENCE_S
    while len(found) < count:
        found += receiver.take()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


def test_fixes_come_with_the_moment_at_which_they_were_said_whatever_stands_between_them() -> None:
    ours, theirs = pty.openpty()
    receiver = SerialReceiver(os.ttyname(theirs))
    receiver.start()
    until(lambda: receiver.is_open)
    begun_s = time.monotonic()
    data = b"\xff\x00 no line" * 100 + b"\n" + (gst(1, 1) + rmc(52, 13)).encode() + rmc(52, 13.5).encode()
    for place in range(0, len(data), 7):
        os.write(ours, data[place : place + 7])
    found = taken(receiver, 2)
    assert begun_s <= found[0][0] <= found[1][0] <= time.monotonic()
    assert receiver.take() == []
    receiver.stop()
    os.close(ours)
    os.close(theirs)


def test_one_that_is_not_there_is_named_and_found_when_it_comes_and_so_again(tmp_path: Path) -> None:
    port = tmp_path / "ttyACM0"
    receiver = SerialReceiver(str(port))
    receiver.start()
    until(lambda: "plug it in" in receiver.fault)
    for lat in (52.0, 53.0):
        ours, theirs = pty.openpty()
        port.symlink_to(os.ttyname(theirs))
        until(lambda: receiver.is_open)
        os.write(ours, rmc(lat, 13).encode())
        assert [fix.lat for _, fix in taken(receiver, 1)] == [lat]
        port.unlink()
        os.close(theirs)
        os.close(ours)
        until(lambda: not receiver.is_open and bool(receiver.fault))
    receiver.stop()
