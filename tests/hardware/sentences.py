"""Sentences of a receiver that drives along a street."""

from __future__ import annotations

import math

EARTH_M = 6_371_000.0
KNOT = 1852 / 3600


def sentence(body: str) -> str:
    """With its checksum and its end."""
    check = 0
    for character in body:
        check ^= ord(character)
    return f"${body}*{check:02X}\r\n"


def angle(value: float, digits: int, sides: str) -> str:
    """Degrees as degrees and minutes, and the side."""
    degrees, millionths = divmod(round(abs(value) * 60e6), 60_000_000)
    return f"{degrees:0{digits}d}{millionths / 1e6:09.6f},{sides[value < 0]}"


def rmc(lat: float, lon: float, speed_m_s: float = 0.0, course: float = 0.0, status: str = "A") -> str:
    place = f"{angle(lat, 2, 'NS')},{angle(lon, 3, 'EW')}"
    return sentence(f"GNRMC,101500.00,{status},{place},{speed_m_s / KNOT:.3f},{course:.2f},020526,,,A")


def gst(north_m: float, east_m: float) -> str:
    return sentence(f"GNGST,101500.00,12,,,,{north_m:.2f},{east_m:.2f},3.1")


def gga(dilution: float, height_m: float, geoid_m: float) -> str:
    return sentence(f"GNGGA,101500.00,5230.0,N,01324.0,E,1,09,{dilution:.2f},{height_m:.1f},M,{geoid_m:.1f},M,,")


def east_of(lat: float, lon: float, metres: float) -> tuple[float, float]:
    """A place so far east."""
    return lat, lon + math.degrees(metres / (EARTH_M * math.cos(math.radians(lat))))
