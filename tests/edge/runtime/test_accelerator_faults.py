"""Row 50: an accelerator that is stuck, gone, or answers nonsense. Capture goes on, nothing is ever an empty result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edge.infer.outcome import Dropped, DropReason, Failed, Seen, TimedOut
from protocol.config import Source
from tests.edge.infer import puppet
from tests.edge.runtime.box import HASTY, Box, source

SUBJECT = "accelerator cpu"


@pytest.fixture
def box(make_box: Any) -> Box:
    made: Box = make_box(policy=HASTY)
    return made


@pytest.fixture
def camera(tmp_path: Path) -> Source:
    """A camera of ten pictures a second that never ends."""
    from tests.edge.capture.clips import make_clip

    return source("gate", make_clip(tmp_path / "clip.mp4"), pace="real-time", repeat=True)


def seen(box: Box) -> int:
    return sum(isinstance(outcome, Seen) for outcome in box.outcomes())


def restarts(box: Box) -> int:
    return box.runtime.accelerators()["cpu"].restarts


@pytest.mark.parametrize("how", ["hang", "spin"])
def test_a_hung_accelerator_is_killed_on_its_deadline_and_comes_back(box: Box, control: Path, camera: Source, how: str) -> None:
    """Asleep, or in a native call that is busy, holds the interpreter and sees no signal that Python would have to handle."""
    box.run(camera)
    box.until(lambda: seen(box) >= 3)
    control.write_text(how)
    took_s = box.until(lambda: box.codes(SUBJECT) == ("accelerator-down",))
    assert 0.5 <= took_s < 1.5
    timed_out = [outcome for outcome in box.outcomes() if isinstance(outcome, TimedOut)]
    assert timed_out == [TimedOut(0.6)]
    pictures = box.runtime.sources()["gate"].pictures
    control.write_text("see")
    before = seen(box)
    box.until(lambda: seen(box) >= before + 3)
    assert box.codes(SUBJECT) == ()
    assert box.runtime.sources()["gate"].pictures > pictures
    assert box.runtime.sources()["gate"].drops["timed-out"] == 1
    assert (restarts(box), box.runtime.accelerators()["cpu"].timeouts) == (1, 1)
    assert box.numbers("gate") == list(range(1, len(box.results) + 1))  # capture was not restarted, nothing is missing


def test_what_it_had_not_begun_is_dropped_by_name(box: Box, control: Path, clip: Path) -> None:
    control.write_text("hang")
    box.run(source("gate", clip))
    box.until(lambda: len(box.results) >= 2)
    assert box.outcomes()[:2] == [TimedOut(0.6), Dropped(DropReason.ACCELERATOR_DOWN)]


def test_one_that_stays_hung_is_no_restart_loop(box: Box, control: Path, camera: Source) -> None:
    control.write_text("hang")
    box.run(camera)
    box.during(3.5)
    assert 1 <= restarts(box) <= 3  # 0.7 s each and waits of 0.2, 0.4, 0.8 s
    assert box.runtime.sources()["gate"].drops["accelerator-down"] > 5


def test_a_crash_is_a_failure_with_its_signal(box: Box, control: Path, camera: Source) -> None:
    box.run(camera)
    box.until(lambda: seen(box) >= 1)
    control.write_text("crash")
    box.until(lambda: box.codes(SUBJECT) == ("accelerator-down",))
    control.write_text("see")
    assert Failed("accelerator cpu died (signal 11)") in box.outcomes()
    before = seen(box)
    box.until(lambda: seen(box) > before)
    assert box.codes(SUBJECT) == ()


def test_errors_are_failures_and_several_in_a_row_a_new_start(box: Box, control: Path, camera: Source) -> None:
    box.run(camera)
    box.until(lambda: seen(box) >= 1)
    control.write_text("error")
    box.until(lambda: restarts(box) == 1)
    control.write_text("see")
    assert box.outcomes().count(Failed("the device says no")) >= 3
    assert (SUBJECT, ("accelerator-failing",)) in box.history
    box.until(lambda: box.codes(SUBJECT) == ())


def test_one_that_is_unplugged_and_plugged_in_again_comes_back(box: Box, control: Path, camera: Source) -> None:
    """Looks fail, a new process finds no device, and the one after it does."""
    box.run(camera)
    box.until(lambda: seen(box) >= 1)
    control.write_text("unplugged")
    box.until(lambda: "model-refused" in box.codes(SUBJECT))
    assert any("no device" in reason.detail for reason in box.health[SUBJECT])
    assert restarts(box) == 1
    pictures = box.runtime.sources()["gate"].pictures
    box.during(1.0)
    assert box.runtime.sources()["gate"].pictures > pictures
    control.write_text("see")
    before = seen(box)
    assert box.until(lambda: seen(box) > before) < 5.0
    assert box.codes(SUBJECT) == ()


def test_a_device_that_is_not_there_is_named_and_capture_goes_on(make_box: Any, camera: Source) -> None:
    box = make_box(policy=HASTY, entry="tests.edge.infer.puppet:Broken")
    box.run(camera)
    box.until(lambda: box.codes(SUBJECT) == ("accelerator-down",))
    assert "no device on this box" in box.health[SUBJECT][0].detail
    box.until(lambda: box.runtime.sources()["gate"].pictures >= 5)


def test_a_source_of_which_nothing_is_looked_at_is_blind(make_box: Any, control: Path, camera: Source) -> None:
    box = make_box(policy=HASTY)
    box.run(camera)
    box.until(lambda: seen(box) >= 1)
    control.write_text("hang")
    took_s = box.until(lambda: box.codes("source gate") == ("source-blind",))
    assert took_s == pytest.approx(HASTY.blind_s, abs=0.7)
    control.write_text("see")
    box.until(lambda: box.codes("source gate") == ())


def test_a_model_file_that_is_not_one_is_refused_until_it_is_mended(make_box: Any, tmp_path: Path, camera: Source) -> None:
    models = tmp_path / "models"
    good = models / puppet.NAME / "puppet.bin"
    data = good.read_bytes()
    good.write_bytes(b"rubbish")
    box = make_box(policy=HASTY)
    box.run(camera)
    box.until(lambda: box.codes(SUBJECT) == ("model-refused",))
    assert "puppet.bin: differs from its manifest" in box.health[SUBJECT][0].detail
    box.until(lambda: any(isinstance(outcome, Failed) for outcome in box.outcomes()))
    assert seen(box) == 0
    good.write_bytes(data)
    box.until(lambda: seen(box) >= 1)
    assert box.codes(SUBJECT) == ()
    assert restarts(box) == 0


def test_a_bundle_that_is_missing_harms_only_its_source(box: Box, camera: Source, clip: Path) -> None:
    box.run(camera, source("other", clip, model="nowhere"))
    box.until(lambda: seen(box) >= 3 and len(box.outcomes("other")) == 20)
    assert box.codes("source other") == ("model-missing",)
    assert all(isinstance(outcome, Failed) for outcome in box.outcomes("other"))
    assert box.codes("source gate") == ()
