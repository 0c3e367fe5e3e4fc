"""What an event becomes."""

from __future__ import annotations

import datetime as dt
import math
import sys
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.fusion.gunshot.detections import Detection, DetectionError, detection
from fleet.fusion.gunshot.plane import Plane
from protocol.basis import Estimate
from protocol.events import Assessed, Clock, ClockSource, EventBody, Where
from protocol.gunshot import Bearing, FireMode, GunshotDetected, Hearing

PLANE = Plane(48.2, 16.37)
HEARD = GunshotDetected(
    shots=Estimate(2, 2, 2),
    onsets_ms=(0.0, 250.5),
    onset_sigma_ms=0.3,
    mode=FireMode.BURST,
    hearing=Hearing(level_db=-6, snr_db=30),
    bearing=Bearing(90.0, 2.0),
)
BODY = EventBody(
    captured_at=dt.datetime(2026, 11, 27, 5, 0, 0, 123_456, tzinfo=dt.timezone.utc),
    clock=Clock(ClockSource.GNSS, synchronised=True, offset_ms=-0.3, sigma_ms=0.4),
    observed=HEARD,
    where=Where(48.201, 16.37, accuracy=2.448),
    assessed=Assessed("gunshot", 0.8, ()),
)


def test_an_event_becomes_metres_seconds_and_radians() -> None:
    made = detection("box-1", BODY, PLANE)
    assert (made.x, made.y) == pytest.approx((0, 111.2), abs=0.1)
    assert made.at_s == pytest.approx(BODY.captured_at.timestamp(), abs=1e-6)
    assert made.position_sigma_m == pytest.approx(1.0)
    assert made.picker_sigma_s == pytest.approx(3e-4)
    assert made.clock_sigma_s == pytest.approx(5e-4), "sigma and offset together"
    assert made.onset_sigma_s == pytest.approx(math.hypot(3e-4, 5e-4))
    assert made.onsets_s == pytest.approx((0, 0.2505))
    assert made.bearing is not None
    assert (made.bearing.azimuth, made.bearing.sigma) == pytest.approx((math.pi / 2, math.radians(2)))
    assert made.posterior == 0.8
    assert made.snr_db == 30


@pytest.mark.parametrize(
    ("clock", "sigma_s", "synchronised"),
    [
        (Clock(ClockSource.GNSS, synchronised=True), 1e-3, True),
        (Clock(ClockSource.NTP, synchronised=True), 20e-3, True),
        (Clock(ClockSource.NTP, synchronised=False, sigma_ms=1.0), 1e-3, False),
        (Clock(ClockSource.NTP, synchronised=True, sigma_ms=5000.0), 5.0, False),
        (Clock(ClockSource.FREE, synchronised=True), 1.0, False),
        (Clock(ClockSource.NTP, synchronised=False, offset_ms=sys.float_info.max), 1e6, False),
    ],
)
def test_a_clock_is_trusted_as_far_as_it_says(clock: Clock, sigma_s: float, synchronised: bool) -> None:
    made = detection("box-1", msgspec.structs.replace(BODY, clock=clock), PLANE)
    assert made.clock_sigma_s == pytest.approx(sigma_s)
    assert made.synchronised is synchronised


@pytest.mark.parametrize("frame", ["fixed", "vehicle", "person"])
def test_a_position_without_accuracy_is_not_taken_for_exact(frame: str) -> None:
    made = detection("box-1", msgspec.structs.replace(BODY, where=Where(48.2, 16.37, frame=frame)), PLANE)
    assert made.position_sigma_m == (2.0 if frame == "fixed" else 5.0)


@pytest.mark.parametrize("where", [None, Where(0.0, 0.0)])
def test_a_box_that_is_nowhere_makes_no_detection(where: Where | None) -> None:
    with pytest.raises(DetectionError, match="box-1"):
        detection("box-1", msgspec.structs.replace(BODY, where=where), PLANE)


@pytest.mark.parametrize(
    "wrong",
    [
        {"x": math.nan}, {"at_s": math.inf}, {"clock_sigma_s": -1.0}, {"onsets_s": ()}, {"onsets_s": (0.1, 0.2)},
        {"onsets_s": (0.0, 0.2, 0.2)}, {"onsets_s": tuple(float(i) for i in range(65))}, {"posterior": 1.1},
        {"posterior": math.nan}, {"onsets_s": (0.0, math.nan)},
    ],
)  # fmt: skip
def test_numbers_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(DetectionError):
        Detection(**{"node": "box-1", "x": 0.0, "y": 0.0, "at_s": 1.0, **wrong})


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=5), st.floats(), st.floats())
def test_whatever_the_numbers_it_is_a_detection_or_refused(onsets: list[float], lat: float, lon: float) -> None:
    heard = msgspec.structs.replace(HEARD, onsets_ms=tuple(onsets))
    body = msgspec.structs.replace(BODY, observed=heard, where=Where(lat, lon))
    try:
        made = detection("box-1", body, PLANE)
    except DetectionError:
        return
    assert math.isfinite(made.x)
    assert made.onsets_s[0] == 0
