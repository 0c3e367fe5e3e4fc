"""How far a variant's keypoints are from those of the 32-bit reference, on people of frames 201-400 of the square clip.

There is no outside truth for poses here: what is measured is what quantisation costs, not how right MoveNet is. Distances are
in pixels of a 192-pixel input, of the keypoints that the reference sees, in windows around the people that the shipped detector
finds; several people are also measured in 256-pixel regions. ``python -m models.recipes.movenet.evaluate NAME --reference
R.onnx --variant V.onnx`` writes ``metrics.json`` beside the recipe.
"""

from __future__ import annotations

import argparse
import importlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.bundle.detections import Window
from models.bundle.keypoints import SEEN, Poses, decode, window_of
from models.recipes.movenet.calibrate import REGION
from models.recipes.movenet.people import Picture, cut, people
from models.recipes.movenet.steps import Pose, Run, runner

FRAMES = range(201, 401)
BLOCK = 20
"""Frames of one source: neighbouring frames show the same people."""
UNIT = 192
"""Pixels of the input in which distances are given, for both networks."""
GATE_PX = 3.0
"""Most that the mean distance of the 8-bit variant may be."""
CANDIDATE = 0.1
"""Score from which a person of the variant may be one whom the reference sees; at fewer the person counts as missed."""
DRAWS = 1000
CROPS, REGIONS = "person crops", f"{REGION}-pixel regions"


@dataclass(frozen=True)
class Judged:
    """One person whom the reference sees.

    Attributes:
        source: block of frames.
        condition: what the network was shown.
        distances: of the keypoints that the reference sees, in pixels; empty for a person who is missed.
        missed: the variant sees nobody there.
    """

    source: str
    condition: str
    distances: tuple[float, ...]
    missed: bool


def judge(pose: Pose, reference: Run, variant: Run, frames: range = FRAMES) -> Iterator[Judged]:
    """Show both the same people."""
    several = len(pose.network.shapes["poses"]) == 2 and pose.network.shapes["poses"][1] != 3  # noqa: PLR2004 - (people, 56)
    for number, rgb, detections in people(frames):
        source = f"frames from {number - (number - frames.start) % BLOCK}"
        height, width = rgb.shape[:2]
        boxes = detections.boxes[detections.classes == 0]
        for box in boxes:
            shown = cut(rgb, window_of(box, width, height), pose.network.side)
            yield from _compare(reference, variant, shown, source, CROPS)
        for box in boxes[:1] if several else ():
            x = min(max((box[0] + box[2] - REGION) / 2, 0), width - REGION)
            y = min(max((box[1] + box[3] - REGION) / 2, 0), height - REGION)
            shown = cut(rgb, Window(x, y, REGION, REGION, width, height), pose.network.side)
            yield from _compare(reference, variant, shown, source, REGIONS)


def _compare(reference: Run, variant: Run, picture: Picture, source: str, condition: str) -> Iterator[Judged]:
    window = Window(0, 0, UNIT, UNIT, UNIT, UNIT)
    expected = decode(reference(picture)["poses"], window)
    found = decode(variant(picture)["poses"], window, CANDIDATE)
    for keypoints in expected.keypoints:
        seen = keypoints[:, 2] >= SEEN
        if seen.any():
            distances = _nearest(keypoints, found, seen)
            yield Judged(source, condition, distances, not distances)


def _nearest(keypoints: np.ndarray, found: Poses, seen: np.ndarray) -> tuple[float, ...]:
    """Distances to the person whose keypoints are nearest; empty where there is nobody."""
    away = [np.hypot(*(other[seen, :2] - keypoints[seen, :2]).T) for other in found.keypoints]
    if not away:
        return ()
    nearest = int(np.argmin([np.mean(distances) for distances in away]))
    return tuple(map(float, away[nearest]))


def summary(judged: Sequence[Judged], condition: str) -> list[dict[str, object]]:
    """Mean and 95th percentile of distances and share of people missed, each with its 95% interval (bootstrap by source)."""
    blocks: dict[str, list[Judged]] = {}
    for one in judged:
        if one.condition == condition:
            blocks.setdefault(one.source, []).append(one)
    names = list(blocks)
    distances = {name: np.array([d for one in blocks[name] for d in one.distances]) for name in names}
    missed = {name: np.array([one.missed for one in blocks[name]], np.float64) for name in names}
    random = np.random.default_rng(1)
    draws = [[names[i] for i in random.integers(0, len(names), len(names))] for _ in range(DRAWS)]
    rows: list[dict[str, object]] = []
    for name, values, figure in (
        ("keypoints.mean_px", distances, np.mean),
        ("keypoints.p95_px", distances, lambda v: np.percentile(v, 95)),
        ("people.missed", missed, np.mean),
    ):
        low, high = np.percentile([figure(np.concatenate([values[n] for n in draw])) for draw in draws], [2.5, 97.5])
        pooled = np.concatenate([values[n] for n in names])
        numbers = {"value": figure(pooled), "low": low, "high": high}
        on = f"8 bits against 32-bit floats, square clip, frames {FRAMES.start}-{FRAMES.stop - 1}, {condition}"
        rounded = {key: round(float(value), 4) for key, value in numbers.items()}
        rows.append({"name": name, **rounded, "n": len(pooled), "on": on})
    return rows


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=["pose-single", "pose-multi"])
    parser.add_argument("--reference", type=Path, required=True)
    parser.add_argument("--variant", type=Path, required=True)
    options = parser.parse_args()
    recipe = importlib.import_module(f"models.recipes.{options.name.replace('-', '_')}.recipe")
    pose: Pose = recipe.POSE
    judged = list(judge(pose, runner(pose, options.reference), runner(pose, options.variant)))
    conditions = sorted({one.condition for one in judged}, reverse=True)
    rows = [row for condition in conditions for row in summary(judged, condition)]
    folder = Path(__file__).parents[1] / options.name.replace("-", "_")
    (folder / "metrics.json").write_text(json.dumps(rows, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
