"""A rollout from its plan to its end: groups one after the other, stopped by its brake, halted and taken back by people."""

from __future__ import annotations

import msgspec
import pytest

from fleet.accounts.accounts import Person, Role
from fleet.audit.log import verify
from fleet.rollouts.errors import PlanError, SamePersonError, TransitionError
from fleet.rollouts.plan import Filter, Group, Plan
from fleet.rollouts.states import RolloutState
from fleet.services import Services
from protocol.config import Config, Report
from protocol.events import UpdateStep
from tests.fleet.rollouts.city import ENG, SECOND, City
from tests.fleet.rollouts.fleet import BUNDLE

R = RolloutState
NAMES = tuple(f"box-00{number}" for number in range(6))
CANARY = Group("canary", where=Filter(devices=NAMES), minimum=2, budget_percent=50, success_percent=50)
REST = Group("rest", budget_percent=20, success_percent=80)


def test_groups_come_one_after_the_other_and_success_is_after_probation(each: City) -> None:
    city = each
    made = city.begin(CANARY, REST)
    city.run()
    canary = city.stage(1, 0)
    assert canary == set(NAMES)
    assert city.ordered() == canary
    order = city.order(min(canary))
    assert order is not None
    assert (order.release, order.rollout, order.windows) == (4, made.id, ())
    for name in canary:
        for step in (UpdateStep.ACCEPTED, UpdateStep.FETCHED, UpdateStep.ON_PROBATION):
            city.report(name, step)
    city.run(5)
    assert city.ordered() == canary, "nothing has succeeded before its probation is over"
    for name in canary:
        city.report(name, UpdateStep.SUCCEEDED)
    city.run(5)
    assert city.ordered() == city.keys.keys()
    assert city.read(1).state is R.RUNNING
    city.succeed(*(city.keys.keys() - canary))
    city.run(5)
    ended = city.read(1)
    assert ended.state is R.COMPLETED
    assert ended.reason.startswith("group rest: ")
    assert set(city.states().values()) == {"succeeded"}
    assert set(city.flags()) == {"counted"}
    actions = [row.action for row in reversed(Services(city.engine, None, "").audit_rows())]  # type: ignore[arg-type]
    assert [action for action in actions if action not in {"rollout.orders", "rollout.join"}] == [
        "rollout.plan",
        "rollout.approve",
        "rollout.start",
        "rollout.group",
        "rollout.complete",
    ]
    assert actions.count("rollout.orders") == 2
    assert verify(city.engine).broken_at is None


def test_a_bad_release_is_stopped_at_the_canary_and_its_orders_are_taken_back(each: City) -> None:
    city = each
    city.begin(msgspec.structs.replace(CANARY, budget_percent=30), REST)
    city.run()
    canary = sorted(city.stage(1, 0))
    city.fail(canary[0])
    city.run(5)
    assert city.read(1).state is R.RUNNING
    city.fail(canary[1])
    city.report(canary[-1], UpdateStep.ACCEPTED)
    city.run(5)
    stopped = city.read(1)
    assert stopped.state is R.STOPPED
    assert "2 of 6 failed, which reaches the budget of 30%" in stopped.reason
    assert city.ordered() == set(), "nobody begins it any more, however late it hears"
    orders = city.orders(canary[0])
    assert orders is not None, "an empty list with a higher counter: what was recorded before cannot be played again"
    untouched = city.keys.keys() - set(canary)
    assert all(city.orders(name) is None for name in untouched)
    assert city.box(canary[0]).reason == "too-slow"
    assert city.box(canary[0]).detail == "3 times the time"
    # a box that had begun tells how it ended; the rollout stays stopped
    city.report(canary[-1], UpdateStep.REFUSED, nonce=city.box(canary[-1]).nonce, counter=city.box(canary[-1]).counter)
    city.run(60)
    assert city.states()[canary[-1]] == "failed"
    assert city.read(1).state is R.STOPPED


def test_nobody_approves_what_they_planned_and_nothing_runs_unapproved(city: City) -> None:
    made = city.decisions.plan(ENG, Plan(BUNDLE, 4, (Group("all"),)))
    with pytest.raises(SamePersonError, match="was planned by ellen: a second person approves it"):
        city.decisions.approve(ENG, made.number)
    with pytest.raises(TransitionError, match="was not approved"):
        city.decisions.start(ENG, made.number)
    city.run()
    assert city.ordered() == set()
    assert city.read(1).state is R.PLANNED
    city.decisions.approve(SECOND, made.number)
    with pytest.raises(TransitionError, match="is approved and cannot become approved"):
        city.decisions.approve(SECOND, made.number)
    city.run()
    assert city.ordered() == set()
    city.decisions.start(ENG, made.number)
    city.run()
    assert city.ordered() == city.keys.keys()


