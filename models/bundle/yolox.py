"""YOLOX: from a picture to the network's input, and from its one output to detections. Pure numpy.

What the network takes: float32 (1, 3, side, side), blue, green, red, 0 to 255, the picture scaled into the upper left corner
and grey 114 around it. What it gives: float32 (1, places, 5 + 80), a row for each place of its three maps, fine to coarse, each
map row by row: centre (from the place) and logarithm of the size, both in units of the map's stride, then objectness and the
classes of COCO, each after its sigmoid (Ge et al., YOLOX: Exceeding YOLO Series in 2021, section 2.1).

Rules: a class counts with objectness x its own score; only the columns that the bundle's labels name are read, so that no other
class can leave this module; a value that is not finite becomes no detection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from models.bundle.bundle import BundleError
from models.bundle.detections import Detections, Floats, Window, clipped, decode, suppress
from models.bundle.fit import LETTERBOX, placed_in

Picture: TypeAlias = npt.NDArray[np.uint8]
Network: TypeAlias = Callable[[Floats], Floats]
"""One inference: float32 (1, 3, side, side) to float32 (1, places, 85)."""

Columns: TypeAlias = tuple[tuple[int, ...], ...]
"""Of each label, the classes of the network that count as it."""

SIDE = 416
"""Of the nano and tiny networks' input, in pixels."""
STRIDES = (8, 16, 32)
"""Pixels of the input between two places of each map."""
GREY = 114
"""What the network saw around its pictures when it was trained."""
BOX_COLUMNS = 4
FIRST_CLASS = 5

_CLASSES = """
person bicycle car motorcycle airplane bus train truck boat traffic-light fire-hydrant stop-sign parking-meter bench bird cat
dog horse sheep cow elephant bear zebra giraffe backpack umbrella handbag tie suitcase frisbee skis snowboard sports-ball kite
baseball-bat baseball-glove skateboard surfboard tennis-racket bottle wine-glass cup fork knife spoon bowl banana apple sandwich
orange broccoli carrot hot-dog pizza donut cake chair couch potted-plant bed dining-table toilet tv laptop mouse remote keyboard
cell-phone microwave oven toaster sink refrigerator book clock vase scissors teddy-bear hair-drier toothbrush
"""
COCO = tuple(_CLASSES.split())
"""The 80 classes of COCO's detection task, in the order of the network's columns, as a bundle's labels are spelt."""


def columns(labels: Sequence[str], classes: Mapping[str, Sequence[int]] = MappingProxyType({})) -> Columns:
    """Which of the network's classes count as each label.

    Args:
        labels: of the bundle.
        classes: columns by label, as a manifest says them; without, labels are classes of COCO.

    Raises:
        BundleError: when a label is neither.
    """
    unknown = [label for label in labels if label not in (classes or COCO)]
    if unknown:
        msg = f"YOLOX knows the 80 classes of COCO, not {', '.join(unknown)}; name only those, or say in output.classes which"
        raise BundleError(msg)
    return tuple(tuple(classes[label]) if classes else (COCO.index(label),) for label in labels)


def scale(picture: Picture, width: int, height: int) -> Picture:
    """Scale bilinearly, pixels' centres on pixels' centres, without smoothing first (OpenCV's INTER_LINEAR, within one level).

    Args:
        picture: (h, w, 3).
        width: wanted, pixels.
        height: wanted, pixels.

    Returns:
        (height, width, 3). About 6 ms from 768 x 576 to 416 x 312; a device that has OpenCV uses that.
    """
    above, below, down = _neighbours(picture.shape[0], height)
    left, right, across = _neighbours(picture.shape[1], width)
    rows = picture[above] * (1 - down)[:, None, None] + picture[below] * down[:, None, None]
    result = rows[:, left] * (1 - across)[None, :, None] + rows[:, right] * across[None, :, None]
    return np.rint(result).astype(np.uint8)


def as_input(square: Picture) -> Floats:
    """Make the network's input of a square: uint8 (1, side, side, 3) RGB to float32 (1, 3, side, side) BGR."""
    return np.ascontiguousarray(square[..., ::-1].transpose(0, 3, 1, 2), np.float32)


