"""Intervals hold what they promise on data whose truth is known, and claim nothing that the sources do not support."""

from __future__ import annotations

import math

import numpy as np
import pytest

from models.factory.figures import AveragePrecision, CalibrationError, Mean, Quantile, Ratio
from models.factory.statistics import EvaluationError, Figure, Outcome, by_condition, estimate
from protocol.manifest import Metric

ON = "simulated photos"


def right(*sources: tuple[str, float]) -> list[Outcome]:
    return [Outcome(source, "day", {"right": value}, str(i)) for i, (source, value) in enumerate(sources)]


def photos(random: np.random.Generator, sources: int, crops: int, mean: float = 0.7) -> list[Outcome]:
    """Photos that differ in difficulty, with several crops of each: correlated within, independent between."""
    difficulty = random.beta(mean * 2, (1 - mean) * 2, sources)
    return [
        Outcome(f"photo {i}", "day", {"right": float(random.random() < difficulty[i])}, f"crop {j}")
        for i in range(sources)
        for j in range(crops)
    ]


def interval(outcomes: list[Outcome], figure: Figure, seed: int = 1, draws: int = 500) -> tuple[float, float, float]:
    metric = estimate(outcomes, figure, "figure", ON, np.random.default_rng(seed), draws=draws).metric
    return metric.low, metric.value, metric.high


def test_the_interval_covers_the_truth_as_often_as_it_says_where_items_of_a_source_are_alike() -> None:
    random = np.random.default_rng(5)
    trials = 200
    by_source = by_item = 0
    for trial in range(trials):
        outcomes = photos(random, 40, 6)
        low, _, high = interval(outcomes, Mean("right"), trial, 300)
        by_source += low <= 0.7 <= high
        apart = [Outcome(f"{o.source} {o.item}", o.condition, o.values) for o in outcomes]
        low, _, high = interval(apart, Mean("right"), trial, 300)
        by_item += low <= 0.7 <= high
    # Of 200 trials the share of a true 95% interval lies above 0.91 in 99% of cases; forty sources cost about a point.
    assert 0.90 <= by_source / trials <= 0.985
    assert by_item / trials < 0.85, "drawing items would have claimed too much"


def test_an_estimate_is_a_metric_of_the_manifest_and_says_what_it_rests_on() -> None:
    found = estimate(
        photos(np.random.default_rng(2), 20, 3), Mean("right"), "reader.top1", ON, np.random.default_rng(3), variant="int8"
    )
    assert isinstance(found.metric, Metric)
    assert (found.metric.name, found.metric.on, found.metric.n) == ("reader.top1", ON, 60)
    assert (found.sources, found.variant, found.note) == (20, "int8", "")
    assert found.metric.low < found.metric.value < found.metric.high


def test_the_same_seed_gives_the_same_interval_in_whatever_order_outcomes_come() -> None:
    outcomes = photos(np.random.default_rng(2), 30, 4)
    assert interval(outcomes, Mean("right"), 7) == interval(outcomes, Mean("right"), 7)
    low, value, high = interval(list(reversed(outcomes)), Mean("right"), 7)
    assert (low, value, high) == pytest.approx(interval(outcomes, Mean("right"), 7))
    apart = [Outcome(o.source, o.condition, {"right": i / 7}) for i, o in enumerate(outcomes)]
    assert interval(apart, Mean("right", (0, 99)), 8) != interval(apart, Mean("right", (0, 99)), 7)


def test_many_items_are_drawn_a_few_draws_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = photos(np.random.default_rng(2), 30, 4)
    monkeypatch.setattr("models.factory.statistics.CELLS", 1000)
    low, value, high = interval(outcomes, Mean("right"), 7, 100)
    assert low < value < high


@pytest.mark.parametrize(
    ("outcomes", "figure", "expected", "note"),
    [
        (right(("a", 1), ("a", 0)), Mean("right"), (0, 0.5, 1), "one source"),
        (right(("a", 1), ("a", 1)), Mean("right"), (0, 1, 1), "one source"),
        # Clopper and Pearson for 0 failures of 54: 1 - .025 ** (1 / 54)
        (right(*((f"s{i}", 1) for i in range(54))), Mean("right"), (0.025 ** (1 / 54), 1, 1), "no source differed"),
        (right(*((f"s{i}", 0) for i in range(54))), Mean("right"), (0, 0, 1 - 0.025 ** (1 / 54)), "no source differed"),
        # Garwood for no event in 54 pictures: 3.689 / 54
        (
            [Outcome(f"s{i}", "day", {"false": 0, "pictures": 1}) for i in range(54)],
            Ratio("false", "pictures", (0, math.inf)),
            (0, 0, 3.6889 / 54),
            "no source differed",
        ),
        (right(("a", 1), ("b", 0)), Mean("right"), (0, 0.5, 1), "2 sources"),
    ],
)
def test_no_certainty_is_claimed_that_the_sources_do_not_give(
    outcomes: list[Outcome], figure: Figure, expected: tuple[float, float, float], note: str
) -> None:
    found = estimate(outcomes, figure, "figure", ON, np.random.default_rng(1))
    assert (found.metric.low, found.metric.value, found.metric.high) == pytest.approx(expected, abs=1e-4)
    assert note in found.note


