"""Who takes part in the demo's rollouts, and how long that may take."""

from __future__ import annotations

import math

import msgspec
import pytest

from fleet.rollouts.plan import Plan, check_plan
from simulator.devices.updates import UpdateModel
from simulator.rollouts.plans import PROBATION_S, SHADOW_S, enough_s, plan, roster, update_model
from simulator.rollouts.releases import BAD, BUNDLE, GOOD
from simulator.scenario.model import AnyFault, CutLink, DeviceGroup, FillDisk, Kill, Lose, Scenario
from simulator.worlds.sites import CAMERAS

BOXES = tuple(f"box-{number}" for number in range(30))
REAL = tuple(name for name, _ in CAMERAS)
QUIET = Scenario("quiet")


def scenario(*faults: AnyFault, updates: UpdateModel | None = None) -> Scenario:
    return Scenario("loud", faults=faults, groups=(DeviceGroup(("*",), updates=updates or UpdateModel()),))


def test_the_canary_is_a_few_virtual_boxes_and_with_cameras_one_of_them_first() -> None:
    virtual = roster(QUIET, BOXES, cameras=False)
    assert virtual.canary == BOXES[:4]
    assert virtual.names == BOXES
    both = roster(QUIET, BOXES, cameras=True)
    assert both.canary == (REAL[0], *BOXES[:3])
    assert both.others == (REAL[1], *BOXES[3:])


@pytest.mark.parametrize("fault", [Lose(at_s=0, device="box-7", share=0.1), Kill(at_s=9, what="box-7")])
def test_a_box_that_may_never_hear_its_order_is_left_out(fault: AnyFault) -> None:
    who = roster(scenario(fault), BOXES, cameras=False)
    assert set(BOXES) - set(who.names) == {"box-7"}


def test_where_every_box_loses_messages_nobody_takes_part() -> None:
    assert roster(scenario(Lose(at_s=0, device="*", share=0.1)), BOXES, cameras=False).names == ()


@pytest.mark.parametrize(("boxes", "groups"), [(1, 1), (5, 2), (8, 2), (9, 3), (30, 3), (5000, 3)])
def test_plans_of_every_size_are_plans(boxes: int, groups: int) -> None:
    who = roster(QUIET, tuple(f"box-{number}" for number in range(boxes)), cameras=False)
    for release in (GOOD, BAD):
        made = msgspec.convert(plan(release, who), Plan)
        check_plan(made)
        assert len(made.groups) == groups
        assert made.release == release
        assert made.groups[0].where.devices == who.canary


def test_a_bad_release_is_bad_on_every_box_whatever_the_scenario_says() -> None:
    who = roster(QUIET, BOXES, cameras=False)
    made = update_model(UpdateModel(bad_releases=("other/9",)), "box-20", who, cameras=False)
    assert made.bad_releases == ("other/9", f"{BUNDLE}/{BAD}")
    assert (made.fetch_s, made.probation_s) == (UpdateModel().fetch_s, UpdateModel().probation_s)


def test_beside_a_camera_the_canary_ends_after_it() -> None:
    who = roster(QUIET, BOXES, cameras=True)
    slow, quick = (update_model(UpdateModel(), name, who, cameras=True) for name in ("box-1", "box-20"))
    assert slow.fetch_s[0] + slow.probation_s >= SHADOW_S + 2 * PROBATION_S
    assert quick.probation_s == UpdateModel().probation_s


def test_slower_updates_and_longer_cuts_are_given_more_time() -> None:
    def enough(made: Scenario, *, cameras: bool = False) -> float:
        return enough_s(made, roster(made, BOXES, cameras=cameras), cameras=cameras)

    usual = enough(scenario())
    assert usual < 150
    assert enough(scenario(updates=UpdateModel(probation_s=30.0))) == usual + 4 * 20
    assert enough(scenario(CutLink(at_s=3, for_s=20, device="box-1"))) == usual + 20
    assert enough(scenario(), cameras=True) > usual
    for wrong in (
        scenario(CutLink(at_s=3, device="box-1")),
        scenario(FillDisk(at_s=3, device="box-1")),
        scenario(Kill(at_s=3, what="ingest")),
        scenario(updates=UpdateModel(bad_boxes=0.1)),
        scenario(Lose(at_s=0, device="*", share=0.1)),
    ):
        assert enough(wrong) == math.inf
