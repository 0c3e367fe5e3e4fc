"""A whole box on the real ALSA library, PortAudio and sounddevice: a shot is heard, a card that is pulled out comes back."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.edge.analytics.gunshot.rendered import burst
from tests.edge.capture.sound.loudspeaker import Loudspeaker, missing, plugged

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"real ALSA devices need {missing()}")

PATIENCE_S = 40.0


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Loudspeaker]:
    with plugged(tmp_path / "card") as speaker:
        yield speaker


def until(process: subprocess.Popen[str], condition: Callable[[dict[str, Any]], bool]) -> None:
    """Read what it says, up to what is waited for."""
    begun_s = time.monotonic()
    said: dict[str, Any] = {}
    while not said or not condition(said):
        assert time.monotonic() - begun_s < PATIENCE_S, said
        said = line(process)


def line(process: subprocess.Popen[str]) -> Any:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def test_a_shot_is_told_and_a_card_that_was_pulled_out_is_found_again(card: Loudspeaker, tmp_path: Path) -> None:
    box = tmp_path / "box"
    box.mkdir()
    command = [sys.executable, "-m", "tests.edge.agent.on_alsa", str(box)]
    with subprocess.Popen(command, env=card.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        until(process, lambda now: now["state"] == "running" and not now["codes"])
        card.unplug()
        until(process, lambda now: now["state"] == "retrying" and now["codes"] == ["microphone-missing"])
        card.plug()
        until(process, lambda now: now["state"] == "running")
        card.play(burst(41, 1, 600, after_s=2.2).sound[0])
        until(process, lambda now: now["shots"] >= 2)
        process.stdin.close()
        shots = line(process)
        assert process.wait(PATIENCE_S) == 0
    heard = [shot for shot in shots if shot["phase"] == "end"]
    assert len(heard) == 1
    assert heard[0]["observed"]["shots"]["value"] == 1
    assert heard[0]["model"]["name"] == "gunshot"
