"""A picture is told once it is old enough, with what later looks taught."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge.tracking.smoother import Smoother
from edge.tracking.tracks import Tracks, TrackState

STEP_S = 0.1


def tracks(places: dict[int, float], state: TrackState = TrackState.CONFIRMED) -> Tracks:
    """Tracks by number and place from the left."""
    if not places:
        return Tracks.none()
    boxes = np.array([(x, 100, x + 40, 200) for x in places.values()], np.float32)
    n = len(places)
    return Tracks(
        np.array(list(places), np.int64),
        boxes,
        np.full(n, 0.9, np.float32),
        np.full(n, state, np.int8),
        np.zeros((n, 2), np.float32),
    )


Shown: TypeAlias = tuple[Tracks, set[int], set[int]]
"""Tracks of a picture, who was seen in it, who is doubted."""


def told(smoother: Smoother[int], pictures: list[Shown]) -> dict[int, Tracks]:
    """All pictures by number, as they come out: tracks, who was seen, who is doubted."""
    out: list[tuple[int, Tracks]] = []
    for number, (each, seen, doubted) in enumerate(pictures):
        out += smoother.take(number, each, number * STEP_S, seen, doubted)
    out += smoother.flush()
    assert [number for number, _ in out] == list(range(len(pictures))), "each once, in order"
    return dict(out)


def places(found: Tracks) -> list[float]:
    return [round(x) for x in found.boxes[:, 0].tolist()]


def test_between_two_looks_somebody_was_on_the_line_between() -> None:
    """The prediction had stopped at 100; the second look finds them at 180."""
    at = [100.0, 100.0, 100.0, 100.0, 180.0]
    found = told(Smoother(1.0), [(tracks({7: x}), {7} if i in {0, 4} else set(), set()) for i, x in enumerate(at)])
    assert [places(found[i]) for i in range(5)] == [[100], [120], [140], [160], [180]]


def test_pictures_of_one_and_the_same_moment_leave_everybody_where_they_were() -> None:
    """Recordings are badly stamped now and then; times do not fall in them, but they may stand."""
    smoother: Smoother[int] = Smoother(1.0)
    for number, (x, seen) in enumerate(((100.0, {7}), (110.0, set[int]()), (180.0, {7}))):
        assert smoother.take(number, tracks({7: x}), 5.0, seen, ()) == []
    assert [places(found) for _, found in smoother.flush()] == [[100], [110], [180]]


def test_what_was_told_already_is_not_changed() -> None:
    smoother: Smoother[int] = Smoother(0.2)
    at = [100.0, 100.0, 100.0, 100.0, 180.0]
    found = told(smoother, [(tracks({7: x}), {7} if i in {0, 4} else set(), set()) for i, x in enumerate(at)])
    assert [places(found[i]) for i in range(5)] == [[100], [100], [100], [100], [180]]


def test_a_picture_is_told_when_it_is_old_enough() -> None:
    smoother: Smoother[int] = Smoother(0.3)
    came = [[number for number, _ in smoother.take(i, Tracks.none(), i * STEP_S, (), ())] for i in range(6)]
    assert came == [[], [], [], [0], [1], [2]]


def test_who_turned_out_to_be_somebody_was_somebody_from_the_first_look_on() -> None:
    def counted(last: TrackState) -> list[bool]:
        new: list[Shown] = [(tracks({7: 100.0}, TrackState.TENTATIVE), {7} if i == 0 else set(), set()) for i in range(3)]
        found = told(Smoother(1.0), [*new, (tracks({7: 100.0}, last), {7}, set())])
        return [bool(found[i].counted.all()) for i in range(4)]

    assert counted(TrackState.CONFIRMED) == [True] * 4
    assert counted(TrackState.TENTATIVE) == [False] * 4


def test_who_turned_out_not_to_be_there_was_gone_after_the_last_look_that_saw_them() -> None:
    pictures: list[Shown] = [
        (tracks({7: 100.0, 8: 300.0}), {7, 8} if i == 0 else {8} if i == 2 else set(), set()) for i in range(4)
    ]
    found = told(Smoother(1.0), [*pictures, (tracks({8: 300.0}), set(), {7})])
    assert [found[i].ids.tolist() for i in range(5)] == [[7, 8], [8], [8], [8], [8]]


def test_who_walked_out_was_there_until_then() -> None:
    pictures: list[Shown] = [(tracks({7: 700.0}), {7} if i == 0 else set(), set()) for i in range(3)]
    found = told(Smoother(1.0), [*pictures, (Tracks.none(), set(), set())])
    assert [len(found[i]) for i in range(4)] == [1, 1, 1, 0]


PICTURES = st.lists(
    st.tuples(
        st.dictionaries(st.integers(1, 5), st.floats(0, 700), max_size=5),
        st.sets(st.integers(1, 6)),
        st.sets(st.integers(1, 6)),
        st.sampled_from(list(TrackState)),
    ),
    max_size=30,
)


@given(PICTURES, st.floats(0, 2))
def test_whatever_comes_each_comes_out_once_with_no_track_that_was_not_there(
    pictures: list[tuple[dict[int, float], set[int], set[int], TrackState]], lag_s: float
) -> None:
    found = told(Smoother(lag_s), [(tracks(at, state), seen, doubted) for at, seen, doubted, state in pictures])
    for number, (at, *_) in enumerate(pictures):
        assert set(found[number].ids.tolist()) <= set(at)
        assert np.isfinite(found[number].boxes).all()
