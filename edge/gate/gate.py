"""The gate of one source: budget inferences, not frames.

Rules: a picture costs an inference only when somebody is due for a look: whoever is followed is looked at every so often, the
tracker knows where they are in between; what moves and is nobody is looked at as soon as the last look is so long ago, and ever
more seldom where looks found nobody (leaves, water, a flag). One look at the whole picture serves all whom the model can see in
it; parts are looked at for those who are too small for that. The whole picture is looked at every so often all the same,
because the gate can be wrong. Pure.
"""

from __future__ import annotations

import math

from edge.capture.port import Plane
from edge.gate.expected import Acuity, Expected
from edge.gate.motion import Motion, MotionWatch
from edge.gate.regions import Squares, Thing, place
from edge.region import Region, Size
from protocol.config import Gate

_MARGIN = 1 / 16
"""Part of a region's side that should surround a thing: a detector needs some context, and people move on before the look."""

_BETTER = 1.5
"""How much smaller things must be that a part of a picture shows, to be worth a look of its own."""

_EXPECTED = 3.0
"""Weight of a place where somebody is expected, against 1 for something that moves."""

_MOST_WAIT_S = 5.0
_EARLY_S = 0.02
"""A look is due if it is so much too early: pictures do not come to the millisecond."""

_WATCH_EVERY_S = 0.15
"""Seconds between pictures in which is looked for what moves, while nobody is followed; else half of the time between looks."""

_SELDOM_S = 2.0
"""Most seconds between looks at something that moves; each look that finds nobody there doubles them."""
_MOST_VAIN = 8
_FORGET_S = 20.0
"""Seconds without motion after which such a place is as good as new."""
_MOST_CELLS = 1000


