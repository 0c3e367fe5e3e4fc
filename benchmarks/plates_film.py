"""A recording in which one vehicle after the other goes by, each with a plate of its own that is known.

Rules: drawn by :mod:`models.synthesis` with alphabets that training never sees; between two vehicles the street is empty and
time passes, so that each is a passage of its own; what is drawn follows from the seed and the vehicle's number.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from benchmarks.plates_sought import LEAST
from models.synthesis.material import Material
from models.synthesis.passage import WINDOW, Passage, drawn_passage
from protocol.plates import fold

PICTURES = 7
"""Most of one vehicle; the least are five (:data:`models.synthesis.approach.PICTURES`)."""
RATE = 10
PAUSE_S = 3.0
"""Longer than a passage waits for its vehicle to come back."""
_STREAM = 303
_OPTIONS: dict[str, object] = {"preset": "veryfast", "crf": "20", "g": "50", "bf": "0"}
_EMPTY = np.full((WINDOW[1], WINDOW[0], 3), 96, np.uint8)


def draw_film(path: Path, vehicles: int, seed: int, progress: Callable[[str], None] = lambda _text: None) -> list[str]:
    """Draw it. Returns the plates in the order in which they go by; no two are one when folded.

    Args:
        path: of the recording, an MP4.
        vehicles: how many.
        seed: of everything.
        progress: told how far it is.
    """
    plates: dict[str, str] = {}
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt, stream.thread_count = *WINDOW, "yuv420p", 1
        stream.options = _OPTIONS
        tick, number = 0, 0
        while len(plates) < vehicles:
            passage = _drawn(seed, number)
            number += 1
            if len(passage.text) < LEAST or fold(passage.text) in plates:
                continue
            plates[fold(passage.text)] = passage.text
            progress(f"drawing vehicle {len(plates)} of {vehicles}")
            for picture in (*passage.pictures, _EMPTY):
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = tick, Fraction(1, RATE)
                container.mux(stream.encode(frame))
                tick += 1
            tick += round(PAUSE_S * RATE)
        container.mux(stream.encode())
    return list(plates.values())


def _drawn(seed: int, number: int) -> Passage:
    random = np.random.default_rng([_STREAM, seed, number])
    return drawn_passage(random, _material(), f"vehicle {number}", PICTURES)


def _material() -> Material:
    return Material("evaluate", packages=False)
