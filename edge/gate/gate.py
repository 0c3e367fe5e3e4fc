"""The gate of one source: budget inferences, not frames.

Rules: a picture in which nothing moves and nobody is expected costs nothing; the whole picture is looked at every so often
all the same, because the gate can be wrong; where tracks are expected counts for more than where something moves, and what
could not be looked at last time counts for more each time. Pure.
"""

from __future__ import annotations

from edge.capture.port import Plane
from edge.gate.motion import MotionWatch
from edge.gate.regions import Squares, Thing, place
from edge.region import Region, Size
from protocol.config import Gate

_MARGIN = 1 / 16
"""Part of a region's side that should surround a thing: a detector needs some context, and people move on before the look."""

_EXPECTED = 3.0
"""Weight of a place where a track is expected, against 1 for something that moves."""

_WAITING = 1.0
"""Weight gained by each second without a look."""

_MOST_WAIT_S = 5.0


class FrameGate:
    """Decides picture by picture where to look.

    Args:
        gate: how it is configured; may be replaced at any time.
    """

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self._motion = MotionWatch()
        self._whole_s: float | None = None
        self._before: tuple[Region, ...] = ()
        self._looked: dict[tuple[int, int], float] = {}

    def regions(self, luma: Plane, media_s: float, expected: tuple[Region, ...]) -> tuple[Region, ...]:
        """Where to look in this picture; empty when nowhere.

        Args:
            luma: (height, width).
            media_s: time in the stream, seconds.
            expected: where tracks are expected in this picture, pixels.
        """
        height, width = luma.shape
        picture = Size(width, height)
        if not self.gate.enabled:
            return (picture.whole,)
        motion = self._motion.look(luma, media_s)
        squares = self._squares(motion.spots, expected, picture, media_s)
        due = self._whole_s is None or not 0 <= media_s - self._whole_s < self.gate.whole_every_s
        if not (due or motion.everywhere):
            return squares
        self._whole_s = media_s
        return (picture.whole, *squares)

    def _squares(
        self, spots: tuple[Region, ...], expected: tuple[Region, ...], picture: Size, media_s: float
    ) -> tuple[Region, ...]:
        side = min(self.gate.region_px, picture.width, picture.height)
        things = tuple(
            [Thing(box, _EXPECTED * self._impatience(box, side, media_s)) for box in expected]
            + [Thing(box, self._impatience(box, side, media_s)) for box in spots]
        )
        before = tuple(
            region
            for region in self._before
            if region.width == side and region.right <= picture.width and region.bottom <= picture.height
        )
        squares = place(things, picture, Squares(side, self.gate.max_regions, int(side * _MARGIN)), before)
        self._before = squares
        self._remember(squares, side, media_s)
        return squares

    def _impatience(self, box: Region, side: int, media_s: float) -> float:
        looked_s = self._looked.get(_cell(box, side))
        waited_s = _MOST_WAIT_S if looked_s is None else min(_MOST_WAIT_S, max(0.0, media_s - looked_s))
        return 1.0 + _WAITING * waited_s

    def _remember(self, squares: tuple[Region, ...], side: int, media_s: float) -> None:
        step = max(1, side // 4)
        for square in squares:
            for row in range(-(-square.top // step), square.bottom // step + 1):
                for column in range(-(-square.left // step), square.right // step + 1):
                    self._looked[column, row] = media_s


def _cell(box: Region, side: int) -> tuple[int, int]:
    """The quarter of a square in which the middle of a box lies."""
    step = max(1, side // 4)
    return round((box.left + box.width / 2) / step), round((box.top + box.height / 2) / step)
