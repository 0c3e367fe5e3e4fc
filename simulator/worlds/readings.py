"""What the boxes of simulated traffic say: reads under pseudonyms, and hits in clear, as observations of the wire's own types.

Rules: a plate that is on the list in any of its plausible readings is a hit, and nothing else leaves a box in clear; the other
readings are look-alikes, and share what probability the best one leaves; chance follows from the seed and the read's number.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from edge.clock import Instant
from edge.observation import Observation
from protocol.events import (
    Alternate,
    AnprHit,
    AnprRead,
    Assessed,
    Colour,
    Cue,
    Direction,
    EventType,
    Passage,
    Phase,
    Pseudonym,
    VehicleKind,
    Where,
)
from protocol.plates import fold
from protocol.pseudonyms import pseudonym
from simulator.worlds.ground import Origin
from simulator.worlds.registrations import mistaken, text
from simulator.worlds.traffic import COLOURS, KINDS, UNKNOWN, Traffic

SOURCE = "cam"
LEAST = 0.05
"""Readings that are less probable are not told."""


@dataclass(frozen=True)
class Purposes:
    """Under what boxes speak of plates.

    Attributes:
        purpose: of pseudonyms; ``key_id`` and ``key`` (32 bytes) its key.
        listed: name of the hit list; ``plates`` what is on it, normalised.
        version: of the list.
    """

    purpose: str
    key_id: str
    key: bytes
    listed: str
    plates: frozenset[str] = frozenset()
    version: int = 1


@dataclass(frozen=True)
class Said:
    """One observation, of which camera, and whether its clock is set."""

    camera: int
    observation: Observation
    where: Where
    synchronised: bool
    sigma_s: float


def device(camera: int) -> str:
    """Name of the box of a camera."""
    return f"anpr-{camera:03}"


def say(
    traffic: Traffic, purposes: Purposes, start: dt.datetime, rows: Iterable[int], origin: Origin | None = None
) -> Iterator[Said]:
    """What boxes say of some reads, in the order of true time.

    Args:
        traffic: as made.
        purposes: under what.
        start: wall clock at the first midnight.
        rows: numbers of the reads.
        origin: of the city.
    """
    origin = origin or Origin()
    wanted = frozenset(map(fold, purposes.plates))
    for row in rows:
        readings = plausible(traffic, row)
        listed = next((plate for plate in readings if fold(plate) in wanted), None)
        camera = int(traffic.camera[row])
        at_s = float(traffic.at_s[row])
        at = Instant(max(0.0, float(traffic.true_s[row])), start + dt.timedelta(seconds=at_s))
        lon, lat = origin.to_degrees((float(traffic.xy[camera, 0]), float(traffic.xy[camera, 1])))
        if listed is None:
            best = next(iter(readings))
            one = Pseudonym(purposes.purpose, purposes.key_id, pseudonym(purposes.key, best))
            seen = Observation(EventType.ANPR_READ, at, AnprRead(one, readings[best], passage(traffic, row)), SOURCE)
        else:
            seen = _hit(traffic, row, at, purposes, readings, listed)
        yield Said(camera, seen, Where(lat, lon), bool(traffic.synchronised[camera]), float(traffic.sigma_s[camera]))


def _hit(  # noqa: PLR0913 - a hit is all of this
    traffic: Traffic, row: int, at: Instant, purposes: Purposes, readings: Mapping[str, float], listed: str
) -> Observation:
    through = "best" if listed == next(iter(readings)) else "alternate"
    probability = readings[listed]
    alternates = tuple(Alternate(plate, p) for plate, p in readings.items())
    went = passage(traffic, row)
    hit = AnprHit(purposes.listed, purposes.version, listed, probability, through, alternates, went)
    cues = (
        Cue("posterior", probability),
        Cue("readings", float(went.pictures), "pictures"),
        Cue("plate-width", went.plate_px, "px"),
    )
    assessed = Assessed("listed-plate", probability, cues)
    return Observation(EventType.ANPR_HIT, at, hit, SOURCE, None, f"{SOURCE}/{row}", Phase.NEW, assessed)


def plausible(traffic: Traffic, row: int) -> dict[str, float]:
    """Plausible readings of a read, best first, with their probabilities."""
    best, sure = text(int(traffic.plate[row])), float(traffic.posterior[row])
    others = [text(int(traffic.true_plate[row]))] if traffic.plate[row] != traffic.true_plate[row] else mistaken(best, row)
    found = {best: round(sure, 4)}
    left = 1.0 - sure
    for plate in others:
        share = round(0.8 * left, 4)
        left -= share
        if share >= LEAST and plate not in found:
            found[plate] = share
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def passage(traffic: Traffic, row: int) -> Passage:
    """What is told of a vehicle besides its plate."""
    kind, colour = int(traffic.kind[row]), int(traffic.colour[row])
    rng = np.random.default_rng(row)
    return Passage(
        pictures=int(rng.integers(4, 25)),
        duration_s=round(float(rng.uniform(0.3, 1.5)), 2),
        plate_px=round(float(rng.uniform(70, 160)), 1),
        direction=Direction.TOWARDS,
        direction_probability=0.97,
        kind=KINDS[kind] if kind != UNKNOWN else VehicleKind.UNKNOWN,
        kind_probability=round(float(traffic.kind_p[row]), 3),
        colour=COLOURS[colour] if colour != UNKNOWN else Colour.UNKNOWN,
        colour_probability=round(float(traffic.colour_p[row]), 3),
    )
