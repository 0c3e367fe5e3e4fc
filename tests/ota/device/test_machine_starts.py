"""What starts of a box say of a release: crashes, watchdogs, power that goes every morning."""

from __future__ import annotations

import random

import pytest

from ota.device.judge import Criteria
from ota.device.state import Phase
from simulator.faults.forgetful import ForgetfulDisk
from simulator.updates.trial import Behaviour, Died
from tests.ota.device.world import READER, Town, until


def test_row_61_a_lamppost_that_is_cut_every_morning_passes_its_probation(town: Town) -> None:
    """Twenty nights of twenty minutes each: nothing of it is a crash loop, and time on probation adds up."""
    town.world.criteria = Criteria(probation_s=5 * 1800.0)
    town.publish(1)
    box = town.start()
    town.order(box, (READER, 1))
    until(box, Phase.PROBATION)
    assert isinstance(town.disk, ForgetfulDisk)
    for night in range(20):
        town.disk = town.disk.restart(random.Random(night))
        box = town.start(f"night {night}")
        begun = town.world.clock.monotonic_s
        while town.world.clock.monotonic_s < begun + 1200 and box.machine.state.job is not None:
            town.world.clock.pass_by(max(0.01, box.machine.step()))
    assert town.said[-1] == (1, "succeeded", "")


def test_row_23_a_crash_loop_is_left(town: Town) -> None:
    box = town.runs(town.start(), 1)
    town.behaviours["1.2.0"] = Behaviour.CRASHES
    town.publish(2)
    town.order(box, (READER, 2))
    with pytest.raises(Died):
        box.run()
    for crash in range(3):
        box = town.start()
        if crash < 2:
            assert box.trial.running[READER] == "1.2.0"
            with pytest.raises(Died):
                box.run()
    assert box.trial.running[READER] == "1.1.0", "before a model is loaded"
    box.run()
    assert town.said[-1] == (2, "rolled-back", "crash-loop")
    assert box.machine.state.is_quarantined(READER, 2)


def test_row_23_a_watchdog_counts_like_a_crash(town: Town) -> None:
    box = town.runs(town.start(), 1)
    town.publish(2)
    town.order(box, (READER, 2))
    until(box, Phase.PROBATION)
    for number in range(3):
        box = town.start(f"{number} later", watchdog=True)
    assert box.machine.state.phase == Phase.ROLLBACK


def test_row_23_a_model_that_kills_the_box_while_it_is_tried_is_not_tried_for_ever(town: Town) -> None:
    town.publish(1)
    box = town.start()
    town.order(box, (READER, 1))
    until(box, Phase.GOLDEN)
    for _ in range(3):
        box = town.start()
    box.run()
    assert town.said[-1] == (1, "refused", "crash-loop")
    assert box.trial.running[READER] == "1.0.0"


def test_starts_that_were_announced_count_for_nothing(town: Town) -> None:
    town.publish(1)
    box = town.start()
    town.order(box, (READER, 1))
    until(box, Phase.PROBATION)
    for _ in range(10):
        box.machine.stop()
        box = town.start()
    assert box.machine.state.phase == Phase.PROBATION
    box.run()
    assert town.said[-1] == (1, "succeeded", "")


def test_good_health_clears_what_starts_have_added_up_to(town: Town) -> None:
    town.publish(1)
    box = town.start()
    town.order(box, (READER, 1))
    until(box, Phase.PROBATION)
    for _ in range(2):
        box = town.start()
    assert box.machine.state.job is not None
    assert box.machine.state.job.strikes == 10
    for _ in range(30):
        town.world.clock.pass_by(max(0.01, box.machine.step()))
    assert box.machine.state.job is not None
    assert box.machine.state.job.strikes == 0
    job = town.start().machine.state.job
    assert job is not None
    assert job.strikes == 5
