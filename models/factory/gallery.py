"""The worst failures as pictures: what the model saw, what was expected, what came.

Rules: pictures are RGB here and small on the page; what was expected is drawn whole, what came dashed, so
that they are told apart without colour; nothing is written to disk.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from models.factory.markup import Markup, element, join
from models.factory.report import Failure, Shapes
from models.factory.statistics import EvaluationError

Picture = npt.NDArray[np.uint8]
LONGEST = 480
"""Pixels of the longer side on the page; a page of twenty then has about two megabytes."""
EXPECTED, CAME = (20, 200, 90), (255, 150, 20)
"""RGB; both are seen on asphalt and on snow."""
_DASH = 7


def gallery(failures: Sequence[Failure], pictures: Mapping[str, Picture]) -> Markup:
    """Cards of failures in their order.

    Args:
        failures: worst first.
        pictures: by the item's name, uint8 (height, width, 3), RGB; a failure without one says so.

    Raises:
        EvaluationError: for a picture of another shape or type.
    """
    return element("div", *(_card(failure, pictures.get(failure.item)) for failure in failures), class_="failures")


def with_shapes(picture: Picture, expected: Shapes, came: Shapes) -> Picture:
    """A copy of a picture, uint8 (height, width, 3), RGB, with shapes drawn in: what was expected whole, what came dashed."""
    marked = picture.copy()
    width = max(1, round(max(picture.shape[:2]) / 300))
    for one, other in _sides(expected):
        cv2.line(marked, one, other, EXPECTED, width)
    dash = _DASH * width
    for one, other in _sides(came):
        count = max(1, round(float(np.hypot(other[0] - one[0], other[1] - one[1])) / dash))
        along = np.linspace(one, other, 2 * (count // 2) + 2).round().astype(int).tolist()
        for begin, end in zip(along[::2], along[1::2], strict=True):
            cv2.line(marked, begin, end, CAME, width)
    return marked


def _sides(shapes: Shapes) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    for corners in shapes:
        closed = corners[1:] + corners[:1] if len(corners) > 2 else corners[1:]  # noqa: PLR2004 - two are a line
        yield from zip(corners, closed, strict=False)


def inline_png(picture: Picture) -> str:
    """A picture as a ``data:`` address, not longer than 480 pixels on either side.

    Raises:
        EvaluationError: for a picture of another shape or type than uint8 (height, width, 3).
    """
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:  # noqa: PLR2004 - RGB
        msg = f"picture: {picture.dtype} {picture.shape}; give uint8 (height, width, 3), RGB"
        raise EvaluationError(msg)
    height, width = picture.shape[:2]
    scale = min(1.0, LONGEST / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = picture if scale == 1 else cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".png", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 9])
    return f"data:image/png;base64,{base64.b64encode(data.tobytes()).decode()}"


def _card(failure: Failure, picture: Picture | None) -> Markup:
    expected, got = failure.expected or "nothing", failure.got or "nothing"
    seen = (
        element("div", "picture not here", class_="nothing")
        if picture is None
        else element(
            "img",
            src=inline_png(with_shapes(picture, failure.expected_at, failure.came_at)),
            alt=f"{failure.item}: expected {expected}, got {got}",
        )
    )
    facts = [("expected", expected), ("got", got)]
    facts += [("probability", f"{failure.score:.3f}")] if failure.score is not None else []
    facts += [(name, text) for name, text in (("condition", failure.condition), ("variant", failure.variant)) if text]
    facts += [("item", failure.item)]
    read = {"expected", "got"}
    listed = join(
        *(join(element("dt", name), element("dd", text, class_="read" if name in read else None)) for name, text in facts)
    )
    return element("figure", seen, element("figcaption", element("dl", listed)))
