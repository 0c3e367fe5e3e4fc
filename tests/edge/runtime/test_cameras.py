"""Row 51 with real cameras, and several of them on one accelerator. Over RTSP: ``tests/benchmarks/test_sources.py``."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from edge.capture.port import SILENCE_S
from edge.credentials import Credential, write_credential
from edge.infer.outcome import Dropped, Seen
from edge.runtime.backoff import Backoff
from edge.runtime.policy import RuntimePolicy
from protocol.config import Source
from simulator.ipcamera.web import WebCamera
from tests.edge.infer import puppet
from tests.edge.runtime.box import QUICK, WHOLE, Box

PATIENT = replace(QUICK, silence_s=RuntimePolicy().silence_s)
"""A port waits for its camera as long as on a real box."""
PASSWORD = "only-on-the-box"


@pytest.fixture
def box(make_box: Any) -> Box:
    made: Box = make_box(policy=PATIENT)
    return made


@pytest.fixture
def camera() -> Iterator[WebCamera]:
    with WebCamera(fps=20.0) as camera:
        yield camera


def seen_by(camera: WebCamera, name: str = "gate", **more: Any) -> Source:
    return Source(name, camera.uri, "mjpeg", model=puppet.NAME, gate=WHOLE, **more)


def seen(box: Box, name: str = "gate") -> int:
    return sum(isinstance(outcome, Seen) for outcome in box.outcomes(name))


def test_the_longest_wait_leaves_time_to_be_well_within_five_seconds() -> None:
    policy = RuntimePolicy()
    for waits in (policy.source_backoff, policy.accelerator_backoff):
        backoff = Backoff(waits)
        assert max(backoff.failed(0.0) for _ in range(50)) <= 3.0
    assert SILENCE_S < policy.silence_s < 5.0
    assert policy.blind_s < 5.0


def test_one_that_is_unplugged_is_told_tried_again_and_found(box: Box, camera: WebCamera) -> None:
    box.run(seen_by(camera))
    box.until(lambda: seen(box) >= 3)
    camera.off()
    assert box.until(lambda: box.codes("source gate") == ("source-unreachable",)) < 5.0
    box.during(1.0)
    assert box.runtime.sources()["gate"].state == "retrying"
    camera.on()
    before = seen(box)
    assert box.until(lambda: seen(box) >= before + 2) < 5.0
    assert box.codes("source gate") == ()


def test_a_change_of_resolution_is_followed_without_a_word(box: Box, camera: WebCamera) -> None:
    box.run(seen_by(camera))
    box.until(lambda: seen(box) >= 3)
    camera.size = (640, 480)
    box.until(lambda: any(result.size.width == 640 and isinstance(result.outcome, Seen) for result in box.results))
    assert [codes for subject, codes in box.history if subject == "source gate" and codes] == []


def test_a_wrong_password_is_told_once_and_tried_when_another_is_written(box: Box, camera: WebCamera) -> None:
    camera.account = ("admin", PASSWORD)
    box.run(seen_by(camera, credential="gate-7"))
    box.until(lambda: box.codes("source gate") == ("source-credentials",))
    assert "no credential 'gate-7'" in box.health["source gate"][0].detail
    write_credential(box.credentials / "gate-7", Credential("admin", "wrong"))
    box.until(lambda: any(camera.asked))
    box.during(1.5)
    assert sum(map(bool, camera.asked)) == 1, "cameras lock accounts"
    assert "refuses 'gate-7'" in box.health["source gate"][0].detail
    write_credential(box.credentials / "gate-7", Credential("admin", PASSWORD))
    assert box.until(lambda: seen(box) >= 1) < 5.0
    assert box.codes("source gate") == ()


def test_a_refused_password_is_tried_again_after_a_long_while(make_box: Any, camera: WebCamera) -> None:
    box = make_box(policy=replace(PATIENT, refused_s=1.5))
    camera.account = ("admin", PASSWORD)
    write_credential(box.credentials / "gate-7", Credential("admin", "wrong"))
    box.run(seen_by(camera, credential="gate-7"))
    box.until(lambda: any(camera.asked))
    camera.account = ("admin", "wrong")
    assert 0.5 < box.until(lambda: seen(box) >= 1) < 5.0


def test_a_password_is_in_no_argument_no_environment_and_no_word(box: Box, camera: WebCamera) -> None:
    camera.account = ("admin", PASSWORD)
    write_credential(box.credentials / "gate-7", Credential("admin", PASSWORD))
    box.run(seen_by(camera, credential="gate-7"))
    box.until(lambda: seen(box) >= 1)
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            assert PASSWORD not in f"{process.cmdline()} {process.environ()}"
    camera.account = ("admin", "another")
    camera.off()
    camera.on()
    box.until(lambda: box.codes("source gate") == ("source-credentials",))
    assert PASSWORD not in f"{box.health} {box.history} {box.runtime.sources()}"


def test_what_waited_while_the_process_stood_still_is_not_presented_as_now(box: Box, camera: WebCamera) -> None:
    box.run(seen_by(camera))
    box.until(lambda: seen(box) >= 3)
    (process,) = [child for child in psutil.Process().children(recursive=True) if "source gate" in " ".join(child.cmdline())]
    os.kill(process.pid, signal.SIGSTOP)
    box.during(1.5)  # thirty pictures come meanwhile
    before = box.runtime.sources()["gate"].pictures
    os.kill(process.pid, signal.SIGCONT)
    box.during(0.5)
    assert 2 <= box.runtime.sources()["gate"].pictures - before <= 16


def test_four_cameras_of_different_rates_share_an_accelerator_fairly(make_box: Any, control: Path) -> None:
    """A look takes a tenth of a second: ten a second for cameras of 1, 2, 15 and 30 pictures a second.

    Fair by maximum and minimum: whoever wants less than an equal part gets all that it wants, the others what is left, equally.
    """
    rates = {"slow": 1.0, "calm": 2.0, "quick": 15.0, "hasty": 30.0}
    control.write_text("slow")
    box = make_box(policy=PATIENT)
    with contextlib.ExitStack() as plugged:
        cameras = {name: plugged.enter_context(WebCamera(fps)) for name, fps in rates.items()}
        box.run(*(seen_by(camera, name) for name, camera in cameras.items()))
        box.until(lambda: all(seen(box, name) >= 1 for name in rates))
        before = {name: seen(box, name) for name in rates}
        box.during(4.0)
        looks = {name: (seen(box, name) - before[name]) / 4.0 for name in rates}
    total = sum(looks.values())
    assert total == pytest.approx(10.0, rel=0.2), looks
    assert looks["slow"] == pytest.approx(1.0, abs=0.3), looks
    assert looks["calm"] == pytest.approx(2.0, abs=0.4), looks
    rest = (total - looks["slow"] - looks["calm"]) / 2
    assert looks["quick"] == pytest.approx(rest, rel=0.15), looks
    assert looks["hasty"] == pytest.approx(rest, rel=0.15), looks
    assert not any(isinstance(outcome, Dropped) for outcome in box.outcomes("slow")), "whoever wants little waits for nobody"
