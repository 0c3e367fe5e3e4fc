"""What questions about plates are answered with."""

from __future__ import annotations

import msgspec

from fleet.fusion.anpr.register import Hint
from fleet.fusion.anpr.told import CloneSeen
from fleet.rollouts.statistics import Share


class Sighting(msgspec.Struct, frozen=True):
    """Where and when something was read. ``plate``, ``list`` and ``incident`` are of hits only."""

    event: int
    device: str
    source: str
    at: int
    synchronised: bool
    lat: float | None
    lon: float | None
    posterior: float
    direction: str
    lane: str | None
    kind: str
    kind_p: float
    colour: str
    colour_p: float
    plate: str | None = None
    list: str | None = None
    through: str | None = None
    incident: str | None = None


class Answer(msgspec.Struct, frozen=True):
    """Sightings, newest first; ``more`` where there were more than one answer holds."""

    sightings: tuple[Sighting, ...]
    more: bool


class HitFacts(msgspec.Struct, frozen=True):
    """What stands beside a hit: its purpose, the register's hint, how right its camera is, how often the plate was hit.

    Attributes:
        hits: of the plate within ``free_days``, each passage once. Whether there are older ones is not said: that is asked for
            with a prosecutor's decision, like the older ones themselves.
        decision: whether one would open what is older.
    """

    incident: str
    purpose: str
    purpose_label: str
    register: Hint | None
    camera: Share | None
    hits: int
    decision: bool
    free_days: int


class CloneFound(msgspec.Struct, frozen=True):
    """One clone as it was told last."""

    incident: str
    probability: float
    told_at: int
    seen: CloneSeen
