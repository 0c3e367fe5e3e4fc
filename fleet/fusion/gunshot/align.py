"""Shots of one box laid over those of another. Pure.

Rule: from shot to shot as much time passes at every box, for whoever shoots stands still and the air does not change in
seconds. So of all ways to lay one sequence over another the right one makes most shots coincide, echoes and missed ones
notwithstanding.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from fleet.fusion.gunshot.air import SLOWEST
from fleet.fusion.gunshot.detections import Detection

SAME_S = 1e-3
"""Intervals of one sequence differ by less, or by less than :data:`_Z` standard deviations of both pickers. Automatic fire has
50 to 100 ms from shot to shot, and some 2 ms more or less: laid over itself one shot off it does not coincide."""
_Z = 4.0
_ENOUGH = 3
"""Shots from which their scatter says which way is right, and not their order."""


@dataclass(frozen=True)
class Aligned:
    """How a second box's shots lie over a first one's.

    Attributes:
        later_s: by how much the second hears a shot after the first.
        first, second: which onset of each coincide, the earliest such pair.
        matched: how many pairs coincide.
    """

    later_s: float
    first: int
    second: int
    matched: int


def align(one: Detection, other: Detection, most_s: float) -> Aligned | None:
    """The best way, or ``None`` where no shot of the one can be one of the other.

    Args:
        one: with a clock that is set.
        other: likewise.
        most_s: sound takes no longer from box to box, errors allowed for.
    """
    apart = other.at_s - one.at_s
    a, b = np.array(one.onsets_s), np.array(other.onsets_s) + apart
    later = b[None, :] - a[:, None]
    row, column = np.nonzero(np.abs(later) <= most_s)
    if not len(row):
        return None
    value = later[row, column]
    order = np.argsort(value, kind="stable")
    value, row, column = value[order], row[order], column[order]
    same_s = max(SAME_S, _Z * math.hypot(one.picker_sigma_s, other.picker_sigma_s))
    begin = np.searchsorted(value, value - same_s, side="left")
    end = np.searchsorted(value, value + same_s, side="right")
    count = np.minimum(end - begin, min(len(a), len(b)))
    best: tuple[tuple[float, ...], int] | None = None
    for index in np.flatnonzero(count == count.max()):
        part = slice(int(begin[index]), int(end[index]))
        scatter = float(np.std(value[part])) if count[index] >= _ENOUGH else 0.0
        earliest = float(np.min(row[part] + column[part]))
        # a scatter is told apart from another from a tenth of a millisecond on; then whatever was heard first
        price = (round(scatter * 1e4), earliest, abs(float(value[index]) - float(np.mean(value[part]))))
        if best is None or price < best[0]:
            best = price, int(index)
    assert best is not None
    part = slice(int(begin[best[1]]), int(end[best[1]]))
    earliest_pair = int(np.argmin(row[part] + column[part]))
    return Aligned(
        float(np.mean(value[part])), int(row[part][earliest_pair]), int(column[part][earliest_pair]), int(count[best[1]])
    )


def together(heard: list[Detection], late_s: float) -> list[Detection]:
    """The same, each with one onset: that of the first shot of whoever heard it first. Clocks not set are left alone."""
    first = min((d for d in heard if d.synchronised), key=lambda d: d.at_s, default=None)
    moved = []
    for one in heard:
        over = None
        if first is not None and one.synchronised and one is not first:
            over = align(first, one, longest_s(first, one, SLOWEST, late_s))
        at_s = one.at_s if over is None or first is None else first.at_s + over.later_s
        moved.append(replace(one, at_s=at_s, onsets_s=(0.0,)))
    return moved


def longest_s(one: Detection, other: Detection, speed: float, late_s: float) -> float:
    """Sound that goes at ``speed`` takes no longer from one box to the other, clocks and a detour allowed for."""
    clocks = 4 * math.hypot(one.onset_sigma_s, other.onset_sigma_s)
    doubt = 4 * math.hypot(one.position_sigma_m, other.position_sigma_m)
    return (math.hypot(one.x - other.x, one.y - other.y) + doubt) / speed + clocks + late_s
