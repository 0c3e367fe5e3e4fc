"""Detections joined into incidents as they come, in any order and however late. Pure: the time is handed in.

Rules:

- A detection that a well-located incident explains joins it, and the place improves. Otherwise whatever is near in place and
  time and not yet settled is divided anew (:mod:`fleet.fusion.gunshot.partition`): a wrong first guess is undone by what
  comes later.
- What a box says more of what it said before takes the place of that, and is divided anew with whatever is not settled: with
  more shots known another way to lay them over one another may be the right one.
- An incident keeps its number while detections of it do; what is merged or divided is told under the number of most of them.
- What boxes hear within :data:`ECHO_S` behind an incident that they heard too, and no three place elsewhere, is its echo.
- A clock that is not set: the detection joins the incident at which its bearing points, if it came within :data:`UNSET_S` of
  it.
- Open detections are at most :data:`MOST_OPEN`, incidents close :data:`HOLD_S` after they last grew, and a detection is
  looked at with at most :data:`fleet.fusion.gunshot.partition.MOST` others: memory and time for each are bounded.
  One core takes some twenty a second from a thousand boxes that hear a volley each second (``detections_per_s`` of
  ``bench gunshot-locate``).
- When an incident closes its boxes are confirmed or not (:mod:`fleet.fusion.gunshot.trust`), and clocks learn from it.
"""

from __future__ import annotations

import math
import statistics
from collections import OrderedDict
from dataclasses import replace

import numpy as np

from fleet.fusion.gunshot.air import SLOWEST, Weather, travel
from fleet.fusion.gunshot.align import align, longest_s, together
from fleet.fusion.gunshot.bias import Biases
from fleet.fusion.gunshot.detections import Detection
from fleet.fusion.gunshot.evidence import probability
from fleet.fusion.gunshot.incidents import ECHO_S, Incident, OpenIncidents
from fleet.fusion.gunshot.locate import Located, learn
from fleet.fusion.gunshot.locator import MOST_LATE_S, Locator
from fleet.fusion.gunshot.partition import MOST, divide
from fleet.fusion.gunshot.regions import HEARD_M
from fleet.fusion.gunshot.trust import Trust

HOLD_S = 600.0
"""A box whose link was down for some minutes still takes part."""
MOST_OPEN = 20_000
UNSET_S = 30.0
CONFIRMS = 3
"""Boxes that make an incident more than chance."""
NEIGHBOUR_M = 600.0
"""A box so near should hear it too."""
_Z = 4.0


