"""People on the square: the threshold chosen on frames 1-200, average precision on frames 201-400, into ``metrics.json``.

The truth is not part of the repository: ``python -m models.recipes.yolox_nano.evaluate --model M.onnx --data DIR``.
Intervals: bootstrap over blocks of 20 frames (neighbouring frames show the same people). IoU 0.5.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import msgspec
import numpy as np

from models.bundle.yolox import Yolox
from models.factory.clip import frames
from models.factory.figures import AveragePrecision, Ratio
from models.factory.release import read_recipe
from models.factory.square import BLOCK, CLIP, FRAMES, Scored, score, truth
from models.factory.statistics import Figure, Outcome, estimate
from models.recipes.yolox_nano.loading import network

LEAST = 0.05


def found(path: Path, real: dict[int, list[list[float]]], iou: float) -> dict[int, Scored]:
    """Each frame's people by score, and whether they are there."""
    yolox = Yolox(network(path), ("person",))
    scored = {}
    for number, picture in frames(CLIP, range(1, FRAMES.stop), FRAMES.stop - 1):
        people = yolox.look(picture, np.array([LEAST], np.float32), iou)
        scored[number] = score(people, real.get(number, []))
    return scored


def best_threshold(scored: Scored, real: int) -> float:
    """Threshold, in steps of a hundredth, with the best F1."""
    scores = np.array([value for value, _ in scored])
    hits = np.array([hit for _, hit in scored])
    steps = np.arange(LEAST, 1, 0.01)
    f1 = [2 * hits[scores >= step].sum() / (real + (scores >= step).sum()) for step in steps]
    return round(float(steps[int(np.argmax(f1))]), 2)


def outcomes(scored: dict[int, Scored], real: dict[int, list[list[float]]], threshold: float) -> list[Outcome]:
    """One a frame of the reported ones; its block is its source."""
    result = []
    for number in FRAMES:
        kept = [hit for value, hit in scored[number] if value >= threshold]
        values: dict[str, float | list[float]] = {
            "scores": [value for value, _ in scored[number]],
            "hits": [float(hit) for _, hit in scored[number]],
            "real": float(len(real.get(number, []))),
            "right": float(sum(kept)),
            "said": float(len(kept)),
        }
        result.append(Outcome(str((number - FRAMES.start) // BLOCK), "", values, str(number)))
    return result


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    options = parser.parse_args()
    real = truth(options.data / "pets" / "gt_001_400.txt")
    scored = found(options.model, real, read_recipe("yolox-nano").manifest["operating_points"]["default"]["iou"])
    chosen = [s for n in range(1, FRAMES.start) for s in scored[n]]
    threshold = best_threshold(chosen, sum(len(real.get(n, [])) for n in range(1, FRAMES.start)))
    judged = outcomes(scored, real, threshold)
    digest = hashlib.sha256(options.model.read_bytes()).hexdigest()
    on = f"PETS 2009 S2.L1 view 1, frames 201-400, whole frames; file {digest[:16]}"
    figures: dict[str, Figure] = {
        "person.ap50": AveragePrecision(),
        "person.precision": Ratio("right", "said"),
        "person.recall": Ratio("right", "real"),
    }
    random = np.random.default_rng(1)
    metrics = [estimate(judged, figure, name, on, random).metric for name, figure in figures.items()]
    (Path(__file__).parent / "metrics.json").write_bytes(msgspec.json.format(msgspec.json.encode(metrics), indent=1) + b"\n")
    print(f"threshold chosen on frames 1-200: {threshold}")  # noqa: T201 - what the recipe's author must write down


if __name__ == "__main__":
    main()
