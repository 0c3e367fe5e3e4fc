"""Sentences of satellite receivers."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.nmea import RADIUS_95, RANGE_M, Fix, Receiver, fields_of
from tests.hardware.sentences import gga, gst, rmc, sentence


def fix_of(*lines: str) -> Fix | None:
    receiver = Receiver()
    return [receiver.line(line) for line in lines][-1]


@given(lat=st.floats(-90, 90), lon=st.floats(-180, 180), speed=st.floats(0, 80), course=st.floats(0, 359))
def test_place_speed_and_course_are_those_that_were_said(lat: float, lon: float, speed: float, course: float) -> None:
    fix = fix_of(rmc(lat, lon, speed, course))
    assert fix is not None
    assert fix.lat == pytest.approx(lat, abs=1e-7)
    assert fix.lon == pytest.approx(lon, abs=1e-7)
    assert fix.speed_m_s == pytest.approx(speed, abs=1e-3)
    assert fix.course == pytest.approx(course, abs=0.01)


def test_the_sentence_of_the_standard() -> None:
    """The example that every manual has: 48 degrees 7.038 minutes north, 22.4 knots."""
    fix = fix_of("$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A")
    assert fix is not None
    assert fix.lat == pytest.approx(48.1173)
    assert fix.lon == pytest.approx(11.516667)
    assert fix.speed_m_s == pytest.approx(11.523, abs=1e-3)


def test_the_radius_is_that_of_the_receivers_own_deviations_else_of_its_geometry_else_unknown() -> None:
    whole = fix_of(gga(1.5, 40, 39), gst(3.0, 4.0), gga(9, 40, 39), rmc(52, 13))
    assert whole == Fix(52.0, 13.0, 0.0, 0.0, RADIUS_95 * math.sqrt(12.5), 79.0)
    found = fix_of(gga(1.5, 40, 39), rmc(52, 13))
    assert found is not None
    assert found.accuracy_m == pytest.approx(RADIUS_95 * 1.5 * RANGE_M / math.sqrt(2))
    alone = fix_of(gga(1.5, 40, 39), rmc(52, 13), rmc(52, 13))
    assert alone is not None
    assert (alone.accuracy_m, alone.alt) == (None, None), "of another epoch"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "$",
        "$*00",
        rmc(52, 13).replace("*", "*0"),
        rmc(52, 13).replace("5200", "5201"),
        rmc(52, 13, status="V"),
        sentence("GNRMC,101500.00,A,5299.0,N,01300.0,E,0,0,020526,,,A"),
        sentence("GNRMC,101500.00,A,9100.0,N,01300.0,E,0,0,020526,,,A"),
        sentence("GNRMC,101500.00,A,nan,N,01300.0,E,0,0,020526,,,A"),
        sentence("GNRMC,101500.00,A,5200.0,X,01300.0,E,0,0,020526,,,A"),
        sentence("GNRMC,101500.00,A,5200.0"),
        sentence("GNRMC,A"),
        sentence("GNGSV,1,1,00"),
        sentence("GNRMC," + "1" * 200),
    ],
)
def test_what_is_damaged_void_or_out_of_range_is_no_fix(line: str) -> None:
    assert fix_of(line) is None


@given(st.text(max_size=200))
def test_no_line_breaks_it(text: str) -> None:
    assert fields_of(text) == [] or text.strip().startswith("$")
    body = "".join(character for character in text if character.isascii() and character not in "*$\r\n")
    for kind in ("RMC", "GST", "GGA"):
        fix = fix_of(sentence(f"GN{kind},{body}"), rmc(52, 13))
        assert fix is not None
        assert fix.accuracy_m is None or (math.isfinite(fix.accuracy_m) and fix.accuracy_m >= 0)
