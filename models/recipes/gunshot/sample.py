"""What the network learns from: drawn windows, as pictures, with what the teacher hears in them."""

from __future__ import annotations

import functools
import math
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.bundle.detections import Floats
from models.bundle.gunshot import bands, picture
from models.recipes.gunshot.teacher import teacher
from models.recipes.yamnet.judge import clips, recording, source
from models.synthesis.sound.microphone import Recorded
from models.synthesis.sound.window import Kind, draw_scene, draw_window

EVERYDAY = "esc10"
DATA = "LAMPLIGHTER_DATA"
"""Names the folder that ``audio/esc10`` lies in."""
LOST_DB, CLEAR_DB = 3.0, 15.0
"""Of a shot over its background."""


@dataclass(frozen=True)
class Samples:
    """Windows.

    Attributes:
        pictures: float32 (n, 96, 64).
        scores: the teacher's, float32 (n, TAUGHT).
        shots: how sure the simulator is that a shot is to be heard, float32 (n,): 1 where one stands well over the background,
            0.5 where it is lost in it, 0 where there is none; NaN where nobody knows, as of recordings.
    """

    pictures: Floats
    scores: Floats
    shots: Floats


def draw_samples(random: np.random.Generator, scenes: int, windows: int) -> Samples:
    """Windows, so many of each scene."""
    ear, behind = teacher(), backgrounds()
    pictures, scores, shots = [], [], []
    for _ in range(scenes):
        scene = draw_scene(random)
        for _ in range(windows):
            window = draw_window(random, scene, behind)
            pictures.append(picture(bands(window.sound), float(np.abs(window.sound).max())))
            scores.append(ear.scores(window.sound))
            shots.append(_shot(scene.kind, window.ratio_db))
    return Samples(np.stack(pictures), np.stack(scores), np.array(shots, np.float32))


def _shot(kind: Kind, ratio_db: float | None) -> float:
    if kind is Kind.RECORDED:
        return math.nan
    if kind is not Kind.SHOT or ratio_db is None:
        return 0.0
    return float(np.interp(ratio_db, (LOST_DB, CLEAR_DB), (0.5, 1.0)))


@functools.cache
def backgrounds() -> tuple[Recorded, ...]:
    """The training part of ESC-10: two thirds of its sources.

    Raises:
        FileNotFoundError: when it is not here.
    """
    data = Path(os.environ.get(DATA, ""))
    found = [file for file in clips(data, EVERYDAY) if not measures(source(file))]
    if not found:
        msg = f"ESC-10 is not in {data / 'audio' / EVERYDAY}; name the folder that audio/{EVERYDAY} lies in with {DATA}"
        raise FileNotFoundError(msg)
    return tuple(recording(file) for file in found)


def measures(name: str) -> bool:
    """Whether a source of ESC-10 is of the third that measures."""
    return int.from_bytes(name.encode(), "big") % 3 == 0
