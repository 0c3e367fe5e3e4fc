"""Defences of a box that moves: what it tells of its place is no better than what it knows."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_WHEREABOUTS = ("tests/edge/test_whereabouts.py",)

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "a sentence of a receiver counts with its checksum only",
        "hardware/nmea.py",
        'if star and told.upper() == f"{check:02X}" else []',
        "if star and told else []",
        ("tests/hardware/test_nmea.py",),
    ),
    Mutant(
        "a fix that is said to be void is none",
        "hardware/nmea.py",
        'if fields[2:3] != ["A"] or lat is None',
        "if lat is None",
        ("tests/hardware/test_nmea.py",),
    ),
    Mutant(
        "the radius grows with the age of the last fix",
        "edge/whereabouts.py",
        "_radius_m(fix) + _spread_m(abs(ahead_s))",
        "_radius_m(fix)",
        _WHEREABOUTS,
    ),
    Mutant(
        "a jump is flagged",
        "edge/whereabouts.py",
        "if gone_m > may_m + reach_m:",
        "if gone_m < 0:",
        _WHEREABOUTS,
    ),
    Mutant(
        "after a jump neither place is taken for sure",
        "edge/whereabouts.py",
        "max(radius_m, self._doubt_m(at_s))",
        "radius_m",
        _WHEREABOUTS,
    ),
    Mutant(
        "a moving array tells directions from north",
        "edge/agent/position.py",
        "(heard.bearing.azimuth_deg + course) % 360",
        "heard.bearing.azimuth_deg",
        ("tests/edge/agent/test_position.py",),
    ),
    Mutant(
        "an event of a moving box has the place of its moment",
        "edge/agent/voice.py",
        "self._locate(origin.where, observation.at.monotonic_s)",
        "origin.where",
        ("tests/edge/agent/test_position.py",),
    ),
)
