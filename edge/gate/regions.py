"""Where to look: at most so many squares that hold as much of what matters as possible, each thing whole.

Rules: a thing counts as covered by a square that holds all of it and a margin; squares stay where they were while nothing is
gained by moving them (a box that jumps makes detections jump); what was not covered lately gains weight, so that
nothing starves when there are more things than squares. Greedy maximum coverage (within 1 - 1/e of the best, Nemhauser 1978):
an optimal square can be slid until it touches the left and the top of things, so only those corners are tried. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.region import Region, Size

Boxes = npt.NDArray[np.float64]
"""(n, 4): left, top, right, bottom in pixels."""

_MOST_THINGS = 32
"""More are not weighed: 32 give a thousand squares to compare."""


@dataclass(frozen=True)
class Thing:
    """Something worth a look."""

    box: Region
    weight: float
    pressing: bool = True
    """Whether it is due for a look; the others are looked at if they are near one that is."""


@dataclass(frozen=True)
class Squares:
    """What squares there may be."""

    side: int
    """Pixels; cut to the picture's shorter side."""
    most: int
    margin: int
    """Pixels that should be around a thing, where the picture has them."""


def place(things: tuple[Thing, ...], picture: Size, squares: Squares, before: tuple[Region, ...]) -> tuple[Region, ...]:
    """Place squares over things.

    Args:
        things: boxes with weights; one wider or taller than a square is covered in parts.
        picture: squares lie within it.
        squares: how large and how many.
        before: squares of the last picture, of the same side and within the picture.

    Returns:
        Squares in order of what they gained, each with something in it that presses; empty without any.
    """
    if not things:
        return ()
    side = min(squares.side, picture.width, picture.height)
    boxes, weights, pressing = _parts(things, picture, side, squares.margin)
    if not len(boxes):
        return ()
    corners = _corners(boxes, picture, side, before)
    holds = _holds(corners, boxes, side)
    summable = holds.astype(np.float64)
    was_there = np.zeros(len(corners), bool)
    was_there[: len(before)] = True
    open_weights, open_pressing = weights.copy(), pressing.astype(np.float64)
    placed: list[Region] = []
    for _ in range(squares.most):
        gains = np.where(summable @ open_pressing > 0, summable @ open_weights, 0.0)
        best = float(gains.max())
        if best <= 0:
            break
        kept = was_there & (gains >= best * (1 - 1e-9))
        chosen = int(np.argmax(kept)) if kept.any() else int(np.argmax(gains))
        held = holds[chosen] & (open_weights > 0)
        square = _square(corners[chosen], side) if was_there[chosen] else _centred(boxes[held], picture, side)
        covered = holds[chosen] | _holds(np.array([[square.left, square.top]], np.float64), boxes, side)[0]
        open_weights[covered] = open_pressing[covered] = 0
        if square not in placed:
            placed.append(square)
    return tuple(placed)


def _parts(
    things: tuple[Thing, ...], picture: Size, side: int, margin: int
) -> tuple[Boxes, npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Boxes with margin, cut at the picture; what does not fit into a square in parts that do. Their weights; which press."""
    room = side - 2 * margin
    boxes: list[tuple[float, float, float, float]] = []
    weights: list[float] = []
    pressing: list[bool] = []
    for thing in things:
        box = thing.box
        columns = max(1, -(-box.width // room))
        rows = max(1, -(-box.height // room))
        for row in range(rows):
            for column in range(columns):
                left = box.left + box.width * column / columns - margin
                top = box.top + box.height * row / rows - margin
                right = box.left + box.width * (column + 1) / columns + margin
                bottom = box.top + box.height * (row + 1) / rows + margin
                left, right = max(0.0, left), min(float(picture.width), right)
                top, bottom = max(0.0, top), min(float(picture.height), bottom)
                if right > left and bottom > top:
                    boxes.append((left, top, right, bottom))
                    weights.append(thing.weight / (rows * columns))
                    pressing.append(thing.pressing)
    order = np.lexsort((-np.array(weights), ~np.array(pressing, np.bool_)))[:_MOST_THINGS]
    return np.array(boxes, np.float64).reshape(-1, 4)[order], np.array(weights, np.float64)[order], np.array(pressing)[order]


def _corners(boxes: Boxes, picture: Size, side: int, before: tuple[Region, ...]) -> Boxes:
    """Left and top of every square to try: where squares were, then those that touch things."""
    lefts = np.minimum(np.floor(boxes[:, 0]), picture.width - side)
    tops = np.minimum(np.floor(boxes[:, 1]), picture.height - side)
    tried = np.empty((len(lefts), len(tops), 2))
    tried[..., 0] = lefts[:, None]
    tried[..., 1] = tops
    earlier = np.array([(region.left, region.top) for region in before], np.float64).reshape(-1, 2)
    return np.concatenate((earlier, tried.reshape(-1, 2)))


def _holds(corners: Boxes, boxes: Boxes, side: int) -> npt.NDArray[np.bool_]:
    """(squares, boxes): which square holds which box whole."""
    left, top = corners[:, :1], corners[:, 1:]
    inside = (boxes[:, 0] >= left) & (boxes[:, 2] <= left + side) & (boxes[:, 1] >= top) & (boxes[:, 3] <= top + side)
    return np.asarray(inside, bool)


def _square(corner: Boxes, side: int) -> Region:
    return Region(int(corner[0]), int(corner[1]), side, side)


def _centred(held: Boxes, picture: Size, side: int) -> Region:
    """The square with the held things in its middle; even corners, because chroma has half the resolution."""
    left = (held[:, 0].min() + held[:, 2].max() - side) / 2
    top = (held[:, 1].min() + held[:, 3].max() - side) / 2
    left = int(min(max(0.0, left), picture.width - side)) // 2 * 2
    top = int(min(max(0.0, top), picture.height - side)) // 2 * 2
    return Region(left, top, side, side)
