"""A camera that is aimed, through the runtime: shown again after a crash, ended when it is told, and nothing is leaked."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from edge.capture.ring import Ring, RingLayout
from protocol.config import Source
from tests.edge.capture.clips import SQUARE
from tests.edge.runtime.box import Box, source


@pytest.fixture
def camera() -> Source:
    return source("gate", SQUARE, pace="real-time", repeat=True, fps=20.0)


class Looker:
    """Maps what it is given."""

    def __init__(self) -> None:
        self.rings: list[Ring] = []

    def take(self, layout: RingLayout, fd: int) -> None:
        self.rings.append(Ring(layout, fd, writable=False))

    @property
    def sees(self) -> bool:
        return bool(self.rings) and self.rings[-1].newest() is not None


def sources_process() -> psutil.Process:
    found = [child for child in psutil.Process().children(recursive=True) if "source gate" in " ".join(child.cmdline())]
    return found[0]


def test_a_source_that_is_opened_anew_is_shown_again_and_not_after_the_end(box: Box, camera: Source) -> None:
    looker = Looker()
    box.run(camera)
    assert box.runtime.aim("gate", time.monotonic() + 60, looker.take)
    box.until(lambda: looker.sees)
    os.kill(sources_process().pid, signal.SIGKILL)
    box.until(lambda: len(looker.rings) == 2 and looker.sees)
    assert looker.rings[0].layout.ring != looker.rings[1].layout.ring
    box.runtime.aim_end("gate")
    box.until(lambda: not looker.sees)
    box.runtime.restart("gate")
    box.during(1.0)
    assert len(looker.rings) == 2


def test_the_agent_keeps_no_descriptor_of_it(box: Box, camera: Source) -> None:
    box.run(camera)
    box.until(lambda: bool(box.results))
    before = len(list(Path("/proc/self/fd").iterdir()))
    looker = Looker()
    for _ in range(4):
        looker.rings.clear()
        box.runtime.aim("gate", time.monotonic() + 60, looker.take)
        box.until(lambda: looker.sees)
        looker.rings[-1].close()
        box.runtime.aim_end("gate")
    box.during(0.2)
    assert len(list(Path("/proc/self/fd").iterdir())) <= before


def test_memory_that_could_be_taken_away_is_handed_to_nobody(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its decoder may be taken over; whoever aims would die where the memory ends."""
    monkeypatch.setattr("edge.runtime.source.WORKER", "tests.edge.runtime.rogue:run")
    looker = Looker()
    box.run(source("gate", "rogue:door"))
    assert box.runtime.aim("gate", time.monotonic() + 60, looker.take)
    box.until(lambda: box.codes("source gate") == ("source-crashed",))
    assert looker.rings == []


def test_nobody_is_aimed_who_is_not_there(box: Box) -> None:
    assert not box.runtime.aim("roof", time.monotonic() + 60, Looker().take)
    box.runtime.aim_end("roof")
