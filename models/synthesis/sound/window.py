"""Windows of sound as a box hears them, drawn: an event or none, a background, a recorder."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from models.bundle.yamnet import RATE_HZ, SAMPLES
from models.synthesis.chance import case, chance
from models.synthesis.sound.draws import Random, evenly
from models.synthesis.sound.filters import Signal
from models.synthesis.sound.fireworks import draw_fireworks
from models.synthesis.sound.microphone import Recorded, record
from models.synthesis.sound.replayed import draw_recorded
from models.synthesis.sound.shots import draw_shots
from models.synthesis.sound.strikes import draw_strikes

SECONDS = 2.4
NOISE_SEED = 60
BEFORE_S = 0.2
"""Of a recorder's automatic level, before the window begins."""


class Kind(Enum):
    """What is to be heard."""

    NOTHING = "nothing"
    SHOT = "shot"
    FIREWORK = "firework"
    STRIKE = "strike"
    RECORDED = "recorded"


@dataclass(frozen=True)
class Scene:
    """A sound at one place, before its background and its recorder: float64 (n,) at 16 kHz, and the moments of its shots."""

    kind: Kind
    sound: Signal
    onsets: tuple[float, ...]


def draw_scene(random: Random, kind: Kind | None = None) -> Scene:
    """Something happens for 2.4 s, or nothing does.

    Args:
        random: draws.
        kind: what; drawn when absent.
    """
    kind = kind or tuple(Kind)[case(random, 0.06, 0.40, 0.56, 0.74, 1.0)]
    onsets: tuple[float, ...] = ()
    match kind:
        case Kind.NOTHING:
            return Scene(kind, np.zeros(int(RATE_HZ * SECONDS)), ())
        case Kind.SHOT:
            heard = draw_shots(random, RATE_HZ, SECONDS)
            sound, onsets = heard.sound, heard.onsets
        case Kind.FIREWORK:
            sound = draw_fireworks(random, RATE_HZ, SECONDS)
        case Kind.STRIKE:
            sound = draw_strikes(random, RATE_HZ, SECONDS)
        case Kind.RECORDED:
            sound = draw_recorded(random, RATE_HZ, SECONDS)
    return Scene(kind, sound, onsets)


@dataclass(frozen=True)
class Window:
    """What a recorder made of a part of a scene.

    Attributes:
        sound: float32 (15600,) at 16 kHz.
        ratio_db: of what happens to the background, over the loudest quarter of a second; nothing where nothing happens.
    """

    sound: Recorded
    ratio_db: float | None


def draw_window(random: Random, scene: Scene, backgrounds: Sequence[Recorded]) -> Window:
    """One window of a scene: somewhere around what happens, in front of some background."""
    whole = len(scene.sound)
    background = _background(random, whole, backgrounds)
    background /= np.sqrt(np.square(background).mean()) + 1e-12
    if scene.kind is Kind.NOTHING:
        mixed, moment, ratio = background, random.uniform(0.5, SECONDS - 0.5), None
    else:
        power = _power(scene.sound)
        ratio = _ratio(random)
        mixed = scene.sound / np.sqrt(power.max() + 1e-30) + background * 10 ** (-ratio / 20)
        moment = scene.onsets[random.integers(len(scene.onsets))] if scene.onsets else float(power.argmax()) / RATE_HZ
    start = round(moment * RATE_HZ) - int(random.uniform(600, SAMPLES - 1500))
    start = min(max(start, 0), whole - SAMPLES)
    before = min(start, int(BEFORE_S * RATE_HZ))
    recorded = record(random, mixed[start - before : start + SAMPLES], RATE_HZ)[before:]
    if chance(random, 0.08):  # a clip that ends
        recorded = recorded.copy()
        recorded[int(random.uniform(6000, SAMPLES)) :] = 0
    return Window(recorded, ratio)


def draw_stream(random: Random, scene: Scene, backgrounds: Sequence[Recorded], before_s: float, after_s: float) -> Recorded:
    """A scene as a box that listens all the time hears it: with the background before and behind it.

    Args:
        random: draws the background, how loud it is, and the recorder.
        scene: what happens.
        backgrounds: float32 (n,) at 16 kHz each; noise alone where there are none.
        before_s: of background alone.
        after_s: the same, behind it.

    Returns:
        float32 (n,) at 16 kHz.
    """
    before = round(before_s * RATE_HZ)
    background = _background(random, before + len(scene.sound) + round(after_s * RATE_HZ), backgrounds)
    background /= np.sqrt(np.square(background).mean()) + 1e-12
    if scene.kind is not Kind.NOTHING:
        background *= 10 ** (-_ratio(random) / 20)
        background[before : before + len(scene.sound)] += scene.sound / np.sqrt(_power(scene.sound).max() + 1e-30)
    return record(random, background, RATE_HZ)


def _ratio(random: Random) -> float:
    """Of what happens to the background, dB."""
    return float(np.clip(random.normal(33, 15), -4, 80))


def _power(sound: Signal) -> Signal:
    """Mean square over the quarter of a second around each sample."""
    length = RATE_HZ // 4
    summed = np.concatenate([[0.0], np.cumsum(np.square(np.pad(sound, (length // 2, length - length // 2))))])
    result: Signal = (summed[length:] - summed[:-length])[: len(sound)] / length
    return result


def _background(random: Random, samples: int, backgrounds: Sequence[Recorded]) -> Signal:
    sound = noise(random, samples)
    if backgrounds and chance(random, 0.75):
        sound = sound * evenly(random, 0.01, 0.5)
        for _ in range(1 if chance(random, 0.7) else 2):
            recorded = backgrounds[int(random.integers(len(backgrounds)))].astype(np.float64)
            recorded = np.resize(recorded, max(samples, len(recorded)))
            start = random.integers(len(recorded) - samples + 1)
            part = recorded[start : start + samples]
            sound = sound + part / (np.sqrt(np.square(part).mean()) + 1e-6) * evenly(random, 0.2, 1)
    return sound


def noise(random: Random, samples: int) -> Signal:
    """Noise that falls by 0 to 8 dB an octave."""
    noises = _noises()
    noise = noises[random.integers(len(noises))]
    start = random.integers(len(noise) - samples)
    return noise[start : start + samples].copy()  # the rest of the minute is for others


@functools.cache
def _noises() -> tuple[Signal, ...]:
    """A minute of noise for each of nine slopes."""
    random, found = np.random.default_rng(NOISE_SEED), []
    for slope in np.linspace(0, 1.3, 9):
        spectrum = np.fft.rfft(random.standard_normal(60 * RATE_HZ))
        noise = np.fft.irfft(spectrum / np.maximum(np.fft.rfftfreq(60 * RATE_HZ), 1e-3) ** slope)
        found.append(noise / noise.std())
    return tuple(found)
