"""Passages of one source: one for each vehicle whose plate was seen, however often its track breaks.

Rules: a passage begins with the first plate and ends when its track has been gone for RESUME_S, or at once when another vehicle
has taken its track over, is there when a plate is seen again after so long, or the source closes; it goes on in another track
when the plate follows on there, even while the first still coasts; a track's plate is the one that is nearest to where it was.
Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np

from edge.analytics.anpr.passage import RESUME_S, Lanes, Passage
from edge.analytics.anpr.sight import Sight
from edge.clock import Instant


class Passages:
    """Those that are under way.

    Args:
        lanes: polygons in pixels.
    """

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self._of_track: dict[int, Passage] = {}
        self._gone: dict[int, float] = {}
        """When the track of each passage went, by number."""
        self._count = 0

    def __len__(self) -> int:
        return len(self._of_track)

    def running(self) -> list[Passage]:
        """All of them, in the order in which they began."""
        return sorted(self._of_track.values(), key=lambda passage: passage.number)

    def of(self, track: int) -> Passage | None:
        """The passage of a track."""
        return self._of_track.get(track)

    def take(self, sights: Sequence[Sight], at: Instant, now_s: float, frame: int) -> tuple[list[Passage], list[Passage]]:
        """Take what one picture shows.

        Returns:
            Passages of which there is something new, and those whose track another vehicle has taken over: they have ended.
        """
        heard: list[Passage] = []
        ended: list[Passage] = []
        each = _one_each(sights, self._of_track)
        taken = {sight.track for sight in each if sight.plate is not None}
        for sight in each:
            passage = self._of_track.get(sight.track)
            if passage is None and sight.plate is not None:
                passage = self._resumed(sight, taken, now_s) or self._begin(sight.track)
            if passage is None:
                continue
            passage.looks.label(sight.label, sight.score)
            if sight.plate is None:
                continue
            if passage.contradicted(sight.plate, now_s):
                ended.append(passage)
                passage = self._begin(sight.track)
                passage.looks.label(sight.label, sight.score)
            passage.take(sight.plate, at, now_s, frame)
            if strangers := passage.taken_over:
                ended.append(passage)
                passage = self._begin(sight.track)
                for plate in strangers:
                    passage.take(plate, at, now_s, frame)
                passage.looks.label(sight.label, sight.score)
            heard.append(passage)
        return heard, ended

    def end(self, tracks: Iterable[int], now_s: float) -> list[Passage]:
        """Passages that are over.

        Args:
            tracks: that are there after this picture.
            now_s: its time.
        """
        there = set(tracks)
        for track, passage in self._of_track.items():
            if track in there:
                self._gone.pop(passage.number, None)
            else:
                self._gone.setdefault(passage.number, now_s)
        return self.late(now_s)

    def late(self, now_s: float) -> list[Passage]:
        """Passages whose track has been gone for too long; also when time has jumped."""
        over = [
            passage
            for passage in self.running()
            if (gone_s := self._gone.get(passage.number)) is not None and not 0 <= now_s - gone_s <= RESUME_S
        ]
        self._drop(over)
        return over

    def close(self) -> list[Passage]:
        """All: the source has ended."""
        over = self.running()
        self._drop(over)
        return over

    def _drop(self, over: Collection[Passage]) -> None:
        for passage in over:
            del self._of_track[passage.track]
            self._gone.pop(passage.number, None)

    def _begin(self, track: int) -> Passage:
        self._count += 1
        passage = self._of_track[track] = Passage(self._count, track, self._lanes)
        return passage

    def _resumed(self, sight: Sight, taken: Collection[int], now_s: float) -> Passage | None:
        """The passage that goes on in this track: of those without a plate in this picture the one seen last."""
        if sight.plate is None:
            return None
        waiting = [passage for passage in self._of_track.values() if passage.track not in taken]
        waiting.sort(key=lambda passage: (-passage.last_s, passage.distance(sight.plate) if sight.plate else 0.0))
        found = next((passage for passage in waiting if passage.follows(sight.plate, now_s)), None)
        if found is not None:
            del self._of_track[found.track]
            self._gone.pop(found.number, None)
            found.track = sight.track
            self._of_track[sight.track] = found
        return found


def _one_each(sights: Sequence[Sight], passages: dict[int, Passage]) -> list[Sight]:
    """Of each track one: with the plate nearest to the last one of its passage, or the surest."""
    chosen: dict[int, tuple[float, Sight]] = {}
    for sight in sights:
        passage = passages.get(sight.track)
        if sight.plate is None:
            cost = np.inf
        elif passage is not None and passage.looked:
            cost = passage.distance(sight.plate)
        else:
            cost = -sight.plate.score
        if sight.track not in chosen or cost < chosen[sight.track][0]:
            chosen[sight.track] = (cost, sight)
    return [sight for _, sight in chosen.values()]
