"""What became of the demo's shots and fireworks, for a check.

Rule: what went off, and when its sound came to each box, is told by the recording's truth; what boxes and manager made of it,
by the store.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Engine, select

from fleet.fusion.gunshot.plane import Plane
from fleet.fusion.gunshot.told import EllipseOnMap, ShotsTold
from fleet.fusion.made import SHOTS, MadeBody
from fleet.store.tables import event
from protocol.events import EventBody, EventType, Phase
from protocol.gunshot import GunshotDetected
from simulator.shots.planted import Bang, Fired

ENOUGH = 3
"""Boxes that have to hear a volley before anybody can say where it was."""
NEAR_M = 25.0
"""From where it was, within which a place says where to go."""
LATE_MS = 2.0
"""Of an onset. Recordings that are not in step are off by more, and each millisecond is a third of a metre."""
EARLY_S, LATEST_S = 0.5, 4.0
"""Around the moment at which a bang's sound comes to a box, when what it hears is of that bang: with all its echoes."""
FIRED_S = 3.0
"""The same of an incident, around the moment at which the bang went off."""
HURRY_S = 8.0
"""A volley that is younger at the end is not asked for: sound travels for two seconds, and machines are busy."""


class Shots(msgspec.Struct, frozen=True, kw_only=True):
    """What became of them.

    Attributes:
        volleys: that went off while all boxes listened.
        heard: of each, how many boxes heard it.
        exact: of each, how many boxes tell the onset of one of its rounds; far off the first may be missed.
        onset_ms: how far from that round the middle one of all their onsets is.
        located: volleys whose ellipse has its middle within 25 m of where they were.
        off_m: how far from there, of each that has an ellipse.
        ellipse_m: the longer semi-axis of each.
        held: of these ellipses, how many hold the place.
        fireworks: that went off in the meantime.
        fireworks_heard: of each, how many boxes took it for shots.
        fireworks_told: of these, incidents that people were told of.
        others_told: incidents at a time when nothing went off.
    """

    volleys: int = 0
    heard: tuple[int, ...] = ()
    exact: tuple[int, ...] = ()
    onset_ms: float | None = None
    located: int = 0
    off_m: tuple[float, ...] = ()
    ellipse_m: tuple[float, ...] = ()
    held: int = 0
    fireworks: int = 0
    fireworks_heard: tuple[int, ...] = ()
    fireworks_told: int = 0
    others_told: int = 0


@dataclass(frozen=True)
class Said:
    """A box heard the first of some shots: device, and seconds since 1970 by its clock."""

    device: str
    at_s: float


_detected = msgspec.json.Decoder(EventBody[GunshotDetected])
_incident = msgspec.json.Decoder(MadeBody[ShotsTold])


def read_said(engine: Engine) -> list[Said]:
    """What boxes said that they heard; what they say of the same later is the same."""
    with engine.connect() as connection:
        rows = connection.execute(
            select(event.c.device, event.c.body).where(event.c.type == EventType.GUNSHOT_DETECTED.value)
        ).all()
    bodies = [(row.device, _detected.decode(row.body)) for row in rows]
    return [Said(device, body.captured_at.timestamp()) for device, body in bodies if body.phase is Phase.NEW]


def read_incidents(engine: Engine) -> list[ShotsTold]:
    """Each incident that people were told of, as they were told last."""
    with engine.connect() as connection:
        rows = connection.execute(select(event.c.body).where(event.c.type == SHOTS).order_by(event.c.row)).scalars().all()
    return list({body.incident: body.observed for body in map(_incident.decode, rows)}.values())


