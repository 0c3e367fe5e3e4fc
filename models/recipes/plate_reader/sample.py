"""What the reader learns from: rendered crops, and the number laid out in the columns of its answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.bundle.reading import ALPHABET
from models.recipes.plate_reader.shape import COLUMNS, HEIGHT, LINES, WIDTH
from models.synthesis.camera import Photograph, photograph
from models.synthesis.glyphs import Split
from models.synthesis.plate import Plate, draw_blank, draw_plate

LONGEST = 12
"""Most characters of any series."""
BARE = 0.02
"""Share of crops without a number, as detectors give them too: nothing is to be read there."""
CORE = 0.28
"""Half of the share of a character's width whose columns are its own."""


@dataclass(frozen=True)
class Sample:
    """One crop and its answer.

    Attributes:
        picture: uint8 (HEIGHT, WIDTH, 3), RGB.
        columns: int64 (LINES, COLUMNS): the class of each column.
        classes: int64 (LONGEST,): classes of the number's characters in order, then zeros.
        length: how many there are.
        text: the number.
        series: of the plate.
        rows: of the plate: 1 or 2; 0 without a number.
        plate_width: in the camera's pixels.
    """

    picture: npt.NDArray[np.uint8]
    columns: npt.NDArray[np.int64]
    classes: npt.NDArray[np.int64]
    length: int
    text: str
    series: str
    rows: int
    plate_width: float


def draw_samples(  # noqa: PLR0913 - of what, by which chance, how many; the rest has defaults
    random: np.random.Generator,
    plates: int,
    shots: int,
    split: Split = "train",
    *,
    fonts: bool = True,
    filmed: float = 0.0,
) -> list[Sample]:
    """Draw plates, and take several pictures of each: half of the time goes into drawing the plate.

    ``filmed`` is the share of pictures that are taken out of a stream of H.264.
    """
    samples: list[Sample] = []
    for _ in range(plates):
        bare = random.random() < BARE
        plate = draw_blank(random, split, fonts=fonts) if bare else draw_plate(random, split, fonts=fonts)
        photos = [photograph(plate, random, (WIDTH, HEIGHT), split, fonts=fonts, filmed=filmed) for _ in range(shots)]
        samples.extend(_sample(plate, photo) for photo in photos)
    return samples


def _sample(plate: Plate, photo: Photograph) -> Sample:
    classes = np.zeros(LONGEST, np.int64)
    classes[: len(plate.text)] = [1 + ALPHABET.index(character) for character in plate.text]
    return Sample(
        photo.picture,
        lay_out(classes, photo, plate.rows),
        classes,
        len(plate.text),
        plate.text,
        plate.series,
        plate.row_count,
        photo.plate_width,
    )


def lay_out(classes: npt.NDArray[np.int64], photo: Photograph, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Lay a number out in columns: int64 (LINES, COLUMNS); each character has at least the column of its centre."""
    columns = np.zeros((LINES, COLUMNS), np.int64)
    step = WIDTH / COLUMNS
    for place, row in enumerate(rows):
        centre = float(photo.centres[place, 0]) / step - 0.5
        reach = max(0.5, CORE * float(photo.widths[place]) / step)
        first, last = int(np.ceil(centre - reach)), int(np.floor(centre + reach))
        columns[row, max(0, first) : max(0, last + 1)] = classes[place]
        columns[row, min(max(round(centre), 0), COLUMNS - 1)] = classes[place]
    return columns
