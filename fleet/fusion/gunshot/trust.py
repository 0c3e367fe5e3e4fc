"""Which boxes' detections others confirm. Pure.

Rules:

- A detection that neighbours could have confirmed and did not counts against its box; one that two others confirmed counts
  for it. Both are forgotten with a half-life, so that a box that was repaired is believed again.
- Trust weighs what a box says and is never nought. A box that shouts is named, for people to look after.
"""

from __future__ import annotations

from dataclasses import dataclass

HALF_LIFE_S = 7 * 86_400.0
BENEFIT = 2.0
"""Confirmed detections that every box starts with."""
SHOUTS_FROM = 8.0
SHOUTS_BELOW = 0.25
MOST_NODES = 10_000


@dataclass
class _Record:
    confirmed: float = 0.0
    alone: float = 0.0
    at_s: float = 0.0


@dataclass(frozen=True)
class Shouting:
    """A box that hardly anybody confirms."""

    node: str
    alone: float
    confirmed: float


class Trust:
    """Share of each box's detections that hold."""

    def __init__(self) -> None:
        self._records: dict[str, _Record] = {}

    def of(self, node: str) -> float:
        """Within (0, 1]; 1 of a box of which nothing is known."""
        record = self._records.get(node)
        return 1.0 if record is None else (BENEFIT + record.confirmed) / (BENEFIT + record.confirmed + record.alone)

    def count(self, node: str, now: float, *, confirmed: bool) -> None:
        """Count one detection that nothing more can be said of."""
        record = self._records.pop(node, None)
        if record is None:
            record = _Record(at_s=now)
            if len(self._records) >= MOST_NODES:  # whoever was counted longest ago
                del self._records[next(iter(self._records))]
        kept = 0.5 ** (max(0.0, now - record.at_s) / HALF_LIFE_S)
        record.confirmed = record.confirmed * kept + confirmed
        record.alone = record.alone * kept + (not confirmed)
        record.at_s = max(now, record.at_s)
        self._records[node] = record

    def shouting(self) -> tuple[Shouting, ...]:
        """Boxes to look after, the worst first."""
        worst = [
            Shouting(node, record.alone, record.confirmed)
            for node, record in self._records.items()
            if record.alone >= SHOUTS_FROM and self.of(node) < SHOUTS_BELOW
        ]
        return tuple(sorted(worst, key=lambda one: (-one.alone, one.node)))
