"""Vehicles keep their track, across the picture and towards the camera, at the speeds of a town, with looks missed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from edge.tracking.tracker import VEHICLES, Tracker, TrackerSettings
from tests.edge.tracking.traffic import SIZE, Way, approaching, box_of, crossing, seen

WHOLE = [(0.0, 0.0, float(SIZE[0]), float(SIZE[1]))]
SEEDS = range(6)


def tracks_of(way: Way, fps: float, settings: TrackerSettings, seed: int) -> set[int]:
    """Tracks that one vehicle is given."""
    random = np.random.default_rng(seed)
    tracker, begun_s = Tracker(*SIZE, settings), random.uniform(0, 1 / fps)
    found: set[int] = set()
    for picture in range(int(12 * fps)):
        tracker.update(seen(random, [box_of(way, begun_s + picture / fps)]), WHOLE, picture / fps)
        found |= set(tracker.matched.values())
    return found


def kept(way: Callable[[float], Way], fps: float, settings: TrackerSettings) -> float:
    """Share of passages at 30 to 90 km/h that are one track."""
    return float(
        np.mean([len(tracks_of(way(kmh / 3.6), fps, settings, seed)) == 1 for kmh in (30, 50, 70, 90) for seed in SEEDS])
    )


@pytest.mark.parametrize("fps", [10, 15])
@pytest.mark.parametrize("way", [crossing, approaching])
def test_a_passage_is_one_track_at_ten_pictures_a_second(way: Callable[[float], Way], fps: float) -> None:
    assert kept(way, fps, VEHICLES) >= 0.85


@pytest.mark.parametrize("way", [crossing, approaching])
def test_the_constants_of_people_lose_vehicles(way: Callable[[float], Way]) -> None:
    """Which is why vehicles have their own; without this the others would prove nothing."""
    assert kept(way, 10, TrackerSettings()) < 0.7


def test_two_that_meet_keep_their_tracks() -> None:
    random = np.random.default_rng(1)
    tracker = Tracker(*SIZE, VEHICLES)
    ways = (crossing(12.0, 16.0), Way((14.0, 11.0), (-12.0, 0.0)))
    pairs: dict[int, set[int]] = {0: set(), 1: set()}
    for picture in range(24):
        boxes = [box_of(way, picture / 10) for way in ways]
        if any(box is None for box in boxes):
            continue
        tracker.update(seen(random, boxes, missed=0.0), WHOLE, picture / 10)
        for row, track in tracker.matched.items():
            pairs[row].add(track)
    assert all(len(tracks) == 1 for tracks in pairs.values()), pairs
    assert pairs[0].isdisjoint(pairs[1])


def test_each_detection_is_told_its_track() -> None:
    random = np.random.default_rng(1)
    tracker = Tracker(*SIZE, VEHICLES)
    for picture in range(5):
        shown = seen(
            random, [box_of(approaching(10.0), 1 + picture / 10), box_of(approaching(10.0, -4.0), 1 + picture / 10)], missed=0
        )
        tracks = tracker.update(shown, WHOLE, picture / 10)
        assert set(tracker.matched) == {0, 1}
        for row, track in tracker.matched.items():
            box = tracks.boxes[tracks.ids == track][0]
            assert np.abs(box - shown.boxes[row]).max() < 0.3 * (box[2] - box[0])
    tracker.update(shown, (), 0.5)
    assert tracker.matched == {}, "nobody looked"
