"""Row 51: a source that is gone, stuck, frozen or broken. It is named within five seconds, comes back, and harms no other."""

from __future__ import annotations

import contextlib
import os
import re
import signal
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import psutil
import pytest

from edge.capture.messages import ALIVE_EVERY_S
from edge.infer.outcome import Seen
from edge.runtime.policy import RuntimePolicy
from protocol.config import Source
from tests.edge.capture.clips import SQUARE, join, make_clip
from tests.edge.runtime.box import QUICK, Box, source


def state(box: Box, name: str = "gate") -> str:
    return box.runtime.sources()[name].state


def processes(name: str) -> list[psutil.Process]:
    wanted = f"lamplighter: source {name}"
    found = []
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if " ".join(child.cmdline()).strip() == wanted:
                found.append(child)
    return found


def process_of(name: str) -> psutil.Process:
    (process,) = processes(name)
    return process


@pytest.fixture
def other(tmp_path: Path) -> Source:
    return source("other", make_clip(tmp_path / "other.mp4"), pace="real-time", repeat=True)


def test_silence_is_noticed_within_five_seconds_on_a_real_box() -> None:
    assert ALIVE_EVERY_S < QUICK.silence_s < RuntimePolicy().silence_s < 5.0


@pytest.mark.parametrize(
    ("uri", "code", "ends"),
    [
        ("nowhere.mp4", "source-missing", "failed"),
        ("notes.mp4", "source-not-video", "failed"),
        ("bad:Exploding", "source-crashed", "retrying"),
        ("bad:Segfaulting", "source-crashed", "retrying"),
        ("bad:Hanging", "source-stalled", "retrying"),
        ("bad:Huge", "source-too-large", "failed"),
    ],
)
def test_it_is_named_within_five_seconds_and_harms_no_other(
    box: Box, other: Source, tmp_path: Path, uri: str, code: str, ends: str
) -> None:
    (tmp_path / "notes.mp4").write_text("this is no video\n" * 100)
    box.run(source("gate", uri if uri.startswith("bad:") else tmp_path / uri), other)
    assert box.until(lambda: box.codes("source gate") == (code,)) < 5.0 + 1.0  # the process has to start first
    assert state(box) == ends
    before = len(box.outcomes("other"))
    box.until(lambda: len(box.outcomes("other")) >= before + 3)
    assert box.codes("source other") == ()
    assert box.numbers("other") == list(range(1, len(box.numbers("other")) + 1))


@pytest.mark.parametrize("what", ["slot", "ring", "region", "loose", "many", "half", "deaf", "after"])
def test_one_that_names_what_cannot_be_harms_no_accelerator(
    box: Box, other: Source, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """A network camera may have taken its decoder over; the accelerator looks for the others too."""
    monkeypatch.setattr("edge.runtime.source.WORKER", "tests.edge.runtime.rogue:run")
    box.run(other, source("gate", f"rogue:{what}"))
    box.until(lambda: box.codes("source gate") == ("source-crashed",))
    box.during(1.0)
    assert not [codes for subject, codes in box.history if subject == "accelerator cpu" and codes]
    assert box.codes("source other") == ()


def test_one_that_is_killed_is_opened_again(box: Box, other: Source) -> None:
    box.run(other)
    box.until(lambda: len(box.results) >= 3)
    process_of("other").kill()
    box.until(lambda: box.codes("source other") == ("source-crashed",))
    assert "signal 9" in box.health["source other"][0].detail
    before = len(box.results)
    box.until(lambda: len(box.results) >= before + 3)
    assert box.codes("source other") == ()
    numbers = box.numbers("other")
    assert numbers.index(1, 1) > 0  # counted from the new opening


def test_one_that_is_stopped_by_the_system_is_noticed(box: Box, other: Source) -> None:
    box.run(other)
    box.until(lambda: len(box.results) >= 3)
    process_of("other").send_signal(signal.SIGSTOP)
    assert box.until(lambda: box.codes("source other") == ("source-stalled",)) < 5.0
    box.until(lambda: box.codes("source other") == ())


def test_one_that_breaks_again_and_again_is_no_restart_loop(box: Box) -> None:
    box.run(source("gate", "bad:Segfaulting"))
    box.during(2.5)
    openings = box.numbers("gate").count(1)
    assert 2 <= openings <= 6  # waits of 0.1, 0.2, 0.4, 0.8, 1 s


def test_one_that_the_kernel_holds_is_neither_waited_for_nor_joined_by_others(
    box: Box, other: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk or a network share that hangs keeps a process from dying, even of SIGKILL."""
    monkeypatch.setattr(ForkServerProcess, "kill", lambda _process: None)
    box.run(source("gate", "bad:Hanging"), other)
    box.until(lambda: box.codes("source gate") == ("source-stalled",))
    held = process_of("gate")
    before = len(box.outcomes("other"))
    box.until(lambda: len(box.outcomes("other")) >= before + 3)
    box.during(2.5)  # several waits of 0.1 s and one of 1 s
    assert held.is_running()
    assert processes("gate") == [held]
    monkeypatch.undo()
    held.kill()
    box.until(lambda: processes("gate") not in ([], [held]))


def test_a_file_that_comes_back_is_picked_up(box: Box, clip: Path) -> None:
    away = clip.with_suffix(".away")
    clip.rename(away)
    box.run(source("gate", clip))
    box.until(lambda: box.codes("source gate") == ("source-missing",))
    away.rename(clip)
    assert box.until(lambda: state(box) == "ended") < 5.0
    assert box.codes("source gate") == ()
    assert box.numbers("gate") == list(range(1, 21))


def test_a_truncated_copy_is_played_named_and_replaced(box: Box, tmp_path: Path, clip: Path) -> None:
    path = tmp_path / "cut.mp4"
    path.write_bytes(SQUARE.read_bytes()[:300_000])
    box.run(source("gate", path))
    box.until(lambda: box.codes("source gate") == ("source-truncated",))
    (reason,) = box.health["source gate"]
    told = re.search(r"cut\.mp4: ends after (\d+) of 795 pictures; copy it again", reason.detail)
    assert told is not None
    played = int(told[1])
    box.until(lambda: len(box.results) == played)
    box.during(1.5)
    assert len(box.results) == played  # it is not played again and again
    os.replace(clip, path)  # noqa: PTH105 - what a copying tool does
    box.until(lambda: state(box) == "ended")
    assert len(box.results) == played + 20


def test_a_frozen_camera_is_named_while_it_goes_on(box: Box) -> None:
    box.run(source("gate", "bad:Freezing", pace="real-time"))
    assert box.until(lambda: box.codes("source gate") == ("source-frozen",)) < 5.0
    assert state(box) == "running"
    box.until(lambda: box.codes("source gate") == ())


def test_a_change_of_resolution_loses_no_picture(box: Box, tmp_path: Path) -> None:
    small = make_clip(tmp_path / "small.ts", size=(160, 120))
    large = make_clip(tmp_path / "large.ts", size=(320, 240))
    box.run(source("gate", join(tmp_path / "both.ts", small, large)))
    box.until(lambda: box.runtime.ended)
    boxes = [outcome.detections.boxes[0].tolist() for outcome in box.outcomes() if isinstance(outcome, Seen)]
    assert boxes == [[40, 30, 80, 90]] * 20 + [[80, 60, 160, 180]] * 20


def test_an_address_with_a_password_is_never_repeated(box: Box) -> None:
    box.run(source("gate", "rtsp://admin:secret@127.0.0.1/1"))
    box.until(lambda: bool(box.codes("source gate")))
    assert "secret" not in str(box.health)
