"""What satellite receivers say: sentences of NMEA 0183 (IEC 61162-1) as far as a moving box needs them. Pure.

``RMC`` has place, speed and course, ``GST`` how far the place may be off, ``GGA`` the height and, where no GST comes, the
dilution of precision. Rules: a sentence counts with its checksum only; what is no number, out of range, or said to be void is
nothing; a line is bounded.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

LONGEST = 128
"""Characters of a line: 82 by the standard, and receivers that say more digits."""
RADIUS_95 = 2.448
"""Radius that holds 95% of a round normal distribution, in its standard deviation for each axis."""
RANGE_M = 4.0
"""Deviation of one satellite's distance among houses (user equivalent range error); dilution of precision times this is the
root mean square of the place's error (Kaplan and Hegarty, "Understanding GPS/GNSS", 7.3)."""
KNOT = 1852 / 3600
"""Metres a second."""
_MOST_M, _MOST_M_S = 1e6, 1e3
"""Of what is told of an error, and of speed."""


@dataclass(frozen=True)
class Fix:
    """One fix.

    Attributes:
        lat, lon: degrees, WGS 84.
        speed_m_s: over ground.
        course: degrees clockwise from true north; ``None`` where it is not told.
        accuracy_m: radius of 95%; ``None`` where nothing tells it.
        alt: height above the ellipsoid, metres.
    """

    lat: float
    lon: float
    speed_m_s: float
    course: float | None = None
    accuracy_m: float | None = None
    alt: float | None = None


class Receiver:
    """Reads one receiver's lines."""

    def __init__(self) -> None:
        self._accuracy_m: float | None = None
        self._by_sigma = False
        self._alt: float | None = None

    def line(self, text: str) -> Fix | None:
        """Take a line.

        Returns:
            A fix, with each RMC that is valid.
        """
        fields = fields_of(text)
        if not fields:
            return None
        match fields[0][2:]:
            case "GST":
                self._sigma(fields)
            case "GGA":
                self._dilution(fields)
            case "RMC":
                return self._fix(fields)
        return None

    def _sigma(self, fields: Sequence[str]) -> None:
        north, east = (_number(fields, place, 0.0, _MOST_M) for place in (6, 7))
        if north is not None and east is not None:
            self._accuracy_m, self._by_sigma = RADIUS_95 * math.sqrt((north**2 + east**2) / 2), True

    def _dilution(self, fields: Sequence[str]) -> None:
        height, geoid = _number(fields, 9, -1000.0, 1e5), _number(fields, 11, -200.0, 200.0)
        self._alt = None if height is None or geoid is None else height + geoid
        dilution = _number(fields, 8, 0.0, 100.0)
        if not self._by_sigma:
            self._accuracy_m = None if dilution is None else RADIUS_95 * dilution * RANGE_M / math.sqrt(2)

    def _fix(self, fields: Sequence[str]) -> Fix | None:
        lat, lon = _angle(fields, 3, "NS", 90.0), _angle(fields, 5, "EW", 180.0)
        if fields[2:3] != ["A"] or lat is None or lon is None:
            return None
        speed = _number(fields, 7, 0.0, _MOST_M_S)
        course = _number(fields, 8, 0.0, 360.0)
        fix = Fix(lat, lon, (speed or 0.0) * KNOT, None if course is None else course % 360, self._accuracy_m, self._alt)
        self._accuracy_m = self._alt = None  # each epoch says its own
        self._by_sigma = False
        return fix


def fields_of(text: str) -> list[str]:
    """Fields of a sentence whose checksum agrees, the first is its name; empty for anything else."""
    text = text.strip()
    if len(text) > LONGEST or not text.startswith("$") or not text.isascii():
        return []
    body, star, told = text[1:].partition("*")
    check = 0
    for character in body:
        check ^= ord(character)
    return body.split(",") if star and told.upper() == f"{check:02X}" else []


def _number(fields: Sequence[str], place: int, least: float, most: float) -> float | None:
    """A field as a number within bounds."""
    try:
        value = float(fields[place])
    except (IndexError, ValueError):
        return None
    return value if least <= value <= most else None


def _angle(fields: Sequence[str], place: int, sides: str, most: float) -> float | None:
    """Degrees and minutes (dddmm.mmm), and the side of the equator or of Greenwich in the next field."""
    value = _number(fields, place, 0.0, most * 100)
    side = fields[place + 1] if len(fields) > place + 1 else ""
    if value is None or len(side) != 1 or side not in sides:
        return None
    degrees, minutes = divmod(value, 100)
    angle = degrees + minutes / 60
    if minutes >= 60 or angle > most:  # noqa: PLR2004 - of a degree
        return None
    return -angle if side == sides[1] else angle