def heads(
    output: Floats, wanted: Columns, size: tuple[int, int] = (SIDE, SIDE), count: int | None = len(COCO)
) -> tuple[Floats, Floats]:
    """Read the network's output.

    Args:
        output: (1, places, 5 + classes), places as many as the input has.
        wanted: columns of the labels, from :func:`columns`.
        size: width and height of the input, pixels.
        count: how many classes the network must have; ``None`` = those that are wanted at least.

    Returns:
        Scores float32 (places, labels), and boxes float32 (places, 4): top, left, bottom, right as fractions of the input.

    Raises:
        BundleError: when the output has another shape.
    """
    corners, strides = _places(*size)
    width = FIRST_CLASS + (count or 1 + max(max(each) for each in wanted))
    fits = output.ndim == 3 and (output.shape[2] == width if count else output.shape[2] >= width)  # noqa: PLR2004
    if not fits or output.shape[:2] != (1, len(strides)):
        expected = f"{(1, len(strides), width)}{'' if count else ' or wider'}"
        msg = f"YOLOX answered with the shape {output.shape}, not {expected}; this is another network: fetch the bundle again"
        raise BundleError(msg)
    rows = output[0]
    scores: Floats = rows[:, 4:5] * picked(rows[:, FIRST_CLASS:], wanted)
    with np.errstate(over="ignore", invalid="ignore"):
        centres = (rows[:, :2] + corners) * strides
        halves = np.exp(rows[:, 2:BOX_COLUMNS]) * strides / 2
        edges = np.concatenate([centres - halves, centres + halves], axis=1) / np.array(size * 2, np.float32)
    boxes: Floats = edges[:, [1, 0, 3, 2]].astype(np.float32)
    return scores, boxes


def picked(scores: Floats, wanted: Columns) -> Floats:
    """Of all classes' scores (n, classes) those of the labels (n, labels): of several classes of a label the highest."""
    if all(len(each) == 1 for each in wanted):
        return scores[:, [each[0] for each in wanted]]
    return np.stack([scores[:, list(each)].max(axis=1) for each in wanted], axis=1)


def apart(predictions: Floats) -> tuple[Floats, Floats]:
    """Scores and boxes of what :meth:`Yolox.predictions` joined; any number of dimensions before the last."""
    return predictions[..., BOX_COLUMNS:], predictions[..., :BOX_COLUMNS]


class Yolox:
    """A YOLOX network that looks at pictures.

    Args:
        network: runs one inference.
        labels: of the bundle; each a class of COCO.
        side: of the network's input, pixels.

    Raises:
        BundleError: when a label is no class of COCO.
    """

    def __init__(self, network: Network, labels: Sequence[str], side: int = SIDE) -> None:
        self._network = network
        self._columns = columns(labels)
        self._side = side

    def raw(self, square: Picture) -> tuple[Floats, Floats]:
        """Scores (places, labels) and boxes (places, 4) of one square, uint8 (1, side, side, 3), RGB; see :func:`heads`."""
        return heads(self._network(as_input(square)), self._columns, (self._side, self._side))

    def predictions(self, square: Picture) -> tuple[Floats]:
        """The same in one array (places, 4 + labels), boxes first: what golden vectors hold of it."""
        scores, boxes = self.raw(square)
        return (np.concatenate([boxes, scores], axis=1),)

    def look(self, picture: Picture, thresholds: Floats, iou: float) -> Detections:
        """Find objects in a picture.

        Args:
            picture: (height, width, 3), RGB.
            thresholds: (labels,): least score of each; above 1 = not wanted.
            iou: overlap above which the weaker of two of the same class is dropped.

        Returns:
            Detections in the picture's pixels, best first; classes count the bundle's labels.
        """
        height, width = picture.shape[:2]
        window = Window(0, 0, width, height, width, height)
        box = placed_in(width, height, (self._side, self._side), LETTERBOX)
        scores, boxes = self.raw(box.frame(scale(picture, box.width, box.height), GREY))
        return suppress(clipped(decode(scores, boxes, box.lens(window), thresholds), window), iou)


@cache
def _places(width: int, height: int) -> tuple[Floats, Floats]:
    """Column and row of each place (places, 2), and its stride (places, 1)."""
    corners, strides = [], []
    for stride in STRIDES:
        count = (width // stride) * (height // stride)
        rows, across = np.divmod(np.arange(count), width // stride)
        corners.append(np.stack([across, rows], axis=1))
        strides.append(np.full((count, 1), stride))
    return np.concatenate(corners).astype(np.float32), np.concatenate(strides).astype(np.float32)


def _neighbours(size: int, wanted: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Floats]:
    """For each wanted pixel the two that it lies between, and its way from the first to the second, 0 to 1."""
    at = ((np.arange(wanted) + 0.5) * (size / wanted) - 0.5).clip(0, size - 1)
    first = at.astype(np.intp)
    return first, np.minimum(first + 1, size - 1), (at - first).astype(np.float32)
