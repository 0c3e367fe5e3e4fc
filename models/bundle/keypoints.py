"""Poses: where the joints of people are, and how the outputs of a pose model become that. Pure numpy.

Frame of reference: pixels of the source picture, x to the right, y downwards; boxes are left, top, right, bottom.
Rules: a pose belongs to nobody. It holds places and scores for features of movement (bent, lying, raised arms) and nothing by
which a person could be told from another; it is not kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from models.bundle.detections import Window

Floats: TypeAlias = npt.NDArray[np.float32]

KEYPOINTS = (
    "nose",
    "left-eye",
    "right-eye",
    "left-ear",
    "right-ear",
    "left-shoulder",
    "right-shoulder",
    "left-elbow",
    "right-elbow",
    "left-wrist",
    "right-wrist",
    "left-hip",
    "right-hip",
    "left-knee",
    "right-knee",
    "left-ankle",
    "right-ankle",
)
"""The keypoints of COCO in their order; left and right are the person's own."""

SEEN = 0.3
"""Score from which a keypoint counts as seen."""

LEAST_INSTANCE = 0.2
"""Score from which an instance of a multi-person model is a person; empty places of its output score under 0.1."""

MARGIN = 1.25
"""Side of the window around a person over the longer side of the box: arms that are stretched out stay inside."""

SMALLEST_WINDOW = 32
"""Pixels: smaller people have no joints that could be told apart."""

_INSTANCE = len(KEYPOINTS) * 3 + 5


@dataclass(frozen=True, slots=True)
class Poses:
    """The people that a model saw in one picture.

    Attributes:
        keypoints: float32 (n, 17, 3): x and y in pixels of the picture, score from 0 to 1.
        boxes: float32 (n, 4): left, top, right, bottom in pixels of the picture.
        scores: float32 (n,): 0 to 1.
    """

    keypoints: Floats
    boxes: Floats
    scores: Floats

    def __len__(self) -> int:
        return len(self.scores)

    def select(self, mask: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> Poses:
        """Those people, in the order of ``mask`` when it holds indices."""
        return Poses(self.keypoints[mask], self.boxes[mask], self.scores[mask])

    @classmethod
    def none(cls) -> Poses:
        """Looked, and nobody there."""
        return cls(np.zeros((0, len(KEYPOINTS), 3), np.float32), np.zeros((0, 4), np.float32), np.zeros(0, np.float32))

    @classmethod
    def join(cls, parts: Sequence[Poses]) -> Poses:
        """Everybody of all parts."""
        if not parts:
            return cls.none()
        return cls(
            np.concatenate([part.keypoints for part in parts]),
            np.concatenate([part.boxes for part in parts]),
            np.concatenate([part.scores for part in parts]),
        )


def window_of(box: npt.ArrayLike, picture_width: int, picture_height: int) -> Window:
    """Where a single-person model looks: a square around a person, in whole pixels, moved into the picture.

    Args:
        box: left, top, right, bottom in pixels of the picture.
        picture_width: pixels.
        picture_height: pixels; a person who fills the picture gets all of it, which is then no square.
    """
    left, top, right, bottom = np.asarray(box, np.float64)
    side = max(round(max(right - left, bottom - top) * MARGIN), SMALLEST_WINDOW)
    width, height = min(side, picture_width), min(side, picture_height)
    x = min(max(round((left + right - width) / 2), 0), picture_width - width)
    y = min(max(round((top + bottom - height) / 2), 0), picture_height - height)
    return Window(x, y, width, height, picture_width, picture_height)


def decode(output: Floats, window: Window, least: float = LEAST_INSTANCE) -> Poses:
    """Turn the output of one inference into poses.

    Args:
        output: of a single-person model (17, 3): y, x as fractions of the window, score; of a multi-person model (n, 56):
            17 times that, then top, left, bottom, right as fractions of the window, score of the instance. Leading ones are
            ignored.
        window: where the model looked.
        least: least score of an instance. For a single person the mean score of the keypoints that are seen.

    Returns:
        Poses, best first. Those with values that are not finite are left out, and so is a single person of whom fewer than two
        keypoints are seen, since no box can be drawn around them.

    Raises:
        ValueError: when the output has another shape.
    """
    keypoints, boxes, scores = _instances(output)
    finite = np.isfinite(keypoints).all(axis=(1, 2)) & np.isfinite(boxes).all(axis=1) & np.isfinite(scores)
    good = finite & (scores >= least)
    order = np.flatnonzero(good)
    order = order[np.argsort(-scores[order], kind="stable")]
    scale = np.array([window.width, window.height], np.float32)
    shift = np.array([window.left, window.top], np.float32)
    places = keypoints[order]
    places = np.concatenate([places[..., [1, 0]] * scale + shift, places[..., 2:]], axis=2)
    corners = boxes[order][:, [1, 0, 3, 2]] * np.tile(scale, 2) + np.tile(shift, 2)
    return Poses(places.astype(np.float32), corners.astype(np.float32), scores[order].astype(np.float32))


def _instances(output: Floats) -> tuple[Floats, Floats, Floats]:
    """Keypoints (n, 17, 3), boxes (n, 4) and scores (n,), as fractions, y before x."""
    if output.shape[-2:] == (len(KEYPOINTS), 3):
        keypoints = output.reshape(-1, len(KEYPOINTS), 3)
        return keypoints, *_around(keypoints)
    if output.shape[-1:] == (_INSTANCE,):
        rows = output.reshape(-1, _INSTANCE)
        return rows[:, :-5].reshape(-1, len(KEYPOINTS), 3), rows[:, -5:-1], rows[:, -1]
    msg = f"a pose model's output is (17, 3) or (n, {_INSTANCE}), not {output.shape}; is this the decoder of another model?"
    raise ValueError(msg)


def _around(keypoints: Floats) -> tuple[Floats, Floats]:
    """Boxes around the keypoints that are seen, and their mean score; no box and score 0 where fewer than two are seen."""
    seen = keypoints[..., 2] >= SEEN
    enough = seen.sum(axis=1) >= 2  # noqa: PLR2004 - one point has no extent
    places = keypoints[..., :2]
    lowest = np.where(seen[..., None], places, np.inf).min(axis=1)
    highest = np.where(seen[..., None], places, -np.inf).max(axis=1)
    boxes = np.where(enough[:, None], np.concatenate([lowest, highest], axis=1), np.nan).astype(np.float32)
    score = np.where(seen, keypoints[..., 2], 0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    return boxes, np.where(enough, score, 0).astype(np.float32)
