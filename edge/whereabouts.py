"""Where a box that moves is, from the fixes of its receiver; how far that may be off; and what is wrong with it. Pure.

Rules:

- A place is that of the moment that is asked for: between two fixes on the line between them, after the last one on along its
  course. What a vehicle may have done meanwhile is added to the radius: the older the last fix, the less is known.
- A fix that cannot be reached from the one before, by what a vehicle can do and what both say of themselves, is a jump: the
  receiver was blocked, saw reflections, or somebody deceives it. Nobody knows which of the two places is right, so for a minute
  the radius reaches from one to the other, and it is said. Whoever leads a receiver away slowly is not found here.
- What carries the box turns it: headings are those of the carrier's course, and without a course there are none.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

from msgspec import structs

from hardware.nmea import Fix
from protocol.events import Reason, Where
from protocol.limits import TEXT_CHARACTERS

SUBJECT = "position"
LOST_S = 5.0
"""Without a fix, after which it is said; receivers give one a second."""
JUMP_S = 60.0
"""How long a jump is told, and doubted."""
UNTOLD_M = 12.0
"""Radius of 95% where a receiver does not say: 5 m for each axis among houses."""
ACCELERATION_M_S2 = 4.0
"""Hard braking and turning."""
FASTEST_M_S = 50.0
LATE_S = 0.2
"""What a receiver is late with a fix, about."""
SLACK_M = 10.0
"""Beyond what can be reached, before it is a jump."""
MOVING_M_S = 2.0
"""Below, a course is noise."""
COURSE_SIGMA = 5.0
"""Standard deviation of a course as the carrier's heading, degrees: it drifts, and turns between fixes."""
_KEPT = 64
"""Fixes: an incident may be told for a minute."""
_EARTH_M = 6_371_000.0
_MOST_M = 10_000_000.0


