"""The agent as a whole: real video, the real model, real processes; no manager."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from edge.agent.status import BoxStatus
from edge.process import OOM_SCORE
from hardware.system import descendants
from models.bundle.bundle import zoo
from protocol.state import Status
from simulator.faults.clocks import SteppedClock
from tests.edge.agent.offline import Offline, source


def codes(status: BoxStatus) -> set[str]:
    return {reason.code for reason in status.reasons}


def pictures(status: BoxStatus) -> int:
    source = status.telemetry.sources.get("square")
    return source.pictures if source else 0


def test_pictures_become_counts_an_alarm_and_nothing_else(tmp_path: Path) -> None:
    alarm = "alarm = { enter_at = 2, leave_at = 1, min_duration_s = 0.2, update_interval_s = 0.5 }"
    with Offline(tmp_path, source("square", alarm=alarm)).running() as box:
        status = box.until(lambda s: pictures(s) > 60 and s.telemetry.outbox.pending > 8, "60 pictures, and what they gave")
        assert status.models[0].name == "person-vehicle-accurate"
        assert status.telemetry.accelerators["cpu"].state == "ready"
    said = box.said()
    counts = [body for kind, body in said if kind == "crowd.count"]
    assert len(counts) > 3
    for body in counts:
        people = body["observed"]["people"]
        assert people["low"] <= people["value"] <= people["high"]
        assert body["model"]["name"] == "person-vehicle-accurate"
        assert "tracks" not in body["observed"]
    assert max(body["observed"]["people"]["value"] for body in counts) >= 2
    alerts = [body for kind, body in said if kind == "crowd.alert"]
    assert [alerts[0]["phase"], alerts[-1]["phase"]] == ["new", "end"], "the agent's end ends its incidents"
    assert len({body["incident"] for body in alerts}) == len([b for b in alerts if b["phase"] == "new"])
    assert all(len(body["assessed"]["cues"]) >= 3 for body in alerts)
    assert {kind for kind, _ in said} <= {"crowd.count", "crowd.alert", "device.health"}


def test_a_source_that_is_not_there_is_named_and_the_other_goes_on(tmp_path: Path) -> None:
    """Row 51."""
    (tmp_path / "text.mp4").write_text("this is no video " * 100)
    sources = source("square"), source("gone", "gone.mp4"), source("text", "text.mp4")
    with Offline(tmp_path, *sources).running() as box:
        status = box.until(
            lambda s: {"source-missing", "source-not-video"} <= codes(s) and pictures(s) > 10,
            "two named faults, one source that goes on",
        )
        assert status.status is Status.DEGRADED
        details = {reason.code: reason for reason in status.reasons}
        assert details["source-missing"].subject == "source gone"
        assert "gone.mp4" in details["source-missing"].detail
        assert details["source-not-video"].subject == "source text"
        box.until(lambda s: s.telemetry.outbox.pending > 2, "events")
    assert any(kind == "device.health" for kind, _ in box.said())


@pytest.mark.parametrize("spoil", ["garbage", "absent", "truncated"])
def test_a_model_that_is_not_one_is_named_and_the_box_stays_reachable(tmp_path: Path, spoil: str) -> None:
    models = tmp_path / "models"
    shutil.copytree(zoo() / "person-vehicle-accurate", models / "person-vehicle-accurate")
    file = next((models / "person-vehicle-accurate").glob("*.int8.onnx"))
    data = file.read_bytes()
    if spoil == "absent":
        file.unlink()
    else:
        file.write_bytes(b"\x00garbage" * 1000 if spoil == "garbage" else data[: len(data) // 2])
    with Offline(tmp_path, source("square"), box='models = "models"').running() as box:
        status = box.until(lambda s: any("model" in code for code in codes(s)), "a reason that names the model")
        reason = next(reason for reason in status.reasons if "model" in reason.code)
        assert "person-vehicle-accurate" in f"{reason.subject} {reason.detail}"
        assert reason.detail.endswith("again"), "the remedy is not cut off"
        assert status.status is Status.DEGRADED
    assert not [kind for kind, body in box.said() if kind == "crowd.count" and body["observed"]["pictures"] > 0]


def test_a_step_of_the_wall_clock_stops_nothing_and_marks_what_follows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row 54."""
    from hardware import clock as kernel

    good = kernel.KernelClock(synchronised=True, offset_ms=0.1, sigma_ms=1.0)
    monkeypatch.setattr("edge.agent.agent.ClockWatch", lambda _kernel: kernel.ClockWatch(lambda: good))
    clock = SteppedClock()
    with Offline(tmp_path, source("square"), clock=clock).running() as box:
        before = box.until(lambda s: s.telemetry.outbox.pending > 3, "events before the step")
        clock.step(-7 * 3600)
        box.until(lambda s: s.telemetry.clock and not s.telemetry.clock.synchronised, "the step is noticed")
        after = box.until(lambda s: s.telemetry.outbox.pending > before.telemetry.outbox.pending + 4, "events after the step")
        assert after.telemetry.accelerators["cpu"].timeouts == 0
        assert after.telemetry.sources["square"].fps > 0
    counts = [body for kind, body in box.said() if kind == "crowd.count"]
    assert counts[0]["clock"]["synchronised"] is True
    assert counts[-1]["clock"]["synchronised"] is False
    assert all(0 < body["observed"]["window_s"] < 30 for body in counts), "durations are monotonic"


