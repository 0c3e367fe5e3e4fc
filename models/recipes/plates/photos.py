"""Photos of vehicles with their plates marked, that plates are measured on.

Rule: nothing of them goes into weights, thresholds or the repository.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from models.factory.statistics import EvaluationError

Rgb: TypeAlias = npt.NDArray[np.uint8]
REGIONS = ("eu", "us")
FOLDER = Path("anpr")
"""In the folder of data; a folder for each region."""


@dataclass(frozen=True)
class Marked:
    """A plate in a photo: left, top, width and height of its box in pixels, and what stands on it."""

    box: tuple[int, int, int, int]
    text: str


@dataclass(frozen=True)
class Photo:
    """A photo and its plates."""

    path: Path
    plates: tuple[Marked, ...]

    @property
    def name(self) -> str:
        """Of the file, without its ending."""
        return self.path.stem

    def boxes(self) -> npt.NDArray[np.float32]:
        """Boxes of its plates, float32 (n, 4): left, top, right, bottom."""
        rows = [(x, y, x + w, y + h) for x, y, w, h in (plate.box for plate in self.plates)]
        return np.array(rows, np.float32).reshape(-1, 4)

    def picture(self) -> Rgb:
        """The photo, RGB uint8 (height, width, 3).

        Raises:
            EvaluationError: when it cannot be decoded.
        """
        bgr = cv2.imread(str(self.path), cv2.IMREAD_COLOR)
        if bgr is None:
            msg = f"{self.path}: no picture that can be decoded; copy it again"
            raise EvaluationError(msg)
        return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)


def photos(folder: Path) -> Iterator[Photo]:
    """Photos of a folder by name; each has a text file beside it: file, left, top, width, height and text, tabs between.

    Raises:
        EvaluationError: when a line cannot be read or names a photo that is not there.
    """
    for path in sorted(folder.glob("*.txt")):
        plates: list[Marked] = []
        name = ""
        for line in path.read_text("utf-8").splitlines():
            try:
                name, x, y, w, h, text = line.split("\t")
                plates.append(Marked((int(x), int(y), int(w), int(h)), text))
            except ValueError as error:
                msg = f"{path}: {line!r} is not file, x, y, w, h and text, separated by tabs; correct it"
                raise EvaluationError(msg) from error
        if not name or not (folder / name).is_file():
            msg = f"{path}: names no photo that lies beside it; put it there, or remove the text file"
            raise EvaluationError(msg)
        yield Photo(folder / name, tuple(plates))
