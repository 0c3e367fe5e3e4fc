"""Readings: what columns say, against all ways of laying a number out counted one by one."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.bundle.reading import ALPHABET, Reading, deviation, read_best, read_greedily, soften
from protocol.plates import fold

CLASSES = len(ALPHABET) + 1
A, B = 1 + ALPHABET.index("A"), 1 + ALPHABET.index("B")
SYMBOLS = (0, A, B)


def columns(*rows: dict[int, float]) -> npt.NDArray[np.float32]:
    """Log-probabilities from the probabilities that are not nought."""
    table = np.full((len(rows), CLASSES), 1e-9)
    for row, told in zip(table, rows, strict=True):
        for place, probability in told.items():
            row[place] = probability
    scores: npt.NDArray[np.float32] = np.log(table / table.sum(axis=1, keepdims=True)).astype(np.float32)
    return scores


def every_way(scores: npt.NDArray[np.float32]) -> dict[str, float]:
    """Probability of each text: every path over the three symbols, repeats joined, silence dropped."""
    found: dict[str, float] = defaultdict(float)
    for path in itertools.product(SYMBOLS, repeat=len(scores)):
        joined = [symbol for symbol, _ in itertools.groupby(path)]
        text = "".join(ALPHABET[symbol - 1] for symbol in joined if symbol)
        found[text] += float(np.exp(sum(float(row[symbol]) for row, symbol in zip(scores, path, strict=True))))
    return found


@given(st.lists(st.tuples(*[st.floats(0.0625, 1, width=32)] * 3), min_size=1, max_size=6))
def test_against_all_ways(weights: list[tuple[float, float, float]]) -> None:
    scores = columns(*[{s: w / sum(row) for s, w in zip(SYMBOLS, row, strict=True)} for row in weights])
    truth = every_way(scores)
    best = read_best(scores, count=1000, width=1000)
    assert [reading.probability for reading in best] == sorted((reading.probability for reading in best), reverse=True)
    for reading in best:
        assert reading.probability == pytest.approx(truth[reading.text], rel=1e-3, abs=1e-6)
    assert sum(reading.probability for reading in best) == pytest.approx(1, abs=1e-3)


def test_the_likeliest_number_is_not_the_likeliest_path() -> None:
    scores = columns({0: 0.6, A: 0.4}, {0: 0.6, A: 0.4})
    assert read_greedily(scores).text == ""
    first, second = read_best(scores)[:2]
    assert (first.text, second.text) == ("A", "")
    assert first.probability == pytest.approx(0.64, abs=1e-3)


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([{A: 1.0}, {A: 1.0}, {B: 1.0}], "AB"),
        ([{A: 1.0}, {0: 1.0}, {A: 1.0}], "AA"),
        ([{0: 1.0}, {0: 1.0}], ""),
        ([{0: 0.999, A: 0.001}, {A: 0.9, 0: 0.1}, {0: 0.999}, {B: 1.0}], "AB"),
    ],
)
def test_reading(rows: list[dict[int, float]], text: str) -> None:
    scores = columns(*rows)
    assert read_greedily(scores).text == text
    assert read_best(scores)[0].text == text


def test_characters_have_the_probability_of_their_best_column() -> None:
    found = read_greedily(columns({A: 0.6, B: 0.4}, {A: 0.9, B: 0.1}, {0: 1.0}, {B: 0.7, A: 0.3}))
    assert found.text == "AB"
    assert found.characters == pytest.approx((0.9, 0.7), abs=1e-3)
    assert found.probability == pytest.approx(0.63, abs=1e-3)


def test_nothing_read_is_no_certainty() -> None:
    assert read_greedily(columns({0: 1.0})) == Reading("", 0.0, ())


def test_certain_silence_is_passed_over_without_loss() -> None:
    spoken = [{A: 0.7, B: 0.3}, {0: 0.5, A: 0.5}]
    silence = [{0: 0.999, A: 0.001}] * 40
    short = {reading.text: reading.probability for reading in read_best(columns(spoken[0], silence[0], spoken[1]))}
    long = {reading.text: reading.probability for reading in read_best(columns(spoken[0], *silence, spoken[1]))}
    assert list(short) == list(long)
    assert long["A"] == pytest.approx(short["A"], rel=0.06)


def test_a_higher_temperature_is_less_sure() -> None:
    scores = columns({A: 0.9, B: 0.1}, {0: 0.99, B: 0.01})
    assert soften(scores, 1.0) is scores
    softened = soften(scores, 2.0)
    assert np.exp(softened).sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert read_greedily(scores, 2.0).characters[0] < read_greedily(scores).characters[0]
    assert read_best(scores, temperature=2.0)[0].text == "A"


@pytest.mark.parametrize("shape", [(72, 36), (72,), (1, 72, 37)])
def test_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    scores = np.zeros(shape, np.float32)
    for read in (read_greedily, read_best):
        with pytest.raises(ValueError, match="is this the output of a reader"):
            read(scores)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_refused(value: float) -> None:
    scores = columns({A: 1.0}, {0: 1.0})
    scores[1, 5] = value
    for read in (read_greedily, read_best):
        with pytest.raises(ValueError, match="not all finite"):
            read(scores)


def test_characters_that_plates_do_not_tell_apart_are_one_reading() -> None:
    nought, letter = 1 + ALPHABET.index("0"), 1 + ALPHABET.index("O")
    scores = columns({A: 0.55, B: 0.45}, {nought: 0.5, letter: 0.4, B: 0.1})
    first, second = read_best(scores)[:2]
    assert (first.text, second.text) == ("A0", "B0")
    assert first.probability == pytest.approx(0.55 * 0.9, abs=1e-3)
    assert read_greedily(scores).characters == pytest.approx((0.55, 0.9), abs=1e-3)


def test_folding() -> None:
    assert fold("OQ0I1Z") == "00011Z"


def vectors(branches: bool = True) -> dict[str, npt.NDArray[Any]]:
    """Two inputs; the first line reads A then B, the second B."""
    answer = columns({A: 0.9, B: 0.1}, {B: 0.8, A: 0.2}, {0: 0.9, A: 0.1}, {B: 0.95, 0: 0.05})
    made: dict[str, npt.NDArray[Any]] = {"inputs": np.zeros((2, 1), np.uint8), "characters": np.stack([answer, answer])}
    return made | ({"branches": np.array([0, 0, 1, 1], np.uint8)} if branches else {})


def test_deviation_of_golden_vectors() -> None:
    golden = vectors()
    right = golden["characters"][0]
    assert deviation(golden, lambda _: (right,)) == 0
    wrong = right.copy()
    wrong[3] = columns({A: 0.95, 0: 0.05})[0]
    assert deviation(golden, lambda _: (wrong,)) == pytest.approx(0.95, abs=1e-3)
    assert deviation(vectors(branches=False), lambda _: (wrong,)) == pytest.approx(0.95 / 3, abs=1e-3)


def test_deviation_is_infinite_where_nothing_is_proven() -> None:
    golden = vectors()
    right = golden["characters"][0]
    assert deviation(golden, lambda _: (right[:3],)) == float("inf")
    broken = right.copy()
    broken[0, 0] = np.nan
    assert deviation(golden, lambda _: (broken,)) == float("inf")
    silent = columns({A: 1.0}, {B: 1.0}, {0: 1.0}, {0: 1.0})
    assert deviation(golden | {"characters": np.stack([silent, silent])}, lambda _: (silent,)) == float("inf")
