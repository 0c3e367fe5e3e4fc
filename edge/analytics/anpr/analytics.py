"""Plates of one source: from what was seen of each vehicle to a hit, a pseudonym, or nothing. Pure.

Rules:

- A plate that is on no list leaves as nothing, or once at the end of its passage as a pseudonym; where no key for it is held
  nothing leaves. A passage with a hit gives no pseudonym besides.
- Lists are asked anew with every picture of a plate, and every RECHECK_S while there is none, so that a list that has just come
  finds a vehicle that stands there.
- No text of a plate is in a log, an error, a name of an incident or a repr; what a passage knows is forgotten when it ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from edge.analytics.anpr.hits import Held, Hits
from edge.analytics.anpr.passage import Passage
from edge.analytics.anpr.passages import Passages
from edge.analytics.anpr.ports import HitLists, Pseudonyms
from edge.analytics.anpr.sight import Sight
from edge.analytics.anpr.spare import Standing
from edge.analytics.anpr.widths import PlateWidths
from edge.clock import Instant
from edge.observation import Observation
from edge.tracking.tracks import Tracks
from protocol.config import Anpr, Source
from protocol.events import AnprRead, EventType, Phase, Reason

READ_LEAST = 0.5
"""Posterior below which a passage gives no pseudonym: it would more likely stand for another plate than for this one."""
RECHECK_S = 2.0


@dataclass(repr=False)
class _Vehicle:
    hits: Hits = field(default_factory=Hits)
    ever: bool = False
    """Whether there was a hit."""
    asked_s: float = 0.0


class AnprAnalytics:
    """Plates of one source.

    Args:
        source: its configuration, with ``anpr``.
        width: of the picture, pixels.
        height: of the picture, pixels.
        lists: the hit lists of this box.
        pseudonyms: what stands for others.

    Raises:
        ValueError: the source reads no plates.
    """

    def __init__(self, source: Source, width: int, height: int, lists: HitLists, pseudonyms: Pseudonyms) -> None:
        if source.anpr is None:
            msg = f"source {source.id!r} reads no plates: give it anpr in the configuration, or no analytics of plates"
            raise ValueError(msg)
        self._source, self._anpr = source.id, source.anpr
        self._lists, self._pseudonyms = lists, pseudonyms
        lanes = [(lane, [(x * width, y * height) for x, y in lane.polygon]) for lane in source.anpr.lanes]
        self._passages = Passages(lanes)
        self._vehicles: dict[int, _Vehicle] = {}
        self._standing = Standing()
        self._widths = PlateWidths(source.id, source.anpr.least_px)
        self._now_s = 0.0
        self.spare: frozenset[int] = frozenset()
        """Tracks whose plates need no further look: they stand still, and are known or cannot be read."""

    @property
    def plate_px(self) -> float | None:
        """Width of plates lately, pixels, for the technician; ``None`` before any was seen."""
        return self._widths.width

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What stands against reading plates here: that they are too small."""
        reason = self._widths.reason
        return () if reason is None else (reason,)

    def update(
        self, tracks: Tracks, sights: Sequence[Sight], at: Instant, number: int, media_s: float | None = None
    ) -> list[Observation]:
        """Take one picture that was looked at.

        Args:
            tracks: of vehicles, after this picture.
            sights: one for each vehicle whose plate was looked for; a track may have several when it has several plates.
            at: its capture time.
            number: of the picture.
            media_s: time in the recording; as the clock goes where nothing is said.
        """
        now_s = self._now(at, media_s)
        self._standing.take(tracks, [sight.track for sight in sights], now_s)
        observations: list[Observation] = []
        heard, ended = self._passages.take(sights, at, now_s, number)
        for passage in ended:
            observations += self._end(passage, at)
        fresh = {passage.number for passage in heard}
        for passage in self._passages.running():
            vehicle = self._vehicles.setdefault(passage.number, _Vehicle())
            if passage.number in fresh or not 0 <= now_s - vehicle.asked_s < RECHECK_S:
                vehicle.asked_s = now_s
                observations += self._ask(passage, vehicle, at, number, now_s)
        for passage in self._passages.end(tracks.ids.tolist(), now_s):
            observations += self._end(passage, at)
        self._widths.running([(passage.widest_px, passage.looked) for passage in self._passages.running()])
        self.spare = frozenset(track for track in self._standing.tracks() if self._spared(track, now_s))
        return observations

    def missed(self, at: Instant, media_s: float | None = None) -> list[Observation]:
        """One picture was not looked at: only time has passed."""
        now_s = self._now(at, media_s)
        return [told for passage in self._passages.late(now_s) for told in self._end(passage, at)]

    def close(self, at: Instant) -> list[Observation]:
        """The source has ended or is lost: every passage ends."""
        return [told for passage in self._passages.close() for told in self._end(passage, at)]

    def _now(self, at: Instant, media_s: float | None) -> float:
        self._now_s = at.monotonic_s if media_s is None else media_s
        return self._now_s

    def _spared(self, track: int, now_s: float) -> bool:
        passage = self._passages.of(track)
        best = passage.readings()[:1] if passage is not None else []
        return self._standing.spared(track, best[0].probability if best else 0.0, now_s)

    def _ask(self, passage: Passage, vehicle: _Vehicle, at: Instant, number: int, now_s: float) -> list[Observation]:
        """Hold what may stand on the plate against the lists."""
        if not self._anpr.lists:
            return []
        readings = passage.readings()
        plausible = [reading for reading in readings if reading.probability >= self._anpr.plausible]
        matches = self._lists.match(plausible, self._anpr.lists, at.wall) if plausible else []
        told = vehicle.hits.take(matches, readings, now_s)
        vehicle.ever = vehicle.ever or bool(told)
        return [self._hit(passage, held, phase, at, number) for phase, held in told]

    def _hit(self, passage: Passage, held: Held, phase: Phase, at: Instant, number: int) -> Observation:
        told = passage.told()
        return Observation(
            EventType.ANPR_HIT,
            at,
            held.event(told, self._anpr.plausible),
            self._source,
            number,
            f"{self._source}/passage-{passage.number}/{held.match.list}",
            phase,
            held.assessed(told),
        )

    def _end(self, passage: Passage, at: Instant) -> list[Observation]:
        """Say what is left to say; afterwards nothing is known any more."""
        vehicle = self._vehicles.pop(passage.number, None) or _Vehicle()
        seen = passage.last or at
        observations = [self._hit(passage, held, Phase.END, seen, passage.frame) for held in vehicle.hits.end()]
        if not vehicle.ever:
            observations += self._read(passage, seen, self._anpr)
        self._widths.passed(passage.widest_px, passage.looked)
        passage.forget()
        return observations

    def _read(self, passage: Passage, seen: Instant, anpr: Anpr) -> list[Observation]:
        best = passage.readings()[:1]
        if anpr.others != "pseudonym" or anpr.purpose is None or not best or best[0].probability < READ_LEAST:
            return []
        pseudonym = self._pseudonyms.of(anpr.purpose, best[0].text, seen.wall)
        if pseudonym is None:
            return []
        read = AnprRead(pseudonym, round(best[0].probability, 4), passage.told())
        return [Observation(EventType.ANPR_READ, seen, read, self._source, passage.frame)]
