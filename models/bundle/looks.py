"""Reading a crop in one look or in two: where the first is not sure, the second goes closer to where it saw characters.

A detector leaves a margin around a plate that nobody knows, and a plate that fills two thirds of a crop has two thirds of the
input's pixels. Rules: the second look cuts away what lies beside the characters of the first, and as much above and below; what
both say is weighed alike, so that a number that one of them is sure of stands above one that neither is; a look costs one
inference, and most crops need one. numpy and OpenCV only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from models.bundle.reading import SILENT, Floats, Reading, read_best, read_greedily
from protocol.plates import fold

Rgb: TypeAlias = npt.NDArray[np.uint8]

BESIDE = 0.06
"""Share of the crop's width that stays beside the outermost characters: half a character and its neighbourhood."""
NEW = 0.92
"""Share of the crop that the second look must be less than to show something new."""
SPEAKS = 0.5
"""Probability of any character from which a column belongs to the number."""
SMALLEST = 4
"""Pixels of a crop's side below which there is nothing to go closer to."""
_HALF = 0.5


@dataclass(frozen=True)
class PlateReader:
    """Reads crops.

    Attributes:
        run: from uint8 (1, height, width, 3), RGB, to log-probabilities float32 (lines * columns, classes).
        size: width and height that it takes.
        lines: of the answer, one after the other.
        temperature: of the calibration.
        sure: probability of a number from which one look is enough.
    """

    run: Callable[[Rgb], Floats]
    size: tuple[int, int]
    lines: int = 1
    temperature: float = 1.0
    sure: float = 0.0

    def __call__(self, crop: Rgb, count: int = 10) -> list[Reading]:
        """Read a crop, RGB uint8 (h, w, 3) of any size; at most ``count`` readings, the most probable first.

        The best has the probabilities of its characters, as the look that read it has them.
        """
        first = self._scores(crop)
        found = self._readings(first, count)
        if found and found[0].probability >= self.sure:
            return found
        part = closer(crop, first, self.lines)
        return found if part is None else _weighed(found, self._readings(self._scores(part), count))[:count]

    def _scores(self, crop: Rgb) -> Floats:
        return self.run(fitted(crop, self.size)[None])

    def _readings(self, scores: Floats, count: int) -> list[Reading]:
        found, greedy = read_best(scores, count, temperature=self.temperature), read_greedily(scores, self.temperature)
        if found and found[0].text == greedy.text:
            found[0] = Reading(greedy.text, found[0].probability, greedy.characters)
        return found


def fitted(crop: Rgb, size: tuple[int, int]) -> Rgb:
    """Scale a crop to width and height of an input: averages where it shrinks to less than half, else interpolates."""
    shrinks = crop.shape[1] > 2 * size[0]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(np.ascontiguousarray(crop), size, interpolation=method), np.uint8)


def closer(crop: Rgb, scores: Floats, lines: int = 1) -> Rgb | None:
    """Cut out what the first look saw characters in.

    Args:
        crop: uint8 (h, w, 3).
        scores: what a reader made of it, float32 (lines * columns, classes).
        lines: of the answer.

    Returns:
        The part, or ``None`` where no character was seen or hardly anything would be cut away.
    """
    quiet = np.exp(scores[:, SILENT]).reshape(lines, -1)
    columns = np.flatnonzero((1 - quiet).max(axis=0) > SPEAKS)
    if not len(columns):
        return None
    count = quiet.shape[1]
    left, right = max(0.0, columns[0] / count - BESIDE), min(1.0, (columns[-1] + 1) / count + BESIDE)
    share = right - left
    height, width = crop.shape[:2]
    top, bottom = round((1 - share) / 2 * height), round((1 + share) / 2 * height)
    part = crop[top:bottom, round(left * width) : round(right * width)]
    return None if share > NEW or min(part.shape[:2]) < SMALLEST else part


def _weighed(first: list[Reading], second: list[Reading]) -> list[Reading]:
    """Readings of both looks, each with half of its probability in either; texts that are not told apart are one."""
    joined: dict[str, Reading] = {}
    for reading in (*first, *second):
        key, half = fold(reading.text), reading.probability * _HALF
        before = joined.get(key)
        if before is None:
            joined[key] = Reading(reading.text, half, reading.characters)
        else:
            joined[key] = Reading(before.text, before.probability + half, before.characters or reading.characters)
    return sorted(joined.values(), key=lambda reading: -reading.probability)
