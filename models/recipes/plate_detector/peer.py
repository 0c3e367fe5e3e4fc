"""The plate detector of fast-alpr, to be compared with: YOLOv9-t, 416 x 416, suppression inside the graph."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from models.bundle.corners import Plates
from models.factory.session import open_session
from models.recipes.plate_detector.finder import LEAST, Finder

FILE = Path("peers") / "yolo-v9-t-416-license-plates-end2end1.onnx"
SIDE = 416
GREY = 114


def open_peer(data: Path) -> Finder:
    """Load it from the folder of data; it looks at whole photos, letterboxed, as its own package does."""
    session = open_session(data / FILE)

    def look(picture: npt.NDArray[np.uint8]) -> Plates:
        height, width = picture.shape[:2]
        scale = min(SIDE / width, SIDE / height)
        size = (round(width * scale), round(height * scale))
        left, top = (SIDE - size[0]) // 2, (SIDE - size[1]) // 2
        boxed = np.full((SIDE, SIDE, 3), GREY, np.uint8)
        boxed[top : top + size[1], left : left + size[0]] = cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
        planes = boxed.transpose(2, 0, 1)[None].astype(np.float32) / 255
        (rows,) = session.run(None, {session.get_inputs()[0].name: planes})
        rows = rows[rows[:, 6] >= LEAST]
        rows = rows[np.argsort(-rows[:, 6], kind="stable")]
        boxes = (rows[:, 1:5] - [left, top, left, top]) / scale
        corners = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)
        return Plates(rows[:, 6].astype(np.float32), corners.astype(np.float32))

    return Finder(look, look)
