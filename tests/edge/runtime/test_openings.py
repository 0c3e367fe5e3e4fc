"""When something that broke is opened again: the arithmetic of :mod:`edge.runtime.openings`, without a process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edge.runtime.backoff import BackoffPolicy
from edge.runtime.openings import InputState, Openings, file_mark


class Process:
    """Stands for the child."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.held = False

    def start(self, _worker: str, name: str, _order: object) -> None:
        self.started.append(name)

    def end(self, _patience_s: float) -> None:
        pass


@pytest.fixture
def openings() -> Any:
    made = Openings("nobody:runs", None, None, BackoffPolicy(0.5, 15.0, 30.0), print, print)  # type: ignore[arg-type]
    made.process = Process()  # type: ignore[assignment]
    return made


def test_it_is_opened_again_after_waits_that_double_and_fall_back_after_good_work(openings: Any) -> None:
    openings.open("microphone roof", None)
    waits = []
    for now_s in (100.0, 110.0, 120.0):
        openings.broke(now_s, None)
        assert openings.state is InputState.RETRYING
        waits.append(openings.retry_s - now_s)
        assert not openings.is_due(openings.retry_s - 0.01)
        assert openings.is_due(openings.retry_s)
        openings.open("microphone roof", None)
    assert waits == [0.5, 1.0, 2.0]
    assert openings.number == 4
    assert openings.works(130.0)
    assert not openings.works(131.0), "it was running"
    openings.broke(161.0, None)
    assert openings.retry_s == 161.5


def test_a_file_that_is_broken_in_itself_waits_for_another_one(openings: Any, tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    openings.broke(100.0, f"file://{file}")
    assert openings.state is InputState.FAILED
    assert not any(openings.is_due(now_s) for now_s in range(101, 200))
    file.write_text("sound")
    assert openings.is_due(openings.retry_s)


def test_while_the_kernel_holds_the_old_process_no_other_is_started(openings: Any) -> None:
    openings.broke(100.0, None)
    openings.process.held = True
    assert not any(openings.is_due(now_s) for now_s in range(101, 120))
    openings.process.held = False
    assert openings.is_due(130.0)


def test_what_has_ended_or_was_stopped_is_not_tried_again(openings: Any) -> None:
    openings.ended()
    assert openings.state is InputState.ENDED
    assert not openings.is_due(1e9)
    openings.broke(100.0, None)
    openings.end(0.0)
    assert not openings.is_due(1e9)


@pytest.mark.parametrize("address", ["", "nowhere", "\0", "rtsp://camera/1"])
def test_what_is_no_file_has_no_mark(address: str) -> None:
    assert file_mark(address) == ()
