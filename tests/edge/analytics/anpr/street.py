"""A street for the analytics of plates: vehicles that go by, lists in memory, pseudonyms under a key."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from edge.analytics.anpr.analytics import AnprAnalytics
from edge.analytics.anpr.ports import Match
from edge.analytics.anpr.sight import Sight
from edge.clock import Instant
from edge.observation import Observation
from edge.tracking.tracks import Tracks, TrackState
from models.bundle.reading import Floats, Reading
from protocol.config import Anpr, Source
from protocol.events import Pseudonym
from protocol.plates import fold, known_part, pattern_of
from protocol.pseudonyms import pseudonym
from simulator.faults.clocks import EPOCH
from tests.edge.analytics.anpr.drawn import sight

WIDTH, HEIGHT = 1280, 720
KEY = bytes(32)


@dataclass
class Lists:
    """Hit lists that hold patterns in clear; the real ones hold digests."""

    patterns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    least: float = 0.5
    asked: int = 0

    def match(self, readings: Sequence[Reading], lists: Sequence[str], now: dt.datetime) -> list[Match]:
        assert now.tzinfo is not None
        assert all(reading.probability > 0 for reading in readings)
        self.asked += 1
        found = []
        for name in lists:
            for reading in sorted(readings, key=lambda reading: -reading.probability):
                masks = [
                    mask
                    for mask, known in map(pattern_of, self.patterns.get(name, ()))
                    if known_part(mask, fold(reading.text)) == known
                ]
                if masks:
                    partial = all(set(mask) != {"."} for mask in masks)
                    found.append(Match(name, 3, reading.text, reading.probability, partial, self.least))
                    break
        return found


@dataclass
class Keys:
    """The key of one purpose, or none."""

    held: bool = True

    def of(self, purpose: str, plate: str, now: dt.datetime) -> Pseudonym | None:
        assert now.tzinfo is not None
        return Pseudonym(purpose, f"{purpose}-1", pseudonym(KEY, plate)) if self.held else None


def at(second: float) -> Instant:
    return Instant(1000.0 + second, EPOCH + dt.timedelta(seconds=second))


def tracks(places: dict[int, float]) -> Tracks:
    """Vehicles by track and place from the left."""
    if not places:
        return Tracks.none()
    boxes = np.array([(x - 150, 200, x + 150, 450) for x in places.values()], np.float32)
    states = np.full(len(places), TrackState.CONFIRMED, np.int8)
    speeds = np.zeros((len(places), 2), np.float32)
    return Tracks(np.array(list(places)), boxes, np.full(len(places), 0.95, np.float32), states, speeds)


class Street:
    """One camera; time goes by in tenths of a second, one picture each.

    Args:
        anpr: configuration.
        lists: hit lists.
        keys: pseudonyms.
    """

    def __init__(self, anpr: Anpr, lists: Lists | None = None, keys: Keys | None = None) -> None:
        self.lists, self.keys = lists or Lists(), keys or Keys()
        self.analytics = AnprAnalytics(Source("gate", "gate.mp4", anpr=anpr), WIDTH, HEIGHT, self.lists, self.keys)
        self.number = 0

    @property
    def now(self) -> Instant:
        return at(self.number / 10)

    def picture(self, *seen: tuple[int, float, Floats | None], width: float = 110.0) -> list[Observation]:
        """Vehicles in one picture: track, place of the plate, and what the reader says (``None`` = no plate is seen)."""
        self.number += 1
        sights = [
            Sight(
                track,
                None if columns is None else sight(columns, width, (x - width / 2, 400.0)),
                "car",
                0.9,
                (x - 150, 200, x + 150, 450),
            )
            for track, x, columns in seen
        ]
        return self.analytics.update(tracks({track: x for track, x, _ in seen}), sights, self.now, self.number)

    def empty(self, pictures: int) -> list[Observation]:
        """Nobody is there."""
        return [told for _ in range(pictures) for told in self.picture()]

    def close(self) -> list[Observation]:
        return self.analytics.close(self.now)
