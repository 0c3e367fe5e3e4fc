"""Average precision of people on frames 201-400 of the square clip, written to ``metrics.json`` beside this file.

The truth is not part of the repository: ``python -m models.recipes.person_vehicle_fast.evaluate --model M.onnx --data DIR``.
Intervals: bootstrap over blocks of 20 frames (neighbouring frames show the same people). IoU 0.5.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from models.bundle.detections import Detections, Window, decode, merge
from models.factory.curves import average_precision
from models.factory.session import open_session
from models.factory.square import BLOCK, FRAMES, Scored, score, truth
from models.recipes.person_vehicle_fast.convert import SIDE

LEAST = 0.05
IOU = 0.55
TILE = 288


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
