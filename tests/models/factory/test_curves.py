"""Areas and points of curves against their definitions, counted by hand or by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.factory.curves import average_precision, precision_recall, receiver_operating
from models.factory.statistics import EvaluationError

FEW_SCORES = st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=40)


def rows(*pairs: tuple[float, int]) -> tuple[np.ndarray, np.ndarray]:
    scores, hits = zip(*pairs, strict=True)
    return np.array(scores, np.float64), np.array(hits, np.float64)


@pytest.mark.parametrize(
    ("pairs", "real", "area"),
    [
        ([(0.9, 1), (0.8, 1)], 2, 1.0),
        ([(0.9, 1), (0.8, 0)], 2, 51 / 101),
        ([(0.9, 0), (0.8, 1)], 1, 0.5),
        ([(0.9, 1), (0.8, 0), (0.7, 1)], 2, (51 + 50 * 2 / 3) / 101),
        ([(0.9, 0)], 3, 0.0),
    ],
)
def test_average_precision_by_hand(pairs: list[tuple[float, int]], real: int, area: float) -> None:
    scores, hits = rows(*pairs)
    assert average_precision(scores, hits, real) == pytest.approx(area)
    curve = precision_recall(scores, hits, real, "person", "clip")
    assert curve.area == pytest.approx(area)
    assert curve.x[-1] == pytest.approx(hits.sum() / real)


@given(FEW_SCORES)
def test_the_area_under_roc_is_the_chance_that_a_positive_outscores_a_negative(pairs: list[tuple[int, bool]]) -> None:
    scores, truth = rows(*((float(score), int(hit)) for score, hit in pairs))
    if truth.all() or not truth.any():
        with pytest.raises(EvaluationError, match=r"positives .* and negatives"):
            receiver_operating(scores, truth, "shot", "clips")
        return
    positive, negative = scores[truth == 1], scores[truth == 0]
    wins = (positive[:, None] > negative).mean() + (positive[:, None] == negative).mean() / 2
    assert receiver_operating(scores, truth, "shot", "clips").area == pytest.approx(wins)


@given(FEW_SCORES)
def test_every_point_of_a_curve_is_what_its_threshold_does(pairs: list[tuple[int, bool]]) -> None:
    scores, truth = rows(*((float(score), int(hit)) for score, hit in pairs))
    if not truth.any():
        return
    curve = precision_recall(scores, truth, int(truth.sum()), "shot", "clips")
    assert len(curve.thresholds) == len(set(scores))
    for x, y, threshold in zip(curve.x, curve.y, curve.thresholds, strict=True):
        given_ = scores >= threshold
        assert x == pytest.approx(truth[given_].sum() / truth.sum(), abs=1e-6)
        assert y == pytest.approx(truth[given_].mean(), abs=1e-6)


def test_a_long_curve_is_thinned_and_keeps_its_ends_and_its_area() -> None:
    random = np.random.default_rng(1)
    truth = (random.random(5000) < 0.3).astype(np.float64)
    scores = random.normal(truth)
    curve = receiver_operating(scores, truth, "shot", "clips")
    assert len(curve.x) == 200
    assert (curve.x[-1], curve.y[-1]) == (1, 1)
    assert curve.thresholds[0] == pytest.approx(scores.max(), abs=1e-6)
    # two normal distributions one deviation apart: area = Phi(1 / sqrt 2)
    assert curve.area == pytest.approx(0.7602, abs=0.02)


@pytest.mark.parametrize(
    ("scores", "hits", "real", "message"),
    [
        ([], [], 3, "needs objects .3. and answers .0."),
        ([0.5], [1], 0, "needs objects .0."),
        ([0.5, 0.4], [1], 1, "same length"),
        ([0.5, float("nan")], [1, 0], 1, "scores must be finite"),
        ([0.5, 0.4], [1, 2], 1, "hits 0 or 1"),
    ],
)
def test_what_is_no_curve_is_refused_with_the_reason(scores: list[float], hits: list[float], real: int, message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        precision_recall(np.array(scores, np.float64), np.array(hits, np.float64), real, "person", "clip")
