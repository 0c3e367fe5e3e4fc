"""Where the corners of a view lie that do not move, and by how much they lie elsewhere now. Pure.

A landmark is a place and 256 answers to "is this spot brighter than that one" around it (ORB; Rublee et al., ICCV 2011). They
hold in any light that leaves edges where they are, and do not tell what is to be seen there (docs/adr/0027).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from edge.capture.port import Plane

Points = npt.NDArray[np.float32]
Bits = npt.NDArray[np.uint8]

BITS = 32
"""Bytes of answers."""
_PATCH = 11
"""Small pixels that a landmark is told from: larger ones took three times as long and found no more."""
_CORNERS = 150
_MOST_APART = 64
"""Of 256 answers, by which two may differ and be the same corner: other corners differ by 128 on average."""
_TOLERANCE_PX = 1.5
LEAST = 12
"""Landmarks that must agree on where the view lies: of those that match by chance, five or six do."""
_ROUNDS = 300
_CONFIDENCE = 0.995
_MOST_SCALE = 2.0
"""A zoom beyond that is another view."""


@dataclass(frozen=True)
class Landmarks:
    """Corners of one view.

    Attributes:
        points: (n, 2), x and y in small pixels, float32.
        bits: (n, :data:`BITS`), uint8.
    """

    points: Points
    bits: Bits

    @staticmethod
    def none() -> Landmarks:
        """Of a view without any."""
        return Landmarks(np.empty((0, 2), np.float32), np.empty((0, BITS), np.uint8))

    def __len__(self) -> int:
        """How many."""
        return len(self.points)

    def select(self, chosen: npt.NDArray[np.bool_]) -> Landmarks:
        """Those of a mask (n,)."""
        return Landmarks(self.points[chosen], self.bits[chosen])

    def plus(self, others: Landmarks) -> Landmarks:
        """These and others."""
        return Landmarks(np.concatenate((self.points, others.points)), np.concatenate((self.bits, others.bits)))


@dataclass(frozen=True)
class Shift:
    """How a view lies against its landmarks."""

    moved_px: float
    """Root of the mean square way of the picture's corners and its middle, small pixels."""
    middle_px: float
    """Way of its middle."""
    turned: float
    """Roll, degrees, clockwise."""
    scale: float
    agree: int
    """Landmarks that say so."""


class Finder:
    """Finds corners in small grey pictures."""

    def __init__(self) -> None:
        self._orb = cv2.ORB.create(
            nfeatures=_CORNERS, nlevels=1, edgeThreshold=_PATCH // 2 + 2, patchSize=_PATCH, fastThreshold=7
        )

    def find(self, small: Plane) -> Landmarks:
        """The corners of a picture (height, width), people and all."""
        corners, bits = self._orb.detectAndCompute(small, None)
        if not corners:
            return Landmarks.none()
        return Landmarks(np.array([corner.pt for corner in corners], np.float32), np.asarray(bits, np.uint8))


def paired(known: Landmarks, seen: Landmarks) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Which are the same, wherever they lie: indices into both, of those that are each other's nearest and near."""
    if not len(known) or not len(seen):
        return np.empty(0, np.intp), np.empty(0, np.intp)
    matches = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(known.bits, seen.bits)
    near = [(match.queryIdx, match.trainIdx) for match in matches if match.distance <= _MOST_APART]
    pairs = np.array(near, np.intp).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def in_place(known: Landmarks, seen: Landmarks) -> npt.NDArray[np.bool_]:
    """Which of the known are found where they were, (n,)."""
    of_known, of_seen = paired(known, seen)
    found = np.zeros(len(known), np.bool_)
    found[of_known] = _apart(known.points[of_known], seen.points[of_seen]) <= _TOLERANCE_PX
    return found


def shift(known: Landmarks, seen: Landmarks, width: int, height: int) -> Shift | None:
    """How the view lies against its landmarks: translation, roll and zoom, by random sample consensus.

    Args:
        known: the landmarks.
        seen: the corners of a picture.
        width: of that picture, small pixels.
        height: likewise.

    Returns:
        ``None`` when fewer than :data:`LEAST` agree.
    """
    of_known, of_seen = paired(known, seen)
    if len(of_known) < LEAST:
        return None
    before, now = known.points[of_known], seen.points[of_seen]
    cv2.setRNGSeed(1)  # the same pictures, the same answer
    matrix, agreeing = cv2.estimateAffinePartial2D(
        before, now, method=cv2.RANSAC, ransacReprojThreshold=_TOLERANCE_PX, maxIters=_ROUNDS, confidence=_CONFIDENCE
    )
    if matrix is None or not np.isfinite(matrix).all() or int(agreeing.sum()) < LEAST:
        return None
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if not 1 / _MOST_SCALE <= scale <= _MOST_SCALE:
        return None
    spots = np.array([[0, 0], [width, 0], [0, height], [width, height], [width / 2, height / 2]])
    ways = np.hypot(*(spots @ matrix[:, :2].T + matrix[:, 2] - spots).T)
    return Shift(
        moved_px=float(np.sqrt((ways**2).mean())),
        middle_px=float(ways[-1]),
        turned=float(np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0]))),
        scale=scale,
        agree=int(agreeing.sum()),
    )


def _apart(before: Points, now: Points) -> npt.NDArray[np.float32]:
    return np.asarray(np.hypot(*(before - now).T), np.float32)