def compare(
    went_off: Sequence[Fired], between_s: tuple[float, float], said: Sequence[Said], told: Sequence[ShotsTold]
) -> Shots:
    """Hold what was heard and told against what went off.

    Args:
        went_off: all of it.
        between_s: from when all boxes listened, to when a bang is too young; seconds since 1970.
        said: by boxes.
        told: by the manager.
    """
    counted = [one for one in went_off if between_s[0] <= one.at_s < between_s[1]]
    volleys = [one for one in counted if one.bang.kind == "shots"]
    fireworks = [one for one in counted if one.bang.kind == "fireworks"]
    errors_ms = [
        [1000 * min(abs(late_s - at) for at in one.bang.rounds) for late_s in _heard(one, said).values()] for one in volleys
    ]
    errors = [error for of_one in errors_ms for error in of_one]
    firsts = [(one.bang, seen.region) for one in volleys for seen in _told(one, told)[:1]]
    ellipses = [(bang, region) for bang, region in firsts if isinstance(region, EllipseOnMap)]
    off_m = [math.hypot(*_from(region, bang)) for bang, region in ellipses]
    return Shots(
        volleys=len(volleys),
        heard=tuple(len(_heard(one, said)) for one in volleys),
        exact=tuple(sum(error <= LATE_MS for error in of_one) for of_one in errors_ms),
        onset_ms=round(statistics.median(errors), 3) if errors else None,
        located=sum(off <= NEAR_M for off in off_m),
        off_m=tuple(round(off, 1) for off in off_m),
        ellipse_m=tuple(region.major_m for _, region in ellipses),
        held=sum(_holds(region, bang) for bang, region in ellipses),
        fireworks=len(fireworks),
        fireworks_heard=tuple(len(_heard(one, said)) for one in fireworks),
        fireworks_told=sum(len(_told(one, told)) for one in fireworks),
        others_told=len(told) - sum(any(seen in _told(one, told) for one in went_off) for seen in told),
    )


def shot_problems(shots: Shots, *, expected: bool) -> Iterable[str]:
    """What a check finds wrong.

    Args:
        shots: what became of them.
        expected: whether it ran long enough for a volley.
    """
    if not expected:
        return
    if not shots.volleys:
        yield "no shot went off while all boxes listened"
        return
    if max(shots.heard) < ENOUGH:
        yield f"{shots.volleys} volleys went off, and none was heard by {ENOUGH} boxes: {', '.join(map(str, shots.heard))}"
    elif max(shots.exact) < ENOUGH:
        yield f"boxes tell onsets that are {shots.onset_ms} ms off; their recordings are not in step"
    elif not shots.located:
        off = ", ".join(map(str, shots.off_m)) or "there is none"
        yield f"{shots.volleys} volleys went off, and no ellipse is within {NEAR_M:g} m of one: {off}"


def _heard(one: Fired, said: Sequence[Said]) -> dict[str, float]:
    """By how much later than its sound came there each box first says to have heard it, seconds."""
    late: dict[str, float] = {}
    for box in said:
        late_s = box.at_s - one.at_s - one.bang.travel_s.get(box.device, math.inf)
        if -EARLY_S <= late_s <= LATEST_S:
            late[box.device] = min(late_s, late.get(box.device, math.inf))
    return late


def _told(one: Fired, told: Sequence[ShotsTold]) -> list[ShotsTold]:
    """Incidents of it, the nearest in time first."""
    near = [(abs(seen.fired_at / 1e6 - one.at_s), number) for number, seen in enumerate(told)]
    return [told[number] for away_s, number in sorted(near) if away_s <= FIRED_S]


def _from(region: EllipseOnMap, bang: Bang) -> tuple[float, float]:
    """East and north from its middle to where it was, metres."""
    return Plane(region.lat, region.lon).metres(bang.lat, bang.lon)


def _holds(region: EllipseOnMap, bang: Bang) -> bool:
    east, north = _from(region, bang)
    turn = math.radians(region.orientation_deg)
    ahead, aside = east * math.sin(turn) + north * math.cos(turn), east * math.cos(turn) - north * math.sin(turn)
    return (ahead / region.major_m) ** 2 + (aside / region.minor_m) ** 2 <= 1
