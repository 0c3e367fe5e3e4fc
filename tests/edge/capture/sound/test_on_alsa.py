"""The real ALSA library, PortAudio and sounddevice, with a card that is no hardware and keeps time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.edge.capture.sound.loudspeaker import NAME, PATIENCE_S, RATE_HZ, Loudspeaker, missing, plugged
from tests.edge.capture.sound.sounds import street, with_bangs

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"real ALSA devices need {missing()}")

CAPTURED_S = 4.0


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Loudspeaker]:
    with plugged(tmp_path / "card") as speaker:
        yield speaker


def test_what_is_played_is_captured_to_the_bit_and_at_its_time(card: Loudspeaker, tmp_path: Path) -> None:
    sound = with_bangs(street(2.0), [1.0])[0]
    command = [sys.executable, "-m", "tests.edge.capture.sound.on_alsa", str(tmp_path / "found.npz"), str(CAPTURED_S)]
    with subprocess.Popen(command, env=card.environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "captures\n"
        card.play(sound)
        assert process.wait(PATIENCE_S) == 0
    with np.load(tmp_path / "found.npz") as found:
        heard, first, end_s, read_s = (found[name] for name in ("sound", "first", "end_s", "read_s"))
        assert (str(found["device"]), str(found["other"])) == (NAME, "microphone-missing")
    at = int(heard.argmax()) - int(sound.argmax())
    assert at > 0, "it was played, and heard"
    same = slice(RATE_HZ // 2, round(1.9 * RATE_HZ))  # the server fades nothing, but begins within its own buffer
    assert np.array_equal(heard[at:][same], sound[same])
    steps = np.diff(first)
    assert (steps >= 800).all(), "a count of samples that never falls"
    assert (end_s <= read_s).all(), "no block ends after it came"
    rate_hz = np.polyfit(end_s, first, 1)[0]
    assert rate_hz == pytest.approx(RATE_HZ, rel=0.2), "it comes in real time, in lumps as the server likes"
