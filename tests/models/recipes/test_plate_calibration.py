"""Temperatures: fitted to what was right, on crops that are not reported on."""

from __future__ import annotations

import numpy as np
import pytest

from models.bundle.reading import ALPHABET, Floats
from models.recipes.plate_reader.calibrate import cost, fit, least_sure, matched


@pytest.mark.parametrize(
    ("read", "truth", "hits"),
    [
        ("AB1", "AB1", [1, 1, 1]),
        ("A8I", "AB1", [1, 0, 1]),  # I is not told from 1
        ("AAB1", "AB1", [0, 1, 1, 1]),
        ("B1", "AB1", [1, 1]),
        ("", "AB1", []),
        ("XYZ", "", [0, 0, 0]),
    ],
)
def test_matching(read: str, truth: str, hits: list[int]) -> None:
    found = matched(read, truth)
    assert sorted(found.tolist()) == sorted(hits)
    assert len(found) == len(read)
    if len(read) == len(truth):
        assert found.tolist() == hits


def truths(right: float, count: int = 100) -> list[tuple[Floats, str]]:
    """Crops of one character, read with probability .9, right in this share."""
    made = []
    for number in range(count):
        probabilities = np.full((1, len(ALPHABET) + 1), 0.1 / len(ALPHABET))
        probabilities[0, 1 + ALPHABET.index("A")] = 0.9
        truth = "A" if number < right * count else "X"
        made.append((np.log(probabilities).astype(np.float32), truth))
    return made


def test_a_reader_that_is_too_sure_is_cooled() -> None:
    assert fit(truths(0.7)) > 1.1
    assert fit(truths(0.97)) < 0.95
    assert fit(truths(0.9)) == pytest.approx(1.0, abs=0.05)


def test_the_fitted_temperature_costs_least() -> None:
    data = truths(0.7)
    best = fit(data)
    assert cost(data, best) < cost(data, 1.0)
    assert cost(data, best) <= min(cost(data, best * 0.9), cost(data, best * 1.1))


def test_a_reader_that_reads_nothing() -> None:
    silent = np.log(np.eye(1, len(ALPHABET) + 1) + 1e-6).astype(np.float32)
    with pytest.raises(ValueError, match="no character was read"):
        fit([(silent, "A")])


def test_as_many_looks_as_help() -> None:
    """A second look at the unsure half reads what the first did not; at the sure ones it would read nothing more."""
    probabilities = np.linspace(0.02, 0.98, 1000)

    def read(sure: float) -> list[tuple[str, str]]:
        return [("A" if p > 0.5 or p < sure else "B", "A") for p in probabilities]

    assert least_sure(read) == 0.5
    assert least_sure(lambda _: [("A", "A")]) == 0.0, "where a second look changes nothing there is none"
