"""People on the square: the truth of the clip that every detector of people is measured on, and who was found.

The truth is not part of the repository (PETS 2009 S2.L1, view 1, in MOT format: frame, id, left, top, width, height,
confidence). Frames are counted from 1. Thresholds are chosen on frames 1-200, figures reported on 201-400.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TypeAlias

import numpy as np

from models.bundle.detections import Detections, pairwise_iou

CLIP = Path(__file__).resolve().parents[2] / "simulator" / "media" / "square.mp4"

FRAMES = range(201, 401)
"""Those that are reported."""
BLOCK = 20
"""Frames that count as one source: neighbouring ones show the same people."""

Scored: TypeAlias = list[tuple[float, bool]]
"""Of one frame: each detection's score, and whether somebody is there."""


def truth(path: Path) -> dict[int, list[list[float]]]:
    """Boxes by frame; rows with confidence 0 are ignored."""
    boxes: dict[int, list[list[float]]] = {}
    with path.open(newline="") as file:
        for frame, _, left, top, width, height, confidence, *_ in csv.reader(file):
            if float(confidence):
                x, y, w, h = float(left), float(top), float(width), float(height)
                boxes.setdefault(int(float(frame)), []).append([x, y, x + w, y + h])
    return boxes


def score(detections: Detections, boxes: list[list[float]]) -> Scored:
    """Match greedily, best score first; returns (score, whether it matched)."""
    real = np.array(boxes, np.float32).reshape(-1, 4)
    overlap = pairwise_iou(detections.boxes, real)
    free = np.ones(len(real), np.bool_)
    scored: Scored = []
    for i in np.argsort(-detections.scores, kind="stable"):
        candidates = np.where(free, overlap[i], 0.0) if len(real) else np.zeros(1)
        best = int(candidates.argmax())
        hit = bool(candidates[best] >= 0.5)  # noqa: PLR2004 - the usual IoU
        if hit:
            free[best] = False
        scored.append((float(detections.scores[i]), hit))
    return scored
