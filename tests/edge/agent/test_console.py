"""What the box says on its terminal: each change once, and never at the agent's cost."""

from __future__ import annotations

import threading

from edge.agent.console import Console
from protocol.events import DeviceHealth, Reason
from protocol.state import LinkTelemetry

GONE = Reason("source-missing", "source gate", "gate.mp4: no such file; put it there or change the uri")


def test_health_and_link_are_said_when_they_change() -> None:
    said: list[str] = []
    console = Console(said.append)
    console.health(DeviceHealth("degraded", (GONE,)))
    for link in (
        LinkTelemetry(),
        LinkTelemetry(last_error="broker:8883: connection refused; is the broker running, and the port right?"),
        LinkTelemetry(last_error="broker:8883: connection refused; is the broker running, and the port right?"),
        LinkTelemetry(connected=True),
    ):
        console.link(link, "broker:8883")
    console.health(DeviceHealth("online", (), (GONE,)))
    console.close()
    assert said == [
        "source gate: source-missing: gate.mp4: no such file; put it there or change the uri",
        "link: not connected: broker:8883: connection refused; is the broker running, and the port right?",
        "link: connected to broker:8883",
        "source gate: source-missing: is over",
    ]


def test_a_terminal_that_takes_nothing_holds_up_nobody() -> None:
    halted = threading.Event()

    def halt(_line: str) -> None:
        halted.wait()

    console = Console(halt)
    for _ in range(1_000):
        console.health(DeviceHealth("degraded", (GONE,)))
    console.close()
    halted.set()


def test_a_terminal_that_is_gone_ends_nothing() -> None:
    said: list[str] = []

    def broken(line: str) -> None:
        said.append(line)
        raise BrokenPipeError

    console = Console(broken)
    console.health(DeviceHealth("degraded", (GONE, GONE)))
    console.close()
    assert len(said) == 2
