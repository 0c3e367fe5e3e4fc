"""A street with shots, or with what is struck there every day, as a recording that a box plays as its microphone."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.gunshot_streams import Mono, levelled, prolonged, street
from models.bundle.yamnet import RATE_HZ
from models.synthesis.sound.filters import Signal
from models.synthesis.sound.shots import draw_shots
from models.synthesis.sound.strikes import draw_strikes

NOISE_S = 30.0
"""Drawn; what is longer is made of it."""
SNR_DB = (20.0, 40.0)
"""First blast, or the loudest moment of a blow, over the noise: RMS of 20 ms."""
FIRED_S, STRUCK_S = 1.5, 1.5


@dataclass(frozen=True, repr=False)
class Recording:
    """A sound, float32 (n,) at 16 kHz, and when things begin in it, seconds."""

    sound: Mono
    onsets: tuple[float, ...]

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.sound) / RATE_HZ

    def write(self, path: Path) -> Path:
        """Keep it as a WAV file of 16 bits."""
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes(np.round(self.sound * 32767).astype("<i2").tobytes())
        return path


def shots(random: np.random.Generator, count: int, before_s: float, every_s: tuple[float, float]) -> Recording:
    """Weapons that fire, one after the other, in front of one street's noise; ``onsets`` is of the first blast of each.

    Args:
        random: draws.
        count: of weapons.
        before_s: of noise before the first, and behind the last.
        every_s: shortest and longest time from the beginning of one to the next, more than :data:`FIRED_S`.
    """
    starts = before_s + np.concatenate([[0.0], np.cumsum(random.uniform(*every_s, count - 1))])
    onsets, laid = [], []
    for start in starts.tolist():
        fired = draw_shots(random, RATE_HZ, FIRED_S)
        onsets.append(start + fired.onsets[0])
        laid.append((start, fired.sound / _loudness(fired.sound, fired.onsets[0]) * _over(random)))
    return Recording(_over_noise(random, starts[-1] + FIRED_S + before_s, laid), tuple(onsets))


def everyday(random: np.random.Generator, seconds: float, a_minute: float) -> Recording:
    """A street in which something is struck so often: doors, tools, steps, claps; ``onsets`` is when each is begun."""
    starts = np.sort(random.uniform(1.0, seconds - STRUCK_S, round(seconds * a_minute / 60)))
    laid = []
    for start in starts:
        struck = draw_strikes(random, RATE_HZ, STRUCK_S)
        loudest = float(np.argmax(np.abs(struck))) / RATE_HZ
        laid.append((start, struck / _loudness(struck, loudest) * _over(random)))
    return Recording(_over_noise(random, seconds, laid), tuple(starts.tolist()))


def _over(random: np.random.Generator) -> float:
    return float(10 ** (random.uniform(*SNR_DB) / 20))


def _loudness(sound: npt.NDArray[np.floating], at: float) -> float:
    """RMS of 20 ms."""
    first = round(at * RATE_HZ)
    return float(np.sqrt(np.square(sound[first : first + RATE_HZ // 50]).mean())) + 1e-9


def _over_noise(random: np.random.Generator, seconds: float, laid: Sequence[tuple[float, npt.NDArray[np.floating]]]) -> Mono:
    """Sounds, each from its second on, over noise whose RMS is 1; then at one level."""
    whole: Signal = prolonged(random, street(random, NOISE_S), seconds).astype(np.float64)
    whole /= np.sqrt(np.square(whole).mean())
    for start, sound in laid:
        part = whole[round(start * RATE_HZ) :][: len(sound)]
        part += sound[: len(part)]
    return levelled(whole)
