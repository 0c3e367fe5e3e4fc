"""A city full of boxes for an hour or many nights: what happens, what each box tells of it, what the manager makes of that.

Rules:

- What a box tells of a sound at some distance is drawn from that sound's own hearings (:mod:`benchmarks.gunshot_hearings`): of
  the two rendered distances that are nearest the nearer one is the likelier. So boxes are alike in what they say of one sound.
- Sounds are told apart from one another by time alone: a box hears two at once as if each were alone.
- The manager gets the bytes of whole events, when they come, and works as it does: decode, join, decide what is raised.
- An incident is of whatever most of its detections are of. The first that is raised of a shot is right, each other one false.
"""

from __future__ import annotations

import datetime as dt
import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from benchmarks.gunshot_abroad import What
from benchmarks.gunshot_hearings import Hearing, Sound, Told
from fleet.fusion.gunshot.air import SPEED_AT_20, Weather
from fleet.fusion.gunshot.associate import Association
from fleet.fusion.gunshot.detections import detection
from fleet.fusion.gunshot.incidents import Incident
from fleet.fusion.gunshot.plane import Plane
from protocol.codec import Message, decode_event, encode_event
from protocol.events import Clock, ClockSource, Event, EventBody, EventType, Phase, Where

BOXES, SPACING_M = 1000, 250.0
REACH = 1.2
"""Times the farthest rendered distance: beyond, nobody tells anything."""
NEAR_M = 50.0
EPOCH_S = 1_798_761_600.0
"""2027-01-01, 00:00 UTC."""
_ORIGIN = Plane(48.2, 16.37)
_CLOCK_S, _POSITION_M, _TURBULENCE = 1e-3, 1.0, 1e-3
_DECIDED_S, _LINK_S = 0.6, 0.5
"""From onset to event, and the mean that a link adds."""
_CHURN_S = 1.6
"""From the first message of an incident to its last."""


@dataclass(frozen=True)
class Happening:
    """A sound somewhere.

    Attributes:
        what: it is.
        sound: its hearings.
        at_s: seconds since 1970.
        x, y: metres.
    """

    what: What
    sound: Sound
    at_s: float
    x: float
    y: float


@dataclass
class Judged:
    """What became of one incident.

    Attributes:
        states: boxes, and the incident as it was, each time it changed.
        cause: index of the happening that most of its detections are of.
    """

    states: list[Incident] = field(default_factory=list)
    cause: int = -1


@dataclass(frozen=True)
class Result:
    """What the manager made of it.

    Attributes:
        incidents: by number.
        seconds: of processor time that it took.
        messages: that it read.
        detections: that it joined.
    """

    incidents: dict[int, Judged]
    seconds: float
    messages: int
    detections: int


@dataclass(frozen=True)
class _Arrived:
    """A message on its way."""

    at_s: float
    message: Message
    cause: int
    joins: bool
    """Whether it is the first of its incident, from which the detection is made."""


