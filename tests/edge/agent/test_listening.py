"""The agent and a microphone: a real process, a listener that is real, and what becomes of it in the outbox."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from edge.agent.status import BoxStatus
from edge.clock import Clock
from edge.runtime.policy import RuntimePolicy
from hardware.clock import ClockWatch, KernelClock
from protocol.events import Reason
from protocol.twin import Desired
from simulator.faults.clocks import SteppedClock
from tests.edge.agent.offline import Offline
from tests.edge.capture.sound import bundles, listening, live_ports
from tests.edge.capture.sound.sounds import street, write_wav

EAR = """
[[microphones]]
id = "{name}"
uri = "{uri}"
kind = "alsa"
where = {{ lat = 52.5, lon = 13.4 }}
reference = "north roof"
"""


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    policy = replace(
        RuntimePolicy(), sound_ports={"file": live_ports.ENTRY, "alsa": live_ports.ENTRY}, listener=listening.ENTRY
    )
    monkeypatch.setattr("edge.runtime.runtime.RuntimePolicy", lambda: policy)
    bundles.make_bundle(tmp_path / "models")

    def make(*ears: str, clock: Clock | None = None) -> Offline:
        return Offline(tmp_path, *ears, box='models = "models"', clock=clock)

    return make


def against(status: BoxStatus) -> list[Reason]:
    return [reason for reason in status.reasons if reason.subject == "microphone roof"]


def ear(name: str, uri: str | Path) -> str:
    return EAR.format(name=name, uri=uri)


def test_shots_become_events_with_their_onset_place_and_model(box: Any) -> None:
    begun = dt.datetime.now(dt.timezone.utc)
    with box(ear("roof", "live:Banging")).running() as agent:
        status = agent.until(lambda s: s.telemetry.outbox.pending >= 5, "shots")
        assert status.telemetry.microphones["roof"].state == "running"
        assert [model.name for model in status.models] == ["gunshot"]
        birth = agent.agent.birth()
        assert birth.capabilities == ("crowd", "gunshot")
        assert birth.where is not None
        assert agent.agent.sources() == ["roof"]
    ended = dt.datetime.now(dt.timezone.utc)
    shots = [body for kind, body in agent.said() if kind == "gunshot.detected"]
    assert len({body["incident"] for body in shots}) >= 2
    for incident in {body["incident"] for body in shots}:
        phases = [body["phase"] for body in shots if body["incident"] == incident]
        assert (phases[0], phases[-1]) == ("new", "end"), "the agent's end ends its incidents"
    onsets = [dt.datetime.fromisoformat(body["captured_at"].replace("Z", "+00:00")) for body in shots if body["phase"] == "new"]
    assert begun < onsets[0] < ended
    assert [(b - a).total_seconds() for a, b in pairwise(onsets)] == pytest.approx([0.5] * (len(onsets) - 1), abs=0.01)
    for body in shots:
        assert body["sensor"] == {"id": "roof", "reference": "north roof"}
        assert body["where"] == {"lat": 52.5, "lon": 13.4}
        assert body["model"]["name"] == "gunshot"
        assert 0 < body["observed"]["onset_sigma_ms"] < 5
        assert "synchronised" in body["clock"]


def test_a_step_of_the_wall_clock_stops_no_microphone_and_marks_its_shots(box: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row 54: what was heard is told all the same, and the manager compares no such moment with another box's."""
    good = KernelClock(synchronised=True, offset_ms=0.1, sigma_ms=1.0)
    monkeypatch.setattr("edge.agent.agent.ClockWatch", lambda _kernel: ClockWatch(lambda: good))
    clock = SteppedClock()
    with box(ear("roof", "live:Banging"), clock=clock).running() as agent:
        before = agent.until(lambda s: s.telemetry.outbox.pending >= 3, "shots before the step").telemetry.outbox.pending
        clock.step(7 * 3600)
        status = agent.until(lambda s: s.telemetry.outbox.pending >= before + 4, "shots after the step")
        assert against(status) == []
        assert status.telemetry.microphones["roof"].state == "running"
        assert agent.agent._runtime.hearing.openings == {"roof": 1}
    shots = [body for kind, body in agent.said() if kind == "gunshot.detected"]
    assert (shots[0]["clock"]["synchronised"], shots[-1]["clock"]["synchronised"]) == (True, False)
    assert {body["observed"]["shots"]["value"] for body in shots} == {1.0}


def test_a_microphone_that_is_wrong_is_named_and_the_twin_can_mend_it(box: Any, tmp_path: Path) -> None:
    with box(ear("roof", "nowhere.wav")).running() as agent:
        status = agent.until(against, "a reason")
        assert [reason.code for reason in against(status)] == ["microphone-missing"]
        config = agent.agent.reported().config
        path = write_wav(tmp_path / "found.wav", street(1.0))
        found = msgspec.structs.replace(config.microphones[0], uri=str(path), repeat=True)
        wanted = Desired(1, msgspec.structs.replace(config, microphones=(found,)))
        agent.agent._link.post(lambda: agent.agent.desired(wanted))
        agent.until(lambda s: s.telemetry.microphones["roof"].state == "running" and not against(s), "sound")
        (process,) = [p for p in psutil.Process().children(recursive=True) if "microphone roof" in " ".join(p.cmdline())]
        moved = msgspec.structs.replace(found, where=None, reference="south roof")
        elsewhere = Desired(2, msgspec.structs.replace(config, microphones=(moved,)))
        agent.agent._link.post(lambda: agent.agent.desired(elsewhere))
        agent.until(lambda s: s.config_version == 2, "the second configuration")
        assert process.is_running(), "a change of place leaves it running"
