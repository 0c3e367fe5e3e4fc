"""What the manager wants, on a running agent: taken live, refused by name, and never at the cost of what runs."""

from __future__ import annotations

import datetime as dt
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from edge.agent.agent import Agent
from edge.agent.pipeline import Pipeline
from edge.agent.status import BoxStatus
from edge.clock import Instant
from edge.infer.outcome import Dropped, DropReason, NothingSeen
from edge.observation import Observation
from edge.region import Size
from edge.runtime.result import FrameResult
from hardware.clock import ClockWatch, KernelClock
from protocol.basis import Estimate
from protocol.config import Config, Refusal
from protocol.events import CrowdFlow, EventType, ModelRef
from protocol.state import LinkTelemetry, State, Status
from protocol.twin import Desired, Reported
from simulator.faults.clocks import SteppedClock
from tests.edge.agent.offline import Offline, source
from tests.edge.capture.clips import SQUARE

BROKER = '[broker]\nhost = "127.0.0.1"\nport = 1\ntls = false\n'
ALARM = "alarm = { enter_at = 1, leave_at = 0.5, min_duration_s = 0, update_interval_s = 600 }"
PATIENCE_S = 40.0


class Wire:
    """Stands for the link: what the agent hands it is kept, and a manager's words can be put in."""

    made: Wire

    def __init__(self, _config: Any, _outbox: Any, birth: Any, wanted: Any, _command: Any, _clock: Any, refused: Any) -> None:
        Wire.made = self
        self.wanted: Callable[[Desired], None] = wanted
        self.refused: Callable[[int, Refusal], None] = refused
        self.reported: list[Reported] = []
        self.broker = "127.0.0.1:1"
        self.publish_reported = self.reported.append
        self.states: list[State] = []
        self.publish_state = lambda: self.states.append(birth())
        self.publish_telemetry = self.start = self.stop = self.notify = lambda *_: None

    def faults(self) -> tuple[()]:
        return ()

    line = 0

    def status(self) -> LinkTelemetry:
        return LinkTelemetry(bytes_out=self.line)

    def until(self, condition: Callable[[Reported], bool]) -> Reported:
        deadline = time.monotonic() + PATIENCE_S
        while not (self.reported and condition(self.reported[-1])):
            assert time.monotonic() < deadline, self.reported[-1:]
            time.sleep(0.02)
        return self.reported[-1]


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Wire]]:
    monkeypatch.setattr("edge.agent.link.Uplink", Wire)
    yield Wire
    del Wire.made


def opened(box: Offline) -> dict[str, int]:
    return {name: view.unit.opening for name, view in box.agent._runtime._views.items()}


def changed(config: Config, name: str, **parts: Any) -> Config:
    sources = tuple(msgspec.structs.replace(s, **parts) if s.id == name else s for s in config.sources)
    return msgspec.structs.replace(config, sources=sources)


def test_zones_change_live_and_another_sources_alarm_goes_on(tmp_path: Path, wire: type[Wire]) -> None:
    box = Offline(tmp_path, source("a", alarm=ALARM), source("b", alarm=ALARM), BROKER)
    with box.running():
        box.until(lambda _: _alerts(box.agent, "a") and _alerts(box.agent, "b"), "two alarms")
        config = box.agent._twin.config
        label = msgspec.structs.replace(config.sources[1].zones[0], label="Everywhere")
        wire.made.wanted(Desired(4, changed(config, "b", zones=(label,))))
        reported = wire.made.until(lambda r: r.version == 4)
        assert reported.config.sources[1].zones[0].label == "Everywhere"
        assert opened(box) == {"a": 1, "b": 1}, "no camera was opened anew"
        pictures = _pictures(box.agent.status())
        box.until(lambda s: _pictures(s) > pictures + 10, "pictures")
        told = _alerts(box.agent, "a"), _alerts(box.agent, "b")
    assert told[0] == ["new"]
    assert told[1][:2] == ["new", "end"]


