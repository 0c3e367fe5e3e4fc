"""When a rollout stops and when the next group may come: at the threshold, not past it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fleet.rollouts.brake import Pass, Stop, Tally, Wait, brake, judge
from fleet.rollouts.plan import Group


def group(**more: Any) -> Group:
    values: dict[str, Any] = {"success_percent": 90.0, "minimum": 10, "budget_percent": 10.0}
    return Group("canary", **{**values, **more})


@pytest.mark.parametrize(
    ("tally", "budget", "stops"),
    [
        (Tally(waiting=98, failed=2), 3.0, False),
        (Tally(waiting=97, failed=3), 3.0, True),
        (Tally(waiting=96, failed=4), 3.0, True),
        (Tally(succeeded=93, failed=7), 7.0, True),
        (Tally(succeeded=94, failed=6), 7.0, False),
        (Tally(succeeded=2, failed=1), 5.0, True),
        (Tally(waiting=3), 0.01, False),
        (Tally(ordered=9_999, failed=1), 0.01, True),
        # who is set aside makes the group smaller
        (Tally(waiting=29, failed=1, aside=70), 3.0, True),
    ],
)
def test_the_budget_is_reached_not_passed(tally: Tally, budget: float, *, stops: bool) -> None:
    found = brake(group(budget_percent=budget, success_percent=1.0), tally)
    assert (found is not None) == stops
    if found is not None:
        assert found.code == "budget"
        assert f"{tally.failed} of {tally.size} failed" in found.words


@pytest.mark.parametrize("percent", [0.07, 0.29, 1.1, 4.35, 7.0, 14.0, 28.0, 29.0, 57.0, 58.0])
def test_at_the_threshold_whatever_it_looks_like_in_binary(percent: float) -> None:
    size = 10_000
    failed = round(percent * 100)
    assert brake(group(budget_percent=percent, success_percent=1.0), Tally(waiting=size - failed, failed=failed)) is not None
    one_less = Tally(waiting=size - failed + 1, failed=failed - 1)
    assert brake(group(budget_percent=percent, success_percent=1.0), one_less) is None


@pytest.mark.parametrize(
    ("tally", "outcome"),
    [
        (Tally(waiting=20), Wait),
        (Tally(succeeded=9, busy=11), Wait),
        (Tally(succeeded=10, busy=10), Pass),
        (Tally(succeeded=17, failed=1, busy=2), Pass),
        (Tally(succeeded=9, failed=1, ordered=90), Pass),
        (Tally(succeeded=8, failed=1, ordered=91), Wait),
        (Tally(succeeded=8, failed=2, ordered=90), Wait),
        (Tally(succeeded=3), Pass),
        (Tally(succeeded=2, ordered=1), Wait),
        (Tally(), Wait),
        (Tally(aside=5), Wait),
        (Tally(failed=3), Stop),
    ],
)
def test_a_group_passes_on_what_was_seen(tally: Tally, outcome: type) -> None:
    assert type(judge(group(), tally, 0)) is outcome


def test_a_share_that_cannot_be_reached_any_more_stops_at_once() -> None:
    wide = group(budget_percent=100.0)
    assert judge(wide, Tally(failed=2, waiting=18), 0) == Wait("2 of at least 10 came to an end")
    stopped = judge(wide, Tally(failed=3, waiting=17), 0)
    assert isinstance(stopped, Stop)
    assert stopped.code == "success"
    assert "3 of 20 failed, so that 90% cannot succeed" in stopped.words


def test_a_group_is_watched_as_long_as_was_asked() -> None:
    assert judge(group(soak_s=60), Tally(succeeded=20), 59.9) == Wait("watched for 59 of 60 s")
    assert judge(group(soak_s=60), Tally(succeeded=20), 60) == Pass()


COUNTS = st.integers(0, 60)
TALLIES = st.builds(Tally, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS)
HUNDREDTHS = st.integers(1, 10_000).map(lambda n: n / 100)
GROUPS = st.builds(
    group, success_percent=HUNDREDTHS, budget_percent=HUNDREDTHS, minimum=st.integers(1, 100), soak_s=st.integers(0, 100)
)


@given(GROUPS, TALLIES)
def test_one_failure_more_never_takes_a_brake_off(asked: Group, tally: Tally) -> None:
    assume(tally.waiting)
    worse = Tally(tally.waiting - 1, tally.ordered, tally.busy, tally.succeeded, tally.failed + 1, tally.aside)
    if brake(asked, tally) is not None:
        assert brake(asked, worse) is not None


@given(GROUPS, TALLIES)
def test_nothing_passes_without_a_success_and_none_stops_without_a_failure(asked: Group, tally: Tally) -> None:
    found = judge(asked, tally, 1000)
    if isinstance(found, Pass):
        assert tally.succeeded
        assert brake(asked, tally) is None
    if isinstance(found, Stop):
        assert tally.failed


@given(GROUPS, TALLIES)
def test_a_group_that_ended_whole_never_waits_for_more(asked: Group, tally: Tally) -> None:
    ended = Tally(succeeded=tally.succeeded, failed=tally.failed, aside=tally.aside)
    assume(ended.ended)
    assert not isinstance(judge(asked, ended, 1000), Wait)
