"""Tracks as they were, known a moment later: fixed-lag smoothing. Pure.

Rules:

- A picture is handed on once it is :attr:`Smoother.lag_s` old, in order, each exactly once; what later looks taught is in it.
- Between two looks that saw the same person they were on the line between: who is looked at now and then is followed as well as
  who is looked at in every picture (docs/adr/0026).
- Whoever turned out to be somebody was somebody from the first look on; whoever turned out not to be there was gone after
  the last look that saw them. Who walked out of the picture was there until then.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np

from edge.tracking.tracks import Tracks, TrackState
from models.bundle.detections import Floats

T = TypeVar("T")


@dataclass
class _Picture(Generic[T]):
    """One picture; arrays are its own, to be corrected."""

    item: T
    at_s: float
    tracks: Tracks
    seen: frozenset[int]
    rows: dict[int, int]
    gone: set[int] = field(default_factory=set)

    def revised(self) -> Tracks:
        """The tracks, without those that turned out not to be there."""
        if not self.gone:
            return self.tracks
        return self.tracks.select(np.isin(self.tracks.ids, list(self.gone), invert=True))

    def box(self, track: int) -> Floats:
        """Its box, which may be written to."""
        box: Floats = self.tracks.boxes[self.rows[track]]
        return box


class Smoother(Generic[T]):
    """Of one tracker.

    Args:
        lag_s: how old a picture is when it is handed on, seconds.
    """

    def __init__(self, lag_s: float) -> None:
        self.lag_s = lag_s
        self._pictures: deque[_Picture[T]] = deque()

    def take(
        self, item: T, tracks: Tracks, at_s: float, seen: Collection[int], doubted: Collection[int]
    ) -> list[tuple[T, Tracks]]:
        """Take one picture.

        Args:
            item: comes out again with it.
            tracks: after it; becomes the smoother's own.
            at_s: when it was, seconds; not falling.
            seen: tracks that were seen in it.
            doubted: tracks that ended in it because they are likelier not there.

        Returns:
            Pictures that are old enough by now.
        """
        self._end(doubted)
        picture = _Picture(item, at_s, tracks, frozenset(seen), {track: row for row, track in enumerate(tracks.ids.tolist())})
        self._pictures.append(picture)
        for track in picture.seen & picture.rows.keys():
            self._join(picture, track)
        ready: list[tuple[T, Tracks]] = []
        while self._pictures and at_s - self._pictures[0].at_s >= self.lag_s:
            ready.append(self._first())
        return ready

    def flush(self) -> list[tuple[T, Tracks]]:
        """All that is left, as far as it is known."""
        return [self._first() for _ in range(len(self._pictures))]

    def _first(self) -> tuple[T, Tracks]:
        picture = self._pictures.popleft()
        return picture.item, picture.revised()

    def _join(self, now: _Picture[T], track: int) -> None:
        """Put a track that was seen now on the line from where it was seen before."""
        between: list[_Picture[T]] = []
        somebody = now.tracks.states[now.rows[track]] != TrackState.TENTATIVE
        for picture in reversed(self._pictures):
            if picture is now:
                continue
            if track not in picture.rows:
                return  # it began within what is left here, or its last look has been handed on
            if somebody:
                picture.tracks.states[picture.rows[track]] = TrackState.CONFIRMED
            if track in picture.seen:
                begin, end, long_s = picture.box(track).copy(), now.box(track), now.at_s - picture.at_s
                for each in between if long_s > 0 else ():  # a recording may have stamped them all alike
                    each.box(track)[:] = begin + (end - begin) * ((each.at_s - picture.at_s) / long_s)
                return
            between.append(picture)

    def _end(self, doubted: Collection[int]) -> None:
        for track in doubted:
            for picture in reversed(self._pictures):
                if track in picture.seen:
                    break
                picture.gone.add(track)
