"""A person keeps one number while there is reason to believe that it is the same person who is still there."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.tracking.tracker import TrackerSettings
from edge.tracking.tracks import Tracks, TrackState
from models.bundle.detections import Detections, pairwise_iou
from tests.edge.tracking.walkers import HEIGHT, STEP_S, WHOLE, WIDTH, person, seen, tracker, walk

DEFAULT = TrackerSettings()


def test_one_walker_is_one_track() -> None:
    of = tracker()
    tracks, _ = walk(of, 50)
    assert tracks.ids.tolist() == [1]
    assert tracks.states.tolist() == [TrackState.CONFIRMED]
    assert pairwise_iou(tracks.boxes, np.array([person(100 + 49 * 3, 300)], np.float32))[0, 0] > 0.9


def test_what_was_seen_once_does_not_count_and_goes() -> None:
    of = tracker()
    tracks = of.update(seen(person(100, 300)), WHOLE, 0.0)
    assert tracks.states.tolist() == [TrackState.TENTATIVE]
    assert not tracks.counted.any()
    for i in range(1, 5):
        tracks = of.update(seen(), WHOLE, i * STEP_S)
        assert not tracks.counted.any()
    assert len(tracks) == 0


def test_seen_twice_counts() -> None:
    tracks, _ = walk(tracker(), DEFAULT.confirm)
    assert tracks.counted.tolist() == [True]


def test_hidden_for_a_moment_keeps_its_number_and_counts() -> None:
    of = tracker()
    _, now_s = walk(of, 20)
    for i in range(3):
        tracks = of.update(seen(), WHOLE, now_s + i * STEP_S)
        assert tracks.states.tolist() == [TrackState.COASTING]
        assert tracks.counted.all()
        assert tracks.boxes[0, 0] == pytest.approx(person(100 + (20 + i) * 3, 300)[0], abs=3), "it walks on unseen"
    tracks = of.update(seen(person(100 + 23 * 3, 300)), WHOLE, now_s + 3 * STEP_S)
    assert tracks.ids.tolist() == [1]
    assert tracks.states.tolist() == [TrackState.CONFIRMED]


def test_missed_as_often_as_its_existence_allows_and_no_longer() -> None:
    of = tracker()
    _, now_s = walk(of, 20)
    doubt = math.log(DEFAULT.most / (1 - DEFAULT.most)) - math.log(DEFAULT.leave / (1 - DEFAULT.leave))
    survives = math.floor(doubt / max(DEFAULT.miss_least, DEFAULT.miss * STEP_S))
    misses = 0
    while len(of.update(seen(), WHOLE, now_s + misses * STEP_S)):
        misses += 1
    assert misses == survives


def test_a_picture_at_which_nobody_looked_says_nothing_about_anybody() -> None:
    of = tracker()
    before, now_s = walk(of, 20)
    tracks = before
    for i in range(30):
        tracks = of.update(Detections.none(), (), now_s + i * STEP_S)
    assert tracks.ids.tolist() == [1]
    assert tracks.existence.tolist() == before.existence.tolist()
    assert tracks.states.tolist() == [TrackState.CONFIRMED]
    assert tracks.boxes[0, 0] > before.boxes[0, 0] + 60, "but it walks on"


def test_a_look_elsewhere_is_no_miss() -> None:
    of = tracker()
    before, now_s = walk(of, 20)
    tracks = before
    for i in range(20):
        tracks = of.update(seen(), ((400.0, 0.0, 768.0, 576.0),), now_s + i * STEP_S)
    assert tracks.existence.tolist() == before.existence.tolist()
    half = (0.0, 0.0, float(tracks.boxes[0, 0] + tracks.boxes[0, 2]) / 2, 576.0)
    tracks = of.update(seen(), (half,), now_s + 20 * STEP_S)
    assert tracks.existence.tolist() == before.existence.tolist(), "nor is a look at half of it"


def test_faint_shapes_keep_a_track_and_begin_none() -> None:
    of = tracker()
    tracks, now_s = walk(of, 5, score=(DEFAULT.faint + DEFAULT.sure) / 2)
    assert len(tracks) == 0
    _, now_s = walk(of, 5, start_s=now_s)
    tracks, now_s = walk(of, 30, x=115, start_s=now_s, score=DEFAULT.faint)
    assert tracks.ids.tolist() == [1]
    assert tracks.states.tolist() == [TrackState.CONFIRMED]
    faint = float(np.nextafter(np.float32(DEFAULT.faint), np.float32(0)))
    assert len(walk(of, 30, x=205, start_s=now_s, score=faint)[0]) == 0, "below faint nothing is seen"


def test_sure_ones_choose_first() -> None:
    of = tracker()
    _, now_s = walk(of, 10)
    there = person(130, 300)
    shifted = (there[0] + 6, *there[1:3], there[3])
    tracks = of.update(seen(there, shifted, scores=[0.5, 0.9]), WHOLE, now_s)
    assert tracks.ids.tolist() == [1]
    assert tracks.boxes[0, 0] > there[0], "it follows the sure one, though the faint one is closer"


def test_two_who_cross_keep_their_numbers() -> None:
    of = tracker()
    for i in range(60):
        tracks = of.update(seen(person(100 + 6 * i, 300), person(460 - 6 * i, 345)), WHOLE, i * STEP_S)
    left, right = (tracks.boxes[tracks.ids == number][0] for number in (1, 2))
    assert left[0] > 400
    assert right[0] < 130


@pytest.mark.parametrize("jump_s", [DEFAULT.longest_gap_s + 0.01, -0.5, math.nan])
def test_after_a_long_gap_or_back_in_time_all_are_new(jump_s: float) -> None:
    of = tracker()
    _, now_s = walk(of, 10)
    tracks = of.update(seen(person(130, 300)), WHOLE, now_s - STEP_S + jump_s)
    assert tracks.ids.tolist() == [2]


def test_who_leaves_the_picture_is_gone_at_once() -> None:
    of = tracker()
    _, now_s = walk(of, 20, x=WIDTH - 70)
    left_by = math.ceil((WIDTH - (WIDTH - 70 + 19 * 3)) / 3)
    for i in range(left_by + 1):
        tracks = of.update(Detections.none(), (), now_s + i * STEP_S)
    assert len(tracks) == 0


def test_numbers_are_never_used_again() -> None:
    of = tracker()
    numbers: list[int] = []
    for visit in range(5):
        tracks, _ = walk(of, 3, start_s=visit * 100.0)
        numbers += tracks.ids.tolist()
    assert numbers == [1, 2, 3, 4, 5]


def test_no_more_tracks_than_memory_is_for() -> None:
    of = tracker(most_tracks=3)
    crowd = seen(*(person(50 + 60 * i, 300) for i in range(10)))
    for i in range(3):
        assert len(of.update(crowd, WHOLE, i * STEP_S)) == 3


PLACES = st.tuples(st.floats(-20, WIDTH + 20), st.floats(10, HEIGHT + 20), st.floats(2, 300), st.floats(0, 1))
PICTURES = st.lists(st.tuples(st.lists(PLACES, max_size=6), st.sampled_from(["whole", "part", "none"])), max_size=12)


@settings(max_examples=60)
@given(PICTURES)
def test_whatever_is_seen(pictures: list[tuple[list[tuple[float, float, float, float]], str]]) -> None:
    looks = {"whole": WHOLE, "part": ((0.0, 0.0, 300.0, 300.0),), "none": ()}
    one, other = tracker(), tracker()
    highest = 0
    before: set[int] = set()
    for i, (places, look) in enumerate(pictures):
        found = seen(*(person(x, y, h) for x, y, h, _ in places), scores=[score for *_, score in places])
        tracks = one.update(found, looks[look], i * STEP_S)
        again = other.update(found, looks[look], i * STEP_S)
        assert_same(tracks, again)
        ids = tracks.ids.tolist()
        assert len(set(ids)) == len(ids)
        assert all(number > highest for number in set(ids) - before), "numbers only rise"
        assert np.isfinite(tracks.boxes).all()
        assert (tracks.boxes[:, 2:] > tracks.boxes[:, :2]).all()
        assert ((tracks.existence >= np.float32(DEFAULT.leave)) & (tracks.existence <= 1)).all()
        if look == "none":
            assert set(ids) <= before, "nobody looked, so nobody is new"
        before, highest = set(ids), max([highest, *ids])


def assert_same(a: Tracks, b: Tracks) -> None:
    assert a.ids.tolist() == b.ids.tolist()
    assert a.boxes.tolist() == b.boxes.tolist()
    assert a.existence.tolist() == b.existence.tolist()
    assert a.states.tolist() == b.states.tolist()
