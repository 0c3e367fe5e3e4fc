"""Which boxes' detections others confirm. Pure.

Rules:

- A detection that neighbours could have confirmed and did not counts against its box; one that two others confirmed counts
  for it. Both are forgotten with a half-life, so that a box that was repaired is believed again.
- What people confirmed and dismissed of incidents that a box took part in counts likewise.
- Trust weighs what a box says and is never nought. A box that shouts is named, for people to look after.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

HALF_LIFE_S = 7 * 86_400.0
BENEFIT = 2.0
"""Confirmed detections that every box starts with."""
SHOUTS_FROM = 8.0
SHOUTS_BELOW = 0.25
MOST_NODES = 10_000


@dataclass(frozen=True)
class Record:
    """Detections of a box that others confirmed and that they did not, as they counted at ``at_s``."""

    confirmed: float = 0.0
    alone: float = 0.0
    at_s: float = 0.0


@dataclass(frozen=True)
class Judged:
    """What people confirmed and dismissed, as much as is not forgotten."""

    confirmed: float = 0.0
    dismissed: float = 0.0


@dataclass(frozen=True)
class Shouting:
    """A box that hardly anybody confirms; ``alone`` are also those that people dismissed."""

    node: str
    alone: float
    confirmed: float


class Trust:
    """Share of each box's detections that hold."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}
        self._judged: Mapping[str, Judged] = {}

    def of(self, node: str, waiting: int = 0) -> float:
        """Within (0, 1]; 1 of a box of which nothing is known.

        Args:
            node: which box.
            waiting: further detections of it that nobody has confirmed so far.
        """
        confirmed, alone = self._counts(node)
        return (BENEFIT + confirmed) / (BENEFIT + confirmed + alone + waiting)

    def count(self, node: str, now: float, *, confirmed: bool) -> None:
        """Count one detection that nothing more can be said of."""
        before = self._records.get(node, Record(at_s=now))
        kept = left(now - before.at_s)
        made = Record(before.confirmed * kept + confirmed, before.alone * kept + (not confirmed), max(now, before.at_s))
        self.restore(node, made)

    def record(self, node: str) -> Record | None:
        """What was counted of a box."""
        return self._records.get(node)

    def restore(self, node: str, record: Record) -> None:
        """Put back what was counted of a box; beyond :data:`MOST_NODES` whoever was counted longest ago is forgotten."""
        self._records.pop(node, None)
        if len(self._records) >= MOST_NODES:
            del self._records[next(iter(self._records))]
        self._records[node] = record

    def judge(self, judged: Mapping[str, Judged]) -> None:
        """Take what people have decided by now, of all boxes."""
        self._judged = judged

    def shouting(self) -> tuple[Shouting, ...]:
        """Boxes to look after, the worst first."""
        worst = []
        for node in {*self._records, *self._judged}:
            confirmed, alone = self._counts(node)
            if alone >= SHOUTS_FROM and self.of(node) < SHOUTS_BELOW:
                worst.append(Shouting(node, alone, confirmed))
        return tuple(sorted(worst, key=lambda one: (-one.alone, one.node)))

    def _counts(self, node: str) -> tuple[float, float]:
        record, judged = self._records.get(node, Record()), self._judged.get(node, Judged())
        return record.confirmed + judged.confirmed, record.alone + judged.dismissed


def left(passed_s: float) -> float:
    """Share of a count that is left after so long."""
    return float(0.5 ** (max(0.0, passed_s) / HALF_LIFE_S))