def test_a_paused_rollout_gives_no_order_and_its_brake_still_works(city: City) -> None:
    city.begin(CANARY, REST)
    city.decisions.pause(SECOND, 1)
    city.run()
    assert city.ordered() == set(), "though its first group waits"
    city.decisions.resume(ENG, 1)
    city.run()
    canary = sorted(city.stage(1, 0))
    assert city.ordered() == set(canary)
    city.decisions.pause(SECOND, 1, "lunch")
    assert city.read(1).reason == "lunch"
    city.succeed(*canary)
    city.run(60)
    assert city.ordered() == set(canary)
    assert city.states()[canary[0]] == "succeeded", "reports are worked all the same"
    city.decisions.resume(ENG, 1)
    city.run(5)
    assert city.ordered() == city.keys.keys()
    city.decisions.pause(ENG, 1)
    city.fail(*sorted(city.keys.keys() - set(canary)))
    city.run(5)
    assert city.read(1).state is R.STOPPED


def test_an_aborted_rollout_takes_back_what_no_box_has_ended(city: City) -> None:
    city.begin()
    city.run()
    done, probation, silent = "box-000", "box-001", "box-002"
    city.succeed(done)
    for step in (UpdateStep.ACCEPTED, UpdateStep.FETCHED, UpdateStep.ON_PROBATION):
        city.report(probation, step)
    city.run(1)
    city.decisions.abort(ENG, 1, "wrong day")
    city.run(5)
    assert city.ordered() == {done, probation}
    assert (city.read(1).state, city.read(1).reason) == (R.ABORTED, "wrong day")
    city.report(probation, UpdateStep.SUCCEEDED)
    city.run(5)
    assert (city.states()[probation], city.states()[silent]) == ("succeeded", "ordered")
    with pytest.raises(TransitionError, match="it is over; plan another"):
        city.decisions.abort(ENG, 1)


def test_a_straggler_of_a_group_that_was_passed_still_stops_the_rollout(city: City) -> None:
    city.begin(CANARY, REST)
    city.run()
    canary = sorted(city.stage(1, 0))
    city.succeed(*canary[:2])
    city.run(5)
    assert city.read(1).stage == 1
    city.fail(*canary[2:])
    city.run(5)
    assert city.read(1).state is R.STOPPED
    assert "group canary" in city.read(1).reason


def test_a_group_is_watched_as_long_as_was_asked(city: City) -> None:
    city.begin(msgspec.structs.replace(CANARY, soak_s=3600), REST)
    city.run()
    city.succeed(*city.stage(1, 0))
    city.run(3599)
    assert city.read(1).stage == 0
    city.run(1)
    assert city.read(1).stage == 1


def test_taking_back_is_a_higher_release_with_the_earlier_content(city: City) -> None:
    city.begin(CANARY, REST)
    city.run()
    canary = sorted(city.stage(1, 0))
    city.succeed(*canary[:2])
    with pytest.raises(TransitionError, match="is running: abort it first"):
        city.decisions.back(ENG, 1)
    city.fail(*canary[2:])
    city.run(5)
    assert city.read(1).state is R.STOPPED
    with pytest.raises(PlanError, match=r"no release above 4 of .* has the content of an earlier one: add the earlier content"):
        city.decisions.back(ENG, 1)
    with pytest.raises(PlanError, match="release 3 is not above release 4"):
        city.decisions.back(ENG, 1, 3)
    city.catalogue.add(5, "1.2.0")
    back = city.decisions.back(ENG, 1)
    assert (back.release, back.back_of, back.plan.where) == (5, 1, Filter(rollout=city.read(1).id))
    city.decisions.approve(SECOND, back.number)
    city.decisions.start(ENG, back.number)
    city.run(5)
    assert city.stage(back.number, 0) == set(canary), "the boxes that it had reached, and no other"
    city.succeed(*canary)
    city.run(5)
    assert city.read(back.number).state is R.COMPLETED


def test_configuring_a_box_keeps_its_orders_and_ordering_keeps_its_configuration(city: City) -> None:
    services = Services(city.engine, None, "north")  # type: ignore[arg-type]
    wanted = Config(report=Report(5.0))
    assert services.want(Person("tess", Role.TECHNICIAN), "box-000", wanted).version == 1
    city.begin()
    city.run()
    before = city.desired("box-000")
    assert before is not None
    assert (before.version, before.config) == (2, wanted)
    other = city.desired("box-001")
    assert other is not None
    assert (other.version, other.config) == (1, Config(report=Report(60.0))), "what it says that it runs"
    services.want(Person("tess", Role.TECHNICIAN), "box-000", Config())
    after = city.desired("box-000")
    assert after is not None
    assert (after.version, after.config, after.orders) == (3, Config(), before.orders)
