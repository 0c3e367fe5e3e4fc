"""Row 50: the processor looks while an accelerator fails, and the accelerator again once it is ready."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.infer.outcome import Dropped, DropReason, Seen
from edge.runtime.backoff import BackoffPolicy
from edge.runtime.casting import RehearsalError
from edge.runtime.deadline import DeadlinePolicy
from edge.runtime.planner import ENTRIES
from edge.runtime.policy import RuntimePolicy
from hardware.accelerators import Accelerator, find_package
from models.bundle.bundle import load_bundle, zoo
from protocol.config import Source
from tests.edge.capture.clips import SQUARE, make_clip
from tests.edge.infer import puppet
from tests.edge.runtime.box import CPU, HASTY, Box, source

TPU = Accelerator("edgetpu", "edgetpu", ("int8",), available=True)
SUBJECT = "accelerator edgetpu"
POLICY = replace(HASTY, fallback_cap_s=1.0, deadline=DeadlinePolicy(request_s=0.5, look_s=0.1, load_s=1.0))
DOWN = ("accelerator-down", "accelerator-fallback")


@pytest.fixture
def device(tmp_path: Path, control: Path) -> Path:
    """What the accelerator is to do; ``control`` says it of the processor."""
    return puppet.add_variant(tmp_path / "models", "puppet.tpu", "edgetpu")


@pytest.fixture
def box(make_box: Any, device: Path) -> Box:
    made: Box = make_box(policy=POLICY, accelerators=(TPU, CPU))
    return made


@pytest.fixture
def camera(tmp_path: Path) -> Source:
    """A camera of ten pictures a second that never ends."""
    return source("gate", make_clip(tmp_path / "clip.mp4"), pace="real-time", repeat=True)


def replaced(camera: Source, **changes: Any) -> Source:
    return msgspec.structs.replace(camera, **changes)


def by(box: Box) -> list[str]:
    """Which form looked, picture by picture."""
    variants = load_bundle(box.planner.place(puppet.NAME)).manifest.variants
    names = {variant.sha256: variant.runtime for variant in variants}
    return [names[result.model.digest] for result in box.results if result.model and result.model.digest in names]


def looks(box: Box, runtime: str, more: int = 3) -> Any:
    """Whether so many more pictures have been looked at there."""
    wanted = by(box).count(runtime) + more
    return lambda: by(box).count(runtime) >= wanted


@pytest.mark.parametrize(
    ("how", "words"), [("spin", "gave no answer"), ("crash", "died (signal 11)"), ("stuck", "while it loaded")]
)
def test_the_processor_looks_and_the_accelerator_comes_back(
    box: Box, device: Path, camera: Source, how: str, words: str
) -> None:
    """Stuck in a busy native call at a picture; dead; stuck in such a call while it loads."""
    box.run(camera)
    box.until(looks(box, "edgetpu"))
    device.write_text(how if how != "stuck" else "crash")
    box.until(lambda: SUBJECT in box.health)
    device.write_text(how)
    assert box.until(looks(box, "onnxruntime")) < 6.0
    assert box.codes(SUBJECT) == DOWN
    assert "cpu looks meanwhile" in box.health[SUBJECT][1].detail
    assert any(words in reason.detail for reason in box.health[SUBJECT])
    assert box.codes("source gate") in {(), ("source-blind",)}
    device.write_text("see")
    assert box.until(looks(box, "edgetpu")) < 5.0
    assert box.codes(SUBJECT) == ()
    assert set(box.runtime.accelerators()) == {"edgetpu"}
    assert by(box)[-1] == "edgetpu"
    assert box.numbers("gate") == list(range(1, len(box.results) + 1))  # capture was not restarted, nothing is missing


def test_it_is_not_taken_back_before_its_golden_vectors_come_out(box: Box, device: Path, camera: Source) -> None:
    device.write_text("wrong")
    box.run(camera)
    box.until(looks(box, "onnxruntime"))
    assert box.codes(SUBJECT) == ("model-refused", "accelerator-fallback")
    assert "answers otherwise than its reference" in box.health[SUBJECT][0].detail
    restarts = box.runtime.accelerators()["edgetpu"].restarts
    box.during(0.8)
    assert "edgetpu" not in by(box)
    assert box.runtime.accelerators()["edgetpu"].restarts == restarts, "a refused model needs no new process"
    device.write_text("see")
    box.until(looks(box, "edgetpu"))
    assert box.codes(SUBJECT) == ()


def test_no_picture_is_lost_when_it_is_taken_back(box: Box, control: Path, device: Path, camera: Source) -> None:
    """The processor has pictures in its hands and waiting then."""
    device.write_text("unplugged")
    control.write_text("slow")
    box.run(replaced(camera, fps=20.0))
    box.until(looks(box, "onnxruntime"))
    before = len(box.results)
    device.write_text("see")
    box.until(looks(box, "edgetpu"))
    lost = {str(outcome.reason) for outcome in box.outcomes()[before:] if isinstance(outcome, Dropped)}
    assert lost <= {str(DropReason.SUPERSEDED)}
    box.until(lambda: len(multiprocessing.active_children()) == 2)  # the camera's and the accelerator's


def test_without_leave_nobody_stands_in(box: Box, device: Path, camera: Source) -> None:
    device.write_text("unplugged")
    box.run(replaced(camera, fallback=False))
    box.during(1.0)  # two tries, and the stand-in's first looks
    assert box.codes(SUBJECT) == ("model-refused",)
    assert by(box) == []
    assert set(box.runtime.accelerators()) == {"edgetpu"}
    box.run(camera)  # the manager allows it
    box.until(looks(box, "onnxruntime"))
    box.run(replaced(camera, fallback=False))
    assert set(box.runtime.accelerators()) == {"edgetpu"}
    assert box.codes(SUBJECT) == ("model-refused",)


def test_another_model_of_the_same_accelerator_stays_there(
    box: Box, tmp_path: Path, device: Path, camera: Source, clip: Path
) -> None:
    """One model is refused; the other one has a form for the accelerator only."""
    puppet.make_bundle(tmp_path / "models", "other", runtime="edgetpu")
    device.write_text("unplugged")
    box.run(camera, source("door", clip, model="other", pace="real-time", repeat=True))
    box.until(looks(box, "onnxruntime"))
    before = len(box.results)
    box.until(looks(box, "onnxruntime"))
    assert {result.model.name for result in box.results[before:] if result.model} == {puppet.NAME, "other"}


def test_what_the_processor_answers_does_not_speak_for_the_bundle(box: Box, device: Path, camera: Source) -> None:
    """An update on probation whose accelerator no longer answers goes back, whoever looks meanwhile."""
    box.run(camera)
    box.until(looks(box, "edgetpu"))
    device.write_text("unplugged")
    box.until(looks(box, "onnxruntime", 1))
    tally = box.runtime.tally(puppet.NAME)
    answered, asked = tally.answered, tally.asked
    box.until(looks(box, "onnxruntime", 5))
    assert tally.answered == answered
    assert tally.asked >= asked + 5


def test_a_release_is_not_blamed_for_an_accelerator_that_fails(box: Box, device: Path, camera: Source) -> None:
    box.run(camera)
    box.until(looks(box, "edgetpu"))
    device.write_text("crash")
    box.until(lambda: box.codes(SUBJECT)[:1] == ("accelerator-down",))
    with pytest.raises(RehearsalError, match="accelerator edgetpu fails") as first:
        box.runtime.rehearse(puppet.NAME, box.planner, compare=False)
    assert not first.value.blame
    box.until(looks(box, "onnxruntime"))
    with pytest.raises(RehearsalError, match="accelerator edgetpu fails"):
        box.runtime.rehearse(puppet.NAME, box.planner, compare=False)
    device.write_text("see")
    box.until(looks(box, "edgetpu"))
    rehearsal = box.runtime.rehearse(puppet.NAME, box.planner, compare=False)
    box.until(lambda: rehearsal.ready)


def test_one_that_is_busy_loading_is_left_to_it(make_box: Any, device: Path, camera: Source) -> None:
    """Longer than it may be silent, with a sign of life after each look."""
    policy = replace(POLICY, deadline=replace(POLICY.deadline, load_s=1.6))
    box = make_box(policy=policy, accelerators=(TPU, CPU))
    device.write_text("slow-load")
    box.run(camera)
    took_s = box.until(looks(box, "edgetpu", 1))
    assert took_s > 4 * puppet.SLOW_S > policy.deadline.load_s
    assert box.runtime.accelerators()["edgetpu"].restarts == 0


def test_one_that_is_stuck_loading_is_killed_soon(box: Box, device: Path, camera: Source) -> None:
    device.write_text("stuck")
    box.run(camera)
    took_s = box.until(lambda: box.codes(SUBJECT) == ("accelerator-down",))
    assert POLICY.deadline.load_s <= took_s < POLICY.deadline.load_s + 3.0
    assert "was silent for 1 s while it loaded" in box.health[SUBJECT][0].detail


def test_one_that_stays_away_is_no_restart_loop(make_box: Any, device: Path, camera: Source) -> None:
    policy = replace(POLICY, fallback_cap_s=30.0, accelerator_backoff=BackoffPolicy(0.2, 0.2, 30.0))
    box = make_box(policy=policy, accelerators=(TPU, CPU))
    device.write_text("dead")
    box.run(camera)
    box.during(3.5)
    assert 2 <= box.runtime.accelerators()["edgetpu"].restarts <= 5  # after .2, .2, .8, 1.6 and 3.2 s
    assert box.runtime.accelerators()["cpu"].restarts == 0
    assert by(box).count("onnxruntime") > 10
    assert len([codes for subject, codes in box.history if subject == "source gate" and codes]) == 0


@pytest.mark.skipif(find_package("openvino") is None, reason="openvino is not installed: pip install openvino")
def test_a_real_library_takes_turns_with_another(make_box: Any, tmp_path: Path) -> None:
    """OpenVINO plays the accelerator: killed, then stopped by the kernel. ONNX Runtime looks with the same file meanwhile."""
    name = "person-vehicle-fast"
    shutil.copytree(zoo() / name, tmp_path / "models" / name)
    device, processor = (replace(CPU, name=each, on_processor=each == "cpu") for each in ("openvino", "cpu"))
    box = make_box(policy=RuntimePolicy(), accelerators=(device, processor), entries=ENTRIES)
    box.run(source("square", SQUARE, model=name, pace="real-time", repeat=True))

    def at_work(accelerator: str) -> bool:
        telemetry = box.runtime.accelerators().get(accelerator)
        return telemetry is not None and telemetry.state == "ready" and telemetry.inference_ms is not None

    box.until(lambda: at_work("openvino"))
    for how in (signal.SIGKILL, signal.SIGSTOP):
        box.until(lambda: at_work("openvino") and bool(processes("accelerator openvino")))
        for pid in processes("accelerator openvino"):
            os.kill(pid, how)
        box.until(lambda: box.codes("accelerator openvino")[:1] == ("accelerator-down",))
    box.until(lambda: at_work("cpu"))
    assert box.codes("accelerator openvino") == DOWN
    box.until(lambda: "cpu" not in box.runtime.accelerators())
    seen = sum(isinstance(outcome, Seen) for outcome in box.outcomes())
    box.until(lambda: sum(isinstance(outcome, Seen) for outcome in box.outcomes()) > seen + 3)
    assert box.codes("accelerator openvino") == ()


def processes(name: str) -> list[int]:
    return [process.pid for process in multiprocessing.active_children() if process.name == name and process.pid]
