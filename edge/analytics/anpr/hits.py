"""What is told of a passage whose plate may be on a list: one incident for each list, with a life.

Rules: an incident begins as soon as the posterior of a listed reading reaches what the list asks for; it is told again when
another reading matches or the posterior has moved by MOVED, not more often than every UPDATE_S; it ends with the passage, and
says what was known at last, even where that has fallen below: who was alerted learns it. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge.analytics.anpr.ports import Match
from models.bundle.reading import Reading
from protocol.events import Alternate, AnprHit, Assessed, Cue, Passage, Phase
from protocol.plates import fold

MOVED = 0.1
"""Change of the posterior that is worth a message: a person judges it by tenths."""
UPDATE_S = 1.0
MOST = 10
"""Alternates in an event."""


@dataclass(frozen=True, repr=False)
class Held:
    """A match, and the readings that it was found among."""

    match: Match
    posterior: float
    readings: tuple[Reading, ...]

    def event(self, passage: Passage, plausible: float) -> AnprHit:
        """What is measured."""
        alternates = [reading for reading in self.readings if reading.probability >= plausible]
        if not any(_same(reading.text, self.match.plate) for reading in alternates):
            alternates = [*alternates[: MOST - 1], Reading(self.match.plate, self.posterior)]
        return AnprHit(
            self.match.list,
            self.match.version,
            self.match.plate,
            round(self.posterior, 4),
            self.through,
            tuple(Alternate(reading.text, round(reading.probability, 4)) for reading in alternates[:MOST]),
            passage,
        )

    def assessed(self, passage: Passage) -> Assessed:
        """What it is taken for."""
        others = [reading.probability for reading in self.readings if not _same(reading.text, self.match.plate)]
        return Assessed(
            "listed-plate",
            round(self.posterior, 4),
            (
                Cue("posterior", round(self.posterior, 4)),
                Cue("least", round(self.match.least, 4)),
                Cue("best-other-reading", round(max(others, default=0.0), 4)),
                Cue("pictures", float(passage.pictures), "pictures"),
                Cue("plate-width", passage.plate_px, "px"),
            ),
        )

    @property
    def through(self) -> str:
        """How it matched."""
        if self.match.pattern:
            return "pattern"
        return "best" if self.readings and _same(self.readings[0].text, self.match.plate) else "alternate"


@dataclass(repr=False)
class _Open:
    held: Held
    told: Held
    told_s: float


class Hits:
    """Incidents of one passage, by list."""

    def __init__(self) -> None:
        self._open: dict[str, _Open] = {}

    def __len__(self) -> int:
        return len(self._open)

    def take(self, matches: Sequence[Match], readings: Sequence[Reading], now_s: float) -> list[tuple[Phase, Held]]:
        """Take what the lists say of the readings as they are now; what is to be told."""
        told: list[tuple[Phase, Held]] = []
        found = {match.list: match for match in matches}
        for name, match in found.items():
            held = Held(match, match.probability, tuple(readings))
            if name in self._open:
                self._open[name].held = held
            elif match.probability >= match.least:
                self._open[name] = _Open(held, held, now_s)
                told.append((Phase.NEW, held))
        for name, running in self._open.items():
            if name not in found:  # no longer plausible, or the list has ended: what stands is the plate that was told
                match = running.held.match
                running.held = Held(match, _probability(readings, match.plate), tuple(readings))
            if not 0 <= now_s - running.told_s < UPDATE_S and _differ(running.told, running.held):
                running.told, running.told_s = running.held, now_s
                told.append((Phase.UPDATE, running.held))
        return told

    def end(self) -> list[Held]:
        """What is known at last of each."""
        last = [running.held for running in self._open.values()]
        self._open.clear()
        return last


def _same(one: str, other: str) -> bool:
    return fold(one) == fold(other)


def _differ(one: Held, other: Held) -> bool:
    return not _same(one.match.plate, other.match.plate) or abs(one.posterior - other.posterior) >= MOVED


def _probability(readings: Sequence[Reading], text: str) -> float:
    return max((reading.probability for reading in readings if _same(reading.text, text)), default=0.0)
