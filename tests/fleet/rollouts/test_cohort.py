"""Who comes in which group: by a hash, so that raising a percentage only adds boxes and newcomers disturb nobody."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from fleet.rollouts.cohort import bucket, place
from fleet.rollouts.plan import Filter, Group
from protocol.identifiers import uuid7
from tests.fleet.rollouts.fleet import ROLLOUT, boxes, known, plan

PERCENTS = st.integers(1, 10_000).map(lambda hundredths: hundredths / 100)
FLEETS = st.integers(1, 200).map(boxes)
IDS = st.integers(0, 2**40).map(lambda ms: uuid7(ms, b"0123456789"))


def members(rollout: str, percent: float, fleet: list) -> set[str]:  # type: ignore[type-arg]
    return set(place(plan(Group("canary", percent)), rollout, fleet))


@given(IDS, PERCENTS, PERCENTS, FLEETS)
def test_raising_a_percentage_only_adds_boxes(rollout: str, one: float, other: float, fleet: list) -> None:  # type: ignore[type-arg]
    low, high = sorted((one, other))
    assert members(rollout, low, fleet) <= members(rollout, high, fleet)


@given(IDS, PERCENTS, FLEETS, st.integers(0, 100))
def test_boxes_that_appear_later_move_nobody(rollout: str, percent: float, fleet: list, more: int) -> None:  # type: ignore[type-arg]
    groups = (Group("canary", percent), Group("rest"))
    before = place(plan(*groups), rollout, fleet)
    after = place(plan(*groups), rollout, [*fleet, *(known(f"later-{n}") for n in range(more))])
    moved = {name for name, group in before.items() if after[name] != group}
    # Only who stood in for a canary that would have been empty may give the place to a newcomer.
    by_hash = {name for name in before if bucket(rollout, name) < round(percent * 100)}
    assert len(moved) <= (not by_hash)


@given(IDS, FLEETS)
def test_all_of_a_hundred_percent_are_in(rollout: str, fleet: list) -> None:  # type: ignore[type-arg]
    assert members(rollout, 100, fleet) == {box.name for box in fleet}


@given(IDS, st.lists(PERCENTS, min_size=1, max_size=5), FLEETS)
def test_a_group_is_empty_only_when_none_is_left(rollout: str, percents: list[float], fleet: list) -> None:  # type: ignore[type-arg]
    groups = [Group(f"g{number}", percent) for number, percent in enumerate(sorted(percents))]
    placed = Counter(place(plan(*groups), rollout, fleet).values())
    assert sum(placed.values()) <= len(fleet)
    left = len(fleet)
    for number in range(len(groups)):
        assert placed[number] > 0 or left == 0
        left -= placed[number]


def test_a_share_is_about_what_it_says() -> None:
    fleet = boxes(2000)
    sizes = [len(members(uuid7(n, b"0123456789"), 10, fleet)) for n in range(20)]
    assert all(150 < size < 250 for size in sizes), "four standard deviations of 13.4 about 200"
    assert len(set(sizes)) > 5


def test_another_rollout_begins_with_others() -> None:
    fleet = boxes(500)
    first, second = (members(uuid7(n, b"0123456789"), 10, fleet) for n in (1, 2))
    assert len(first & second) < 20, "of about fifty each, five in common by chance"


def test_the_place_of_a_box_is_the_same_on_every_machine_for_ever() -> None:
    assert bucket(ROLLOUT, "box-0001") == 6649
    assert bucket(ROLLOUT, "box-0002") == 5165


def test_groups_by_name_by_filter_and_by_percentage_come_in_order() -> None:
    fleet = [known("lab", site="lab"), *(known(f"m-{n}", site="market", tags=frozenset({"new"})) for n in range(50))]
    fleet += [known(f"c-{n}", site="church") for n in range(50)]
    groups = (
        Group("lab", where=Filter(devices=("lab",))),
        Group("some", 20, where=Filter(sites=("market",), tags=("new",))),
        Group("rest"),
    )
    placed = place(plan(*groups), ROLLOUT, fleet)
    assert [name for name, group in placed.items() if group == 0] == ["lab"]
    some = {name for name, group in placed.items() if group == 1}
    assert some == {box.name for box in fleet if box.site == "market" and bucket(ROLLOUT, box.name) < 2000}
    assert len(placed) == 101
