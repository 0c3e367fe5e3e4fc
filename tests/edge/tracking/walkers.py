"""People who walk, as a detector sees them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edge.tracking.tracker import Tracker, TrackerSettings
from edge.tracking.tracks import Tracks
from models.bundle.detections import Detections

WIDTH, HEIGHT = 768, 576
WHOLE = ((0.0, 0.0, 768.0, 576.0),)
STEP_S = 1 / 7

Box = tuple[float, float, float, float]


def person(x: float, y: float, height: float = 80.0) -> Box:
    """A box by its foot."""
    return (x - height / 5, y - height, x + height / 5, y)


def seen(*boxes: Box, scores: Sequence[float] | None = None) -> Detections:
    """Detections."""
    if not boxes:
        return Detections.none()
    found = np.full(len(boxes), 0.9) if scores is None else np.array(scores)
    return Detections(np.array(boxes, np.float32), found.astype(np.float32), np.zeros(len(boxes), np.int16))


def tracker(**settings: float) -> Tracker:
    """A tracker for the picture's size."""
    return Tracker(WIDTH, HEIGHT, TrackerSettings(**settings))  # type: ignore[arg-type]


def walk(
    of: Tracker, steps: int, x: float = 100.0, speed: float = 3.0, start_s: float = 0.0, score: float = 0.9
) -> tuple[Tracks, float]:
    """Let one person walk to the right; returns the last tracks, and the time of the next picture."""
    tracks = Tracks.none()
    for i in range(steps):
        tracks = of.update(seen(person(x + i * speed, 300), scores=[score]), WHOLE, start_s + i * STEP_S)
    return tracks, start_s + steps * STEP_S
