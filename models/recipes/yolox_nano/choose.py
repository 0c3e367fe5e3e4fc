"""Choosing the operating point: the best F1 on frames 1-200 of the square, so that frames 201-400 stay for reporting.

``python -m models.recipes.yolox_nano.choose MODEL.onnx --data DIR`` prints the threshold to write into ``fetch.toml``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from models.bundle.yolox import Yolox
from models.factory.clip import frames
from models.factory.release import read_recipe
from models.factory.square import CLIP, FRAMES, Scored, score, truth
from models.recipes.person_vehicle_fast.judge import LEAST, TRUTH
from models.recipes.yolox_nano.loading import network


def best_threshold(scored: Scored, real: int) -> float:
    """Threshold, in steps of a hundredth, with the best F1.

    Args:
        scored: every detection's score, and whether somebody is there.
        real: how many people there are.
    """
    scores = np.array([value for value, _ in scored])
    hits = np.array([hit for _, hit in scored])
    steps = np.arange(LEAST, 1, 0.01)
    f1 = [2 * hits[scores >= step].sum() / (real + (scores >= step).sum()) for step in steps]
    return round(float(steps[int(np.argmax(f1))]), 2)


def choose(path: Path, data: Path) -> float:
    """The threshold of a file."""
    real = truth(data / TRUTH)
    iou = read_recipe("yolox-nano").manifest["operating_points"]["default"]["iou"]
    yolox = Yolox(network(path), ("person",))
    scored: Scored = []
    for number, picture in frames(CLIP, range(1, FRAMES.start), FRAMES.start - 1):
        scored += score(yolox.look(picture, np.array([LEAST], np.float32), iou), real.get(number, []))
    return best_threshold(scored, sum(len(real.get(number, [])) for number in range(1, FRAMES.start)))


def main() -> None:
    """Print the threshold for a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    sys.stdout.write(f"person = {choose(options.model, options.data):.2f}\n")


if __name__ == "__main__":
    main()
