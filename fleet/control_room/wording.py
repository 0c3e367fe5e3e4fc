"""Words for people: one line per event, one title per incident, one line on what a model can and cannot do.

Rules: pure; numbers never stand without their interval; nothing here claims more than the event does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from fleet.fusion.anpr.told import CloneSeen
from fleet.fusion.gunshot.told import CurveOnMap, DiscOnMap, EllipseOnMap, RegionOnMap, SectorOnMap, ShotsTold
from protocol.basis import Estimate
from protocol.events import (
    AnprHit,
    AnprRead,
    CrowdAlert,
    CrowdCount,
    CrowdDensity,
    CrowdFlow,
    DeviceHealth,
    Event,
    EventType,
    ModelRef,
    OtaReport,
    OutboxEvicted,
    Passage,
    Phase,
    Reason,
)
from protocol.gunshot import FireMode, GunshotDetected

_WHOLE_FROM = 10
"""A count from here on is shown without decimals: its interval is wider than one anyway."""

TITLES: dict[EventType, str] = {EventType.CROWD_ALERT: "Zone too full"}
COMING = "A crush may be coming"
"""Title of an alarm on trend of density."""


@dataclass(frozen=True)
class Limits:
    """What a model can and cannot do, for the card of an alert: what it was made for, and its known limits."""

    can: str
    cannot: str


COUNTING = Limits(
    can="Counting people seen from above in a zone.",
    cannot="It does not know who they are or why they gather; people hidden behind others or a post are missed",
)
"""What holds of every model that counts people in pictures."""


READING = Limits(
    can="Reading number plates of vehicles that go by.",
    cannot="It knows neither driver nor owner; look-alike characters are mistaken, which the probability says",
)
"""What holds of every model that reads plates."""
JOINING = Limits(
    can="Joining readings of one plate at several cameras of this fleet.",
    cannot="Misreads make two cars one, a wrong clock or place makes a drive impossible; the plate itself is not known here",
)
"""What holds of what the manager makes of several readings."""
LOCATING = Limits(
    can="Locating shots by when several boxes heard them.",
    cannot="Fireworks and other bangs are taken for shots, shots are missed where few boxes hear them, echoes in streets move "
    "a place; it does not know who shot, at what or with which weapon",
)
"""What holds of what the manager makes of several detections of shots."""
WHY_NOT = {
    "late": "late: the sound came around a corner or off a wall",
    "early": "early: before sound could have been there, so it is not of this shot, or its clock is off",
    "astray": "astray: its bearing points elsewhere, as at a reflection",
    "unsynchronised": "its clock was not set: its bearing and count hold, its time does not",
    "too-many": "not needed: nearer boxes were enough",
}
"""Why what a box said was not believed."""
_THROUGH = {"alternate": ", through an alternate", "pattern": ", through a pattern"}


def model_limits(model: ModelRef | None, known: dict[tuple[str, str], Limits], others: Limits = COUNTING) -> Limits:
    """What the model behind an alert can and cannot do: its own card where the manager has it, else what holds of all."""
    return others if model is None else known.get((model.name, model.version), others)


def number(value: float) -> str:
    """A count as people read it."""
    rounded = round(value, 0 if abs(value) >= _WHOLE_FROM else 1) + 0.0
    return f"{rounded:g}"


def spread(estimate: Estimate) -> str:
    """Half-widths of an interval to the precision of its value, never rounded down.

    ``± 3``; ``-1 +4`` where they differ by more than a fifth; ``+1`` where the lower end is the value itself.
    """
    step = 1.0 if abs(estimate.value) >= _WHOLE_FROM else 0.1
    up = math.ceil(max(0.0, estimate.high - estimate.value) / step - 1e-9) * step
    down = math.ceil(max(0.0, estimate.value - estimate.low) / step - 1e-9) * step
    larger, smaller = max(up, down), min(up, down)
    if larger == 0 or (smaller > 0 and larger - smaller <= max(step, larger / 5)):
        return f"± {number(larger)}"
    return " ".join(([f"-{number(down)}"] if down > 0 else []) + ([f"+{number(up)}"] if up > 0 else []))


def with_spread(estimate: Estimate) -> str:
    """``12 ± 3``."""
    return f"{number(estimate.value)} {spread(estimate)}"


def title_of(event: Event) -> str:
    """Title of the incident that an event begins."""
    observed = event.body.observed
    if isinstance(observed, CrowdAlert) and observed.density is not None:
        return COMING
    return TITLES.get(event.type, event.type.value)


def line_of(event: Event, zone_label: str) -> str:
    """Say an event in one line.

    Args:
        event: decoded.
        zone_label: name for people of the zone or line that it speaks of; unused for others.
    """
    observed = event.body.observed
    match observed:
        case CrowdCount() | CrowdDensity() | CrowdFlow() | CrowdAlert():
            return _crowd(observed, event.body.phase, zone_label)
        case AnprHit() | AnprRead():
            return _plate(observed)
        case GunshotDetected():
            return _shots(observed)
        case _:
            return _of_box(observed)


def _crowd(observed: CrowdCount | CrowdDensity | CrowdFlow | CrowdAlert, phase: Phase | None, zone_label: str) -> str:
    """Say what was seen of a crowd."""
    said = _seen_of_crowd(observed, phase, zone_label)
    return said if isinstance(observed, CrowdDensity) or not observed.moved else f"{said}, camera moved"


def _seen_of_crowd(observed: CrowdCount | CrowdDensity | CrowdFlow | CrowdAlert, phase: Phase | None, zone_label: str) -> str:
    match observed:
        case CrowdCount():
            return f"{with_spread(observed.people)} people, {zone_label}"
        case CrowdDensity():
            level = f"level {observed.service.value}"
            return f"{with_spread(observed.density)} people/m², {level}, densest {number(observed.densest.value)}, {zone_label}"
        case CrowdFlow():
            return f"→ {with_spread(observed.forward)}, ← {with_spread(observed.backward)}, {zone_label}"
        case CrowdAlert():
            begins = "" if phase is None else f"{phase.value}: "
            if observed.density is not None:
                return f"{begins}{with_spread(observed.density)} people/m² and rising, people held up, {zone_label}"
            return f"{begins}{with_spread(observed.people)} people, limit {number(observed.enter_at)}, {zone_label}"


def made_line(seen: CloneSeen | ShotsTold) -> str:
    """Say in one line what the manager made of several boxes' events."""
    if isinstance(seen, ShotsTold):
        heard = "1 box" if len(seen.boxes) == 1 else f"{len(seen.boxes)} boxes"
        return f"shots: {with_spread(seen.shots)}, {located(seen.region)}, heard by {heard}"
    return f"one plate at {seen.first.device} and {seen.second.device} within {seen.took_s:.0f} s, {seen.contradictions} times"


