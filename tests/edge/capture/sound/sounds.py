"""Small recordings, made as they are needed."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from edge.capture.sound.port import Floats

RATE_HZ = 16_000


def street(seconds: float, rate_hz: int = RATE_HZ, channels: int = 1, seed: int = 1) -> Floats:
    """Noise at -40 dB of full scale, (channels, n)."""
    size = channels, round(seconds * rate_hz)
    return np.random.default_rng(seed).normal(0, 0.01, size).astype(np.float32)


def with_bangs(sound: Floats, at_s: Sequence[float], rate_hz: int = RATE_HZ) -> Floats:
    """The same with bangs that begin at once and die away in milliseconds."""
    sound = sound.copy()
    bang = 0.9 * np.exp(-np.arange(round(0.02 * rate_hz)) / (0.003 * rate_hz))
    for second in at_s:
        begin = round(second * rate_hz)
        sound[:, begin : begin + bang.size] += bang.astype(np.float32)
    return np.clip(sound, -1, 1)


def write_wav(path: Path, sound: Floats, rate_hz: int = RATE_HZ) -> Path:
    """As 16 bits."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(sound.shape[0])
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(np.round(np.clip(sound.T, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def encode(path: Path, sound: Floats, codec: str, rate_hz: int = RATE_HZ) -> Path:
    """In any coding that FFmpeg has."""
    layout = {1: "mono", 2: "stereo"}[sound.shape[0]]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate_hz)
        assert isinstance(stream, av.AudioStream)
        stream.layout = layout
        resampler = av.AudioResampler(format=stream.format, layout=layout, rate=rate_hz, frame_size=stream.frame_size or 1024)
        whole = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound), format="fltp", layout=layout)
        whole.sample_rate, whole.pts, whole.time_base = rate_hz, 0, Fraction(1, rate_hz)
        for frame in (*resampler.resample(whole), *resampler.resample(None)):
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path
