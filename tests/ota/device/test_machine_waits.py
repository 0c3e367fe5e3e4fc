"""What an update waits for: its window, the network, the clock."""

from __future__ import annotations

import datetime as dt

import pytest

from ota.device.state import Phase
from protocol.orders import Order, Orders, Window
from simulator.faults.clocks import EPOCH
from simulator.updates.box import DEVICE, FLEET, SimulatedBox
from simulator.updates.trial import Behaviour
from tests.ota.device.world import READER, Town, trouble, until

HOUR = dt.timedelta(hours=1)


def ordered_with(box: SimulatedBox, *windows: tuple[float, float]) -> None:
    made = tuple(Window(EPOCH + opens * HOUR, EPOCH + closes * HOUR) for opens, closes in windows)
    box.machine.take(Orders(FLEET, DEVICE, 1, (Order(READER, 1, "0" * 32, None, made),)))


def test_it_fetches_and_tries_at_once_and_switches_in_its_window(town: Town) -> None:
    town.publish(1)
    box = town.start()
    ordered_with(box, (5, 6))
    until(box, Phase.SWITCH)
    assert 5 * 3600 <= town.world.clock.monotonic_s < 5 * 3600 + 120
    assert not box.trial._shadows, "what waits takes no power"
    box.run()
    assert town.said[-1] == (1, "succeeded", "")


def test_a_window_that_has_closed_is_said(town: Town) -> None:
    town.publish(1)
    box = town.start()
    ordered_with(box, (-2, -1))
    box.run()
    assert town.said[-1] == (1, "refused", "window-missed")


def test_without_a_clock_it_waits_for_one(town: Town) -> None:
    town.publish(1)
    town.world.clock.known = False
    box = town.start()
    ordered_with(box, (0, 6))
    for _ in range(200):
        town.world.clock.pass_by(max(1.0, box.machine.step()))
    assert box.machine.state.phase == Phase.SHADOW
    town.world.clock.known = True
    box.run()
    assert town.said[-1] == (1, "succeeded", "")


# The network and the clock (rows 5, 11, 21, 22).


def test_row_11_while_nobody_answers_the_old_model_runs_and_it_is_said(town: Town) -> None:
    town.publish(1)
    box = town.start()
    town.transport.down = True
    town.order(box, (READER, 1))
    for _ in range(30):
        town.world.clock.pass_by(max(1.0, box.machine.step()))
    assert box.machine.state.phase == Phase.RESOLVE
    assert (trouble(box), box.trial.running[READER]) == ("fetch", "1.0.0")
    assert len(town.transport.asked) < 80, "it waits longer and longer"
    town.transport.down = False
    box.run()
    assert town.said[-1] == (1, "succeeded", "")
    assert trouble(box) == ""


def test_row_11_in_the_end_it_gives_up(town: Town) -> None:
    town.publish(1)
    box = town.start()
    town.transport.down = True
    town.order(box, (READER, 1))
    box.run()
    assert town.said[-1] == (1, "refused", "fetch")
    assert 7 * 86400 <= town.world.clock.monotonic_s < 8 * 86400


def test_a_release_that_never_comes(town: Town) -> None:
    box = town.start()
    town.order(box, (READER, 1))
    box.run()
    assert town.said[-1] == (1, "refused", "unknown-release")
    assert town.world.clock.monotonic_s < 3 * 3600


def test_row_22_metadata_that_expire_on_the_way_hold_nothing_up(town: Town) -> None:
    """And neither does a network that is gone: what follows the plan needs the mirrors for bytes, and then for nothing."""
    town.publish(1)
    box = town.start()
    town.order(box, (READER, 1))
    until(box, Phase.DOWNLOAD)
    town.world.clock.pass_by(400 * 86400.0)
    until(box, Phase.VERIFY)
    town.transport.down = True
    box.run()
    assert town.said[-1] == (1, "succeeded", "")


@pytest.mark.parametrize("behaviour", [Behaviour.GOOD, Behaviour.HOT])
def test_row_21_commit_and_rollback_need_no_network_and_no_clock(town: Town, behaviour: Behaviour) -> None:
    town.behaviours["1.1.0"] = behaviour
    town.publish(1)
    box = town.start()
    town.order(box, (READER, 1))
    until(box, Phase.VERIFY)
    asked = len(town.transport.asked)
    town.transport.down = True
    town.world.clock.known = False
    town.world.clock.start = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
    again = town.start("later")
    again.run()
    assert town.said[-1][1] == ("succeeded" if behaviour is Behaviour.GOOD else "rolled-back")
    assert len(town.transport.asked) == asked


def test_row_5_what_has_expired_is_said(town: Town) -> None:
    town.publish(1)
    box = town.start()
    town.world.clock.pass_by(2 * 86400.0)
    town.order(box, (READER, 1))
    box.machine.step()
    box.machine.step()
    assert trouble(box) == "metadata-expired"