class City:
    """Boxes on a jittered grid of streets.

    Args:
        random: draws everything.
        boxes: how many.
        spacing_m: from box to box.
    """

    def __init__(self, random: np.random.Generator, boxes: int = BOXES, spacing_m: float = SPACING_M) -> None:
        side = math.ceil(math.sqrt(boxes))
        grid = np.stack(np.meshgrid(*[np.arange(side) - (side - 1) / 2] * 2), axis=-1).reshape(-1, 2)[:boxes]
        self.random = random
        self.boxes: npt.NDArray[np.float64] = (grid + random.uniform(-0.25, 0.25, grid.shape)) * spacing_m
        self._half = side / 2 * spacing_m
        told = self.boxes + random.normal(0, _POSITION_M, grid.shape)
        self._where = [Where(*_ORIGIN.degrees(float(x), float(y)), accuracy=2.448 * _POSITION_M) for x, y in told]
        self._sent = 0

    @property
    def square_km(self) -> float:
        """Area."""
        return (2 * self._half / 1000) ** 2

    def happen(self, what: What, sounds: Sequence[Sound], count: int, seconds: float) -> list[Happening]:
        """So many sounds of a kind, anywhere, at any time of so many seconds; those of which no box could tell are left out."""
        return self._happen(what, sounds, count, seconds, lambda: self.random.uniform(-self._half, self._half, 2))

    def happen_near(self, what: What, sounds: Sequence[Sound], count: int, seconds: float) -> list[Happening]:
        """Likewise, each within 50 m of some box."""

        def place() -> npt.NDArray[np.float64]:
            metres, turn = NEAR_M * math.sqrt(self.random.random()), self.random.uniform(0, 2 * math.pi)
            box = self.boxes[self.random.integers(len(self.boxes))]
            near: npt.NDArray[np.float64] = box + metres * np.array([math.sin(turn), math.cos(turn)])
            return near

        return self._happen(what, sounds, count, seconds, place)

    def _happen(
        self,
        what: What,
        sounds: Sequence[Sound],
        count: int,
        seconds: float,
        place: Callable[[], npt.NDArray[np.float64]],
    ) -> list[Happening]:
        told = [sound for sound in sounds if any(hearing.told for hearing in sound.hearings)]
        found = []
        for _ in range(self.random.binomial(count, len(told) / len(sounds))):
            at_s, (x, y) = EPOCH_S + self.random.uniform(0, seconds), place()
            found.append(Happening(what, told[self.random.integers(len(told))], at_s, float(x), float(y)))
        return found

    def run(self, happenings: Sequence[Happening]) -> Result:
        """Let it all happen, and the manager work."""
        arrived = sorted(
            (one for cause, what in enumerate(happenings) for one in self._messages(cause, what)), key=lambda one: one.at_s
        )
        association, judged = Association(Weather(15.0)), dict[int, Judged]()
        causes: dict[tuple[str, float], int] = {}
        seconds, detections = 0.0, 0
        for one in arrived:
            began = time.process_time()
            event = decode_event(one.message.topic, one.message.payload, one.message.properties)
            changed: list[Incident] = []
            heard = None
            if one.joins:
                heard = detection(event.device, event.body, _ORIGIN)
                changed = association.add(heard, one.at_s)
                association.close(one.at_s)
            seconds += time.process_time() - began
            if heard is None:
                continue
            detections += 1
            causes[heard.node, heard.at_s] = one.cause
            for incident in changed:
                told = judged.setdefault(incident.number, Judged())
                told.states.append(incident)
                told.cause = Counter(causes[d.node, d.at_s] for d in incident.detections).most_common(1)[0][0]
        return Result(judged, seconds, len(arrived), detections)

    def _messages(self, cause: int, what: Happening) -> list[_Arrived]:
        metres = np.hypot(*(self.boxes - (what.x, what.y)).T)
        near = np.flatnonzero(metres <= REACH * what.sound.hearings[-1].metres)
        found = []
        for box in near:
            hearing = self._hearing(what.sound, float(metres[box]))
            for told in hearing.told:
                travel = metres[box] / SPEED_AT_20 * (1 + self.random.normal(0, _TURBULENCE))
                onset_s = what.at_s + travel + told.after_ms / 1e3 + self.random.normal(0, _CLOCK_S)
                found += self._events(int(box), told, float(onset_s), cause)
        return found

    def _hearing(self, sound: Sound, metres: float) -> Hearing:
        """One of the two between whose distances this one lies."""
        rendered = [hearing.metres for hearing in sound.hearings]
        place = float(np.interp(math.log(max(metres, 1.0)), np.log(rendered), np.arange(len(rendered))))
        return sound.hearings[int(place) + int(self.random.random() < place % 1)]

    def _events(self, box: int, told: Told, onset_s: float, cause: int) -> list[_Arrived]:
        found = []
        self._sent += 1
        name = f"box-{box:03}"
        for number in range(told.messages):
            phase = Phase.NEW if number == 0 else Phase.END if number == told.messages - 1 else Phase.UPDATE
            at_s = onset_s + _DECIDED_S + (_CHURN_S if number else 0.0) + self.random.exponential(_LINK_S)
            moment = dt.datetime.fromtimestamp(onset_s, dt.timezone.utc)
            identity = f"01900000-0000-7000-8000-{self._sent:012x}"
            body = EventBody(
                captured_at=moment,
                clock=Clock(ClockSource.GNSS, synchronised=True, offset_ms=0.0, sigma_ms=1e3 * _CLOCK_S),
                observed=told.detected,
                where=self._where[box],
                incident=identity,
                phase=phase,
                assessed=told.assessed,
            )
            event = Event(
                "city", name, identity, EventType.GUNSHOT_DETECTED, moment, "abcdefghijkl", self._sent * 4 + number, body
            )
            found.append(_Arrived(at_s, encode_event(event), cause, joins=number == 0))
        return found
