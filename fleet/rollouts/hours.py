"""Hours of a week in local time: maintenance windows, and when a box has power.

Rules:

- Every instant inside has a local time of day inside, also where clocks are put forward or back: an hour that does not exist
  is left out, and of an hour that comes twice only as much is taken as keeps to that.
- A day belongs to the moment at which its hours begin; hours that close at or before they open go on past midnight.
- Zones are named as the IANA names them; what holds a year from now follows from the zone's data, never from an offset.
"""

from __future__ import annotations

import datetime as dt
import functools
import itertools
from collections.abc import Iterable, Iterator
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from fleet.rollouts.errors import PlanError
from protocol.orders import Window

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_UTC = dt.timezone.utc
_LAST_YEAR = 9000
"""No calendar of ours goes further, and Python's ends soon after."""
_FAR_DAYS = 370
"""A window that does not open within a year and some days never does: days repeat weekly, dates are looked for this far."""

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
TimeOfDay = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z", description="HH:MM, local")]


class Hours(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Hours that return."""

    zone: Annotated[str, Meta(min_length=1, max_length=64, description="IANA time zone, for example Europe/Brussels")]
    opens: TimeOfDay
    closes: Annotated[TimeOfDay, Meta(description="Not included; at or before `opens` = on the following day")]
    days: Annotated[tuple[Day, ...], Meta(min_length=1, max_length=7, description="On which they open")] = DAYS  # type: ignore[assignment]
    first: Annotated[dt.date, Meta(description="No earlier day than this")] | None = None
    last: Annotated[dt.date, Meta(description="No later day than this")] | None = None


def check_hours(hours: Hours, now: dt.datetime) -> None:
    """Refuse hours that never come.

    Raises:
        PlanError: the zone is not known, they have no length, or they do not open from ``now`` on.
    """
    _zone(hours.zone)
    if hours.opens == hours.closes:
        msg = f"the window opens and closes at {hours.opens}: it has no length; leave it out for any time, or change one"
        raise PlanError(msg)
    if not upcoming(hours, now, 1):
        limits = " ".join(f"{word} {day}" for word, day in (("from", hours.first), ("until", hours.last)) if day)
        said = f"{hours.opens}-{hours.closes} {hours.zone} on {', '.join(hours.days)} {limits}".strip()
        msg = f"the window {said} never opens after {now:%Y-%m-%d %H:%M} UTC; choose other days or dates"
        raise PlanError(msg)


def upcoming(hours: Hours, now: dt.datetime, count: int) -> tuple[Window, ...]:
    """The next windows that have not closed, in UTC, oldest first.

    Raises:
        PlanError: the zone is not known.
    """
    return tuple(itertools.islice((window for window in windows_from(hours, now) if window.closes > now), count))


def windows_from(hours: Hours, start: dt.datetime, days: int = _FAR_DAYS) -> Iterator[Window]:
    """Windows in order, from the one that may still be open at ``start`` on.

    Raises:
        PlanError: the zone is not known.
    """
    zone = _zone(hours.zone)
    opens, closes = dt.time.fromisoformat(hours.opens), dt.time.fromisoformat(hours.closes)
    day = start.astimezone(zone).date() - dt.timedelta(days=1)
    if hours.first is not None:
        day = max(day, hours.first)
    for _ in range(days + 2):
        if (hours.last is not None and day > hours.last) or day.year >= _LAST_YEAR:
            return
        if DAYS[day.weekday()] in hours.days:
            until = day if closes > opens else day + dt.timedelta(days=1)
            window = _window(dt.datetime.combine(day, opens), dt.datetime.combine(until, closes), zone)
            if window is not None:
                yield window
        day += dt.timedelta(days=1)


def seconds_inside(hours: Iterable[Hours], start: dt.datetime, end: dt.datetime) -> float:
    """How much of a stretch of time lies inside all of these hours, seconds; without hours all of it does."""
    spans = [(start, end)]
    for one in hours:
        days = (end - start).days + 1
        # Windows that neighbour each other at midnight may touch, never overlap: each instant counts once.
        windows = [(window.opens, window.closes) for window in windows_from(one, start, days)]
        spans = [span for a in spans for b in windows if (span := (max(a[0], b[0]), min(a[1], b[1])))[0] < span[1]]
    return sum((b - a).total_seconds() for a, b in spans)


def _window(opens: dt.datetime, closes: dt.datetime, zone: ZoneInfo) -> Window | None:
    # Where clocks go back the later reading of the opening and the earlier of the closing keep to the rule; hours that lie
    # within the repeated hour as a whole are taken the first time.
    for fold in (1, 0):
        begin, end = _instant(opens, zone, fold), _instant(closes, zone, 0)
        if begin < end:
            return Window(begin, end)
    return None


def _instant(local: dt.datetime, zone: ZoneInfo, fold: int) -> dt.datetime:
    """A local time as an instant; one that does not exist is the moment at which clocks were put forward."""
    instant = local.replace(tzinfo=zone, fold=fold).astimezone(_UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == local:
        return instant
    before, after = sorted(local.replace(tzinfo=zone, fold=f).astimezone(_UTC) for f in (0, 1))
    offset = before.astimezone(zone).utcoffset()
    while after - before > dt.timedelta(seconds=1):
        middle = before + (after - before) // 2
        before, after = (middle, after) if middle.astimezone(zone).utcoffset() == offset else (before, middle)
    return after.replace(microsecond=0)


@functools.lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        msg = f"{name!r} is not a time zone that is known here; name one as the IANA does, for example Europe/Brussels"
        raise PlanError(msg) from error
