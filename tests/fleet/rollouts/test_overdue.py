"""Time: a silent box fails, one without power does not, and nobody switches outside the window (rows 25, 29 and 61)."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from fleet.rollouts.errors import PlanError
from fleet.rollouts.hours import Hours
from fleet.rollouts.plan import Filter, Group, Plan
from fleet.rollouts.states import RolloutState
from protocol.events import UpdateStep
from tests.fleet.rollouts.city import ENG, START, City
from tests.fleet.rollouts.fleet import BUNDLE

R = RolloutState
HOUR = 3600
LAX = Group("all", minimum=1, budget_percent=100, success_percent=1)
BY_NIGHT = Hours("UTC", "20:00", "06:00")
"""Lampposts: power from eight to six. It is noon when the tests begin."""


def test_a_box_that_accepted_and_says_nothing_more_times_out_and_counts_as_failed(city: City) -> None:
    city.begin(Group("all", budget_percent=10, success_percent=1), timeout_s=HOUR)
    city.run()
    city.later(10 * HOUR)
    city.report("box-000", UpdateStep.ACCEPTED)
    city.report("box-001", UpdateStep.FETCHED)
    city.run()
    city.run(HOUR - 1)
    assert city.read(1).state is R.RUNNING
    city.report("box-001", UpdateStep.SUCCEEDED)
    city.run(1)
    assert city.states()["box-000"] == "failed"
    assert (city.box("box-000").reason, city.box("box-000").detail) == (
        "timeout",
        "no last word within 3600 s of its acceptance",
    )
    assert city.read(1).state is R.RUNNING, "one of twelve is below ten percent"
    city.report("box-002", UpdateStep.ACCEPTED)
    city.run()
    city.run(HOUR)
    assert city.read(1).state is R.STOPPED, "two of twelve are not"


def test_silence_before_it_accepted_is_no_failure_however_long(city: City) -> None:
    city.begin(LAX, timeout_s=HOUR)
    city.run()
    city.will("box-000")
    city.succeed(*(city.keys.keys() - {"box-000"}))
    city.run(6 * 24 * HOUR)
    assert city.states()["box-000"] == "ordered"
    city.run(24 * HOUR)
    assert (city.states()["box-000"], city.box("box-000").reason) == ("aside", "unreached")
    assert city.read(1).state is R.COMPLETED, "nobody waits for ever"


def test_who_was_out_of_reach_comes_back_when_it_reports(city: City) -> None:
    canary = msgspec.structs.replace(LAX, name="canary", where=Filter(devices=("box-000", "box-001")), soak_s=9 * HOUR)
    city.begin(canary, msgspec.structs.replace(LAX, name="rest"), timeout_s=HOUR, unreached_s=2 * HOUR)
    city.run()
    for name in ("box-000", "box-001"):
        city.will(name)
    city.run(2 * HOUR)
    assert city.states()["box-000"] == "aside"
    city.report("box-000", UpdateStep.ACCEPTED)
    city.run(1)
    assert (city.states()["box-000"], city.box("box-000").reason) == ("accepted", "")
    city.run(HOUR)
    assert city.box("box-000").reason == "timeout", "and its time runs from there"


def test_who_speaks_and_does_not_accept_fails(city: City) -> None:
    """An agent that knows no orders, or does not follow: that is not silence."""
    city.begin(LAX, timeout_s=HOUR)
    city.run()
    for minute in range(0, 61, 10):
        city.put("box-000", last_word=city.ms)
        city.run(600)
        if minute < 60:
            assert city.states()["box-000"] == "ordered"
    assert (city.states()["box-000"], city.box("box-000").reason) == ("failed", "not-accepted")
    assert city.states()["box-001"] == "ordered", "silent since before"


def test_who_was_away_and_is_back_since_a_minute_has_its_time_before_it(city: City) -> None:
    city.begin(LAX, timeout_s=HOUR)
    city.run()
    city.later(30 * HOUR)
    city.birth("box-000")
    city.run(60)
    city.put("box-000", last_word=city.ms)
    city.run(5)
    assert city.states()["box-000"] == "ordered"


def test_time_without_power_does_not_count(city: City) -> None:
    for name in city.keys:
        city.put(name, powered=msgspec.json.encode(BY_NIGHT).decode())
    city.put("box-009", powered=None)
    city.begin(LAX, timeout_s=2 * HOUR)
    city.run()
    city.later(17 * HOUR)  # five in the morning: an hour of power is left
    for name in ("box-000", "box-009"):
        city.report(name, UpdateStep.ACCEPTED)
    city.run(14 * HOUR)  # seven in the evening: silent since six in the morning, by schedule
    assert city.states()["box-000"] == "accepted"
    assert city.box("box-009").reason == "timeout", "always powered"
    city.run(HOUR + HOUR - 1)
    assert city.states()["box-000"] == "accepted"
    city.run(2)
    assert city.box("box-000").reason == "timeout"


def test_orders_carry_two_weeks_of_windows_and_the_time_outside_does_not_count(city: City) -> None:
    window = Hours("Europe/Brussels", "02:00", "04:00")
    city.begin(LAX, timeout_s=HOUR, window=window)
    city.run()
    order = city.order("box-000")
    assert order is not None
    assert len(order.windows) == 14
    assert order.windows[0].opens == dt.datetime(2026, 3, 3, 1, tzinfo=dt.timezone.utc)
    city.report("box-000", UpdateStep.ACCEPTED)
    city.report("box-000", UpdateStep.FETCHED)
    city.run(13 * HOUR + HOUR - 1)
    assert city.states()["box-000"] == "fetched", "it waited for its window"
    city.run(2)
    assert city.box("box-000").reason == "timeout"


def test_through_the_change_of_clocks_windows_stay_at_their_hour(city: City) -> None:
    city.later(20 * 24 * HOUR)
    city.begin(LAX, window=Hours("Europe/Brussels", "03:30", "05:00"))
    city.run()
    order = city.order("box-000")
    assert order is not None
    found = {f"{one.opens:%m-%d}": f"{one.opens:%H:%M}" for one in order.windows}
    assert (found["03-28"], found["03-29"], found["03-30"]) == ("02:30", "01:30", "01:30")


def test_who_has_hardly_a_window_left_is_given_more_and_it_is_the_same_order(city: City) -> None:
    city.begin(LAX, window=Hours("UTC", "02:00", "04:00"), unreached_s=60 * 24 * HOUR)
    city.run()
    before, counter = city.order("box-000"), city.orders("box-000")
    assert before is not None
    assert counter is not None
    city.run(11 * 24 * HOUR)
    assert city.order("box-000") == before
    city.run(24 * HOUR)
    after, later = city.order("box-000"), city.orders("box-000")
    assert after is not None
    assert later is not None
    assert after.nonce == before.nonce
    assert after.windows[0].opens > before.windows[10].opens
    assert len(after.windows) == 14
    assert later.counter > counter.counter
    city.report("box-000", UpdateStep.ACCEPTED, counter=counter.counter)
    city.run(1)
    assert city.states()["box-000"] == "accepted", "its word crossed the new orders"


def test_an_order_never_stands_without_its_windows(city: City) -> None:
    """Without one it would switch at once."""
    last = START.date() + dt.timedelta(days=2)
    names = ("box-000", "box-001", "box-002")
    canary = msgspec.structs.replace(LAX, name="canary", where=Filter(devices=names), soak_s=45 * HOUR)
    window = Hours("UTC", "02:00", "04:00", last=last)
    city.begin(canary, msgspec.structs.replace(LAX, name="rest"), window=window, timeout_s=10 * HOUR)
    city.run()
    order = city.order("box-000")
    assert order is not None
    assert len(order.windows) == 2
    city.report("box-001", UpdateStep.ACCEPTED)
    city.succeed("box-000")
    city.run(39 * HOUR)
    assert [city.states()[name] for name in names] == ["succeeded", "accepted", "ordered"]
    city.run(HOUR)
    assert [city.box(name).reason for name in names] == ["", "no-window", "no-window"], "its last window has closed"
    city.run(6 * HOUR)
    assert city.read(1).state is R.COMPLETED
    rest = city.stage(1, 1)
    assert {city.box(name).reason for name in rest} == {"no-window"}
    assert {city.order(name) for name in rest} == {None}


def test_a_window_that_never_opens_is_refused_when_it_is_planned(city: City) -> None:
    gone = Hours("UTC", "02:00", "04:00", last=START.date())
    with pytest.raises(PlanError, match="never opens"):
        city.decisions.plan(ENG, Plan(BUNDLE, 4, (Group("all"),), window=gone))
