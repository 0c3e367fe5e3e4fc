"""Playing a scenario: virtual devices live second by second, and what is to break breaks when it is due."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

from protocol.events import Reason
from simulator.devices.device import VirtualDevice, first_moment
from simulator.faults.messages import MessageFaults
from simulator.scenario.model import (
    AnyFault,
    CutLink,
    Degrade,
    Delay,
    Duplicate,
    FillDisk,
    Kill,
    Lose,
    Reorder,
    RestartBroker,
    Scenario,
    StepClock,
)
from simulator.scenario.timeline import Timeline, Turn

_TICK_S = 1.0
_ALL = 1_000_000
"""More than a virtual device keeps."""
_SHARES: dict[type[AnyFault], str] = {Lose: "lose", Duplicate: "duplicate", Reorder: "reorder"}


class Breakable(Protocol):
    """What a scenario may break beside devices."""

    def kill(self, name: str) -> None:
        """Kill a process of the manager: ingest or web."""

    def kill_broker(self) -> None:
        """Kill the broker; it stays away."""

    def start_broker(self) -> None:
        """Start it again, with nothing remembered."""


class Player:
    """Plays until told otherwise.

    Args:
        scenario: what happens.
        devices: virtual devices by name.
        manager: what else may break.
    """

    def __init__(self, scenario: Scenario, devices: dict[str, VirtualDevice], manager: Breakable) -> None:
        self._devices, self._manager = devices, manager
        self._timeline = Timeline(scenario.faults)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.second = 0
        self.said = 0
        """Events that virtual devices made."""

    async def run(self, until: asyncio.Event) -> None:
        """Live one second a second."""
        for name, device in self._devices.items():
            self._tasks[name] = asyncio.create_task(device.run(), name=name)
        began, start = time.monotonic(), first_moment(dt.datetime.now(dt.timezone.utc))
        for device in self._devices.values():
            device.box.begin(start)
        while not until.is_set():
            for turn in self._timeline.due(self.second):
                self._turn(turn)
            for name, device in self._devices.items():
                self.said += device.live(self.second)
                if device.wants_restart:
                    self._kill(name)
            self.second += 1
            wait_s = max(0.0, began + self.second * _TICK_S - time.monotonic())
            try:
                await asyncio.wait_for(until.wait(), wait_s)
            except TimeoutError:
                continue

    async def end(self, timeout_s: float) -> list[tuple[str, str, int]]:
        """End in order: all faults end, incidents end, what is unsent is sent, farewell. Returns what stayed unsent."""
        for device in self._devices.values():
            device.link.restore()
            device.link.outward.faults = device.link.inward.faults = MessageFaults()
            device.room = True
            device.leave()
            device.link.notify()
        deadline = time.monotonic() + timeout_s
        while self.unsent() and time.monotonic() < deadline:  # noqa: ASYNC110 - outboxes tell no events
            await asyncio.sleep(0.1)
        for device in self._devices.values():
            device.link.stop()
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=5.0)
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        return self.unsent()

    def unsent(self) -> list[tuple[str, str, int]]:
        """Events that virtual devices hold: device, boot, number."""
        return [(name, *entry.key) for name, device in self._devices.items() for entry, _ in device.outbox.pending(_ALL)]

    def failures(self) -> list[str]:
        """Links that ended by an error of ours."""
        found = []
        for name, task in self._tasks.items():
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                found.append(f"{name}: {error!r}")
        return found

    def _turn(self, turn: Turn) -> None:
        match turn.fault:
            case Kill(what=what):
                if turn.begins:
                    self._kill(what)
            case RestartBroker():
                if turn.begins:
                    self._manager.kill_broker()
                if not turn.begins or turn.fault.for_s is None:
                    self._manager.start_broker()
            case fault:
                for device in self._of(fault.device):
                    _apply(fault, device, begins=turn.begins)

    def _of(self, name: str) -> Iterator[VirtualDevice]:
        if name == "*":
            yield from self._devices.values()
        elif name in self._devices:
            yield self._devices[name]

    def _kill(self, what: str) -> None:
        if what not in self._devices:
            self._manager.kill(what)
            return
        device = self._devices[what]
        device.restart()
        self._tasks[what].cancel()
        self._tasks[what] = asyncio.create_task(device.run(), name=what)


def _apply(fault: AnyFault, device: VirtualDevice, *, begins: bool) -> None:
    match fault:
        case Lose() | Duplicate() | Reorder():
            _meddle(device, _SHARES[type(fault)], fault.share if begins else 0.0)
        case Delay(up_to_s=up_to_s):
            _meddle(device, "delay_s", up_to_s if begins else 0.0)
        case CutLink():
            if begins:
                device.link.cut()
            else:
                device.link.restore()
        case StepClock(by_s=by_s):
            device.clock.step(by_s if begins else -by_s)
        case FillDisk():
            device.room = not begins
        case Degrade(code=code, subject=subject, detail=detail):
            if begins:
                device.box.raise_(Reason(code, subject, detail))
            else:
                device.box.clear(code, subject)


def _meddle(device: VirtualDevice, name: str, value: float) -> None:
    link = device.link
    link.outward.faults = replace(link.outward.faults, **{name: value})
    link.inward.faults = replace(link.inward.faults, **{name: value})
