"""How a sound comes out of a recorder: its microphone, its automatic level, its overload, its codec.

Rule: the loudest moment is brought to 1 before overload and automatic level, so that both work on any sound alike; what leaves
here is float32 within -1 to 1.
"""

from __future__ import annotations

import io
from typing import Literal

import av
import numpy as np
import numpy.typing as npt
from av import AudioFrame

from models.synthesis.chance import case, chance
from models.synthesis.sound.draws import Random, evenly
from models.synthesis.sound.filters import Gain, Signal, band_gain, shaped

Recorded = npt.NDArray[np.float32]
BLOCK_S = 0.005
"""Of the automatic level."""


def record(random: Random, sound: Signal, rate: int) -> Recorded:
    """Record a sound (n,) with a recorder that is drawn."""
    if chance(random, 0.6):
        sound = shaped(sound, rate, _response(random))
    sound = _bounded(sound)
    if chance(random, 0.35):
        sound = _bounded(_levelled(random, sound, rate))
    overload = case(random, 0.58, 0.75, 1.0)
    if overload == 0:
        sound = np.clip(sound * evenly(random, 1, 50), -1, 1)
    elif overload == 1:
        sound = np.tanh(sound * evenly(random, 1, 25))
    sound = sound * evenly(random, 0.02, 0.99)
    return _coded(random, sound.astype(np.float32), rate)


def _response(random: Random) -> Gain:
    low = evenly(random, 15, 160) if chance(random, 0.7) else None
    high = evenly(random, 2500, 7800) if chance(random, 0.35) else None
    slopes = int(random.integers(1, 3)), int(random.integers(1, 4))
    bumps = [(evenly(random, 100, 6500), random.normal(0, 4), evenly(random, 0.2, 1.2)) for _ in range(random.integers(0, 4))]

    def gain(hertz: Signal) -> Signal:
        whole = band_gain(hertz, low, None, slopes[0]) * band_gain(hertz, None, high, slopes[1])
        octaves = np.log2(np.maximum(hertz, 10.0))
        for middle, decibels, width in bumps:
            whole = whole * 10 ** (decibels / 20 * np.exp(-0.5 * np.square((octaves - np.log2(middle)) / width)))
        return whole

    return gain


def _levelled(random: Random, sound: Signal, rate: int) -> Signal:
    """An automatic level: follows at once upwards and slowly downwards."""
    block = int(rate * BLOCK_S)
    blocks = -(-len(sound) // block)
    peaks = np.abs(np.pad(sound, (0, blocks * block - len(sound)))).reshape(blocks, block).max(axis=1)
    falls, least, share = np.exp(-BLOCK_S / evenly(random, 0.03, 1.0)), evenly(random, 0.02, 0.5), random.uniform(0.3, 1.0)
    level, gains = 0.0, np.ones(blocks)
    for number, peak in enumerate(peaks):
        level = max(float(peak), level * falls)
        gains[number] = min(1.0, (least / max(level, 1e-6)) ** share)
    return sound * np.interp(np.arange(len(sound)), np.arange(blocks) * block, gains)


def _coded(random: Random, sound: Recorded, rate: int) -> Recorded:
    match case(random, 0.06, 0.12, 0.16, 0.20, 1.0):
        case 0:
            return through_codec(sound, rate, "mp3", int(evenly(random, 24_000, 128_000)))
        case 1:
            return through_codec(sound, rate, "aac", int(evenly(random, 16_000, 96_000)))
        case 2:  # a telephone's law
            law = np.round(np.log1p(255 * np.abs(sound)) / np.log(256) * 127) / 127
            telephone: Recorded = (np.sign(sound) * np.expm1(law * np.log(256)) / 255).astype(np.float32)
            return telephone
        case 3:  # eight bits
            steps: Recorded = (np.round(sound * 127) / 127).astype(np.float32)
            return steps
    return sound


def through_codec(sound: Recorded, rate: int, codec: Literal["mp3", "aac"], bits: int) -> Recorded:
    """What remains of a sound (n,) after a lossy codec, of its length; the codec's delay stays in.

    Args:
        sound: float32 (n,).
        rate: samples a second.
        codec: which.
        bits: a second.
    """
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as output:
        stream = output.add_stream(codec, rate=rate, layout="mono", bit_rate=bits)
        frame = AudioFrame.from_ndarray(sound[None], format="fltp", layout="mono")
        frame.sample_rate = rate
        for packet in (*stream.encode(frame), *stream.encode(None)):
            output.mux(packet)
    file.seek(0)
    with av.open(file, "r") as container:
        parts = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    decoded = np.concatenate(parts).astype(np.float32)[: len(sound)]
    return np.pad(decoded, (0, len(sound) - len(decoded)))


def _bounded(sound: Signal) -> Signal:
    peak = np.abs(sound).max(initial=0.0)
    return sound / peak if peak > 0 else sound
