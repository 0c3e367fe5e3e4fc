"""One vehicle that goes by: what its plate says, where it is, what it is like.

Rules:

- A track may jump from one vehicle to the next. What contradicts a plate that is sure waits; when STRANGERS pictures in a row
  say the same other thing, another vehicle has taken the track over (:attr:`Passage.taken_over`).
- A plate goes on in another track when it follows on in place, in size and in what it says (:meth:`Passage.follows`); in its
  own track it need only say the same, once it was not seen for RESUME_S (:meth:`Passage.contradicted`): the next vehicle may be
  where this one was before its track has ended, and would be told among the readings of this one's hit.
- What was seen is forgotten with the end (:meth:`Passage.forget`), and never printed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edge.analytics.anpr.consensus import Evidence
from edge.analytics.anpr.looks import Looks
from edge.clock import Instant
from models.bundle.plates import PlateSeen
from models.bundle.reading import Reading
from protocol.config import Lane
from protocol.events import Passage as Told
from protocol.plates import fold

RESUME_S = 2.0
"""Time without the vehicle after which it is gone: a lorry that crosses hides it for that long."""
STRANGERS = 3
SURE = 0.95
"""Posterior of a plate that can be contradicted, and probability of a picture that contradicts it."""
STRANGE = 1e-4
"""Agreement of a picture with the sure plate below which it shows another one; misread characters leave more."""
SAME = 0.01
"""Agreement of a picture with another passage's best reading from which it may be the same plate."""
_NEAR = 2.0
"""Plate widths that a plate may be off from where it was expected."""
_SPEED = 4.0
"""How many more for each second of its absence."""
_GROWTH = 1.6
"""Factor of the width from one track to the next."""
_HISTORY = 0.7
"""Weight of the last velocity against the one before."""
_DAY_S = 86_400.0
_WIDEST = 100_000.0

Lanes = Sequence[tuple[Lane, Sequence[tuple[float, float]]]]


class Passage:
    """One vehicle.

    Args:
        number: within its source, from 1.
        track: its first track.
        lanes: polygons in pixels.
    """

    def __init__(self, number: int, track: int, lanes: Lanes) -> None:
        self.number = number
        self.track = track
        self.looks = Looks(lanes)
        self.best_px = 0.0
        """Width of the plate in the best picture, pixels."""
        self.widest_px = 0.0
        """The same of all pictures, read or not."""
        self.looked = 0
        """Pictures with its plate, read or not."""
        self.last: Instant | None = None
        """When its plate was last seen."""
        self.frame = 0
        """Number of that picture."""
        self._evidence = Evidence()
        self._strangers: list[tuple[PlateSeen, str]] = []
        self._began_s = self.last_s = 0.0
        self._place = np.zeros(2)
        self._velocity = np.zeros(2)
        self._width = 0.0
        self._found: list[Reading] | None = None

    def __repr__(self) -> str:
        return f"Passage({self.number}, {self._evidence.pictures} pictures)"

    @property
    def pictures(self) -> int:
        """In which the plate was read."""
        return self._evidence.pictures

    @property
    def taken_over(self) -> tuple[PlateSeen, ...]:
        """The pictures of another vehicle that has this track now; empty while there is none."""
        texts = {text for _, text in self._strangers}
        one = len(self._strangers) >= STRANGERS and len(texts) == 1
        return tuple(plate for plate, _ in self._strangers) if one else ()

    def readings(self) -> list[Reading]:
        """Everything that may stand on the plate, most probable first; at most ten."""
        if self._found is None:
            self._found = self._evidence.readings(0.0)
        return self._found

    def take(self, plate: PlateSeen, at: Instant, now_s: float, frame: int) -> None:
        """Take a picture of the plate."""
        self._move(plate, now_s)
        self.looked += 1
        self.widest_px = max(self.widest_px, min(plate.width, _WIDEST))
        self.last, self.frame = at, frame
        stranger = self._stranger(plate)
        if stranger is not None:
            self._strangers = [*self._strangers, (plate, stranger)][-STRANGERS:]
            return
        for waiting, _ in self._strangers:
            self._hear(waiting)
        self._strangers.clear()
        self._hear(plate)
        self.looks.plate(plate, now_s)

    def follows(self, plate: PlateSeen, now_s: float) -> bool:
        """Whether a plate of a new track may be this one: it is where this one was going, and says what it says."""
        gap_s = now_s - self.last_s
        if not 0 <= gap_s <= RESUME_S or not self._width > 0:
            return False
        width = max(plate.width, 1.0)
        expected = self._place + self._velocity * gap_s
        off = float(np.hypot(*(plate.corners.mean(axis=0) - expected))) / max(width, self._width)
        sized = 1 / _GROWTH <= width / self._width <= _GROWTH
        if off > _NEAR + _SPEED * gap_s or not sized:
            return False
        return not self._contradicts(plate)

    def contradicted(self, plate: PlateSeen, now_s: float) -> bool:
        """Whether a plate that is seen in this track again after a while is another one."""
        return now_s - self.last_s > RESUME_S and self._contradicts(plate)

    def distance(self, plate: PlateSeen) -> float:
        """From where its plate was last, pixels."""
        return float(np.hypot(*(plate.corners.mean(axis=0) - self._place)))

    def told(self) -> Told:
        """What leaves of it besides its plate."""
        direction, sure_of_direction = self.looks.direction()
        lane, sure_of_lane = self.looks.lane()
        kind, sure_of_kind = self.looks.kind()
        colour, sure_of_colour = self.looks.colour()
        return Told(
            max(1, self.pictures),
            round(min(max(0.0, self.last_s - self._began_s), _DAY_S), 2),
            round(self.best_px, 1),
            direction,
            round(sure_of_direction, 3),
            lane,
            round(sure_of_lane, 3),
            kind,
            round(sure_of_kind, 3),
            colour,
            round(sure_of_colour, 3),
        )

    def forget(self) -> None:
        """Let go of everything that the plate said."""
        self._evidence.forget()
        self._strangers.clear()
        self._found = []

    def _hear(self, plate: PlateSeen) -> None:
        before = self._evidence.pictures
        self._evidence.add(plate)
        self._found = None
        if self._evidence.pictures > before:
            self.best_px = max(self.best_px, min(plate.width, _WIDEST))

    def _move(self, plate: PlateSeen, now_s: float) -> None:
        place, width = plate.corners.mean(axis=0).astype(np.float64), plate.width
        if not self.looked:
            self._began_s = now_s
        elif now_s > self.last_s:
            moved = (place - self._place) / (now_s - self.last_s)
            self._velocity = moved if self.looked == 1 else _HISTORY * moved + (1 - _HISTORY) * self._velocity
        self._place, self._width, self.last_s = place, width, now_s

    def _contradicts(self, plate: PlateSeen) -> bool:
        """Whether a picture says something else than what is known so far."""
        best = self.readings()[:1]
        return bool(best) and self._evidence.agreement(best[0].text, plate) < SAME

    def _stranger(self, plate: PlateSeen) -> str | None:
        """What a picture says instead, folded, when it is sure and this plate is; else ``None``."""
        best = self.readings()[:1]
        if not best or best[0].probability < SURE or self._evidence.agreement(best[0].text, plate) >= STRANGE:
            return None
        own = Evidence()
        own.add(plate)
        read = own.readings(SURE)[:1]
        return fold(read[0].text) if read and read[0].probability >= SURE else None
