"""Which boxes a plan fits, and why it leaves others out (row 10)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fleet.rollouts.census import Obstacle, choose, matches, obstacle
from fleet.rollouts.plan import Filter
from tests.fleet.rollouts.fleet import BUNDLE, RELEASE, ROLLOUT, known

BOX = known("box-1", site="market", tags=frozenset({"new", "north"}))


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        (Filter(), True),
        (Filter(devices=("box-1", "box-2")), True),
        (Filter(devices=("box-2",)), False),
        (Filter(sites=("church", "market")), True),
        (Filter(sites=("church",)), False),
        (Filter(tags=("new",)), True),
        (Filter(tags=("new", "north")), True),
        (Filter(tags=("new", "south")), False),
        (Filter(hardware=("Raspberry",)), True),
        (Filter(hardware=("Coral", "Raspberry Pi 5")), True),
        (Filter(hardware=("Pi 5",)), False),
        (Filter(versions=("1.2.0",)), True),
        (Filter(versions=("1.1.0",)), False),
        (Filter(rollout=ROLLOUT), True),
        (Filter(rollout=ROLLOUT[:-1] + "2"), False),
        (Filter(sites=("market",), tags=("south",)), False),
    ],
)
def test_a_filter(wanted: Filter, *, fits: bool) -> None:
    assert matches(wanted, BUNDLE, BOX, {ROLLOUT: frozenset({"box-1"})}) == fits


def test_a_box_without_the_bundle_runs_no_version_of_it() -> None:
    assert not matches(Filter(versions=("1.2.0",)), "another", BOX, {})


@pytest.mark.parametrize(
    ("box", "release", "reason"),
    [
        ({}, {}, None),
        ({"hardware": "Coral Dev Board"}, {}, Obstacle.HARDWARE),
        ({"hardware": ""}, {}, Obstacle.HARDWARE),
        ({"hardware": "Coral Dev Board"}, {"hardware": ()}, None),
        ({"agent": "0.1.0"}, {"agent": "0.2"}, Obstacle.AGENT),
        ({"agent": "0.10.0"}, {"agent": "0.9"}, None),
        ({"agent": "0.2"}, {"agent": "0.2.1"}, Obstacle.AGENT),
        ({"agent": "0.2.0"}, {"agent": "0.2"}, None),
        ({"agent": "of my own"}, {"agent": "9.9"}, None),
        ({"releases": {BUNDLE: 3}}, {}, None),
        ({"releases": {BUNDLE: 4}}, {}, Obstacle.HAS_IT),
        ({"releases": {BUNDLE: 9}}, {}, Obstacle.HAS_IT),
        ({"releases": {"another": 9}}, {}, None),
        ({"heard": False}, {}, Obstacle.UNHEARD),
        ({"configured": False}, {}, Obstacle.UNHEARD),
    ],
)
def test_a_box_that_cannot_take_a_release(box: dict[str, Any], release: dict[str, Any], reason: Obstacle | None) -> None:
    assert obstacle(replace(RELEASE, **release), replace(BOX, **box)) is reason


def test_whoever_is_left_out_is_named_with_the_reason() -> None:
    fleet = [known("a"), known("b", hardware="Coral"), known("c", site="church"), known("d", releases={BUNDLE: 4})]
    chosen = choose(Filter(), RELEASE, fleet)
    assert [box.name for box in chosen.fit] == ["a", "c"]
    assert chosen.left_out == {"b": Obstacle.HARDWARE, "d": Obstacle.HAS_IT}
    of_church = choose(Filter(sites=("church",)), RELEASE, fleet)
    assert ([box.name for box in of_church.fit], dict(of_church.left_out)) == (["c"], {})
