"""Rendered crops that the reader is measured on where there are no photos: pens of the evaluation split alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from models.recipes.plate_reader.sample import Sample, draw_samples
from models.recipes.plate_reader.shape import LINES

DRAWN_CROPS = 600
DRAWN_SEED = 20_262
BELGIAN, AMERICAN = "be-", "us-"


def drawn() -> Iterator[Sample]:
    """Draw them, one at a time; the same in every run."""
    random = np.random.default_rng(DRAWN_SEED)
    for _ in range(DRAWN_CROPS):
        yield draw_samples(random, 1, 1, "evaluate", fonts=False)[0]


def kind(sample: Sample) -> str:
    """What a crop shows, as a condition that figures are told apart by."""
    if not sample.rows:
        return "no number"
    if sample.rows == LINES:
        return "two rows"
    if sample.series.startswith(BELGIAN):
        return "Belgian, one row"
    return "American, one row" if sample.series.startswith(AMERICAN) else "other, one row"
