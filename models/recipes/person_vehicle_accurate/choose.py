"""Choosing the operating points on frames 1-200 of the square, whole frames, so that frames 201-400 stay for reporting.

A person's threshold is the lowest at which three of four answers are right: the tracker behind it needs unsure answers too. A
vehicle's is the lowest with no more than one false vehicle in twenty pictures; a van and a car stand there all the time.

``python -m models.recipes.person_vehicle_accurate.choose MODEL.onnx --data DIR`` prints what to write into ``recipe.toml``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np

from models.bundle.detections import Detections, Window, decode, merge
from models.factory.clip import frames
from models.factory.operating import Promise, choose_threshold
from models.factory.session import open_session
from models.factory.square import CLIP, FRAMES, Scored, score, truth
from models.recipes.person_vehicle_fast.judge import IOU, LEAST, TRUTH, Rgb

PRECISION = 0.75
FALSE_VEHICLES = 0.05
"""In a picture."""
PARKED = [[652.0, 44.0, 724.0, 98.0], [735.0, 52.0, 768.0, 92.0]]
"""The van and the car: left, top, right, bottom."""


def choose(path: Path, data: Path) -> tuple[float, float]:
    """Thresholds of people and of vehicles."""
    session = open_session(path)
    _, tall, wide, _ = session.get_inputs()[0].shape
    labels = {output.name: output.shape[-1] for output in session.get_outputs()}["scores"]
    real = truth(data / TRUTH)
    people: Scored = []
    vehicles: Scored = []

    def look(rgb: Rgb) -> Detections:
        height, width = rgb.shape[:2]
        window = Window(0, 0, width, height, width, height)
        scores, boxes = session.run(["scores", "boxes"], {"image": cv2.resize(rgb, (wide, tall))[None]})
        return merge([(window, decode(scores, boxes, window, np.full(labels, LEAST, np.float32)))], IOU)

    shown = range(1, FRAMES.start)
    for number, rgb in frames(CLIP, shown, shown[-1]):
        found = look(rgb)
        people += score(found.select(found.classes == 0), real.get(number, []))
        for row in np.flatnonzero(found.classes):  # each alone: a van that is also called a truck is no false vehicle
            vehicles += score(found.select(np.array([row])), PARKED)

    def chosen(scored: Scored, promise: Promise, limit: float) -> float:
        scores, hits = np.array(scored, np.float64).T
        return choose_threshold(scores, hits, len(shown), promise, limit)

    return chosen(people, Promise.PRECISION, PRECISION), chosen(vehicles, Promise.FALSE_ALARMS, FALSE_VEHICLES)


def main() -> None:
    """Print the thresholds for a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    person, vehicle = choose(options.model, options.data)
    sys.stdout.write(f"person = {person:.2f}, vehicles = {vehicle:.2f}\n")


if __name__ == "__main__":
    main()
