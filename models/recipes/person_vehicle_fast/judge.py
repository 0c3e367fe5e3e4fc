"""People on every second frame of 201-400 of the square clip: average precision on whole frames and on tiles, IoU 0.5.

The truth is not part of the repository (``pets/gt_001_400.txt`` in the folder of data). Sources are blocks of 20 frames:
neighbouring frames show the same people.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from models.bundle.detections import Detections, Window, decode, merge
from models.bundle.yolox import Yolox
from models.factory.clip import frames as clip_frames
from models.factory.figures import AveragePrecision, Ratio
from models.factory.report import Failure, MeasuredOn, outlines
from models.factory.session import open_session
from models.factory.square import BLOCK, CLIP, FRAMES, Scored, score, truth
from models.factory.statistics import Outcome
from models.factory.steps import Asked, Judged, Progress
from models.recipes.yolox_nano.loading import network

TRUTH = Path("pets") / "gt_001_400.txt"
YOLOX = Path("peers") / "yolox_nano.onnx"
"""In the folder of data."""
LEAST = 0.05
"""Score from which detections count: the tail below adds nothing to a curve."""
LOOK = 0.3
"""The default operating point."""
IOU = 0.55
TILE = 288
LOOKED_AT = FRAMES[::2]
"""Neighbouring frames show the same people: half of them say nearly as much, in half of the time."""
WHOLE = "PETS 2009 S2.L1 view 1, every second frame of 201-400, whole frames"
TILES = f"PETS 2009 S2.L1 view 1, every second frame of 201-400, {TILE}-pixel tiles"

Rgb: TypeAlias = npt.NDArray[np.uint8]
Detector: TypeAlias = Callable[[Rgb, Window], Detections]
"""Looks at a part of a picture, RGB uint8 (height, width, 3), and where it is."""


def figures() -> Sequence[Asked]:
    """See :class:`models.factory.steps.Judge`; so for all functions here."""
    return (
        Asked("ap50_tiles", TILES, AveragePrecision(), loss=True),
        Asked("ap50_whole", WHOLE, AveragePrecision(), loss=True),
        Asked("recall_tiles", TILES, Ratio("found", "real")),
        Asked("recall_whole", WHOLE, Ratio("found", "real")),
    )


def open(path: Path) -> Detector:  # noqa: A001 - the judge's word
    """Load a detector with the outputs ``scores`` and ``boxes``."""
    session = open_session(path)
    _, height, width, _ = session.get_inputs()[0].shape
    labels = session.get_outputs()[[o.name for o in session.get_outputs()].index("scores")].shape[-1]
    least = np.array([LEAST, *[2.0] * (labels - 1)], np.float32)

    def look(part: Rgb, window: Window) -> Detections:
        picture = cv2.resize(part, (width, height))[None]
        scores, boxes = session.run(["scores", "boxes"], {"image": picture})
        return decode(scores, boxes, window, least)

    return look


def peers() -> Mapping[str, Callable[[Path], Any]]:
    """YOLOX-nano, the usual small open detector."""
    return {YOLOX.stem.replace("_", "-"): lambda data: open_yolox(data / YOLOX)}


def open_yolox(path: Path) -> Detector:
    """Load YOLOX-nano."""
    yolox = Yolox(network(path), ("person",))

    def look(part: Rgb, window: Window) -> Detections:
        found = yolox.look(part, np.array([LEAST], np.float32), IOU)
        shift = np.array([window.left, window.top] * 2, np.float32)
        return Detections(found.boxes + shift, found.scores, found.classes)

    return look


def judge(model: Detector, data: Path | None, progress: Progress) -> Judged:
    """Look at every frame, whole and in tiles."""
    return judged(model, data, progress, LOOK)


def judged(model: Detector, data: Path | None, progress: Progress, look: float) -> Judged:
    """Look at every frame, whole and in tiles.

    Args:
        model: that was opened here.
        data: folder of data.
        progress: told what is going on.
        look: score at which the product looks; people found are counted there.
    """
    path = None if data is None else data / TRUTH
    if path is None or not path.is_file():
        return Judged({}, tuple(MeasuredOn(on, 0, skipped="not here") for on in (TILES, WHOLE)))
    real = truth(path)
    outcomes: dict[str, list[Outcome]] = {TILES: [], WHOLE: []}
    failures: list[tuple[int, Failure]] = []
    for number, rgb in frames():
        progress(f"frame {number} of {LOOKED_AT[-1]}")
        for on, tiled in ((TILES, True), (WHOLE, False)):
            found = detect(model, rgb, tiled=tiled)
            scored, count = score(found, real.get(number, [])), len(real.get(number, []))
            source = f"frames {number - (number - FRAMES.start) % BLOCK} and on"
            values: dict[str, float | list[float]] = {
                "scores": [s for s, _ in scored],
                "hits": [float(hit) for _, hit in scored],
                "real": float(count),
                "found": float(sum(hit for s, hit in scored if s >= look)),
            }
            outcomes[on].append(Outcome(source, "", values, str(number)))
            if tiled:
                failures += _failure(number, scored, real.get(number, []), found, look)
    failures.sort(key=lambda pair: -pair[0])
    worst = tuple(failure for _, failure in failures)
    return Judged(outcomes, tuple(MeasuredOn(on, len(LOOKED_AT)) for on in (TILES, WHOLE)), worst)


def picture(item: str, data: Path | None) -> Rgb | None:  # noqa: ARG001 - the clip comes with the repository
    """Return the frame."""
    return next((rgb for number, rgb in frames() if str(number) == item), None)


def frames() -> Iterator[tuple[int, Rgb]]:
    """Number and picture of the frames that are reported."""
    return clip_frames(CLIP, LOOKED_AT, LOOKED_AT[-1])


def windows(width: int, height: int, *, tiled: bool) -> list[tuple[int, int, int, int]]:
    """The whole picture, or tiles that overlap."""
    if not tiled:
        return [(0, 0, width, height)]
    lefts = np.linspace(0, width - TILE, 4).astype(int)
    tops = np.linspace(0, height - TILE, 3).astype(int)
    return [(int(left), int(top), TILE, TILE) for top in tops for left in lefts]


def detect(model: Detector, rgb: Rgb, *, tiled: bool) -> Detections:
    """Look at a picture, each person once."""
    height, width = rgb.shape[:2]
    parts = []
    for left, top, w, h in windows(width, height, tiled=tiled):
        window = Window(left, top, w, h, width, height)
        parts.append((window, model(rgb[top : top + h, left : left + w], window)))
    return merge(parts, IOU)


def _failure(
    number: int, scored: Scored, real: list[list[float]], found: Detections, look: float
) -> Iterator[tuple[int, Failure]]:
    """A frame in which somebody was missed or seen who is not there, at the score at which the product looks."""
    sure = [hit for score, hit in scored if score >= look]
    missed, ghosts = len(real) - sum(sure), sum(not hit for hit in sure)
    if missed + ghosts:
        told = f"{missed} missed, {ghosts} that are not there"
        expected, came = np.array(real).reshape(-1, 4), found.boxes[found.scores >= look]
        shown = Failure(str(number), f"{len(real)} people", told, expected_at=outlines(expected), came_at=outlines(came))
        yield missed + ghosts, shown
