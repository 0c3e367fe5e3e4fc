"""Rendered crops that the reader is chosen and measured on where there are no photos: alphabets that training does not see.

Rule: they have twice the pixels of the input, as crops of cameras may, so that a second look has something to go closer to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from models.recipes.plate_reader.sample import BARE
from models.recipes.plate_reader.shape import HEIGHT, LINES, WIDTH
from models.recipes.plates.photos import Rgb
from models.synthesis.camera import photograph
from models.synthesis.plate import Plate, draw_blank, draw_plate

SIZE = 2 * WIDTH, 2 * HEIGHT
DRAWN_CROPS = 600
DRAWN_SEED = 20_262
"""Of those that are reported: pens alone, nothing from packages, so that they can be drawn everywhere."""
BELGIAN, AMERICAN = "be-", "us-"


@dataclass(frozen=True)
class Drawn:
    """A crop, RGB uint8, what stands on the plate, and what kind of plate it is."""

    picture: Rgb
    text: str
    kind: str


def drawn(seed: int, count: int, *, fonts: bool) -> Iterator[Drawn]:
    """Draw crops, one at a time; the same in every run."""
    random = np.random.default_rng(seed)
    for _ in range(count):
        bare = random.random() < BARE
        plate = draw_blank(random, "evaluate", fonts=fonts) if bare else draw_plate(random, "evaluate", fonts=fonts)
        picture = photograph(plate, random, SIZE, "evaluate", fonts=fonts).picture
        yield Drawn(picture, plate.text, _kind(plate))


def _kind(plate: Plate) -> str:
    if not plate.row_count:
        return "no number"
    if plate.row_count == LINES:
        return "two rows"
    if plate.series.startswith(BELGIAN):
        return "Belgian, one row"
    return "American, one row" if plate.series.startswith(AMERICAN) else "other, one row"
