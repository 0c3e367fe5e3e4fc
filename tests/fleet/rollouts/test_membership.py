"""Boxes that are replaced, moved, withdrawn, or appear while a rollout runs; and two rollouts that want one box."""

from __future__ import annotations

import pytest
from sqlalchemy import delete

from fleet.rollouts.errors import ConflictError, PlanError
from fleet.rollouts.plan import Filter, Group, Plan
from fleet.rollouts.states import RolloutState
from fleet.store.database import writing
from fleet.store.tables import device_release
from protocol.events import UpdateStep
from tests.fleet.rollouts.city import ENG, SECOND, City
from tests.fleet.rollouts.fleet import BUNDLE

R = RolloutState
CANARY = Group("canary", where=Filter(devices=("box-000", "box-001")), minimum=1, budget_percent=100, success_percent=50)
REST = Group("rest", budget_percent=50, success_percent=50)
LATER_S = 6
"""Past the next look at the fleet."""


def test_a_box_that_was_replaced_begins_anew_and_its_predecessor_says_nothing_for_it(city: City) -> None:
    city.begin(CANARY, REST)
    city.run()
    city.succeed("box-000")
    for step in (UpdateStep.ACCEPTED, UpdateStep.FETCHED):
        city.report("box-001", step)
    before = {name: city.order(name) for name in ("box-000", "box-001")}
    old = city.keys["box-001"]
    city.run(1)
    with writing(city.engine) as connection:  # as enrolment does when another key comes
        connection.execute(delete(device_release))
    for name in before:
        city.replace(name)
    city.run(LATER_S)
    for name, order in before.items():
        fresh = city.order(name)
        assert fresh is not None
        assert order is not None
        assert fresh.nonce != order.nonce
        assert city.states()[name] == "ordered"
    city.report("box-001", UpdateStep.ACCEPTED, nonce=before["box-001"].nonce)  # type: ignore[union-attr]
    city.run(1)
    assert city.states()["box-001"] == "ordered", "the order of the box before"
    new, city.keys["box-001"] = city.keys["box-001"], old
    city.report("box-001", UpdateStep.ACCEPTED)
    city.keys["box-001"] = new
    city.run(1)
    assert city.states()["box-001"] == "ordered", "signed by the box before"
    assert city.flags()[-2:] == ["foreign", "forged"]
    city.succeed("box-000", "box-001")
    city.run(1)
    assert city.read(1).stage == 1


def test_a_box_without_an_order_that_moves_away_leaves_and_one_with_an_order_ends_it(city: City) -> None:
    for name in city.keys:
        city.put(name, site="market")
    city.begin(CANARY, REST, where=Filter(sites=("market",)))
    city.run()
    for name in ("box-000", "box-005"):
        city.put(name, site="church")
    city.run(LATER_S)
    assert city.states()["box-000"] == "ordered"
    assert city.states()["box-005"] == "aside"
    assert city.box("box-005").reason == "moved"
    city.succeed("box-000", "box-001")
    city.run(LATER_S)
    assert city.ordered() == city.keys.keys() - {"box-005"}


def test_a_box_without_an_order_that_moves_to_another_group_comes_with_that(city: City) -> None:
    groups = (CANARY, Group("church", where=Filter(sites=("church",)), success_percent=50, budget_percent=50), REST)
    city.put("box-003", site="church")
    city.begin(*groups)
    city.run()
    assert city.stage(1, 1) == {"box-003"}
    city.put("box-004", site="church")
    city.put("box-003", site="market")
    city.run(LATER_S)
    assert city.stage(1, 1) == {"box-004"}


def test_a_canary_that_ran_what_was_asked_for_is_not_followed_by_the_next_in_line(city: City) -> None:
    """Its success changes what the filter asks for; whoever is next must not be drawn into its group one after the other."""
    canary = Group("canary", 0.01, minimum=1, soak_s=10_000, success_percent=50)
    city.begin(canary, REST, where=Filter(versions=("1.2.0",)))
    city.run()
    (first,) = city.ordered()
    city.succeed(first)
    city.birth(first, version="1.3.0")
    for _ in range(3):
        city.run(LATER_S)
    assert city.ordered() == {first} == city.stage(1, 0)


def test_a_box_that_was_withdrawn_counts_neither_way_and_an_empty_canary_gets_the_next_in_line(city: City) -> None:
    city.begin(Group("canary", 0.01, minimum=1, success_percent=50), REST)
    city.run()
    (first,) = city.ordered()
    city.put(first, withdrawn_at=city.ms)
    city.run(LATER_S)
    assert (city.states()[first], city.box(first).reason) == ("aside", "withdrawn")
    (second,) = city.ordered() - {first}
    assert city.read(1).stage == 0
    city.succeed(second)
    city.run(1)
    assert city.read(1).stage == 1


def test_a_rollout_has_the_boxes_of_its_beginning_and_an_open_one_catches_those_that_appear(city: City) -> None:
    city.begin(release=3)
    city.run()
    city.add("later")
    city.run(LATER_S)
    assert "later" not in city.states()
    city.succeed(*(city.keys.keys() - {"later"}))
    city.run(1)
    assert city.read(1).state is R.COMPLETED
    city.begin(release=4, open=True)
    city.run()
    city.succeed(*city.keys)
    city.add("last")
    city.run(LATER_S)
    assert city.read(2).state is R.RUNNING
    assert city.states(2)["last"] == "ordered"
    assert city.states(2)["later"] == "succeeded"