class FrameGate:
    """Decides picture by picture where to look.

    Args:
        gate: how it is configured; may be replaced at any time.
        acuity: what the model can see; ``None`` = not known, and only parts of a picture show people well enough. Likewise.
    """

    def __init__(self, gate: Gate, acuity: Acuity | None = None) -> None:
        self.gate = gate
        self.acuity = acuity
        self._motion = MotionWatch()
        self._whole_s: float | None = None
        self._before: tuple[Region, ...] = ()
        self._looked: dict[tuple[int, int], float] = {}
        self._vain: dict[tuple[int, int], tuple[int, float]] = {}
        """By cell: looks at something that moved and was nobody, and when something moved there last."""
        self._swept_s = 0.0
        self._watched_s = -math.inf
        self._expected: tuple[Expected, ...] = ()
        self._next_s = -math.inf
        """When the first of them is due, as it seemed."""
        self._small_s = -math.inf
        """When something small that nobody follows was looked at last."""

    def regions(
        self, luma: Plane, media_s: float, expected: tuple[Expected, ...], small: Plane | None = None
    ) -> tuple[Region, ...]:
        """Where to look in this picture; empty when nowhere.

        Args:
            luma: (height, width).
            media_s: time in the stream, seconds.
            expected: who is followed.
            small: what :func:`edge.gate.motion.shrink` makes of it, where that is there already.
        """
        height, width = luma.shape
        picture = Size(width, height)
        if not self.gate.enabled:
            return (picture.whole,)
        watching = self._is_watching(media_s, expected)
        if not watching and expected is self._expected and media_s < self._next_s - _EARLY_S:
            return ()
        side = min(max(self.gate.region_px, self.acuity.input.width if self.acuity else 0), width, height)
        step = max(1, side // 4)
        least_px = self._least_px(picture, side)
        followed = _moved(expected, media_s, picture)
        motion = Motion((), everywhere=False)
        if watching:
            self._watched_s = media_s
            motion = self._motion.look(luma, media_s, [box for box, _ in followed], small)
        things = self._followed(followed, step, least_px, media_s)
        self._expected = expected
        things += [self._unknown(spot, step, least_px, media_s) for spot in motion.spots]
        chosen = self._choose(tuple(things), picture, side, least_px)
        due = self._whole_s is None or not 0 <= media_s - self._whole_s < self.gate.whole_every_s
        if (due or motion.everywhere) and picture.whole not in chosen:
            chosen = (picture.whole, *chosen)
        self._remember(chosen, motion.spots, [box for box, _ in followed], picture, step, least_px, media_s)
        return chosen

    def _is_watching(self, media_s: float, expected: tuple[Expected, ...]) -> bool:
        """Whether to look for what moves: it takes half of the gate's time, and nobody walks in within a picture."""
        every_s = max(_WATCH_EVERY_S, self.gate.look_every_s / 2) if expected else _WATCH_EVERY_S
        return not 0 <= media_s - self._watched_s < every_s - _EARLY_S

    def _least_px(self, picture: Size, side: int) -> float:
        """Height below which a thing is looked at in a part of the picture, pixels."""
        if self.acuity is None:
            return math.inf
        least_px = self.acuity.least_in(picture)
        return least_px if self.acuity.least_in(Size(side, side)) * _BETTER <= least_px else 0.0

    def _followed(self, followed: list[tuple[Region, float]], step: int, least_px: float, media_s: float) -> list[Thing]:
        things = []
        self._next_s = -math.inf if self._whole_s is None else self._whole_s + self.gate.whole_every_s
        for box, every_s in followed:
            waited_s = self._waited_s(box, step, least_px, media_s)
            self._next_s = min(self._next_s, media_s + every_s - waited_s)
            things.append(Thing(box, _EXPECTED * (1.0 + waited_s), pressing=waited_s >= every_s - _EARLY_S))
        return things

    def _unknown(self, spot: Region, step: int, least_px: float, media_s: float) -> Thing:
        waited_s = self._waited_s(spot, step, least_px, media_s)
        if self.acuity is not None and spot.height < least_px:  # a leaf, a shadow, or somebody far away: one after another
            return Thing(spot, 1.0 + waited_s, pressing=media_s - self._small_s >= _SELDOM_S)
        vain, _ = self._vain.get(_cell(spot, step), (0, 0.0))
        every_s = min(_SELDOM_S, self.gate.look_every_s * 2**vain)
        return Thing(spot, 1.0 + waited_s, pressing=waited_s >= every_s - _EARLY_S)

    def _waited_s(self, box: Region, step: int, least_px: float, media_s: float) -> float:
        """Since the last look there that could see something of this size."""
        looked_s = self._looked.get(_cell(box, step), -math.inf)
        if box.height >= least_px and self._whole_s is not None:
            looked_s = max(looked_s, self._whole_s)
        return min(_MOST_WAIT_S, max(0.0, media_s - looked_s))

    def _choose(self, things: tuple[Thing, ...], picture: Size, side: int, least_px: float) -> tuple[Region, ...]:
        """One look at everything where that is enough for all who are due; else parts."""
        small = tuple(thing for thing in things if thing.box.height < least_px)
        squares: tuple[Region, ...] = ()
        if any(thing.pressing for thing in small):
            before = tuple(
                region
                for region in self._before
                if region.width == side and region.right <= picture.width and region.bottom <= picture.height
            )
            most = self.gate.max_regions if self.acuity is None or any(_is_followed(thing) for thing in small) else 1
            squares = place(small, picture, Squares(side, most, int(side * _MARGIN)), before)
            self._before = squares
        if any(thing.pressing for thing in things if thing.box.height >= least_px):
            return (picture.whole, *squares)
        return squares

    def _remember(  # noqa: PLR0913 - what a look says, and of whom
        self,
        chosen: tuple[Region, ...],
        spots: tuple[Region, ...],
        followed: list[Region],
        picture: Size,
        step: int,
        least_px: float,
        media_s: float,
    ) -> None:
        whole = picture.whole in chosen
        squares = [region for region in chosen if region != picture.whole]
        for spot in spots:
            cell = _cell(spot, step)
            vain, _ = self._vain.get(cell, (0, 0.0))
            looked = any(_inside(spot, square) for square in squares)
            if looked and spot.height < least_px:
                self._small_s = media_s
            looked = looked or (whole and spot.height >= least_px)
            self._vain[cell] = (min(vain + looked, _MOST_VAIN), media_s)
        for box in followed:
            self._vain.pop(_cell(box, step), None)
        if len(self._vain) > _MOST_CELLS or media_s - self._swept_s > _FORGET_S:
            self._vain = {cell: (vain, at_s) for cell, (vain, at_s) in self._vain.items() if 0 <= media_s - at_s < _FORGET_S}
            self._swept_s = media_s
        if whole:
            self._whole_s = media_s
        for region in squares:
            for row in range(-(-region.top // step), region.bottom // step + 1):
                for column in range(-(-region.left // step), region.right // step + 1):
                    self._looked[column, row] = media_s


def _is_followed(thing: Thing) -> bool:
    return thing.pressing and thing.weight >= _EXPECTED


def _cell(box: Region, step: int) -> tuple[int, int]:
    """The cell in which the middle of a box lies."""
    return round((box.left + box.width / 2) / step), round((box.top + box.height / 2) / step)


def _moved(expected: tuple[Expected, ...], media_s: float, picture: Size) -> list[tuple[Region, float]]:
    """Where each is by now, cut at the picture, and how long it can go without a look; who has walked out is left out."""
    boxes = []
    for each in expected:
        later_s = min(_MOST_WAIT_S, max(0.0, media_s - each.at_s))
        left, top = (int(at + speed * later_s) for at, speed in zip((each.box.left, each.box.top), each.velocity, strict=True))
        right, bottom = min(left + each.box.width, picture.width), min(top + each.box.height, picture.height)
        left, top = max(0, left), max(0, top)
        if right > left and bottom > top:
            boxes.append((Region(left, top, right - left, bottom - top), each.every_s))
    return boxes


def _inside(box: Region, region: Region) -> bool:
    return region.left <= box.left and region.top <= box.top and box.right <= region.right and box.bottom <= region.bottom
