"""Rankings: the area under the curve, and what is called where false alarms are bounded."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from models.factory.ranking import CalledAt, RankArea
from models.factory.statistics import EvaluationError, Outcome


def ranked(real: Sequence[float], *groups: Sequence[float]) -> list[Outcome]:
    rows = [(score, 1.0, 0.0) for score in real]
    rows += [(score, 0.0, float(at)) for at, group in enumerate(groups) for score in group]
    return [Outcome(str(at), "", {"score": s, "real": r, "group": g}, str(at)) for at, (s, r, g) in enumerate(rows)]


def value(figure: RankArea | CalledAt, outcomes: list[Outcome], weights: Sequence[float] = ()) -> float:
    chosen = np.array([list(weights) or [1.0] * len(outcomes)])
    return float(figure.over(outcomes)(chosen)[0])


def test_the_area_is_the_share_of_pairs_in_the_right_order() -> None:
    assert value(RankArea(), ranked([0.9, 0.8], [0.1, 0.2])) == 1
    assert value(RankArea(), ranked([0.9, 0.1], [0.5])) == 0.5
    assert value(RankArea(), ranked([0.5], [0.5])) == 0.5
    random = np.random.default_rng(1)
    real, other = random.normal(1, 1, 40).round(1), random.normal(0, 1, 60).round(1)
    pairs = (real[:, None] > other).mean() + (real[:, None] == other).mean() / 2
    assert value(RankArea(), ranked(list(real), list(other))) == pytest.approx(pairs)


def test_what_is_lost_under_another_score() -> None:
    outcomes = [
        Outcome(str(at), "", {"score": score, "quiet": quiet, "real": real, "group": 0.0}, str(at))
        for at, (score, quiet, real) in enumerate([(0.9, 0.1, 1.0), (0.8, 0.8, 1.0), (0.5, 0.5, 0.0)])
    ]
    assert value(RankArea(less="quiet"), outcomes) == 0.5


def test_weights_count_as_copies() -> None:
    once, twice = ranked([0.9, 0.3], [0.5, 0.2]), ranked([0.9, 0.3, 0.3], [0.5, 0.5, 0.5, 0.2])
    for figure in (RankArea(), CalledAt(0.5)):
        assert value(figure, once, (1, 2, 3, 1)) == pytest.approx(value(figure, twice))


def test_what_is_called_where_false_alarms_are_bounded_in_the_mean_of_the_groups() -> None:
    outcomes = ranked([0.95, 0.7, 0.4], [0.8, *[0.1] * 9], [0.5, 0.1])
    assert value(CalledAt(0.0), outcomes) == pytest.approx(1 / 3), "0.95 alone stands over both groups"
    assert value(CalledAt(0.05), outcomes) == pytest.approx(2 / 3), "one of ten, none of two: 5% in the mean"
    assert value(CalledAt(0.05, group=0), outcomes) == pytest.approx(0.1)
    assert value(CalledAt(0.05, group=1), outcomes) == 0
    assert value(CalledAt(0.3), outcomes) == 1


def test_equal_scores_are_called_together() -> None:
    assert value(CalledAt(0.4), ranked([0.5, 0.5], [0.5, 0.1])) == 0
    assert value(CalledAt(0.5), ranked([0.5, 0.5], [0.5, 0.1])) == 1


def test_one_kind_alone_ranks_nothing() -> None:
    with pytest.raises(EvaluationError, match="needs both"):
        RankArea().over(ranked([0.5]))
