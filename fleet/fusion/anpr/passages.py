"""Reads as arrays, brought into the form in which two of them can be compared. Pure.

Rules:

- A read of a clock that is not synchronised says nothing of when, and is left out.
- Cameras nearer to each other than :data:`POLE_M` are one place; what they read of one plate within :data:`POLE_S` is one
  passage, and counts once, with the surest of its readings.
- Passages of one plate stand in the order of time, plates beside one another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

POLE_M = 60.0
"""Two poles of one junction, or two cameras of one pole that look both ways; a car is seen by both within seconds."""
POLE_S = 15.0
"""From one camera of a pole to the other: 60 m at walking pace behind a red light."""
UNKNOWN = -1
"""Of a kind or a colour."""
_METRES_PER_DEGREE = 111_320.0
"""Of latitude; of longitude, times the cosine of the latitude. A city is flat enough."""


@dataclass(frozen=True)
class Reads:
    """Reads of one purpose and one key, ``n`` of them, in any order.

    Attributes:
        who: (n,) int64, a number for each pseudonym.
        camera: (n,) int64, index into the cameras.
        at_s: (n,) float64, capture time by the box's clock, seconds.
        synchronised: (n,) bool.
        sigma_s: (n,) float64, standard deviation of the clock, seconds; 0 where the box does not say.
        posterior: (n,) float64, that the pseudonym stands for the plate that was there.
        kind: (n,) int64, :data:`UNKNOWN` or a number for each kind; ``kind_p`` its probability.
        colour: (n,) int64; ``colour_p`` its probability.
    """

    who: Ints
    camera: Ints
    at_s: Floats
    synchronised: Bools
    sigma_s: Floats
    posterior: Floats
    kind: Ints
    kind_p: Floats
    colour: Ints
    colour_p: Floats

    def __len__(self) -> int:
        return len(self.who)


@dataclass(frozen=True)
class Passages:
    """Passages, by plate and time. ``row`` is the read that stands for each, ``place`` where it was."""

    row: Ints
    who: Ints
    place: Ints
    at_s: Floats


def metres(lat: Floats, lon: Floats) -> Floats:
    """Positions on a plane, (n, 2), metres; not a number where one is not known."""
    middle = float(np.nanmean(lat)) if np.isfinite(lat).any() else 0.0
    east = lon * _METRES_PER_DEGREE * np.cos(np.radians(middle))
    return np.stack([east, lat * _METRES_PER_DEGREE], axis=1)


def places(xy: Floats) -> Ints:
    """Which place each camera belongs to.

    Args:
        xy: (cameras, 2), metres; one whose position is not known is a place of its own.

    Returns:
        (cameras,), numbers from 0 without gaps.
    """
    count = len(xy)
    near = np.hypot(xy[:, None, 0] - xy[None, :, 0], xy[:, None, 1] - xy[None, :, 1]) <= POLE_M
    label = np.arange(count)
    for index in range(count):  # whatever is near to what is near belongs to it
        found = label[near[index]]
        if len(found):
            label[np.isin(label, found)] = found.min()
    return np.unique(label, return_inverse=True)[1].astype(np.int64)


def in_order(reads: Reads) -> Ints:
    """Rows of the reads whose time is known, by plate and time."""
    usable = np.flatnonzero(reads.synchronised & np.isfinite(reads.at_s))
    by_time = usable[np.argsort(reads.at_s[usable], kind="stable")]
    return by_time[np.argsort(reads.who[by_time], kind="stable")]


def passages(reads: Reads, rows: Ints, place_of: Ints) -> Passages:
    """Passages of reads.

    Args:
        reads: all of them.
        rows: those that count, as :func:`in_order` has them.
        place_of: of each camera, as :func:`places` says.
    """
    who, place, at_s = reads.who[rows], place_of[reads.camera[rows]], reads.at_s[rows]
    again = np.zeros(len(rows), dtype=bool)
    again[1:] = (who[1:] == who[:-1]) & (place[1:] == place[:-1]) & (np.diff(at_s) <= POLE_S)
    first = np.flatnonzero(~again)
    best = rows[first]
    for later in np.flatnonzero(again):  # few: only at poles with several cameras
        number = int(np.searchsorted(first, later, side="right")) - 1
        if reads.posterior[rows[later]] > reads.posterior[best[number]]:
            best[number] = rows[later]
    return Passages(best, who[first], place[first], at_s[first])
