"""Plans that no rollout can follow are refused in words."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.rollouts.errors import PlanError
from fleet.rollouts.plan import Filter, Group, Plan, check_plan, hundredths
from tests.fleet.rollouts.fleet import BUNDLE, plan


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ((Group("a", 5), Group("a")), "two groups have one name: a, a"),
        ((Group("a", 50), Group("b", 10)), "group b takes up to 10% and the one before it 50%"),
        (
            (Group("a", 3.333), Group("b")),
            "percent of group a: 3.333% is not above 0 and at most 100 with at most two decimals",
        ),
        ((Group("a", budget_percent=0.001),), "budget_percent of group a"),
        ((Group("a", success_percent=99.999),), "success_percent of group a"),
    ],
)
def test_a_plan_that_no_rollout_can_follow(groups: tuple[Group, ...], words: str) -> None:
    with pytest.raises(PlanError, match=words):
        check_plan(plan(*groups))


def test_a_smaller_share_of_other_boxes_is_no_fall() -> None:
    check_plan(plan(Group("a", 50, where=Filter(sites=("lab",))), Group("b", 10), Group("c")))


@pytest.mark.parametrize(
    "change",
    [
        {"bundle": "Not A Name"},
        {"bundle": "../../etc"},
        {"release": 0},
        {"release": 2**60},
        {"groups": []},
        {"groups": [{"name": "a"}] * 17},
        {"groups": [{"name": "a", "percent": 0}]},
        {"groups": [{"name": "a", "percent": 100.5}]},
        {"groups": [{"name": "a", "minimum": 0}]},
        {"groups": [{"name": "a", "budget_percent": 0}]},
        {"timeout_s": 0},
        {"note": "x" * 201},
        {"window": {"zone": "UTC", "opens": "24:00", "closes": "03:00"}},
        {"window": {"zone": "UTC", "opens": "02:00", "closes": "03:00", "days": []}},
        {"window": {"zone": "UTC", "opens": "02:00", "closes": "03:00", "days": ["noday"]}},
        {"where": {"devices": ["x"] * 501}},
        {"where": {"sites": ["A B"]}},
        {"percent": 5},
    ],
)
def test_what_is_no_plan_is_not_read(change: dict[str, object]) -> None:
    good = {"bundle": BUNDLE, "release": 4, "groups": [{"name": "a"}]}
    assert msgspec.convert(good, Plan) == plan(Group("a"))
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**good, **change}, Plan)


@given(st.integers(1, 10_000))
def test_hundredths_are_exact(whole: int) -> None:
    assert hundredths(whole / 100) == whole
    assert hundredths(float(f"{whole / 100:.2f}")) == whole


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e6, max_value=1e6))
def test_any_number_is_a_percentage_or_refused(value: float) -> None:
    try:
        whole = hundredths(value)
    except PlanError:
        return
    assert abs(whole / 100 - value) < 1e-7
    assert 0 < whole <= 10_000
