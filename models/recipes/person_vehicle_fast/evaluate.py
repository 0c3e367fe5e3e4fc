"""Average precision of people on frames 201-400 of the square clip, written to ``metrics.json`` beside this file.

The truth is not part of the repository: ``python -m models.recipes.person_vehicle_fast.evaluate --model M.onnx --data DIR``.
Intervals: bootstrap over blocks of 20 frames (neighbouring frames show the same people). IoU 0.5.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import av
import cv2
import numpy as np

from models.bundle.detections import Detections, Window, decode, merge, pairwise_iou
from models.factory.curves import average_precision
from models.factory.session import open_session
from models.recipes.person_vehicle_fast.convert import SIDE

FRAMES = range(201, 401)
BLOCK = 20
LEAST = 0.05
IOU = 0.55
TILE = 288

Scored: TypeAlias = list[tuple[float, bool]]


def truth(path: Path) -> dict[int, list[list[float]]]:
    """Boxes by frame; rows with confidence 0 are ignored."""
    boxes: dict[int, list[list[float]]] = {}
    with path.open(newline="") as file:
        for frame, _, left, top, width, height, confidence, *_ in csv.reader(file):
            if float(confidence):
                x, y, w, h = float(left), float(top), float(width), float(height)
                boxes.setdefault(int(float(frame)), []).append([x, y, x + w, y + h])
    return boxes


def windows(width: int, height: int, *, tiled: bool) -> list[tuple[int, int, int, int]]:
    """The whole picture, or tiles that overlap."""
    if not tiled:
        return [(0, 0, width, height)]
    lefts = np.linspace(0, width - TILE, 4).astype(int)
    tops = np.linspace(0, height - TILE, 3).astype(int)
    return [(int(left), int(top), TILE, TILE) for top in tops for left in lefts]


def detect(session: Any, clip: Path, *, tiled: bool) -> Iterator[tuple[int, Detections]]:
    """Run the model on the frames that are reported."""
    least = np.array([LEAST, *[2.0] * 5], np.float32)
    with av.open(str(clip)) as container:
        for number, frame in enumerate(container.decode(video=0), start=1):
            if number not in FRAMES:
                continue
            rgb = frame.to_ndarray(format="rgb24")
            height, width = rgb.shape[:2]
            parts = []
            for left, top, w, h in windows(width, height, tiled=tiled):
                picture = cv2.resize(rgb[top : top + h, left : left + w], (SIDE, SIDE))[None]
                scores, boxes = session.run(["scores", "boxes"], {"image": picture})
                window = Window(left, top, w, h, width, height)
                parts.append((window, decode(scores, boxes, window, least)))
            yield number, merge(parts, IOU)


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


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--clip", type=Path, default=Path("simulator/media/square.mp4"))
    options = parser.parse_args()
    real = truth(options.data / "pets" / "gt_001_400.txt")
    session = open_session(options.model)
    random = np.random.default_rng(1)
    metrics = []
    for tiled, what in ((False, "whole frames"), (True, f"{TILE}-pixel tiles")):
        found = {n: score(d, real.get(n, [])) for n, d in detect(session, options.clip, tiled=tiled)}
        blocks = [range(start, start + BLOCK) for start in range(FRAMES.start, FRAMES.stop, BLOCK)]

        def figure(chosen: list[range], found: dict[int, Scored] = found) -> float:
            frames = [n for block in chosen for n in block]
            scored = np.array([s for n in frames for s in found[n]], np.float64).reshape(-1, 2)
            return average_precision(scored[:, 0], scored[:, 1], sum(len(real.get(n, [])) for n in frames))

        draws = [figure([blocks[i] for i in random.integers(0, len(blocks), len(blocks))]) for _ in range(500)]
        low, high = np.percentile(draws, [2.5, 97.5])
        metrics.append(
            {
                "name": "person.ap50",
                "value": round(figure(blocks), 4),
                "low": round(float(low), 4),
                "high": round(float(high), 4),
                "n": sum(len(real.get(n, [])) for n in FRAMES),
                "on": f"PETS 2009 S2.L1 view 1, frames 201-400, {what}",
            }
        )
    (Path(__file__).parent / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
