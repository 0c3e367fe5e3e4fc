"""Counting looks, telling drift, and whether two answers agree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.infer.outcome import Dropped, DropReason, Failed, NothingSeen, Outcome, Seen, Still, TimedOut
from edge.runtime.agreement import agree, pairs
from edge.runtime.tally import FEWEST, HOUR_S, SPAN_S, Spread, Tally, stability_index
from models.bundle.detections import Detections


def boxes(*lefts: float, side: float = 10.0, label: int = 0, score: float = 0.8) -> Detections:
    rows = [[left, 0.0, left + side, side] for left in lefts]
    return Detections(
        np.array(rows, np.float32).reshape(-1, 4), np.full(len(rows), score, np.float32), np.full(len(rows), label, np.int16)
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (boxes(), boxes(), True),
        (boxes(0), boxes(), False),
        (boxes(0, 50), boxes(1, 51), True),
        (boxes(0, 50), boxes(0), True),  # one person more or less
        (boxes(0, 50, 100), boxes(0), True),
        (boxes(0, 50, 100, 150), boxes(0), False),
        (boxes(0, 50), boxes(0, 50, label=1), False),
        (boxes(0, 50), boxes(0, 50, side=30), False),
        (boxes(0), boxes(0, 1, 2, 3), False),  # one is not the partner of four
    ],
)
def test_two_answers_agree_when_most_of_what_they_saw_has_a_partner(one: Detections, other: Detections, same: bool) -> None:
    assert agree(one, other) is same
    assert agree(other, one) is same


@given(st.lists(st.floats(0, 500), max_size=8), st.lists(st.floats(0, 500), max_size=8))
def test_pairs_are_mutual_and_no_more_than_there_are(ones: list[float], others: list[float]) -> None:
    one, other = boxes(*ones), boxes(*others)
    assert pairs(one, other) <= min(len(one), len(other))
    assert pairs(one, one) >= min(1, len(one))


@pytest.mark.parametrize(
    ("outcome", "counts"),
    [
        (Seen(boxes(0), 3.0), (1, 1, 0)),
        (NothingSeen(3.0), (1, 1, 0)),
        (Failed("no"), (1, 0, 1)),
        (TimedOut(2.0), (1, 0, 1)),
        (Dropped(DropReason.ACCELERATOR_DOWN), (1, 0, 0)),
        (Dropped(DropReason.DEADLINE), (1, 0, 0)),
        (Dropped(DropReason.SUPERSEDED), (0, 0, 0)),
        (Dropped(DropReason.NO_SLOT), (0, 0, 0)),
        (Still(), (0, 0, 0)),
    ],
)
def test_only_what_a_model_was_asked_for_counts(outcome: Outcome, counts: tuple[int, int, int]) -> None:
    tally = Tally(0.0)
    tally.count(outcome, 1.0)
    assert (tally.asked, tally.answered, tally.failures) == counts


def filled(score: float, count: int, now_s: float = 0.0) -> Spread:
    spread = Spread()
    for _ in range(count):
        spread.add(np.array([score], np.float32), now_s)
    return spread


def test_drift_is_told_in_the_first_hour_and_from_enough_scores_on() -> None:
    before = filled(0.85, FEWEST, -SPAN_S)
    before.add(np.array([0.85], np.float32), 0.0)
    tally = Tally(0.0, before)
    for i in range(FEWEST - 1):
        tally.count(Seen(boxes(0, score=0.35), 1.0), i * (SPAN_S + 10) / FEWEST)
    assert tally.drift(SPAN_S + 10) is None, "one too few"
    tally.count(Seen(boxes(0, score=0.35), 1.0), SPAN_S + 10)
    drift = tally.drift(SPAN_S + 10)
    assert drift is not None
    assert drift > 1.0
    assert tally.drift(HOUR_S + 1) is None
    assert Tally(0.0).drift(1.0) is None


@pytest.mark.parametrize(
    ("old_s", "new_s", "told"), [(SPAN_S, SPAN_S, True), (SPAN_S - 1, SPAN_S, False), (SPAN_S, SPAN_S - 1, False)]
)
def test_scores_of_a_few_passers_by_tell_no_drift(old_s: float, new_s: float, told: bool) -> None:
    before = filled(0.85, FEWEST, -old_s)
    before.add(np.array([0.85], np.float32), 0.0)
    tally = Tally(0.0, before)
    for now_s in (0.0, new_s):
        tally.count(Seen(boxes(*range(0, 20 * FEWEST, 20), score=0.35), 1.0), now_s)
    assert (tally.drift(new_s) is not None) is told


def test_two_samples_of_one_street_do_not_drift() -> None:
    rng = np.random.default_rng(5)
    counts = [np.histogram(rng.beta(5, 2, FEWEST), bins=10, range=(0, 1))[0].astype(np.int64) for _ in range(20)]
    indices = [stability_index(counts[i], counts[i + 1]) for i in range(19)]
    assert np.mean(indices) < 0.1
    assert max(indices) < 0.25
    assert stability_index(counts[0], counts[0]) == pytest.approx(0.0)


def test_a_spread_forgets_what_is_older_than_an_hour() -> None:
    spread = filled(0.85, 10, now_s=0.0)
    assert spread.counts(1.0).sum() == 10
    spread.add(np.array([0.1], np.float32), 2 * HOUR_S)
    assert spread.counts(2 * HOUR_S).sum() == 1
    spread.add(np.array([-1.0, 2.0], np.float32), 2 * HOUR_S)  # nonsense is counted at the ends
    assert spread.counts(2 * HOUR_S)[[0, 9]].tolist() == [1, 1]
