"""The plates of the vehicles in one picture: region of each vehicle > plate > upright > columns of the reader.

Rules:

- A vehicle has at most one plate, and a plate one vehicle: what hangs on the nearer of two is not read for the farther.
- A look costs one inference of the detector for each vehicle and one of the reader for each plate. The corners leave little
  around a plate, and other pictures follow: a second look, closer (:mod:`models.bundle.looks`), tells a passage nothing.
- No text leaves: what is handed on are the reader's columns.

numpy and OpenCV only; the networks are handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from models.bundle.corners import MARGIN, Plates, around, cut, decode, rectify
from models.bundle.detections import Floats, pairwise_iou
from models.bundle.plates import LABEL, PlateSeen
from models.bundle.reading import ALPHABET, check_scores, soften
from models.bundle.vehicle_colour import colour_of
from protocol.manifest import Manifest

Rgb: TypeAlias = npt.NDArray[np.uint8]
Box: TypeAlias = tuple[float, float, float, float]

CLASSES = len(ALPHABET) + 1
NARROWEST = 32.0
"""Pixels of a vehicle: the plate on a narrower one has no six and cannot be read."""
SPARED = 0.3
"""Overlap with what is to be spared from which a vehicle is that one: at 15 m/s and ten pictures a second a car seen from the
side has moved by a third of its length, and overlaps with where it was by half."""
SAME = 0.3
"""Overlap of plates from which they are one."""


@dataclass(frozen=True)
class Stage:
    """A network of the chain.

    Attributes:
        run: one inference: uint8 (1, height, width, 3), RGB, to the outputs that its decoder reads.
        size: width and height of its input, pixels.
        threshold: least score of a plate.
        settings: of its operating point.
        overlap: of its operating point.
    """

    run: Callable[[npt.NDArray[Any]], tuple[Floats, ...]]
    size: tuple[int, int]
    threshold: float
    settings: dict[str, float]
    overlap: float

    @classmethod
    def of(cls, run: Callable[[npt.NDArray[Any]], tuple[Floats, ...]], manifest: Manifest, point: str = "default") -> Stage:
        """A stage of a bundle.

        Raises:
            KeyError: the manifest has no such operating point, or that names no threshold of plates.
        """
        chosen = manifest.operating_points[point]
        size = (manifest.input.width, manifest.input.height)
        return cls(run, size, chosen.thresholds[LABEL], dict(chosen.settings), chosen.iou)


class PlateChain:
    """Reads the plates of vehicles.

    Args:
        detector: finds plates in the region of a vehicle; answers with scores (1, h, w) and corners (1, 8, h, w).
        reader: answers with log-probabilities, (lines * columns, 37).
    """

    def __init__(self, detector: Stage, reader: Stage) -> None:
        self._detector, self._reader = detector, reader
        self._temperature = reader.settings.get("temperature", 1.0)

    def part(self, box: Box, width: int, height: int) -> tuple[int, int, int, int]:
        """Which part of a picture is needed to look at a vehicle; all edges are even, because chroma has half the resolution.

        Args:
            box: of the vehicle.
            width: of the picture, at least 2.
            height: of the picture, at least 2.

        Returns:
            Left, top, right, bottom; not empty.
        """
        region = around(box, *self._detector.size)
        edges = []
        for start, length, most in ((region.left, region.width, width // 2 * 2), (region.top, region.height, height // 2 * 2)):
            first = max(0, min(int(start), most - 2)) // 2 * 2
            edges.append((first, min(most, max(first + 2, int(start + length + 2) // 2 * 2))))
        (left, right), (top, bottom) = edges
        return left, top, right, bottom

    def find(self, picture: Rgb, box: Box) -> Plates:
        """Find the plates in the region of a vehicle, best first; their middles lie on the vehicle.

        Args:
            picture: RGB uint8 (h, w, 3), at least :meth:`part` of it.
            box: of the vehicle, pixels of that.

        Raises:
            ValueError: when the detector's answer is none.
        """
        region = around(box, *self._detector.size)
        scores, offsets = self._detector.run(cut(picture, region, *self._detector.size))
        found = decode(scores, offsets, region, self._detector.threshold, self._detector.overlap)
        if not np.isfinite(found.corners).all():
            msg = "corners of a plate are not all finite; the model or its input is broken"
            raise ValueError(msg)
        wide, high = (box[2] - box[0]) * MARGIN, (box[3] - box[1]) * MARGIN
        middles = found.corners.mean(axis=1)
        on = (middles >= [box[0] - wide, box[1] - high]).all(axis=1) & (middles <= [box[2] + wide, box[3] + high]).all(axis=1)
        return Plates(found.scores[on], found.corners[on])

    def read(self, picture: Rgb, box: Box, corners: npt.NDArray[np.float32], score: float, vehicle: int) -> PlateSeen:
        """Read a plate.

        Args:
            picture: RGB uint8 (h, w, 3).
            box: of its vehicle, pixels of the picture.
            corners: of the plate, float32 (4, 2), likewise.
            score: of the detector.
            vehicle: row of the vehicle.

        Raises:
            ValueError: when the reader's answer is none.
        """
        upright = rectify(picture, corners, self._reader.size)
        grey = cv2.cvtColor(upright, cv2.COLOR_RGB2GRAY)
        contrast = float(grey.std())
        sharpness = float(cv2.Laplacian(grey, cv2.CV_32F).std()) / contrast if contrast > 0 else 0.0
        (scores,) = self._reader.run(upright[None])
        columns = soften(np.asarray(scores, np.float32).reshape(-1, CLASSES), self._temperature)
        check_scores(columns)
        return PlateSeen(vehicle, corners, score, columns, sharpness, contrast, colour_of(picture, box, corners))

    def __call__(self, picture: Rgb, boxes: Floats) -> list[PlateSeen]:
        """Find and read the plates of vehicles in one picture.

        Args:
            picture: RGB uint8 (h, w, 3).
            boxes: of vehicles, float32 (n, 4), pixels of the picture; none empty.

        Returns:
            At most one plate for each; by row of the vehicle.

        Raises:
            ValueError: when an answer of a network is none.
        """
        places = [tuple(box) for box in boxes.tolist()]
        mine = assign([self.find(picture, place) for place in places], boxes)
        return [self.read(picture, places[row], corners, score, row) for row, (corners, score) in sorted(mine.items())]


def worth_a_look(boxes: Floats, most: int, spared: Floats) -> list[int]:
    """Which vehicles to look at: not those that are spared, the widest first.

    Args:
        boxes: of vehicles, float32 (n, 4).
        most: vehicles.
        spared: boxes of what need not be read any more, float32 (m, 4).

    Returns:
        Rows of the boxes.
    """
    if not len(boxes):
        return []
    wide = boxes[:, 2] - boxes[:, 0]
    worth = (wide >= NARROWEST) & (boxes[:, 3] > boxes[:, 1])
    if len(spared):
        worth &= pairwise_iou(boxes, spared).max(axis=1) < SPARED
    rows = np.flatnonzero(worth)
    return [int(row) for row in rows[np.argsort(-wide[rows], kind="stable")][:most]]


def assign(found: Sequence[Plates], boxes: Floats) -> dict[int, tuple[npt.NDArray[np.float32], float]]:
    """Give each vehicle its best plate, and no plate to two.

    A vehicle whose box reaches further down stands nearer, hides what is behind it, and chooses first.

    Args:
        found: plates on each vehicle, best first.
        boxes: of the vehicles, float32 (n, 4).

    Returns:
        By row of the vehicle, corners (4, 2) and score.
    """
    mine: dict[int, tuple[npt.NDArray[np.float32], float]] = {}
    taken = np.zeros((0, 4), np.float32)
    for row in np.argsort(-boxes[:, 3], kind="stable").tolist():
        plates = found[row]
        outlines = plates.boxes()
        for at in range(len(plates)):
            if not len(taken) or float(pairwise_iou(outlines[at : at + 1], taken).max()) < SAME:
                mine[row] = plates.corners[at], float(plates.scores[at])
                taken = np.concatenate([taken, outlines[at : at + 1]])
                break
    return mine


def moved(seen: PlateSeen, left: float, top: float) -> PlateSeen:
    """The same plate, its corners in a picture of which this was a part whose corner lies there."""
    return replace(seen, corners=seen.corners + np.array([left, top], np.float32))