def test_two_rollouts_that_want_one_box_the_second_is_refused(city: City) -> None:
    city.catalogue.add(5, "1.4.0")
    city.begin(CANARY, REST)
    city.run()
    second = city.decisions.plan(ENG, Plan(BUNDLE, 5, (Group("all"),), Filter(devices=("box-000", "box-009", "box-010"))))
    city.decisions.approve(SECOND, second.number)
    words = r"rollout 1 of .* is not done with 3 of these boxes \(box-000, box-009, box-010\): wait for it, abort it, or filter"
    with pytest.raises(ConflictError, match=words):
        city.decisions.start(ENG, second.number)
    city.run(LATER_S)
    assert city.read(2).state is R.APPROVED
    assert city.order("box-009") is None
    city.decisions.pause(ENG, 1)
    with pytest.raises(ConflictError):
        city.decisions.start(ENG, second.number)
    city.decisions.abort(ENG, 1)
    city.decisions.start(ENG, second.number)
    city.run(LATER_S)
    assert city.ordered() == {"box-000", "box-009", "box-010"}


def test_of_two_that_start_before_either_has_placed_its_boxes_the_second_is_refused(city: City) -> None:
    city.catalogue.add(5, "1.4.0")
    numbers = [city.decisions.plan(ENG, Plan(BUNDLE, release, (Group("all"),))).number for release in (4, 5)]
    for number in numbers:
        city.decisions.approve(SECOND, number)
    city.decisions.start(ENG, numbers[0])
    with pytest.raises(ConflictError, match=r"rollout 1 of .* is not done with 12 of these boxes"):
        city.decisions.start(ENG, numbers[1])


def test_rollouts_of_one_bundle_for_different_boxes_and_of_different_bundles_for_one_go_side_by_side(city: City) -> None:
    city.begin(where=Filter(devices=("box-000",)))
    city.begin(where=Filter(devices=("box-001",)))
    city.catalogue.add(1, "2.0.0", bundle="another")
    city.decisions.plan(ENG, Plan("another", 1, (Group("all"),), Filter(devices=("box-000",))))
    city.decisions.approve(SECOND, 3)
    city.decisions.start(ENG, 3)
    city.run()
    orders = city.orders("box-000")
    assert orders is not None
    assert {(one.bundle, one.release) for one in orders.orders} == {(BUNDLE, 4), ("another", 1)}
    nonce = city.box("box-000").nonce
    city.decisions.abort(ENG, 3)
    city.run(1)
    orders = city.orders("box-000")
    assert orders is not None
    assert [(one.bundle, one.nonce) for one in orders.orders] == [(BUNDLE, nonce)], "the other order is as it was"


def test_an_open_rollout_gives_way_to_a_later_release_when_it_has_nothing_left_to_do(city: City) -> None:
    city.catalogue.add(5, "1.4.0")
    city.begin(release=4, open=True)
    city.run()
    city.succeed(*city.keys)
    city.run(LATER_S)
    assert city.read(1).state is R.RUNNING
    city.begin(release=5, open=True)
    assert (city.read(1).state, city.read(1).reason) == (R.COMPLETED, "rollout 2 brings its boxes a later release")
    city.run()
    city.add("new")
    city.run(LATER_S)
    order = city.order("new")
    assert order is not None
    assert order.release == 5


def test_a_box_that_two_open_rollouts_would_catch_gets_the_higher_release(city: City) -> None:
    city.catalogue.add(5, "1.4.0")
    only = Filter(sites=("market",))
    city.put("box-000", site="market", tags='["new"]')
    city.put("box-001", site="market")
    city.begin(release=5, open=True, where=Filter(sites=("market",), tags=("new",)))
    city.run()
    city.succeed("box-000")
    city.run()
    city.begin(release=4, open=True, where=only)
    city.run(LATER_S)
    city.add("both", site="market", tags=("new",))
    city.run(LATER_S)
    order = city.order("both")
    assert order is not None
    assert order.release == 5
    assert "both" not in city.states(2)


def test_a_box_that_got_it_from_a_stick_meanwhile_needs_no_order(city: City) -> None:
    city.begin(CANARY, REST)
    city.run()
    city.report("box-007", UpdateStep.SUCCEEDED, counter=0, running=4, nonce="ab" * 16)
    city.run(LATER_S)
    assert (city.states()["box-007"], city.box("box-007").reason) == ("aside", "has-it")
    city.succeed("box-000", "box-001")
    city.run(LATER_S)
    assert city.order("box-007") is None


@pytest.mark.parametrize(
    ("where", "words"),
    [
        (Filter(sites=("nowhere",)), "no box fits the filter: none of 12 in the fleet"),
        (Filter(hardware=("Coral",)), "no box fits the filter"),
        (Filter(), r"no box can take .* release 4: of 12 that fit the filter 12 is a board that the release is not for"),
    ],
)
def test_a_rollout_that_reaches_no_box_is_refused(city: City, where: Filter, words: str) -> None:
    if where == Filter():
        city.catalogue.found.clear()
        city.catalogue.add(4, "1.3.0", hardware=("Coral",))
    with pytest.raises(PlanError, match=words):
        city.decisions.plan(ENG, Plan(BUNDLE, 4, (Group("all"),), where))


def test_a_group_that_reaches_no_box_is_refused(city: City) -> None:
    with pytest.raises(PlanError, match="group rest has no box: of 2 that fit, none is left for it"):
        city.decisions.plan(ENG, Plan(BUNDLE, 4, (Group("first"), Group("rest")), Filter(devices=("box-000", "box-001"))))
    with pytest.raises(PlanError, match="group lab has no box"):
        city.decisions.plan(ENG, Plan(BUNDLE, 4, (Group("lab", where=Filter(sites=("lab",))), Group("rest"))))
