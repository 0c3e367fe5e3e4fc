"""How many people a camera cannot see because others stand before them, and up to how many it can be reckoned. Pure.

A detector loses a person whose box is covered by that of somebody nearer by more than a share ``COVERED``: either suppression
takes the two for one (intersection over union ``t`` is a covered share of ``2t / (1 + t)`` for equal boxes), or too little is
left to be seen. Which comes first counts; at the operating points in use the second does. For equal boxes of area ``b`` the
feet of whoever hides a person lie within an area ``b SHARE`` of the picture before his own: ``(1 - |u|)(1 - v) > COVERED`` for
``|u| < 1``, ``0 < v < 1`` in widths and heights, which integrates to ``2 (1 - c + c ln c)``. Where people stand at random
(Poisson) a person is seen with probability ``exp(-load)``, ``load`` being the number of people expected in that area, and each
who is seen stands for ``exp(load)``. The load is that of all people, seen or not, and found by iteration; it has a solution
only while ``load`` reckoned from those who are seen is at most ``1/e`` (Lambert's W): beyond, more people are seen as fewer,
and no camera can tell how many.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from models.bundle.detections import MOST

Values = npt.NDArray[np.float64]

COVERED = 0.55
"""Covered share at which half are lost. The square shows few who are hidden: of 26 people whose bodies are covered to a fifth
to three fifths 54% are found, of 7 covered further 29%, of those in full view 93% (frames 1-400, default operating point)."""

SHARE = 2.0 * (1.0 - COVERED + COVERED * math.log(COVERED))
"""Of a box's area: the part of the picture in which somebody's feet hide him."""

SHARE_ERROR = 0.3
"""Relative standard deviation of the share over scenes: people are no boxes, walk in groups and keep a distance."""

LARGEST_LOAD = 1.0
"""Where the number that is seen is largest: beyond, it falls."""

RELATIVE_ERROR = 0.10
"""What a number that is trusted may err by, for what is hidden."""

LOAD_OF_DENSITY = RELATIVE_ERROR / (RELATIVE_ERROR + SHARE_ERROR)
"""Load up to which a reckoned number is trusted: its error is ``SHARE_ERROR load / (1 - load)``."""

LOAD_OF_COUNT = -math.log(1.0 - RELATIVE_ERROR)
"""Load up to which a plain count is trusted: it lacks a share of ``1 - exp(-load)``."""

_ROUNDS = 30


def weights(seen: Values, hides: Values) -> Values:
    """For how many people each one who is seen stands.

    Args:
        seen: (n, n), what person ``j`` adds to the density of people around ``i``; people per unit of area, diagonal zero.
        hides: (n,), area in which somebody hides ``i``, in the same unit.

    Returns:
        (n,), from 1 to e: ``exp(load)`` with the load of all, at most :data:`LARGEST_LOAD`.
    """
    weight = np.ones(len(hides))
    for _ in range(_ROUNDS):
        load = np.minimum(hides * (seen @ weight), LARGEST_LOAD)
        if np.allclose(weight, np.exp(load), atol=1e-3):
            break
        weight = np.exp(load)
    return weight


def trusted_to(area: float, hides: float, load: float) -> float:
    """People in a zone beyond which a number is not trusted.

    Args:
        area: of the zone.
        hides: mean area in which somebody hides a person, same unit, over 0.
        load: up to which the kind of number is trusted.

    Returns:
        At most as many as a model tells of one picture.
    """
    return min(load * area / hides, float(MOST))