def test_row_60_a_clock_behind_what_files_prove_is_said_until_it_is_set(tmp_path: Path) -> None:
    clock = SteppedClock()
    clock.step(-50 * 365 * 86400)
    with Offline(tmp_path, source("square"), clock=clock).running() as box:
        status = box.until(lambda s: "clock-behind" in codes(s) and s.telemetry.outbox.pending > 2, "it is said, and it counts")
        (reason,) = [reason for reason in status.reasons if reason.code == "clock-behind"]
        assert reason.detail.endswith("run lamplighter edge clock as root before the agent")
        clock.step(50 * 365 * 86400)
        box.until(lambda s: "clock-behind" not in codes(s), "it was set")
    assert all(body["clock"]["synchronised"] is False for kind, body in box.said() if kind == "crowd.count")


def test_row_62_a_hot_box_rests_its_last_camera_says_so_and_takes_it_up_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heat = [85.0]
    monkeypatch.setattr("edge.agent.condition.temperature_c", lambda: heat[0])
    monkeypatch.setattr("edge.ladder.UP_S", 2.0)
    monkeypatch.setattr("edge.ladder.DOWN_S", 2.0)
    with Offline(tmp_path, source("square"), source("yard"), box="hot_c = 80").running() as box:
        status = box.until(lambda s: any("yard rests" in r.detail for r in s.reasons), "it is said")
        assert status.status is Status.DEGRADED
        box.until(lambda s: "yard" not in s.telemetry.sources, "the camera rests")
        shed = box.until(lambda s: s.telemetry.sources["square"].drops.get("shed", 0) > 10, "every second picture is left out")
        assert pictures(shed) > 10
        heat[0] = 60.0
        box.until(lambda s: "load-shed" not in codes(s) and s.telemetry.sources.get("yard"), "it runs again")
    changes = [body["observed"] for kind, body in box.said() if kind == "device.health"]
    said = [reason["code"] for change in changes for reason in change.get("raised", ())]
    assert said.count("load-shed") >= 1, "the manager is told"


def test_row_62_when_memory_runs_out_the_kernel_takes_what_looks_before_what_speaks(tmp_path: Path) -> None:
    with Offline(tmp_path, source("square")).running() as box:
        box.until(lambda s: pictures(s) > 5, "pictures")

        def score(pid: int) -> int:
            return int(Path(f"/proc/{pid}/oom_score_adj").read_text("ascii"))

        ours = score(os.getpid())
        names = {pid: Path(f"/proc/{pid}/cmdline").read_text("ascii", "replace") for pid in descendants(os.getpid())[1:]}
        working = [pid for pid, name in names.items() if "source square" in name or "accelerator cpu" in name]
        assert len(working) == 2
        assert all(score(pid) == OOM_SCORE > ours for pid in working)
