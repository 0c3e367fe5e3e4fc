"""A city's streets for cars: junctions, streets between them, and the quickest way from each to each.

Rules: what is made follows from the seed alone; metres east and north of the city's origin; every junction can be reached from
every other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCK_M = 450.0
"""From one junction of main streets to the next; what lies between is not modelled."""
ARTERY_EVERY = 4
"""Every fourth street is an artery."""
ARTERY_M_S, STREET_M_S = 50 / 3.6, 30 / 3.6


@dataclass(frozen=True)
class Streets:
    """The network, ``n`` junctions.

    Attributes:
        xy: (n, 2) float64, metres.
        artery: (n,) bool, whether an artery crosses it.
        after: (n, n) int32, the junction that follows ``i`` on the quickest way to ``j``.
        length_m, speed_m_s: (n, n) float64, of the street between neighbours; elsewhere not a number.
    """

    xy: NDArray[np.float64]
    artery: NDArray[np.bool_]
    after: NDArray[np.int32]
    length_m: NDArray[np.float64]
    speed_m_s: NDArray[np.float64]


def make_streets(side: int, rng: np.random.Generator) -> Streets:
    """A square of ``side`` by ``side`` junctions, none of them quite where a grid would have it."""
    row, column = np.divmod(np.arange(side * side), side)
    xy = np.stack([column, row], axis=1) * BLOCK_M + rng.uniform(-90.0, 90.0, (side * side, 2))
    neighbours = np.abs(row[:, None] - row) + np.abs(column[:, None] - column) == 1
    along_artery = ((row[:, None] == row) & (row % ARTERY_EVERY == 1)) | (
        (column[:, None] == column) & (column % ARTERY_EVERY == 1)
    )
    straight = np.hypot(xy[:, None, 0] - xy[None, :, 0], xy[:, None, 1] - xy[None, :, 1])
    length = np.where(neighbours, straight * 1.05, np.nan)
    speed = np.where(neighbours, np.where(along_artery, ARTERY_M_S, STREET_M_S), np.nan)
    artery = (row % ARTERY_EVERY == 1) | (column % ARTERY_EVERY == 1)
    return Streets(xy, artery, _quickest(length / speed), length, speed)


def _quickest(seconds: NDArray[np.float64]) -> NDArray[np.int32]:
    """Successors on quickest ways (Floyd 1962, with what follows kept)."""
    n = len(seconds)
    best = np.where(np.isnan(seconds), np.inf, seconds)
    np.fill_diagonal(best, 0.0)
    after = np.where(np.isfinite(best), np.arange(n, dtype=np.int32)[None, :], np.int32(-1)).astype(np.int32)
    for middle in range(n):
        over = best[:, middle, None] + best[None, middle, :]
        better = over < best
        best[better] = over[better]
        after = np.where(better, after[:, middle, None], after)
    return after
