"""What is said carries how far the clock may be trusted at that very moment."""

from __future__ import annotations

from typing import Any, cast

from edge.agent.health import HealthBoard
from edge.agent.voice import Voice
from edge.observation import Observation
from edge.outbox.outbox import Outbox
from hardware.clock import SETTLE_S, ClockWatch
from protocol.events import DeviceHealth, EventBody, EventType
from simulator.agent import kernel
from simulator.faults.clocks import HandClock


class Kept:
    """An outbox that keeps bodies."""

    def __init__(self) -> None:
        self.bodies: list[EventBody[Any]] = []

    def append(self, _kind: EventType, body: EventBody[Any]) -> None:
        self.bodies.append(body)


def test_row_54_a_step_since_the_last_look_does_not_go_out_as_a_good_time() -> None:
    clock, watch, kept = HandClock(), ClockWatch(kernel), Kept()
    voice = Voice(cast("Outbox", kept), HealthBoard(), clock, watch, lambda: None, evaluation=False)
    waits_s = (0.1, 0.1, SETTLE_S - 0.2, 0.2)
    watch.update(clock.monotonic(), clock.now().wall)
    for i, wait_s in enumerate(waits_s):
        clock.advance(wait_s)
        if i == 1:
            clock.step(5 * 3600.0)
        voice.say(Observation(EventType.DEVICE_HEALTH, clock.now(), DeviceHealth("online")))
    assert [body.clock.synchronised for body in kept.bodies] == [True, False, False, True]
