"""From where a blast came: a plane wave through the delays between microphones of known places, by least squares.

The wave's slowness (its direction over the speed of sound) is solved for in the directions that the array spans; its length is
left free, so that neither the air's temperature nor the height of the source turns the azimuth.

Rules: an array that cannot tell front from back (two microphones, a line, a plane that stands upright) gives no answer rather
than a wrong one; neither does one whose delays contradict one another. Azimuth is clockwise from true north.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edge.analytics.gunshot.delays import Channels, Delays, delays
from edge.analytics.gunshot.rumble import Signal
from protocol.gunshot import Bearing

SPEED = 343.0
"""Metres a second; only whether a slowness is possible depends on it, and an elevation, by 2% for ten degrees Celsius."""
SLOWEST = 300.0
"""Speed of sound in the coldest air, m/s."""
SPANS_M = 0.03
"""Extent (root of the sum of squares) that an array needs in a direction to tell it."""
UPRIGHT = 0.95
"""Vertical part of the normal of a flat array from which it lies."""
SHORTEST, LONGEST = 0.5, 1.2
"""Slowness against that of level sound: what is more than 60 degrees up is not told, what is longer contradicts itself."""
MISPLACED_M = 0.003
"""Deviation of a microphone's place from where it is said to be, along any direction; the earliest reflections do as much."""
CONTRADICT_S = 6e-5
"""Of the residual of a delay (root mean square), above which there is no answer."""
FLOOR_DEG = 0.2
SCALE = 1.0
"""Of the deviation that is told; chosen on rendered shots that are not reported on."""


def direction(
    sound: Channels, rate: int, onset: float, positions: Sequence[tuple[float, float, float]], heading_deg: float
) -> Bearing | None:
    """Direction of arrival.

    Args:
        sound: float32 (m, n), of microphones that are well.
        rate: samples a second.
        onset: index of the front in the first channel.
        positions: of the microphones, metres to the right, ahead and up.
        heading_deg: of what is ahead, clockwise from true north.

    Returns:
        The bearing, or ``None``: fewer than three microphones, an array that cannot tell, or delays that contradict themselves.

    Raises:
        ValueError: there is not one position for each channel.
    """
    places = np.asarray(positions, np.float64).reshape(-1, 3)
    if len(places) != len(sound):
        msg = f"{len(sound)} channels have {len(places)} positions; give one for each"
        raise ValueError(msg)
    axes = spanned(places)
    if axes is None:
        return None
    found = delays(sound, rate, onset, extent(places) / SLOWEST)
    return None if found is None else solve(found, places, axes, heading_deg)


def extent(places: Signal) -> float:
    """Metres between the two microphones that are farthest apart."""
    return float(np.linalg.norm(places[:, None] - places[None], axis=2).max())


def spanned(places: Signal) -> Signal | None:
    """Directions in which an array can tell slowness: float64 (2 or 3, 3), the two level ones first; ``None`` = it cannot tell.

    Args:
        places: float64 (m, 3).
    """
    if len(places) < 3 or not np.isfinite(places).all():  # noqa: PLR2004 - a plane needs three
        return None
    _, sizes, axes = np.linalg.svd(places - places.mean(axis=0), full_matrices=True)
    extents = np.pad(sizes, (0, 3 - len(sizes)))
    if extents[1] < SPANS_M:
        return None
    if extents[2] >= SPANS_M:
        return np.eye(3)
    return np.eye(3)[:2] if abs(axes[2, 2]) >= UPRIGHT else None


def solve(found: Delays, places: Signal, axes: Signal, heading_deg: float) -> Bearing | None:
    """The bearing that delays speak of.

    Args:
        found: between all pairs.
        places: float64 (m, 3), metres.
        axes: of :func:`spanned`.
        heading_deg: of what is ahead.
    """
    design = -(places[found.pairs[:, 0]] - places[found.pairs[:, 1]]) @ axes.T
    sigmas = np.hypot(found.sigma_s, MISPLACED_M * np.sqrt(2) / SPEED)
    slowness: Signal = np.linalg.lstsq(design / sigmas[:, None], found.seconds / sigmas, rcond=None)[0]
    residual = found.seconds - design @ slowness
    channels, unknown = len(places), axes.shape[0]
    size = float(np.linalg.norm(slowness)) * SPEED
    off = float(np.sqrt(np.square(residual).mean()))
    if off > CONTRADICT_S or not SHORTEST <= size <= LONGEST:
        return None
    # pairs share their channels: of m (m - 1) / 2 delays m - 1 are independent
    share = len(found.pairs) / (channels - 1)
    free = channels - 1 - unknown
    excess = np.square(residual / sigmas).sum() / share
    inflation = max(1.0, float(excess / free)) if free > 0 else 1.0
    weights = 1 / np.square(sigmas)
    covariance: Signal = np.linalg.inv((design.T * weights) @ design) * share * inflation
    right, ahead = float(slowness[0]), float(slowness[1])
    level = float(np.hypot(right, ahead))
    across = np.zeros(unknown)
    across[:2] = ahead / level, -right / level
    sigma = np.degrees(np.sqrt(across @ covariance @ across) / level)
    told = float(np.hypot(FLOOR_DEG, SCALE * sigma))
    azimuth = (heading_deg + float(np.degrees(np.arctan2(right, ahead)))) % 360.0
    elevation = float(np.degrees(np.arctan2(slowness[2], level))) if unknown == 3 else None  # noqa: PLR2004 - up is the third
    return Bearing(round(azimuth, 2) % 360.0, round(min(told, 180.0), 2), None if elevation is None else round(elevation, 1))
