"""What is chosen on rendered crops with unseen alphabets: temperature, and from which probability one look is enough.

``python -m models.recipes.plate_reader.calibrate FILE.onnx`` prints both as recipe.toml has them.
Rule: photographs that are reported on choose nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from models.bundle.looks import PlateReader, fitted
from models.bundle.reading import Floats, read_greedily
from models.recipes.plate_reader.shape import HEIGHT, LINES, WIDTH
from protocol.plates import fold

Truths: TypeAlias = Sequence[tuple[Floats, str]]
"""Scores of a crop (columns, classes), and the number on the plate."""

TEMPERATURES = np.exp(np.linspace(np.log(0.5), np.log(3.0), 61))
"""Steps of 3%: finer ones move the calibration error by less than its noise."""
SURE = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95)
SPARE = 0.002
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


def least_sure(read: Callable[[float], Sequence[tuple[str, str]]]) -> float:
    """Choose the probability from which one look is enough: the least that reads as many as any, but for one in 500.

    Args:
        read: from such a probability to what was read in each crop, and what stands there.
    """
    shares = {sure: float(np.mean([fold(text) == fold(truth) for text, truth in read(sure)])) for sure in SURE}
    return next(sure for sure in SURE if shares[sure] >= max(shares.values()) - SPARE)


def main(path: Path) -> None:
    """Print the settings of a model's file."""
    from models.recipes.plate_reader.drawn import drawn  # noqa: PLC0415 - judging photos draws nothing
    from models.recipes.plate_reader.steps import runner  # noqa: PLC0415

    run = runner(path)
    crops = list(drawn(SEED, CROPS, fonts=True))
    size = WIDTH, HEIGHT
    truths = [(run(fitted(crop.picture, size)[None])[0], crop.text) for crop in crops]
    temperature = round(fit(truths), 2)

    def read(sure: float) -> Sequence[tuple[str, str]]:
        reader = PlateReader(lambda crop: run(crop)[0], size, LINES, temperature, sure)
        answers = [reader(crop.picture, 1) for crop in crops]
        return [(best[0].text if best else "", crop.text) for best, crop in zip(answers, crops, strict=True)]

    print(f"settings = {{ temperature = {temperature:.2f}, sure = {least_sure(read):.2f} }}")  # noqa: T201 - it is asked


if __name__ == "__main__":
    main(Path(sys.argv[1]))