def scene(source: str, scores: list[float], hits: list[float], real: int) -> Outcome:
    return Outcome(source, "day", {"scores": scores, "hits": hits, "real": real})


@pytest.mark.parametrize(
    ("figure", "outcomes", "value", "size"),
    [
        (Mean("ms", (0, 100)), [Outcome("a", "", {"ms": 3}), Outcome("b", "", {"ms": 5})], 4, 2),
        (
            Ratio("hits", "real"),
            [Outcome("a", "", {"hits": 3, "real": 4}), Outcome("b", "", {"hits": 0, "real": 2})],
            0.5,
            6,
        ),
        (Quantile("px", 0.5), [Outcome(str(i), "", {"px": i}) for i in range(1, 6)], 3, 5),
        (Quantile("px", 0.95), [Outcome(str(i), "", {"px": i}) for i in range(1, 101)], 95, 100),
        (AveragePrecision(), [scene("a", [0.9, 0.8], [1, 0], 1), scene("b", [0.7], [1], 1)], (51 + 50 * 2 / 3) / 101, 2),
        (AveragePrecision(), [scene("a", [], [], 2), scene("b", [], [], 1)], 0, 3),
        (
            CalibrationError("p", "hit"),
            [Outcome("a", "", {"p": [0.9, 0.9], "hit": [1, 0]}), Outcome("b", "", {"p": 0.6, "hit": 1})],
            (2 * 0.4 + 0.4) / 3,
            3,
        ),
    ],
)
def test_figures_are_what_their_definition_says(figure: Figure, outcomes: list[Outcome], value: float, size: int) -> None:
    found = estimate(outcomes, figure, "figure", ON, np.random.default_rng(1), draws=20).metric
    assert found.value == pytest.approx(value)
    assert found.n == size


@pytest.mark.parametrize(
    "figure", [Mean("a"), Ratio("a", "b", (0, math.inf)), Quantile("a", 0.5), AveragePrecision(), CalibrationError("a", "hits")]
)
def test_a_weight_of_two_is_the_item_twice(figure: Figure) -> None:
    random = np.random.default_rng(3)
    outcomes = [
        Outcome(
            str(i),
            "",
            {"a": random.random(), "b": 1, "scores": random.random(), "hits": float(random.integers(0, 2)), "real": 1},
        )
        for i in range(12)
    ]
    weights = random.integers(0, 3, 12)
    twice = [outcome for outcome, weight in zip(outcomes, weights, strict=True) for _ in range(weight)]
    weighed = figure.over(outcomes)(weights[None].astype(np.float64))
    # bins of equal width only: those of equal mass depend on the items by design
    assert weighed == pytest.approx(figure.over(twice)(np.ones((1, len(twice)))))


@pytest.mark.parametrize(
    ("outcomes", "figure", "message"),
    [
        ([], Mean("right"), "nothing was judged on simulated photos"),
        (right(("a", 1), ("b", math.nan)), Mean("right"), "b / day / 1: 'right' is nan"),
        (right(("a", 1), ("b", 1)), Mean("left"), "no value 'left' .there are: right."),
        (right(("a", 7), ("b", 7)), Mean("right"), "7 is outside its range, 0 to 1"),
        ([Outcome("a", "", {"x": 1, "n": 0}), Outcome("b", "", {"x": 1, "n": 0})], Ratio("x", "n"), "undefined over the 2"),
        (
            [Outcome(str(i), "", {"x": 0, "n": float(i == 0)}) for i in range(9)],
            Ratio("x", "n"),
            "undefined in 3.% of the resamples",
        ),
        ([Outcome("a", "", {"ms": 1})], Mean("ms", (0, math.inf)), "one source and the figure has no range"),
        ([scene("a", [0.5, 0.4], [1], 1)], AveragePrecision(), "not as many 'hits' as 'scores'"),
        ([scene("a", [math.inf], [1], 1)], AveragePrecision(), "not a finite number"),
        ([Outcome("a", "", {"p": 2, "hit": 1})], CalibrationError("p", "hit"), "probabilities from 0 to 1"),
        ([Outcome("a", "", {"p": [0.5], "hit": [1, 1]})], CalibrationError("p", "hit"), "not as many 'hit' as 'p'"),
    ],
)
def test_what_cannot_be_judged_is_refused_with_the_reason(outcomes: list[Outcome], figure: Figure, message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        estimate(outcomes, figure, "figure", ON, np.random.default_rng(1))


def test_conditions_are_apart_in_the_order_in_which_they_come() -> None:
    outcomes = [Outcome("a", "night", {}), Outcome("a", "day", {}), Outcome("b", "night", {})]
    assert {name: len(part) for name, part in by_condition(outcomes).items()} == {"night": 2, "day": 1}
    assert list(by_condition(outcomes)) == ["night", "day"]
