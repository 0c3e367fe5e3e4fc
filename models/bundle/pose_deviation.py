"""How far a pose model's answers are from those of its reference: what its golden vectors are judged by. Pure numpy.

Places of keypoints alone would hide faults: with one person in the window almost any centre leads to the same keypoints. So
further outputs are compared: where each keypoint lies as the centre of its person has it, and how sure that centre is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from models.bundle.keypoints import KEYPOINTS, LEAST_INSTANCE, SEEN

Floats: TypeAlias = npt.NDArray[np.float32]

FAR = 0.1
"""Fraction of the input: keypoints this far away are wrong, however far; one that jumps to the other leg counts once."""

POSES, COARSE, CENTRE = "poses", "coarse", "centre"


def deviation(expected: Mapping[str, Floats], got: Mapping[str, Floats]) -> float:
    """The worst of five figures, each from 0 to 1, in the mean over the people of the reference.

    How far fine and coarse keypoints are away, in tenths of the input and at most one; how much their scores differ; and of
    several people how little boxes overlap (1 - intersection over union). How much the scores of people differ; somebody whom
    only the tested model sees counts with all of it. Several people are matched by their keypoints.

    Args:
        expected: of the reference, ``poses`` (n, 17, 3) or (n, people, 56), ``coarse`` (n, 17, 2) or (n, people, 17, 2), and of
            one person ``centre`` (n, 1). What else is in it, such as the inputs, is not looked at.
        got: the same of the model that is tested.

    Returns:
        0 when all is equal. Infinite when an answer has another shape or is not finite, or the reference sees nobody.
    """
    one = expected[POSES].shape[1:] == (len(KEYPOINTS), 3)
    for name in (POSES, COARSE, CENTRE) if one else (POSES, COARSE):
        if got[name].shape != expected[name].shape or not np.isfinite(got[name]).all():
            return float("inf")
    judge = _single if one else _several
    figures: dict[str, list[float]] = {}
    for pictures in zip(expected[POSES], expected[COARSE], got[POSES], got[COARSE], strict=True):
        for name, value in judge(*pictures):
            figures.setdefault(name, []).append(value)
    if "fine" not in figures:
        return float("inf")
    if one:
        figures["people"] = [float(np.abs(expected[CENTRE] - got[CENTRE]).mean())]
    return max(float(np.mean(values)) for values in figures.values())


def _single(poses: Floats, coarse: Floats, got_poses: Floats, got_coarse: Floats) -> list[tuple[str, float]]:
    """Figures of the one person in a picture; none where no keypoint is seen."""
    seen = poses[:, 2] >= SEEN
    if not seen.any():
        return []
    return [
        ("fine", _apart(poses[seen, :2], got_poses[seen, :2])),
        ("coarse", _apart(coarse, got_coarse)),
        ("scores", float(np.abs(poses - got_poses)[seen, 2].mean())),
    ]


def _several(poses: Floats, coarse: Floats, got_poses: Floats, got_coarse: Floats) -> list[tuple[str, float]]:
    """Figures of the people in a picture."""
    figures = []
    free = list(range(len(got_poses)))
    for person in np.flatnonzero(poses[:, -1] >= LEAST_INSTANCE):
        keypoints = _keypoints(poses[person])
        seen = keypoints[:, 2] >= SEEN
        if not seen.any():
            continue
        match = min(free, key=lambda i: _distance(keypoints[seen, :2], _keypoints(got_poses[i])[seen, :2]).mean())
        free.remove(match)
        figures += _single(keypoints, coarse[person], _keypoints(got_poses[match]), got_coarse[match])
        figures.append(("boxes", 1 - _overlap(poses[person, -5:-1], got_poses[match, -5:-1])))
        figures.append(("people", float(abs(poses[person, -1] - got_poses[match, -1]))))
    figures += [("people", float(got_poses[i, -1])) for i in free if got_poses[i, -1] >= LEAST_INSTANCE]
    return figures


def _keypoints(row: Floats) -> Floats:
    return row[:-5].reshape(len(KEYPOINTS), 3)


def _apart(a: Floats, b: Floats) -> float:
    return float(np.minimum(_distance(a, b) / FAR, 1).mean())


def _distance(a: Floats, b: Floats) -> npt.NDArray[np.float64]:
    away = a.astype(np.float64) - b
    return np.hypot(away[:, 0], away[:, 1])


def _overlap(a: Floats, b: Floats) -> float:
    """Intersection over union of top, left, bottom, right; 0 for a box that is inside out."""
    shared = float(np.maximum(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0).prod())
    union = float((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod()) - shared
    return shared / union if union > 0 else 0.0
