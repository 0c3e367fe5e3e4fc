"""Probabilities that mean what they say have no error; overconfident ones have a known one, and a temperature mends it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.factory.calibration import (
    Binning,
    calibration,
    check_apart,
    edges_of,
    expected_calibration_error,
    fit_temperature,
    reliability,
    scaled,
    wilson,
)
from models.factory.statistics import EvaluationError

PROBABILITIES = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)


@pytest.fixture
def answers() -> tuple[np.ndarray, np.ndarray]:
    """Logits (n, 3) and the right classes, drawn from what the logits say."""
    random = np.random.default_rng(8)
    logits = random.normal(0, 2, (20_000, 3))
    chosen = (scaled(logits, 1.0).cumsum(axis=1) > random.random((len(logits), 1))).argmax(axis=1)
    return logits, chosen


def judged(logits: np.ndarray, truth: np.ndarray, temperature: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    probabilities = scaled(logits, temperature)
    return probabilities.max(axis=1), (probabilities.argmax(axis=1) == truth).astype(np.float64)


def test_a_calibrated_simulator_has_no_calibration_error(answers: tuple[np.ndarray, np.ndarray]) -> None:
    found = calibration(*judged(*answers), name="characters", variant="fp32", on="simulated")
    assert found.ece < 0.012
    assert found.ece_mass < 0.012
    assert sum(one.n for one in found.bins) == found.n == 20_000
    inside = [one.accuracy_low <= one.confidence <= one.accuracy_high for one in found.bins if one.n >= 30]
    assert sum(inside) >= len(inside) - 2


def test_an_overconfident_one_has_the_error_that_was_put_in() -> None:
    random = np.random.default_rng(9)
    probability = random.uniform(0.7, 1.0, 50_000)
    hit = (random.random(50_000) < probability - 0.2).astype(np.float64)
    found = calibration(probability, hit, name="characters", variant="int8", on="simulated")
    assert found.ece == pytest.approx(0.2, abs=0.01)
    assert found.ece_mass == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize("temperature", [0.4, 1.0, 2.5])
def test_the_temperature_that_was_put_in_is_found_and_mends_the_other_part(
    answers: tuple[np.ndarray, np.ndarray], temperature: float
) -> None:
    logits, truth = answers[0] * temperature, answers[1]
    found = fit_temperature(logits[:10_000], truth[:10_000])
    assert found == pytest.approx(temperature, rel=0.05)
    rest = judged(logits[10_000:], truth[10_000:], found)
    mended = calibration(*rest, name="c", variant="int8", on="second half", temperature=found, fitted_on="first half")
    assert mended.ece < 0.02
    assert (mended.temperature, mended.fitted_on) == (found, "first half")


@given(PROBABILITIES)
def test_every_answer_is_in_one_bin_and_the_error_is_a_share(pairs: list[tuple[float, bool]]) -> None:
    probability, hit = (np.array(part, np.float64) for part in zip(*pairs, strict=True))
    for binning in Binning:
        edges = edges_of(probability, 15, binning)
        assert (np.diff(edges) > 0).all()
        bins = reliability(probability, hit, edges)
        assert sum(one.n for one in bins) == len(pairs)
        for one in bins:
            assert one.low - 1e-12 <= one.confidence <= one.high + 1e-12
        error = float(expected_calibration_error(probability, hit, edges)[0])
        assert error == pytest.approx(sum(one.n * abs(one.accuracy - one.confidence) for one in bins) / len(pairs))
        assert 0 <= error <= 1


def test_bins_of_equal_mass_hold_about_as_much_each() -> None:
    probability = np.random.default_rng(2).beta(8, 1, 3000)
    bins = reliability(probability, np.ones(3000), edges_of(probability, 15, Binning.MASS))
    assert {one.n for one in bins} <= set(range(195, 206))


def test_wilson_is_that_of_the_tables() -> None:
    assert wilson(0.5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert wilson(1.0, 20) == pytest.approx((0.8389, 1.0), abs=1e-4)


@pytest.mark.parametrize(
    ("logits", "truth", "message"),
    [
        ([[2.0, 0.0], [3.0, 0.0]], [0, 0], "all but always right"),
        ([[2.0, 0.0], [3.0, 0.0]], [1, 1], "worse than chance"),
        ([], [], r"give \(n, classes\)"),
        ([[1.0, 0.0]], [0, 1], r"give \(n, classes\)"),
    ],
)
def test_where_no_temperature_is_best_it_says_so(logits: list[list[float]], truth: list[int], message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        fit_temperature(np.array(logits, np.float64).reshape(len(logits), 2), np.array(truth, np.int64))


@pytest.mark.parametrize(
    ("probability", "hit", "fitted_on", "message"),
    [
        ([0.5], [1.0], "here", "fitted and calibration reported on the same data"),
        ([1.5], [1.0], "", "probabilities from 0 to 1"),
        ([float("nan")], [1.0], "", "probabilities from 0 to 1"),
        ([], [], "", "there are 0"),
        ([0.5], [1.0, 0.0], "", "1 probabilities and 2 hits"),
        ([0.5], [0.5], "", "0 or 1"),
    ],
)
def test_what_is_no_calibration_is_refused(probability: list[float], hit: list[float], fitted_on: str, message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        calibration(np.array(probability), np.array(hit), name="c", variant="", on="here", fitted_on=fitted_on)


def test_parts_that_share_a_source_are_named() -> None:
    check_apart({"a", "b"}, {"c"}, "shots")
    with pytest.raises(EvaluationError, match=r"shots: .* same sources \(s0, s1, s2, s3, s4 and 3 more\)"):
        check_apart([f"s{i}" for i in range(8)], [f"s{i}" for i in range(9)], "shots")
