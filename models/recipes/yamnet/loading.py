"""How the released file is run, and its golden vectors.

The sounds are made here, since nobody's recording may lie in a bundle: bursts of noise that die away, single and in series,
which the network takes for shots, machine guns and fireworks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.bundle.golden import Run
from models.bundle.yamnet import RATE_HZ, SAMPLES, Yamnet

BURSTS: tuple[tuple[int, float, int, float], ...] = ((0, 0.1, 4, 1), (0, 0.03, 2, 12), (0, 0.2, 2, 10), (2, 0.1, 1, 5))
"""Seed of the noise; seconds in which a burst falls to 1/e; samples of the moving average that dulls it; bursts per second.
Found by trying: each label scores over .3 in one of them."""
FIRST = 2000
"""Sample of the first burst: an onset, with silence before it."""


def runner(path: Path, labels: tuple[str, ...]) -> Run:
    """Run windows float32 (1, 15600) on the CPU."""
    network = Yamnet(path.read_bytes(), labels, path.name)

    def run(window: npt.NDArray[Any]) -> tuple[npt.NDArray[np.float32], ...]:
        return (network.scores(window[0]),)

    return run


def vectors(run: Run) -> dict[str, npt.NDArray[Any]]:
    """Inputs and answers."""
    sounds = inputs()
    return {"inputs": sounds, "scores": np.stack([run(sound[None])[0] for sound in sounds])}


def inputs() -> npt.NDArray[np.float32]:
    """The golden inputs: float32 (n, 15600), 16 kHz, peak 1."""
    return np.stack([_bursts(*burst) for burst in BURSTS]).astype(np.float32)


def _bursts(seed: int, decay_s: float, dull: int, rate_hz: float) -> npt.NDArray[np.float64]:
    random, sound = np.random.default_rng(seed), np.zeros(SAMPLES)
    for onset in range(FIRST if rate_hz <= 1 else 0, SAMPLES, int(RATE_HZ / rate_hz)):
        length = SAMPLES - onset
        noise = np.convolve(random.normal(size=length + dull - 1), np.full(dull, 1 / dull), "valid")
        sound[onset:] += noise * np.exp(-np.arange(length) / (decay_s * RATE_HZ))
    result: npt.NDArray[np.float64] = sound / np.abs(sound).max()
    return result
