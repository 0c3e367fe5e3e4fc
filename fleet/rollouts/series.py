"""Versions over time: how many boxes of a rollout ran which. Pure.

Rule: what is drawn follows from the boxes' rows: each ran one version when it was placed, and the new one from when it
succeeded. A version that a box did not name is called unknown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

MOST_POINTS = 200
"""Of a line; more than that no screen shows."""
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Switch:
    """A box: what it ran, and when (ms) it succeeded with the new version; ``None`` = not yet."""

    version: str
    at: int | None


def versions_over_time(boxes: Iterable[Switch], version: str, start: int, end: int) -> dict[str, list[tuple[int, int]]]:
    """Lines of a chart: (ms, boxes) by version, each from ``start`` to ``end``.

    Args:
        boxes: of the rollout.
        version: the new one.
        start: of the rollout, ms.
        end: of the chart, ms.
    """
    counts: Counter[str] = Counter()
    moves: list[tuple[int, str]] = []
    for box in boxes:
        before = box.version or UNKNOWN
        counts[before] += 1
        if box.at is not None:
            moves.append((min(max(box.at, start), end), before))
    counts.setdefault(version, 0)
    lines = {name: [(start, count)] for name, count in sorted(counts.items())}
    moves.sort()
    step = max(1, -(-len(moves) // (MOST_POINTS - 2)))
    for number, (at, before) in enumerate(moves, 1):
        counts[before] -= 1
        counts[version] += 1
        if number % step == 0 or number == len(moves):
            for name, line in lines.items():
                if line[-1][1] != counts[name]:
                    line.append((at, counts[name]))
    for name, line in lines.items():
        line.append((end, counts[name]))
    return lines
