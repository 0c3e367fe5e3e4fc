"""The temperature at which the reader's probabilities can be believed, fitted on rendered crops with unseen alphabets.

``python -m models.recipes.plate_reader.calibrate FILE.onnx`` prints it; it goes into recipe.toml as ``temperature``.
Rule: photographs that are reported on choose nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from models.bundle.reading import Floats, fold, read_greedily

Truths: TypeAlias = Sequence[tuple[Floats, str]]
"""Scores of a crop (columns, classes), and the number on the plate."""

TEMPERATURES = np.exp(np.linspace(np.log(0.5), np.log(3.0), 61))
"""Steps of 3%: finer ones move the calibration error by less than its noise."""
CROPS = 3000
SEED = 20_261
_SURE = 1e-6
"""Probabilities are kept from 0 and 1, where one wrong character would cost without end."""


def matched(read: str, truth: str) -> npt.NDArray[np.float64]:
    """Whether each character that was read stands on the plate in its place, float64 (len(read),), 0 or 1.

    Both are folded; where characters are missing or too many, the longest common blocks are taken for the same places.
    """
    hits = np.zeros(len(read))
    for block in SequenceMatcher(a=fold(truth), b=fold(read), autojunk=False).get_matching_blocks():
        hits[block.b : block.b + block.size] = 1
    return hits


def cost(truths: Truths, temperature: float) -> float:
    """Mean negative log-likelihood of the characters' hits at a temperature."""
    probabilities: list[float] = []
    hits: list[float] = []
    for scores, truth in truths:
        found = read_greedily(scores, temperature)
        probabilities += found.characters
        hits += matched(found.text, truth).tolist()
    sure, hit = np.clip(probabilities, _SURE, 1 - _SURE), np.array(hits)
    return float(-(hit * np.log(sure) + (1 - hit) * np.log(1 - sure)).mean())


def fit(truths: Truths) -> float:
    """Return the temperature of the least cost.

    Raises:
        ValueError: without a single character that was read.
    """
    if not any(read_greedily(scores).text for scores, _ in truths):
        msg = "no character was read in any crop; a temperature is fitted to a reader that has been trained"
        raise ValueError(msg)
    return float(min(TEMPERATURES, key=lambda temperature: cost(truths, float(temperature))))


def main(path: Path) -> None:
    """Print the temperature of a model's file."""
    from models.recipes.plate_reader.sample import draw_samples  # noqa: PLC0415 - judging photos draws nothing
    from models.recipes.plate_reader.steps import runner  # noqa: PLC0415

    run = runner(path)
    samples = draw_samples(np.random.default_rng(SEED), CROPS, 1, "evaluate")
    truths = [(run(sample.picture[None])[0], sample.text) for sample in samples]
    temperature = fit(truths)
    before, after = cost(truths, 1.0), cost(truths, temperature)
    print(f"temperature = {temperature:.2f}  # cost {before:.4f} without, {after:.4f} with it")  # noqa: T201 - it is asked


if __name__ == "__main__":
    main(Path(sys.argv[1]))
