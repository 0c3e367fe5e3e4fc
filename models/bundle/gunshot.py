"""What the network that hears shots is given: a second of sound as a picture of pitch and time, at one level.

The picture is YAMNet's own (Hershey et al., "CNN Architectures for Large-Scale Audio Classification", 2017), so that the one
can learn from the other: 25 ms frames every 10 ms, magnitudes in 64 mel bands from 125 to 7,500 Hz, their logarithm.

Rules: bands are computed once for each frame of a stream, however many windows it lies in; each window is brought to full scale
by its largest sample, with at most 40 dB, because a far shot is the same as a near one; what is not finite is silence.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from models.bundle.detections import Floats
from models.bundle.yamnet import ANSWERING, RATE_HZ, SAMPLES, gain, gunshot_score

FRAME = 400
HOP = 160
TRANSFORM = 512
BANDS = 64
FRAMES = 96
LOWEST_HZ, HIGHEST_HZ = 125.0, 7_500.0
LEAST = 0.001
"""Added to a magnitude before its logarithm."""
BLAST = "blast"
"""The label of what the simulator calls a shot; all others are the teacher's."""
BLAST_SHARE = 0.5
"""How much it speaks for a shot beside what the teacher calls one: chosen on half of the real recordings, in streams."""


def bands(samples: Floats) -> Floats:
    """Magnitudes in mel bands of a stretch of sound, at its own level.

    Args:
        samples: float32 (n,) at 16 kHz, at least a frame.

    Returns:
        float32 (frames, 64), a frame every 160 samples; what is left over at the end is not looked at.
    """
    finite = np.where(np.isfinite(samples), samples, np.float32(0)).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(finite, FRAME)[::HOP]
    spectrum = np.abs(np.fft.rfft(frames * _window(), TRANSFORM, axis=1)).astype(np.float32)
    found: Floats = spectrum @ filters()
    return found


def picture(magnitudes: Floats, peak: float) -> Floats:
    """A window as the network takes it.

    Args:
        magnitudes: float32 (96, 64) of its frames.
        peak: the largest magnitude of its samples.

    Returns:
        float32 (96, 64): natural logarithms.
    """
    found: Floats = np.log(magnitudes * np.float32(gain(peak)) + np.float32(LEAST))
    return found


def windows(samples: Floats, hop: int = SAMPLES // 2 // HOP * HOP) -> Iterator[Floats]:
    """Pictures of a whole recording, a window every ``hop`` samples and one at its end; a short one is filled up with silence.

    Args:
        samples: float32 (n,) at 16 kHz.
        hop: a multiple of 160.
    """
    sound = np.pad(samples, (0, max(0, SAMPLES - len(samples))))
    magnitudes = bands(sound)
    last = len(magnitudes) - FRAMES
    for first in sorted({*range(0, last + 1, hop // HOP), last}):
        part = sound[first * HOP : first * HOP + SAMPLES]
        yield picture(magnitudes[first : first + FRAMES], float(np.abs(part).max()))


def shot_score(scores: Floats, labels: Sequence[str]) -> float:
    """How much a window is like a shot and not like fireworks.

    Args:
        scores: (labels,) of one window, 0 to 1.
        labels: in the order of the scores; one of :data:`models.bundle.yamnet.SHOTS` at least.
    """
    blast = float(scores[labels.index(BLAST)]) if BLAST in labels else 0.0
    return gunshot_score(scores, labels) + BLAST_SHARE * blast


def deviation(vectors: dict[str, npt.NDArray[Any]], run: Callable[[npt.NDArray[Any]], tuple[Floats, ...]]) -> float:
    """How far the scores of golden pictures are from the reference: the largest absolute difference.

    Infinite when an answer has another shape or is not finite, or when the reference is never sure of a thing, or always of the
    same: what answers nothing, or one thing to all, proves nothing.
    """
    reference = vectors["scores"]
    sure = reference >= ANSWERING
    if not sure.any() or (sure == sure[0]).all():
        return float("inf")
    farthest = 0.0
    for shown, scores in zip(vectors["inputs"], reference, strict=True):
        (found,) = run(shown[None])
        if found.shape != (1, *scores.shape) or not np.isfinite(found).all():
            return float("inf")
        farthest = max(farthest, float(np.abs(found[0] - scores).max()))
    return farthest


@functools.cache
def filters() -> Floats:
    """The mel filters: float32 (257, 64), triangles in mel (HTK's, 1127 ln(1 + f/700)); the constant part counts nowhere."""
    edges = np.linspace(_mel(LOWEST_HZ), _mel(HIGHEST_HZ), BANDS + 2)
    places = _mel(np.linspace(0, RATE_HZ / 2, TRANSFORM // 2 + 1))[:, None]
    rising = (places - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - places) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0, np.minimum(rising, falling))
    weights[0] = 0
    return weights.astype(np.float32)


@functools.cache
def _window() -> Floats:
    """Hann's, periodic."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)).astype(np.float32)


def _mel(hertz: npt.ArrayLike) -> npt.NDArray[np.float64]:
    result: npt.NDArray[np.float64] = 1127 * np.log1p(np.asarray(hertz, np.float64) / 700)
    return result
