"""Rendered crops that are kept beside the weights.

They are drawn with ``python -m models.recipes.plate_reader.kept``; why they are kept: :mod:`models.factory.kept`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.factory.assemble import write_vectors
from models.factory.kept import CALIBRATION, GOLDEN, read_inputs
from models.recipes.plate_reader.sample import Sample, draw_samples
from models.recipes.plate_reader.shape import HEIGHT, WIDTH

FILE = "crops.npz"
_SEED = 7
_ENOUGH = 48
"""Crops for calibration: ranges no longer grow by more than some per cent with more."""
_ASKED = 6
"""Golden crops of one row, and as many of two, so that neither line can break unseen."""
_CLEAR = 110.0
"""Pixels of plate from which golden crops are taken: the reference should be sure of them."""


def read_kept(path: Path) -> dict[str, npt.NDArray[np.uint8]]:
    """Read the crops, uint8 (n, 48, 144, 3) each. Errors as :func:`models.factory.kept.read_inputs`."""
    return read_inputs(path, np.uint8, (HEIGHT, WIDTH, 3), "models.recipes.plate_reader.kept")


def draw_kept() -> dict[str, npt.NDArray[np.uint8]]:
    """Draw them: calibration crops of every kind, golden ones large and of both numbers of rows."""
    random = np.random.default_rng(_SEED)
    calibration = draw_samples(random, _ENOUGH, 1)
    asked: dict[int, list[Sample]] = {1: [], 2: []}
    while min(map(len, asked.values())) < _ASKED:
        (sample,) = draw_samples(random, 1, 1, "evaluate")
        found = asked.get(sample.rows, [])
        if sample.plate_width > _CLEAR and len(found) < _ASKED:
            found.append(sample)
    return {
        CALIBRATION: np.stack([sample.picture for sample in calibration]),
        GOLDEN: np.stack([sample.picture for rows in (1, 2) for sample in asked[rows]]),
    }


if __name__ == "__main__":
    write_vectors(Path(__file__).with_name(FILE), draw_kept())
