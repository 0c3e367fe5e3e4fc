"""Row 54: the wall clock really steps under a whole agent, while its monotonic clock goes on."""

from __future__ import annotations

import contextlib
import datetime as dt
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.real_box import RealBox
from edge.agent.status import BoxStatus
from simulator.faults.walls import SteppedWall, missing
from tests.edge.agent.offline import HEAD, PATIENCE_S, said_in, source

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"a wall clock that steps needs {missing()}")

SETTLE_S = 4.0
AGENT = f"import sys, hardware.clock, simulator.agent as it; hardware.clock.SETTLE_S = {SETTLE_S}; it.run(sys.argv[1])"
STEPS_S = (5 * 3600.0, -9 * 3600.0)


def test_row_54_a_wall_clock_that_steps_by_hours_stops_nothing_and_marks_what_follows(tmp_path: Path) -> None:
    wall = SteppedWall(tmp_path / "wall")
    with contextlib.closing(
        RealBox(tmp_path, HEAD.format(box="") + source("square"), wall.environment, (sys.executable, "-c", AGENT))
    ) as box:

        def until(condition: Callable[[BoxStatus], bool]) -> BoxStatus:
            for _ in box.polls(0.03, PATIENCE_S):
                status = box.status()
                if status is not None:
                    codes = {reason.code for reason in status.reasons}
                    assert not {code for code in codes if code.startswith(("source-", "accelerator-"))}
                    if condition(status):
                        return status
            raise AssertionError

        def inferences(status: BoxStatus) -> int:
            found = status.telemetry.sources.get("square")
            return found.inferences if found else 0

        def synchronised(status: BoxStatus) -> bool:
            return status.telemetry.clock is not None and status.telemetry.clock.synchronised

        box.start()
        until(lambda status: synchronised(status) and status.telemetry.outbox.pending >= 3)
        for step_s in STEPS_S:
            wall.step(step_s)
            before = inferences(until(lambda status: not synchronised(status)))
            counts = until(lambda status, before=before: inferences(status) >= before + 4).telemetry.outbox.pending  # type: ignore[misc]
            until(lambda status, counts=counts: status.telemetry.outbox.pending >= counts + 2)  # type: ignore[misc]
        last = until(synchronised)
        accelerator = last.telemetry.accelerators["cpu"]
        assert (accelerator.restarts, accelerator.timeouts) == (0, 0)
        assert not set(last.telemetry.sources["square"].drops) & {"timed-out", "failed", "deadline"}
        assert last.telemetry.uptime_s < PATIENCE_S
        box.stop()
    told = [
        (dt.datetime.fromisoformat(body["captured_at"]), body["clock"]["synchronised"])
        for kind, body in said_in(tmp_path)
        if kind == "crowd.count"
    ]
    steps = [i for i, (before, after) in enumerate(pairwise(told), 1) if abs(after[0] - before[0]) > dt.timedelta(hours=1)]
    hours = [round((told[i][0] - told[i - 1][0]).total_seconds() / 3600) for i in steps]
    assert hours == [5, -9]
    assert told[0][1], "what was told before the first step is believed"
    assert not any(told[i][1] for i in steps), "nothing after a step goes out as a good time"
    assert any(good for _, good in told[steps[-1] + 1 :]), (
        "and it is believed again when the kernel has kept it right for long enough"
    )