def test_what_looks_now_is_told_as_soon_as_it_does(tmp_path: Path, wire: type[Wire]) -> None:
    """Rollouts choose boxes by it: a state of before the model came, or before it went, would mislead them."""
    box = Offline(tmp_path, source("a"), BROKER)
    with box.running():
        box.until(lambda status: status.models and hasattr(wire, "made"), "it looks")
        box.until(lambda _: wire.made.states and wire.made.states[-1].models, "the model that came is told")
        assert wire.made.states[-1].models == box.agent.status().models
        wire.made.wanted(Desired(4, msgspec.structs.replace(box.agent._twin.config, sources=())))
        box.until(lambda _: not wire.made.states[-1].models, "that none looks is told")
        assert wire.made.states[-1].config_version == 4
        told = len(wire.made.states)
        box.until(lambda s: s.telemetry.uptime_s > 6, "nothing changes")
        assert len(wire.made.states) <= told + 1, "it is told once"


def test_row_63_bytes_that_run_short_are_said_and_alerts_go_out(tmp_path: Path, wire: type[Wire]) -> None:
    box = Offline(tmp_path, source("a", alarm=ALARM), BROKER, box="mb_per_month = 100")
    with box.running():
        box.until(lambda s: s.telemetry.outbox.pending > 8, "counts")
        wire.made.line = 96_000_000
        status = box.until(lambda s: any(reason.code == "bytes-short" for reason in s.reasons), "it is said")
        assert status.status is Status.DEGRADED
        alerts, short = len(_alerts(box.agent, "a")), dt.datetime.now(dt.timezone.utc).isoformat()
        wire.made.wanted(Desired(5, changed(box.agent._twin.config, "a", zones=())))
        box.until(lambda _: len(_alerts(box.agent, "a")) > alerts, "an alert ends, and that is said at once")
        wire.made.line += 10_000_000
        box.until(lambda s: any(reason.code == "bytes-spent" for reason in s.reasons), "that too")
    late = [body for kind, body in box.said() if kind == "crowd.count" and body["captured_at"] > short[:19]]
    assert len(late) <= 3, "the window that was open, and what ends with its zone"


def test_what_is_refused_is_reported_by_path_and_the_last_good_runs(tmp_path: Path, wire: type[Wire]) -> None:
    """Row 55, with the control channel up."""
    box = Offline(tmp_path, source("a"), BROKER)
    with box.running():
        box.until(lambda s: _pictures(s) > 3, "pictures")
        good = box.agent._twin.config
        crossed = msgspec.structs.replace(good.sources[0].zones[0], polygon=((0, 0), (1, 1), (1, 0), (0, 1)))
        wire.made.wanted(Desired(2, changed(good, "a", zones=(crossed,))))
        reported = wire.made.until(lambda r: r.refused_version == 2)
        assert (reported.version, reported.config, reported.refusals[0].path) == (0, good, "sources[0].zones[0].polygon")
        wire.made.refused(3, Refusal("sources[0].zonez", "unknown key 'zonez'; did you mean 'zones'?"))
        reported = wire.made.until(lambda r: r.refused_version == 3)
        assert (reported.version, reported.config, reported.refusals[0].path) == (0, good, "sources[0].zonez")
        status = box.until(lambda s: any(r.code == "configuration" for r in s.reasons), "a reason")
        assert "zonez" in next(r.detail for r in status.reasons if r.code == "configuration")
        wire.made.wanted(Desired(4, changed(good, "a", reference="north")))
        reported = wire.made.until(lambda r: r.version == 4)
        assert (reported.refused_version, reported.refusals) == (None, ())
        box.until(lambda s: not any(r.code == "configuration" for r in s.reasons), "the reason is over")


def test_a_source_that_is_lost_ends_its_incident_and_its_window(tmp_path: Path, wire: type[Wire]) -> None:
    file = tmp_path / "a.mp4"
    shutil.copy(SQUARE, file)
    box = Offline(tmp_path, source("a", file, alarm=ALARM), BROKER)
    with box.running():
        box.until(lambda _: _alerts(box.agent, "a"), "an alarm")
        file.unlink()
        for child in psutil.Process().children(recursive=True):
            if " ".join(child.cmdline()).strip() == "lamplighter: source a":
                child.kill()
        box.until(lambda s: any(r.code == "source-missing" for r in s.reasons), "the source is lost")
        box.until(lambda _: _alerts(box.agent, "a") == ["new", "end"], "the end of the incident")


