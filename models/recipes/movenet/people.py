"""People on the square clip, found by the shipped detector: what the pose models are calibrated and measured on.

The boxes lie in ``people.json`` (calibration and golden vectors) and ``measured.json``, so that nothing depends on how a
processor rounds the detector's scores: ``python -m models.recipes.movenet.people`` writes them anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from models.bundle.bundle import load_bundle, zoo
from models.bundle.detections import Detections, Window, decode, merge
from models.factory.clip import frames
from models.factory.forms import used_file
from models.factory.session import open_session
from models.factory.square import CLIP

Picture: TypeAlias = npt.NDArray[np.uint8]

DETECTOR = "person-vehicle-fast"
FILE, MEASURED = (Path(__file__).parent / name for name in ("people.json", "measured.json"))
MEASURED_FRAMES = range(205, 401, 5)
LAST_CALIBRATION_FRAME = 100
STEP = 5
"""Neighbouring frames show the same people in the same pose."""
TILE = 288
"""Pixels: people of the square are found at this enlargement; in the whole picture many are missed."""
COLUMNS, ROWS = 4, 3


def people(numbers: range) -> Iterator[tuple[int, Picture, Detections]]:
    """Yield frames of the clip with the people that the detector finds in tiles of them."""
    bundle = load_bundle(zoo() / DETECTOR)
    session = open_session(used_file(bundle))
    side = bundle.manifest.input.width
    point = bundle.manifest.operating_points["default"]
    labels = bundle.manifest.labels
    least = np.array([point.thresholds.get(label, 2.0) for label in labels], np.float32)
    for number, rgb in frames(CLIP, numbers, numbers[-1]):
        height, width = rgb.shape[:2]
        parts = []
        for top in np.linspace(0, height - TILE, ROWS).astype(int):
            for left in np.linspace(0, width - TILE, COLUMNS).astype(int):
                window = Window(int(left), int(top), TILE, TILE, width, height)
                scores, boxes = session.run(["scores", "boxes"], {"image": cut(rgb, window, side)})
                parts.append((window, decode(scores, boxes, window, least)))
        yield number, rgb, merge(parts, point.iou)


def cut(rgb: Picture, window: Window, side: int) -> Picture:
    """Make an input of a part of a picture, as the box does: uint8 (1, side, side, 3)."""
    left, top = int(window.left), int(window.top)
    part = rgb[top : top + int(window.height), left : left + int(window.width)]
    return np.asarray(cv2.resize(part, (side, side), interpolation=cv2.INTER_LINEAR)[None], np.uint8)


def known(file: Path = FILE) -> dict[int, list[list[int]]]:
    """Boxes by number of the frame: left, top, right, bottom in pixels."""
    return {int(number): boxes for number, boxes in json.loads(file.read_text("utf-8")).items()}


def main() -> None:
    """Write the boxes."""
    for file, numbers in ((FILE, range(STEP, LAST_CALIBRATION_FRAME + 1, STEP)), (MEASURED, MEASURED_FRAMES)):
        found = {number: detections.boxes.round().astype(int).tolist() for number, _, detections in people(numbers)}
        rows = [f'"{number}": {json.dumps(boxes)}' for number, boxes in found.items()]
        file.write_text("{\n" + ",\n".join(rows) + "\n}\n", "utf-8")


if __name__ == "__main__":
    main()
