"""Where the ground is not known any more, or never was: a box goes on, tells nothing in metres, and says why and what to do."""

from __future__ import annotations

from pathlib import Path

import msgspec

from protocol.config import Calibration
from protocol.twin import Desired
from tests.edge.agent.offline import Offline, source
from tests.edge.agent.test_agent import codes, pictures
from tests.edge.runtime.test_moved import CALIBRATION, OTHER, remembered

UP_A_SLOPE = """points = [
  { picture = [0.2, 0.9], ground = [0, 0] }, { picture = [0.8, 0.9], ground = [4, 0] },
  { picture = [0.6, 0.5], ground = [4, 8] }, { picture = [0.4, 0.5], ground = [0, 8] },
], size = [768, 576]"""


def calibrated(name: str, calibration: Calibration = CALIBRATION, size: str = "[768, 576]") -> str:
    points = ", ".join(f"{{ picture = {list(p.picture)}, ground = {list(p.ground)} }}" for p in calibration.points)
    return source(name, more=f"calibration = {{ points = [{points}], size = {size} }}")


def test_metres_are_suspended_while_the_camera_looks_elsewhere_until_it_is_calibrated_anew(tmp_path: Path) -> None:
    remembered(tmp_path / "state" / "landmarks", right=10.0, moved=True, name="square")
    with Offline(tmp_path, calibrated("square")).running() as box:
        status = box.until(lambda s: "scene-moved" in codes(s) and s.telemetry.outbox.pending > 3, "people are counted")
        (reason,) = [reason for reason in status.reasons if reason.code == "scene-moved"]
        assert reason.detail.endswith("turn it back or calibrate anew: no metres are told")
        config = box.agent._twin.config
        anew = msgspec.structs.replace(config, sources=(msgspec.structs.replace(config.sources[0], calibration=OTHER),))
        box.agent._link.post(lambda: box.agent.desired(Desired(2, anew)))
        status = box.until(lambda s: "scene-moved" not in codes(s), "it looks where it should")
        box.until(lambda s: s.telemetry.outbox.pending > status.telemetry.outbox.pending + 6, "more is told")
    said = [
        (kind, body["observed"].get("moved", False)) for kind, body in box.said() if kind in {"crowd.count", "crowd.density"}
    ]
    anew_at = max(i for i, (_, moved) in enumerate(said) if moved) + 1
    assert anew_at > 2
    assert set(said[:anew_at]) == {("crowd.count", True)}
    assert set(said[anew_at:]) == {("crowd.count", False), ("crowd.density", False)}


def test_a_calibration_that_fits_no_picture_and_a_zone_up_to_the_horizon_are_told_with_what_to_do(tmp_path: Path) -> None:
    other = calibrated("square", size="[1080, 1080]")
    sloping = source("yard", more=f"calibration = {{ {' '.join(UP_A_SLOPE.split())} }}".replace(", ]", " ]"))
    with Offline(tmp_path, other, sloping).running() as box:
        status = box.until(lambda s: {"ground-shape", "ground-horizon"} <= codes(s) and pictures(s) > 5, "both are named")
        details = {reason.code: reason for reason in status.reasons}
        assert details["ground-shape"].subject == "ground square"
        assert details["ground-shape"].detail.endswith("set the camera back, or calibrate again")
        assert details["ground-horizon"].subject == "ground yard"
        assert details["ground-horizon"].detail.startswith("zone all reaches the horizon")
        box.until(
            lambda s: s.telemetry.uptime_s > status.telemetry.uptime_s + 3, "changes of health are told every two seconds"
        )
    said = box.said()
    raised = [reason["code"] for kind, body in said if kind == "device.health" for reason in body["observed"].get("raised", ())]
    assert {"ground-shape", "ground-horizon"} <= set(raised), "the manager is told"
    assert "crowd.density" not in {kind for kind, _ in said}


def test_landmarks_of_sources_that_are_no_more_are_removed_at_the_start(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "landmarks"
    for name in ("square", "sold"):
        remembered(folder, right=0.0, moved=False, name=name)
    with Offline(tmp_path, calibrated("square")).running() as box:
        box.until(lambda s: pictures(s) > 0, "it runs")
    assert [path.name for path in folder.iterdir()] == ["square"]


def test_those_of_a_source_that_is_left_out_for_a_fault_stay(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "landmarks"
    remembered(folder, right=0.0, moved=True, name="sold")
    wrong = source("sold", more="gate = { look_every_s = -1 }")
    with Offline(tmp_path, calibrated("square"), wrong).running() as box:
        box.until(lambda s: pictures(s) > 0, "it runs")
    assert (folder / "sold").exists()
