"""A threshold keeps what it promised where it was chosen, and is judged on sources that it never saw."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.factory.operating import Answers, OperatingResult, Promise, choose_threshold, operating_point
from models.factory.statistics import EvaluationError, Outcome

ANSWERS = st.lists(st.tuples(st.floats(0, 1, width=16), st.booleans()), min_size=1, max_size=40)
LIMITS = st.floats(0, 1)


@given(ANSWERS, LIMITS, st.sampled_from(Promise))
def test_no_lower_threshold_would_keep_the_promise(pairs: list[tuple[float, bool]], limit: float, promise: Promise) -> None:
    scores, hits = (np.array(part, np.float64) for part in zip(*pairs, strict=True))
    units = float(len(pairs))

    def keeps(threshold: float) -> bool:
        given_ = scores >= threshold
        false = float((1 - hits[given_]).sum())
        if promise is Promise.FALSE_ALARMS:
            return false / units <= limit
        return bool(given_.any()) and float(hits[given_].mean()) >= limit

    try:
        found = choose_threshold(scores, hits, units, promise, limit)
    except EvaluationError:
        assert not any(keeps(score) for score in scores)
        return
    assert keeps(found)
    assert not any(keeps(score) for score in scores[scores < found])


def pictures(random: np.random.Generator, first: int, n: int) -> list[Outcome]:
    """Pictures with an object that is found better than the lamps around it."""
    found = []
    for i in range(first, first + n):
        scores = [*random.normal(0.8, 0.1, 1), *random.normal(0.4, 0.15, 3)]
        found.append(Outcome(f"photo {i}", "day", {"scores": scores, "hits": [1, 0, 0, 0], "real": 1, "units": 1}))
    return found


def chosen(limit: float, promise: Promise = Promise.FALSE_ALARMS, first: int = 500, n: int = 200) -> OperatingResult:
    random = np.random.default_rng(4)
    return operating_point(
        pictures(random, 0, 200),
        pictures(random, first, n),
        random,
        name="plates",
        promise=promise,
        limit=limit,
        chosen_on="photos 0-199",
        reported_on="photos 500-699",
        variant="int8",
        draws=200,
    )


def test_a_point_is_chosen_on_one_part_and_measured_on_another() -> None:
    found = chosen(0.15)
    on = {estimate.metric.name: estimate.metric for estimate in found.chosen}
    off = {estimate.metric.name: estimate.metric for estimate in found.reported}
    assert on["plates.false_alarms"].value <= 0.15
    assert on["plates.false_alarms"].value > 0.13, "the lowest that keeps it"
    assert off["plates.false_alarms"].value == pytest.approx(0.15, abs=0.08)
    assert off["plates.recall"].value > 0.9
    assert off["plates.recall"].on == "photos 500-699"
    assert found.kept == (off["plates.false_alarms"].value <= 0.15)


def test_precision_is_kept_too() -> None:
    found = chosen(0.9, Promise.PRECISION)
    metric = {estimate.metric.name: estimate.metric for estimate in found.chosen}["plates.precision"]
    assert 0.9 <= metric.value < 0.92


def test_one_part_for_both_is_refused() -> None:
    with pytest.raises(EvaluationError, match="plates: chosen and reported on the same sources"):
        chosen(0.15, first=199)


@pytest.mark.parametrize(
    ("scores", "hits", "promise", "limit", "message"),
    [
        ([0.9, 0.8], [0, 1], Promise.PRECISION, 0.9, "none keeps precision-at-least 0.9 .best: 0.5."),
        ([0.9, 0.8], [0, 1], Promise.FALSE_ALARMS, 0.1, "none keeps false-alarms-at-most 0.1 .best: 1."),
        ([], [], Promise.PRECISION, 0.9, "0 scores"),
    ],
)
def test_a_promise_that_nothing_keeps_is_refused_with_the_best_there_is(
    scores: list[float], hits: list[float], promise: Promise, limit: float, message: str
) -> None:
    with pytest.raises(EvaluationError, match=message):
        choose_threshold(np.array(scores), np.array(hits), 1.0, promise, limit)


def test_an_answer_needs_both_score_and_hit() -> None:
    outcomes = [Outcome(name, "", {"s": [0.5, 0.4], "h": [1, 0], "real": 1, "units": 1}) for name in "ac"]
    broken = [Outcome("b", "", {"s": [0.5, 0.4], "h": [1], "real": 1, "units": 1})]
    with pytest.raises(EvaluationError, match="b: 2 scores and 1 hits"):
        operating_point(
            outcomes,
            broken,
            np.random.default_rng(1),
            name="x",
            promise=Promise.PRECISION,
            limit=0.5,
            chosen_on="1",
            reported_on="2",
            answers=Answers("s", "h"),
        )


def test_hours_serve_as_units() -> None:
    hours = [Outcome(f"day {i}", "", {"scores": [0.9, 0.5], "hits": [1, 0], "real": 1, "units": 10}) for i in range(4)]
    others = [Outcome(f"night {i}", "", o.values) for i, o in enumerate(hours)]
    found = operating_point(
        hours,
        others,
        np.random.default_rng(1),
        name="shots",
        promise=Promise.FALSE_ALARMS,
        limit=0.1,
        chosen_on="days",
        reported_on="nights",
    )
    alarms = next(e.metric for e in found.reported if e.metric.name == "shots.false_alarms")
    assert found.threshold == 0.5
    assert alarms.value == 0.1
    assert found.kept
    assert math.isfinite(alarms.high)
