"""Incidents, and those that are open, found by where and when. Pure.

Rule: whoever asks what a detection could have to do with looks at some seconds of the city, not at all that is open.
"""

from __future__ import annotations

import math
from collections import Counter, OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from fleet.fusion.gunshot.air import SLOWEST
from fleet.fusion.gunshot.align import longest_s
from fleet.fusion.gunshot.detections import Detection
from fleet.fusion.gunshot.locate import Located
from fleet.fusion.gunshot.locator import MOST_LATE_S

SETTLED = 7
"""Boxes from which a place without doubt is not questioned by the next detection."""
TOGETHER_M = 3000.0
"""Two boxes farther apart do not hear one shot."""
ECHO_S = 1.5
"""Sound from a wall 250 m off."""
_WINDOW_S = TOGETHER_M / SLOWEST


@dataclass(frozen=True)
class Incident:
    """What several boxes, or one, heard of one shot or volley.

    Attributes:
        number: of the incident; it stays while the incident grows.
        detections: all that belong to it, as the boxes sent them.
        located: where it was.
        shots: how many the middle one of its boxes counted.
        probability: that it was shots (:mod:`fleet.fusion.gunshot.evidence`).
        echo_of: the incident of which it is an echo.
        grown_s: when it last grew.
    """

    number: int
    detections: tuple[Detection, ...]
    located: Located
    shots: int
    probability: float
    grown_s: float
    echo_of: int | None = None

    @property
    def boxes(self) -> int:
        """Different boxes that heard it."""
        return len({d.node for d in self.detections})

    @property
    def settled(self) -> bool:
        """Whether its place is beyond doubt."""
        return len(self.located.spots) == 1 and self.located.believed >= SETTLED

    @property
    def first_s(self) -> float:
        """Earliest onset, by clocks that are set if there are any."""
        return min(self.detections, key=lambda d: (not d.synchronised, d.at_s)).at_s


class OpenIncidents:
    """Incidents that may still grow, the one that grew longest ago first."""

    def __init__(self) -> None:
        self._incidents: OrderedDict[int, Incident] = OrderedDict()
        self._seconds: dict[int, set[int]] = {}
        """Incidents by the second of each of their onsets."""
        self._holders: dict[Detection, int] = {}
        self.detections = 0
        """In all of them."""
        self.alone: Counter[str] = Counter()
        """How many of each box nobody else heard."""

    def __len__(self) -> int:
        return len(self._incidents)

    def __iter__(self) -> Iterator[Incident]:
        return iter(self._incidents.values())

    def __reversed__(self) -> Iterator[Incident]:
        return reversed(self._incidents.values())

    def get(self, number: int) -> Incident | None:
        """One of them."""
        return self._incidents.get(number)

    def holding(self, heard: Detection) -> Incident | None:
        """The one that a detection belongs to."""
        number = self._holders.get(heard)
        return None if number is None else self._incidents[number]

    def put(self, incident: Incident) -> None:
        """Add an incident, or what has become of it."""
        self.drop(incident.number)
        self._incidents[incident.number] = incident
        self.detections += len(incident.detections)
        self._holders.update(dict.fromkeys(incident.detections, incident.number))
        if _alone(incident):
            self.alone[incident.detections[0].node] += 1
        for second in _seconds(incident):
            self._seconds.setdefault(second, set()).add(incident.number)

    def drop(self, number: int) -> None:
        """Take out an incident, if it is there."""
        incident = self._incidents.pop(number, None)
        if incident is None:
            return
        self.detections -= len(incident.detections)
        for heard in incident.detections:
            if self._holders.get(heard) == number:  # it may be another's by now
                del self._holders[heard]
        if _alone(incident):
            node = incident.detections[0].node
            self.alone[node] -= 1
            if not self.alone[node]:
                del self.alone[node]
        for second in _seconds(incident):
            there = self._seconds[second]
            there.discard(number)
            if not there:
                del self._seconds[second]

    def around(self, heard: Detection) -> list[Incident]:
        """Those that a detection could have to do with, the nearest in time first."""
        second, reach = math.floor(heard.at_s), math.ceil(_WINDOW_S)
        numbers: set[int] = set()
        for key in range(second - reach, second + reach + 1):
            numbers |= self._seconds.get(key, set())
        near = [i for i in map(self._incidents.__getitem__, numbers) if any(_reaches(d, heard) for d in i.detections)]
        return sorted(near, key=lambda i: (min(abs(d.at_s - heard.at_s) for d in i.detections), i.number))


def _alone(incident: Incident) -> bool:
    return incident.boxes == 1 and incident.echo_of is None


def _seconds(incident: Incident) -> set[int]:
    return {math.floor(d.at_s) for d in incident.detections if d.synchronised}


def _reaches(one: Detection, other: Detection) -> bool:
    """Whether both may have heard one volley: sound could go from box to box between some shot of each."""
    if not one.synchronised or math.hypot(one.x - other.x, one.y - other.y) > TOGETHER_M:
        return False
    begins, ends = one.at_s - other.at_s - other.onsets_s[-1], one.at_s + one.onsets_s[-1] - other.at_s
    most_s = longest_s(one, other, SLOWEST, max(MOST_LATE_S, ECHO_S))
    return begins <= most_s and ends >= -most_s
