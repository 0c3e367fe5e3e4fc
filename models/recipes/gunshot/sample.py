"""What the network learns from: drawn windows, as pictures, with what the teacher hears in them."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.bundle.detections import Floats
from models.bundle.gunshot import bands, picture
from models.recipes.gunshot.teacher import teacher
from models.recipes.yamnet.judge import clips, recording, source
from models.synthesis.sound.microphone import Recorded
from models.synthesis.sound.window import draw_scene, draw_window

EVERYDAY = "esc10"
DATA = "LAMPLIGHTER_DATA"
"""Names the folder that ``audio/esc10`` lies in."""


def draw_samples(random: np.random.Generator, scenes: int, windows: int) -> tuple[Floats, Floats]:
    """Windows, so many of each scene.

    Returns:
        Pictures float32 (scenes x windows, 96, 64), and the teacher's scores float32 (scenes x windows, TAUGHT).
    """
    ear, behind = teacher(), backgrounds()
    pictures, scores = [], []
    for _ in range(scenes):
        scene = draw_scene(random)
        for _ in range(windows):
            window = draw_window(random, scene, behind)
            pictures.append(picture(bands(window), float(np.abs(window).max())))
            scores.append(ear.scores(window))
    return np.stack(pictures), np.stack(scores)


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