class Association:
    """Incidents of one city."""

    def __init__(self, weather: Weather | None = None) -> None:
        self.trust = Trust()
        self.biases = Biases()
        self._locator = Locator(weather or Weather(), self.biases)
        self._open = OpenIncidents()
        self._places: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._number = 0

    def __len__(self) -> int:
        return self._open.detections

    @property
    def weather(self) -> Weather:
        """What is known of the air; to be set when there is news of it."""
        return self._locator.weather

    @weather.setter
    def weather(self, weather: Weather) -> None:
        self._locator.weather = weather
        self._locator.forget()

    def add(self, heard: Detection, now: float) -> list[Incident]:
        """Take in one detection.

        Args:
            heard: whatever a box says; one that is open already changes nothing.
            now: when it came, seconds since 1970.

        Returns:
            Incidents that are new or changed. One whose number is not among the open ones any more became part of them.
        """
        self._places[heard.node] = (heard.x, heard.y)
        self._places.move_to_end(heard.node)
        if len(self._places) > MOST_OPEN:
            self._places.popitem(last=False)
        while self._open.detections >= MOST_OPEN:
            self._close(next(iter(self._open)), now)
        if self._open.holding(heard) is not None:
            return []
        if not heard.synchronised:
            return self._unset(heard, now)
        around = self._open.around(heard)
        joined = self._joining(heard, around, now)
        if joined is not None:
            return [joined]
        return self._divide([heard], [i for i in around if not i.settled], now)

    def replace(self, before: Detection, heard: Detection, now: float) -> list[Incident]:
        """Take what a box says by now of something in place of what it said first.

        Args:
            before: what it said, as it was taken in; nothing changes if that is not open any more.
            heard: what it says now.
            now: when it came, seconds since 1970.

        Returns:
            As :meth:`add`.
        """
        held = self._open.holding(before)
        if held is None or before == heard or self._open.holding(heard) is not None:
            return []
        self._places[heard.node] = (heard.x, heard.y)
        members = tuple(heard if d == before else d for d in held.detections)
        timed = sum(d.synchronised for d in members)
        if held.settled or not (before.synchronised and heard.synchronised) or timed > MOST:
            return [self._store(held.number, members, now)]
        changed = replace(held, detections=members)  # its place is that of before until it is divided
        self._open.put(changed)
        others = [i for i in self._open.around(heard) if not i.settled and i.number != held.number]
        return self._divide([], [changed, *others], now, frozenset({held.number}))

    def restore(self, number: int, members: tuple[Detection, ...], grown_s: float) -> Incident:
        """Put back an incident as it was before this process began; the one that grew longest ago first.

        Args:
            number: of the incident.
            members: what boxes heard of it, at least one.
            grown_s: when it last grew.
        """
        self._places.update({d.node: (d.x, d.y) for d in members})
        self._number = max(self._number, number)
        return self._store(number, members, grown_s)

    def close(self, now: float) -> list[Incident]:
        """Close what has not grown for :data:`HOLD_S`; what is closed is returned, as it was last."""
        closed = []
        while len(self._open):
            oldest = next(iter(self._open))
            if now - oldest.grown_s <= HOLD_S:
                break
            closed.append(self._close(oldest, now))
        return closed

    def teach(self, members: tuple[Detection, ...]) -> None:
        """Learn clocks from an incident that is closed."""
        located = self._locator(members)  # by what is known of the clocks by now
        if learn(self.biases, together(list(members), MOST_LATE_S), located, self.weather):
            self._locator.forget()

    def incident(self, number: int) -> Incident | None:
        """An open one, as it is now."""
        return self._open.get(number)

    def holding(self, heard: Detection) -> Incident | None:
        """The open one that a detection belongs to."""
        return self._open.holding(heard)

    @property
    def open(self) -> tuple[Incident, ...]:
        """Incidents that may still grow."""
        return tuple(self._open)

    def _joining(self, heard: Detection, around: list[Incident], now: float) -> Incident | None:
        """Into the settled incident that explains it best."""
        best: tuple[float, Incident, float] | None = None
        for incident in around:
            if not incident.settled or any(d.node == heard.node for d in incident.detections):
                continue
            off = self._off(heard, incident)
            if off is not None and (best is None or abs(off[0]) < best[0]):
                best = abs(off[0]), incident, off[1]
        if best is None:
            return None
        incident = best[1]
        return self._store(incident.number, (*incident.detections, heard), now)

    def _off(self, heard: Detection, incident: Incident) -> tuple[float, float] | None:
        """By how much a detection misses what an incident predicts, seconds and sigmas; ``None`` if it is too much."""
        at = incident.located
        assert at.x is not None and at.y is not None and at.at_s is not None and at.covariance is not None  # noqa: PT018
        if math.hypot(at.x - heard.x, at.y - heard.y) > HEARD_M:
            return None
        seconds, _ = travel(
            np.array([at.x, at.y]), np.array([[heard.x, heard.y]]), np.array(at.speed or self.weather.speed), np.array(at.wind)
        )
        first = min((d for d in incident.detections if d.synchronised), key=lambda d: d.at_s)
        over = align(first, heard, longest_s(first, heard, SLOWEST, MOST_LATE_S))
        if over is None:
            return None
        sigma = (
            math.hypot(
                heard.onset_sigma_s, math.sqrt(float(np.trace(at.covariance))) / SLOWEST, heard.position_sigma_m / SLOWEST
            )
            + float(seconds[0]) * 0.01
        )
        mine = heard.at_s + heard.onsets_s[over.second] - first.onsets_s[over.first]
        late = mine - at.at_s - float(seconds[0])
        return (late, late / sigma) if -_Z * sigma < late < MOST_LATE_S else None

    def _divide(
        self, fresh: list[Detection], around: list[Incident], now: float, changed_in: frozenset[int] = frozenset()
    ) -> list[Incident]:
        """Divide what is around anew, with what is fresh, and with incidents in which something else stands than before."""
        detections, taken = list(fresh), []
        for incident in around:
            timed = [d for d in incident.detections if d.synchronised]
            if timed and len(detections) + len(timed) <= MOST:
                detections += timed
                taken.append(incident)
        trust = np.array([self.trust.of(d.node) for d in detections])
        groups = divide(detections, trust, self._locator)
        unset = {i.number: tuple(d for d in i.detections if not d.synchronised) for i in taken}
        owner = {id(d): i.number for i in taken for d in i.detections}
        before = {i.number: i.detections for i in taken}
        numbers = set(before)
        changed = []
        for group in sorted(groups, key=lambda g: -len(g.members)):
            members = tuple(detections[i] for i in group.members)
            votes = [owner[id(d)] for d in members if owner.get(id(d)) in numbers]
            number = statistics.mode(votes) if votes else self._next()
            numbers.discard(number)
            members += unset.get(number, ())
            if number in changed_in or set(before.get(number, ())) != set(members):
                changed.append(self._store(number, members, now, None if unset.get(number) else group.located))
        for number in numbers:  # merged into others
            self._open.drop(number)
            if unset[number]:
                changed.append(self._store(number, unset[number], now))
        return changed

    def _unset(self, heard: Detection, now: float) -> list[Incident]:
        """What a box without a clock says: to where its bearing points, or on its own."""
        for incident in reversed(self._open):
            if now - incident.grown_s > UNSET_S:
                break  # and so have all before it
            at = incident.located
            if heard.bearing is None or at.x is None or at.y is None or any(d.node == heard.node for d in incident.detections):
                continue
            turn = math.atan2(at.x - heard.x, at.y - heard.y) - heard.bearing.azimuth
            turn = (turn + math.pi) % (2 * math.pi) - math.pi
            if abs(turn) <= 3 * heard.bearing.sigma and math.hypot(at.x - heard.x, at.y - heard.y) <= HEARD_M:
                return [self._store(incident.number, (*incident.detections, heard), now)]
        return [self._store(self._next(), (heard,), now)]

    def _store(self, number: int, members: tuple[Detection, ...], now: float, located: Located | None = None) -> Incident:
        self._open.drop(number)
        incident = Incident(
            number=number,
            detections=members,
            located=located or self._locator(members),
            shots=int(statistics.median_low(len(d.onsets_s) for d in members)),
            probability=probability(members, [self.trust.of(d.node, self._open.alone[d.node]) for d in members]),
            grown_s=now,
        )
        incident = replace(incident, echo_of=self._echo(incident))
        self._open.put(incident)
        return incident

    def _echo(self, incident: Incident) -> int | None:
        if incident.boxes >= CONFIRMS or not incident.detections[0].synchronised:
            return None
        for other in self._open.around(incident.detections[0]):
            if other.number == incident.number or other.echo_of is not None or other.boxes <= incident.boxes:
                continue
            heard = {d.node: d.at_s for d in other.detections if d.synchronised}
            if all(d.node in heard and 0 < d.at_s - heard[d.node] <= ECHO_S for d in incident.detections):
                return other.number
        return None

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _close(self, incident: Incident, now: float) -> Incident:
        self._open.drop(incident.number)
        if incident.boxes >= CONFIRMS:
            for node in {d.node for d in incident.detections}:
                self.trust.count(node, now, confirmed=True)
            self.teach(incident.detections)
        elif incident.boxes == 1 and incident.echo_of is None and self._has_neighbours(incident.detections[0]):
            self.trust.count(incident.detections[0].node, now, confirmed=False)
        return incident

    def _has_neighbours(self, heard: Detection) -> bool:
        near = (
            math.hypot(x - heard.x, y - heard.y) <= NEIGHBOUR_M for node, (x, y) in self._places.items() if node != heard.node
        )
        return sum(near) >= CONFIRMS - 1