def located(region: RegionOnMap) -> str:
    """Say where shots were, as far as it is known: ``90% ellipse 24 by 10 m``. Widths are whole, not halves."""
    match region:
        case EllipseOnMap():
            return f"{100 * region.level:.0f}% ellipse {number(2 * region.major_m)} by {number(2 * region.minor_m)} m"
        case CurveOnMap():
            return f"on a curve between two boxes, ± {number(region.across_m)} m"
        case SectorOnMap():
            return f"at {region.azimuth_deg:.0f}° ± {math.ceil(region.half_width_deg):.0f}° from one box"
        case DiscOnMap():
            return f"within {number(region.radius_m)} m of one box"


def _of_box(observed: object) -> str:
    """Say what a box tells of itself."""
    match observed:
        case DeviceHealth():
            return _health(observed)
        case OutboxEvicted():
            lost = sum(last - first + 1 for first, last in observed.ranges)
            return f"{lost} events given up on the box ({observed.reason})"
        case OtaReport():
            return _update(observed)
        case _:
            return ""


def _plate(observed: AnprHit | AnprRead) -> str:
    """Say a hit or a read, without the plate."""
    if isinstance(observed, AnprRead):
        return f"{_seen(observed.passage)} went by, read with {observed.posterior:.2f}"
    return f"plate on list {observed.list}, probability {observed.posterior:.2f}{_THROUGH.get(observed.through, '')}"


def _shots(observed: GunshotDetected) -> str:
    """``shots: 3 ± 1, single, 31 dB over the street, from 212° ± 4°``; the interval of a direction covers 90%."""
    parts = [f"shots: {with_spread(observed.shots)}"]
    if observed.mode is not FireMode.UNKNOWN:
        parts.append(observed.mode.value)
    parts.append(f"{observed.hearing.snr_db:.0f} dB over the street")
    if observed.bearing is not None:
        parts.append(f"from {observed.bearing.azimuth_deg:.0f}° ± {1.645 * observed.bearing.sigma_deg:.0f}°")
    return ", ".join(parts)


def _seen(passage: Passage) -> str:
    """``red car``; what is not known is left out."""
    return " ".join(word for word in (passage.colour.value, passage.kind.value) if word != "unknown") or "vehicle"


def reason_text(reason: Reason) -> str:
    """Say a reason: its detail, or its code and subject."""
    return reason.detail or " ".join(filter(None, (reason.code, reason.subject)))


def _update(observed: OtaReport) -> str:
    why = "" if observed.reason is None else f" ({reason_text(observed.reason)})"
    return f"{observed.bundle} release {observed.release}: {observed.step.value}{why}"


def _health(observed: DeviceHealth) -> str:
    parts = [observed.status]
    if observed.raised:
        parts.append(", ".join(reason_text(reason) for reason in observed.raised))
    if observed.cleared:
        parts.append("over: " + ", ".join(reason_text(reason) for reason in observed.cleared))
    return "; ".join(parts)
