"""Two models on the same items: chance is called chance, a true difference is found, and other items are no comparison."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

from models.factory.comparison import Comparison, compare, mcnemar
from models.factory.figures import AveragePrecision, Mean, Ratio
from models.factory.statistics import EvaluationError, Figure, Outcome

RIGHT = Mean("right")
TRIALS = 200


def judged(answers: npt.ArrayLike) -> list[Outcome]:
    """One row for each source."""
    rows = np.asarray(answers, np.float64)
    return [Outcome(f"photo {i:03}", "day", {"right": row[j]}, str(j)) for i, row in enumerate(rows) for j in range(len(row))]


def against(first: list[Outcome], second: list[Outcome], figure: Figure = RIGHT, seed: int = 1, draws: int = 400) -> Comparison:
    random = np.random.default_rng(seed)
    return compare(first, second, figure, random, name="top1", names=("fp32", "int8"), on="photos", draws=draws)


@pytest.mark.parametrize("sources", [9, 30])
def test_under_the_null_p_is_as_small_as_it_says_no_more_often_than_it_says(sources: int) -> None:
    """With 9 sources every exchange is tried, with 30 they are drawn."""
    random = np.random.default_rng(11)
    found = []
    for trial in range(TRIALS):
        difficulty = random.random((sources, 1))
        first, second = (judged(random.random((sources, 4)) * 0.5 + difficulty * 0.5) for _ in range(2))
        found.append(against(first, second, seed=trial, draws=200).p)
    for level in (0.05, 0.2, 0.5, 0.8):
        share = float(np.mean(np.array(found) <= level))
        assert share == pytest.approx(level, abs=3.5 * math.sqrt(level * (1 - level) / TRIALS))


def test_the_interval_of_the_difference_covers_the_truth() -> None:
    random = np.random.default_rng(12)
    covered = 0
    for trial in range(TRIALS):
        difficulty = random.beta(4, 2, 40)
        first = difficulty[:, None] > random.random((5, 40)).T
        second = 0.9 * difficulty[:, None] > random.random((5, 40)).T
        found = against(judged(first), judged(second), seed=trial, draws=300)
        covered += found.low <= -0.1 * 4 / 6 <= found.high
    assert 0.90 <= covered / TRIALS <= 0.99


def test_a_small_difference_on_the_same_items_is_found_although_the_items_differ_much() -> None:
    random = np.random.default_rng(13)
    base = random.random((60, 1))
    found = against(judged(base), judged(np.clip(base - 0.02 + random.normal(0, 0.02, (60, 1)), 0, 1)))
    assert found.p < 0.01
    assert found.high < 0
    assert found.difference == pytest.approx(-0.02, abs=0.01)
    assert found.mcnemar_p is None, "the values are not yes or no"


@pytest.mark.parametrize(
    ("worse", "better", "p"), [(0, 0, 1.0), (1, 0, 1.0), (5, 0, 0.0625), (6, 0, 0.03125), (7, 1, 0.0703125)]
)
def test_mcnemar_and_the_exact_sign_flip_agree(worse: int, better: int, p: float) -> None:
    first = [1] * worse + [0] * better + [1] * 3
    second = [0] * worse + [1] * better + [1] * 3
    assert mcnemar(np.array(first, np.float64), np.array(second, np.float64)) == p
    found = against(judged([[v] for v in first]), judged([[v] for v in second]))
    assert found.mcnemar_p == p
    assert found.p == pytest.approx(p)


def test_several_outcomes_of_a_source_are_not_independent_and_get_no_mcnemar() -> None:
    found = against(judged([[1, 1, 1, 1], [1, 1, 1, 1]]), judged([[0, 0, 0, 0], [0, 0, 0, 0]]))
    assert found.mcnemar_p is None
    assert found.p == 0.5, "two sources can say no more than that"


def test_one_source_proves_nothing() -> None:
    found = against(judged([[1] * 50]), judged([[0] * 50]))
    assert (found.difference, found.low, found.high, found.p) == (-1, -1, 1, 1)
    assert "one source" in found.note


def test_detections_of_two_models_are_compared_picture_by_picture() -> None:
    def pictures(lost: int) -> list[Outcome]:
        return [
            Outcome(f"clip {i}", "day", {"scores": [0.9, 0.8, 0.3], "hits": [1, float(i >= lost), 0], "real": 2})
            for i in range(15)
        ]

    found = against(pictures(0), pictures(9), AveragePrecision())
    assert found.first_value == pytest.approx(1)
    assert found.second_value < 0.9
    assert found.p < 0.02
    assert found.n == 15


def test_the_order_of_the_items_does_not_matter() -> None:
    random = np.random.default_rng(3)
    first, second = (judged(random.random((20, 3)) < 0.7) for _ in range(2))
    shuffled = [second[i] for i in random.permutation(len(second))]
    assert against(first, shuffled) == against(first, second)


@pytest.mark.parametrize(
    ("first", "second", "figure", "message"),
    [
        (judged([[1], [1]]), judged([[1]]), RIGHT, "int8 was not judged on 1 items .* photo 001 / day / 0"),
        (judged([[1]]), judged([[1], [1], [1]]), RIGHT, "fp32 was not judged on 2 items"),
        (judged([[1]]), [Outcome("photo 000", "night", {"right": 1}, "0")], RIGHT, "photo 000 / day / 0"),
        ([], [], RIGHT, "nothing was judged"),
        (judged([[1], [1]]), judged([[1], [1]]), Ratio("right", "none"), "no value 'none'"),
        (judged([[0], [0]]), judged([[1], [1]]), Ratio("right", "right"), "undefined for fp32"),
        (judged([[1]]), judged([[1]]), Mean("right", (0, math.inf)), "several sources"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_the_reason(
    first: list[Outcome], second: list[Outcome], figure: Figure, message: str
) -> None:
    with pytest.raises(EvaluationError, match=message):
        against(first, second, figure)
