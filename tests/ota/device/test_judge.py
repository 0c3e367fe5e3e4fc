"""Row 24: a model that is wrong, slow, large, hot or different is found; the street and the weather are not its fault."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ota.device.errors import Why, reason
from ota.device.judge import Before, Criteria, Decision, judge_golden, judge_probation, judge_shadow
from ota.device.trial import Golden, Health, Shadow

C = Criteria(memory_mb=400.0)
GOOD, WAIT, BAD = Decision.GOOD, Decision.WAIT, Decision.BAD
NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("found", "old_ms", "decision", "why"),
    [
        pytest.param(Golden(passed=True), None, GOOD, None, id="passed"),
        pytest.param(Golden(passed=False, detail="deviation inf"), None, BAD, Why.GOLDEN, id="24: NaN in an answer"),
        pytest.param(Golden(passed=False), None, BAD, Why.GOLDEN, id="24: other answers"),
        pytest.param(Golden(passed=True, latency_ms=30.0), 20.0, GOOD, None, id="half as slow again"),
        pytest.param(Golden(passed=True, latency_ms=30.1), 20.0, BAD, Why.SLOW, id="24: slow"),
        pytest.param(Golden(passed=True, latency_ms=NAN), 20.0, BAD, Why.SLOW, id="24: as slow as nobody can say"),
        pytest.param(Golden(passed=True, memory_mb=400.0), None, GOOD, None, id="as large as may be"),
        pytest.param(Golden(passed=True, memory_mb=400.5), None, BAD, Why.MEMORY, id="24: large"),
        pytest.param(Golden(passed=True, memory_mb=NAN), None, GOOD, None, id="a reading that is none"),
    ],
)
def test_golden(found: Golden, old_ms: float | None, decision: Decision, why: Why | None) -> None:
    verdict = judge_golden(found, old_ms, C)
    assert (verdict.decision, verdict.why) == (decision, why)
    assert verdict.blame
    assert bool(verdict.detail) == (why is not None)


def test_a_limit_of_its_own() -> None:
    assert judge_golden(Golden(passed=True, latency_ms=51.0), 100.0, replace(C, latency_ms=50.0)).why is Why.SLOW


SEEN = Shadow(100, 0.95, 0, 22.0, 20.0, 300.0, 60.0)


@pytest.mark.parametrize(
    ("found", "passed_s", "decision", "why"),
    [
        pytest.param(Shadow(), 0.0, WAIT, None, id="nothing yet"),
        pytest.param(SEEN, 59.0, WAIT, None, id="too short"),
        pytest.param(replace(SEEN, looks=99), 600.0, WAIT, None, id="too little"),
        pytest.param(SEEN, 60.0, GOOD, None, id="enough"),
        pytest.param(replace(SEEN, agreement=0.8), 60.0, GOOD, None, id="agrees just so"),
        pytest.param(replace(SEEN, agreement=0.79), 60.0, BAD, Why.AGREEMENT, id="24: disagrees"),
        pytest.param(replace(SEEN, agreement=0.0), 60.0, BAD, Why.AGREEMENT, id="24: empty"),
        pytest.param(replace(SEEN, agreement=NAN), 60.0, BAD, Why.AGREEMENT, id="24: agrees in no number"),
        pytest.param(replace(SEEN, agreement=None), 60.0, GOOD, None, id="nobody can say whether it agrees"),
        pytest.param(replace(SEEN, looks=98, failures=2), 60.0, WAIT, None, id="fails now and then"),
        pytest.param(replace(SEEN, looks=97, failures=3), 60.0, BAD, Why.FAILING, id="24: fails"),
        pytest.param(replace(SEEN, looks=0, failures=50), 5.0, BAD, Why.FAILING, id="24: only fails, found at once"),
        pytest.param(replace(SEEN, looks=0, failures=3), 5.0, WAIT, None, id="failed at first"),
        pytest.param(replace(SEEN, latency_ms=31.0), 5.0, BAD, Why.SLOW, id="24: slow, found at once"),
        pytest.param(replace(SEEN, looks=10, latency_ms=310.0), 5.0, WAIT, None, id="slow at first"),
        pytest.param(replace(SEEN, memory_mb=401.0), 5.0, BAD, Why.MEMORY, id="24: large"),
        pytest.param(Shadow(looks=3), 3600.0, GOOD, None, id="an empty street for an hour"),
        pytest.param(Shadow(unable="no memory for two"), 0.0, GOOD, None, id="a box that holds one model"),
    ],
)
def test_shadow(found: Shadow, passed_s: float, decision: Decision, why: Why | None) -> None:
    verdict = judge_shadow(found, passed_s, C)
    assert (verdict.decision, verdict.why) == (decision, why)


WELL = Health(1000, 1000, 0, 22.0, 300.0, 60.0, 0.05)
BEFORE = Before(20.0, 58.0)
ENOUGH = 1800.0


@pytest.mark.parametrize(
    ("found", "passed_s", "stalled_s", "decision", "why"),
    [
        pytest.param(WELL, ENOUGH, 0.0, GOOD, None, id="well for long enough"),
        pytest.param(WELL, ENOUGH - 1, 0.0, WAIT, None, id="not long enough"),
        pytest.param(replace(WELL, asked=199, answered=199), ENOUGH, 0.0, WAIT, None, id="too little seen"),
        pytest.param(Health(), 48 * 3600.0, 0.0, BAD, Why.UNPROVEN, id="never asked"),
        pytest.param(WELL, 0.0, 59.0, WAIT, None, id="no answer for a while"),
        pytest.param(WELL, ENOUGH, 60.0, BAD, Why.STALLED, id="23: hangs"),
        pytest.param(replace(WELL, failures=20), ENOUGH, 0.0, GOOD, None, id="fails now and then"),
        pytest.param(replace(WELL, failures=21), 5.0, 0.0, BAD, Why.FAILING, id="24: fails"),
        pytest.param(replace(WELL, latency_ms=31.0), 5.0, 0.0, BAD, Why.SLOW, id="24: slow"),
        pytest.param(replace(WELL, answered=10, latency_ms=310.0), 5.0, 0.0, WAIT, None, id="slow at first"),
        pytest.param(replace(WELL, memory_mb=401.0), 5.0, 0.0, BAD, Why.MEMORY, id="23: takes all memory"),
        pytest.param(replace(WELL, temperature_c=84.0), ENOUGH, 0.0, GOOD, None, id="warm"),
        pytest.param(replace(WELL, temperature_c=84.5), 5.0, 0.0, BAD, Why.HOT, id="24: hot"),
        pytest.param(replace(WELL, temperature_c=NAN), ENOUGH, 0.0, GOOD, None, id="a broken sensor"),
        pytest.param(replace(WELL, drift=0.26), 5.0, 0.0, BAD, Why.DRIFT, id="24: drifts"),
        pytest.param(replace(WELL, answered=10, drift=0.9), 5.0, 0.0, WAIT, None, id="ten looks are no distribution"),
        pytest.param(Health(1000, 1000), ENOUGH, 0.0, GOOD, None, id="a box that measures nothing"),
        pytest.param(Health(used=False), ENOUGH, 0.0, GOOD, None, id="nothing uses it"),
        pytest.param(Health(used=False), ENOUGH - 1, 0.0, WAIT, None, id="nothing uses it yet"),
    ],
)
def test_probation(found: Health, passed_s: float, stalled_s: float, decision: Decision, why: Why | None) -> None:
    verdict = judge_probation(found, passed_s, stalled_s, BEFORE, C)
    assert (verdict.decision, verdict.why) == (decision, why)


def test_a_hot_day_is_hot_for_the_old_model_too() -> None:
    hot = replace(WELL, temperature_c=90.0)
    assert judge_probation(hot, ENOUGH, 0.0, Before(20.0, 87.0), C).decision is GOOD
    assert judge_probation(hot, ENOUGH, 0.0, Before(20.0, 86.0), C).why is Why.HOT
    assert judge_probation(hot, ENOUGH, 0.0, Before(), C).why is Why.HOT


def test_what_nobody_asked_for_is_nobodys_fault() -> None:
    assert not judge_probation(Health(), C.probation_longest_s, 0.0, BEFORE, C).blame


numbers = st.none() | st.floats()
counts = st.integers(0, 10_000)


@given(st.builds(Health, counts, counts, counts, numbers, numbers, numbers, numbers), st.floats(0, 1e6), st.floats(0, 100))
def test_every_reading_has_a_verdict(found: Health, passed_s: float, stalled_s: float) -> None:
    verdict = judge_probation(found, passed_s, stalled_s, BEFORE, C)
    assert (verdict.why is not None) == (verdict.decision is BAD)
    assert len(reason(verdict.why or Why.UPDATE, verdict.detail).detail) <= 120