class Whereabouts:
    """Of one box.

    Args:
        begun_s: when its receiver began, monotonic second.
    """

    def __init__(self, begun_s: float) -> None:
        self._begun_s = begun_s
        self._fixes: deque[tuple[float, Fix]] = deque(maxlen=_KEPT)
        self._jump_m, self._jumped_s = 0.0, -math.inf
        self.jumps = 0

    def take(self, fixes: Sequence[tuple[float, Fix]]) -> None:
        """Take fixes, each with its monotonic second, in order."""
        for at_s, fix in fixes:
            if self._fixes:
                before_s, before = self._fixes[-1]
                gone_m, may_m = distance_m(before, fix), _radius_m(before) + _radius_m(fix) + SLACK_M
                reach_m = before.speed_m_s * (at_s - before_s) + _spread_m(at_s - before_s)
                if gone_m > may_m + reach_m:
                    self.jumps += 1
                    self._jump_m, self._jumped_s = max(gone_m, self._doubt_m(at_s)), at_s
                    self._fixes.clear()  # there is no line between the two
            self._fixes.append((at_s, fix))

    def place(self, mounted: Where, at_s: float) -> Where | None:
        """Where a sensor was.

        Args:
            mounted: its place as it is configured; of that, the heading (against the carrier's) and what carries it count.
            at_s: monotonic second.

        Returns:
            Its place then; ``None`` where no fix was ever had.
        """
        if not self._fixes:
            return None
        lat, lon, radius_m = self._at(at_s)
        course = self.course(at_s)
        heading = None if course is None or mounted.heading is None else (course + mounted.heading) % 360
        alt = self._fixes[-1][1].alt
        radius_m = min(_MOST_M, max(radius_m, self._doubt_m(at_s)))
        return structs.replace(mounted, lat=lat, lon=lon, alt=alt, heading=heading, accuracy=round(radius_m, 1))

    def course(self, at_s: float) -> float | None:
        """Of what carries it, degrees clockwise from true north; ``None`` where it stands or nothing was heard of it lately."""
        found = [(when_s, fix) for when_s, fix in self._fixes if abs(at_s - when_s) <= LOST_S]
        _, fix = min(found, key=lambda one: abs(at_s - one[0]), default=(0.0, None))
        return None if fix is None or fix.speed_m_s < MOVING_M_S else fix.course

    def reasons(self, now_s: float, fault: str) -> tuple[Reason, ...]:
        """What is wrong.

        Args:
            now_s: monotonic second.
            fault: why nothing is read; empty when it is.
        """
        if fault:
            return (Reason("gnss-missing", SUBJECT, fault[:TEXT_CHARACTERS]),)
        age_s = now_s - (self._fixes[-1][0] if self._fixes else self._begun_s)
        if age_s >= LOST_S and not self._fixes:
            return (Reason("position-lost", SUBJECT, "no fix yet; has the antenna a free view of the sky?"),)
        if age_s >= LOST_S:
            detail = f"no fix for {age_s // LOST_S * LOST_S:.0f} s; the last place is told, and how far it may be off"
            return (Reason("position-lost", SUBJECT, detail),)
        if now_s - self._jumped_s < JUMP_S:
            detail = f"it jumped by {self._jump_m:.0f} m: reflections, a blocked antenna, or somebody deceives the receiver"
            return (Reason("position-jumped", SUBJECT, detail),)
        return ()

    def _doubt_m(self, now_s: float) -> float:
        return self._jump_m if now_s - self._jumped_s < JUMP_S else 0.0

    def _at(self, at_s: float) -> tuple[float, float, float]:
        """Latitude, longitude and radius."""
        after = next(((when_s, fix) for when_s, fix in self._fixes if when_s >= at_s), None)
        before = next(((when_s, fix) for when_s, fix in reversed(self._fixes) if when_s <= at_s), None)
        if before is not None and after is not None:
            (from_s, one), (to_s, other) = before, after
            part = 0.0 if to_s == from_s else (at_s - from_s) / (to_s - from_s)
            lat, lon = one.lat + part * (other.lat - one.lat), one.lon + part * _turn(other.lon - one.lon)
            return lat, _turn(lon), max(_radius_m(one), _radius_m(other)) + _spread_m(min(at_s - from_s, to_s - at_s))
        when_s, fix = before or after or self._fixes[-1]
        ahead_s = at_s - when_s
        ahead_m = fix.speed_m_s * max(-LOST_S, min(ahead_s, LOST_S)) if fix.course is not None else 0.0
        north = ahead_m * math.cos(math.radians(fix.course or 0.0))
        east = ahead_m * math.sin(math.radians(fix.course or 0.0))
        lat = max(-90.0, min(90.0, fix.lat + math.degrees(north / _EARTH_M)))
        lon = fix.lon + math.degrees(east / (_EARTH_M * max(0.01, math.cos(math.radians(fix.lat)))))
        return lat, _turn(lon), _radius_m(fix) + _spread_m(abs(ahead_s))


def _radius_m(fix: Fix) -> float:
    return (UNTOLD_M if fix.accuracy_m is None else fix.accuracy_m) + fix.speed_m_s * LATE_S


def _spread_m(seconds: float) -> float:
    """How far a vehicle may be from where its speed would have taken it."""
    return min(ACCELERATION_M_S2 * seconds**2 / 2, 2 * FASTEST_M_S * seconds)


def _turn(lon: float) -> float:
    return (lon + 180.0) % 360.0 - 180.0


def distance_m(one: Fix, other: Fix) -> float:
    """Along the great circle (haversine)."""
    north, east = math.radians(other.lat - one.lat), math.radians(other.lon - one.lon)
    across = math.cos(math.radians(one.lat)) * math.cos(math.radians(other.lat)) * math.sin(east / 2) ** 2
    half = math.sin(north / 2) ** 2 + across
    return 2 * _EARTH_M * math.asin(min(1.0, math.sqrt(half)))