def test_an_error_of_ours_in_the_analytics_is_told_and_ends_nothing(
    tmp_path: Path, wire: type[Wire], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A configuration over which the box fell would be on its disk, and the box could never be given another."""
    broken = threading.Event()
    take = Pipeline.take

    def falls(self: Pipeline, result: FrameResult) -> list[Observation]:
        if not broken.is_set():
            broken.set()
            raise ZeroDivisionError
        return take(self, result)

    monkeypatch.setattr(Pipeline, "take", falls)
    monkeypatch.setattr("sys.excepthook", lambda *_: None)
    with Offline(tmp_path, source("a"), BROKER).running() as box:
        box.until(lambda s: any(r.code == "analytics-defect" for r in s.reasons), "a reason")
        pictures = _pictures(box.agent.status())
        box.until(lambda s: _pictures(s) > pictures + 3, "pictures")


def test_the_first_event_after_a_step_of_the_wall_clock_is_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row 54: not only those a second later."""
    good = KernelClock(synchronised=True, offset_ms=0.1, sigma_ms=1.0)
    monkeypatch.setattr("edge.agent.agent.ClockWatch", lambda _kernel: ClockWatch(lambda: good))
    clock = SteppedClock()
    box = Offline(tmp_path, source("a"), clock=clock)
    now = Instant(clock.monotonic(), clock.now().wall)
    flow = CrowdFlow("crossing", Estimate(1, 0, 2), Estimate(1, 0, 2), 1.0, 1)
    box.agent._voice.say(Observation(EventType.CROWD_FLOW, now, flow, "a"))
    clock.step(-7 * 3600)
    box.agent._voice.say(Observation(EventType.CROWD_FLOW, now, flow, "a"))
    box.agent.stop()
    box.agent.run()
    said = [body["clock"]["synchronised"] for kind, body in box.said() if kind == "crowd.flow"]
    assert said == [True, False]


def test_what_a_window_says_names_the_model_although_its_last_picture_was_dropped(tmp_path: Path) -> None:
    box = Offline(tmp_path, source("a"))
    box.agent._configure()
    at = Instant(100.0, SteppedClock().now().wall)
    later = Instant(101.0, at.wall)
    model = ModelRef("person-vehicle-fast", "1.0.0", "0" * 64, "default")
    size = Size(640, 480)
    box.agent._on_frame(FrameResult("a", 1, at, 0.0, size, (size.whole,), NothingSeen(1.0), model))
    box.agent._on_frame(FrameResult("a", 2, later, 1.0, size, (), Dropped(DropReason.SUPERSEDED)))
    box.agent.stop()
    box.agent.run()
    (count,) = [body for kind, body in box.said() if kind == "crowd.count"]
    assert count["model"]["name"] == "person-vehicle-fast"


def test_a_second_ctrl_c_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box = Offline(tmp_path, source("a"))
    flush = box.agent._outbox.flush
    asked: list[bool] = []

    def again() -> None:
        asked.append(True)
        box.agent.stop()
        flush()

    monkeypatch.setattr(box.agent._outbox, "flush", again)
    box.agent.stop()
    box.agent.run()
    assert asked


def test_a_status_socket_that_cannot_be_made_is_named_and_the_box_runs(tmp_path: Path) -> None:
    with Offline(tmp_path, source("a"), box=f'status = "{"x" * 99}"').running() as box:
        status = box.until(lambda s: any(r.code == "status-socket" for r in s.reasons), "a reason")
        assert "box.status" in next(r.detail for r in status.reasons if r.code == "status-socket")


def _alerts(agent: Agent, name: str) -> list[str]:
    """Phases of a source's alarm, in order."""
    with agent._outbox._lock:
        entries = sorted((e for e in agent._outbox._queue if e.type is EventType.CROWD_ALERT), key=lambda e: e.seq)
        bodies = [msgspec.json.decode(e.message.payload) for e in entries if e.message is not None]
    return [body["phase"] for body in bodies if body["sensor"]["id"] == name]


def _pictures(status: BoxStatus) -> int:
    telemetry = status.telemetry.sources.get("a")
    return telemetry.pictures if telemetry else 0
