"""What is made of a camera's pictures when they come late, broken, or not at all. The container is played; the rest is real."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest

from edge.capture import live
from edge.capture.faults import CaptureError, FaultCode
from edge.capture.live import live_pictures
from edge.capture.timeline import LATE_S

PATIENCE_S = 1.2


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SILENCE_S", PATIENCE_S)


@dataclass
class Packet:
    """One picture with its stamp, ``None`` = nothing that can be decoded; it comes after a wait."""

    stamp_s: float | None
    wait_s: float = 0.0

    def decode(self) -> list[Any]:
        if self.stamp_s is None:
            raise av.error.InvalidDataError(1, "broken")
        frame = av.VideoFrame.from_ndarray(np.zeros((24, 16), np.uint8), format="yuv420p")
        frame.pts, frame.time_base = round(self.stamp_s * 1000), Fraction(1, 1000)
        return [frame]


@dataclass
class Container:
    """Plays packets, and ends as it is told."""

    packets: Iterator[Packet]
    end: Exception | None = None
    streams: Any = field(default_factory=lambda: type("Streams", (), {"video": [None]}))

    def demux(self, _stream: Any) -> Iterator[Packet]:
        for packet in self.packets:
            time.sleep(packet.wait_s)
            yield packet
        if self.end is not None:
            raise self.end


def played(*packets: Packet, end: Exception | None = None) -> tuple[list[float], FaultCode, str]:
    """When pictures were shown, and what it ended with."""
    shown: list[float] = []
    try:
        shown.extend(picture.media_s for picture in live_pictures(Container(iter(packets), end), "gate"))
    except CaptureError as error:
        return shown, error.fault.code, error.fault.detail
    raise AssertionError(shown)


def test_what_waited_is_let_go_and_what_is_new_is_shown() -> None:
    """Ten a second; the box stands still for a second, in which nine more pictures come."""
    before = [Packet(i / 10, 0.1) for i in range(5)]
    waited = [Packet(0.5, 1.0), *(Packet(0.6 + i / 10) for i in range(9))]
    fresh = [Packet(1.5 + i / 10, 0.1) for i in range(3)]
    shown, code, _ = played(*before, *waited, *fresh)
    assert code is FaultCode.UNREACHABLE
    assert 3 <= len(before + waited + fresh) - len(shown) <= 5, "of ten that waited, those of more than half a second"


def test_one_that_stays_late_is_opened_anew() -> None:
    late = [Packet(1.0 + i / 1000, 0.05) for i in range(99)]
    shown, code, detail = played(Packet(0.0), Packet(1.0), Packet(1.0, LATE_S + 0.1), *late)
    assert (code, "pictures come late" in detail) == (FaultCode.STALLED, True)
    assert len(shown) < 10


def test_one_of_which_nothing_can_be_decoded_is_broken() -> None:
    shown, code, detail = played(Packet(0.0), *(Packet(None, 0.05) for _ in range(99)))
    assert (len(shown), code, "cannot be decoded" in detail) == (1, FaultCode.CORRUPT, True)


def test_a_packet_that_is_damaged_costs_itself() -> None:
    shown, _, _ = played(Packet(0.0), Packet(None), Packet(0.1), Packet(None), Packet(0.2))
    assert len(shown) == 3


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (None, FaultCode.UNREACHABLE),
        (av.error.EOFError(1, "end"), FaultCode.UNREACHABLE),
        (ConnectionResetError(), FaultCode.UNREACHABLE),
        (av.error.ExitError(1, "interrupted"), FaultCode.STALLED),
        (TimeoutError(), FaultCode.STALLED),
    ],
)
def test_the_end_of_a_camera_is_a_fault(end: Exception | None, code: FaultCode) -> None:
    assert played(Packet(0.0), end=end)[1] is code
