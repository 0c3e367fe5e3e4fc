"""Where to look."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.gate.regions import Squares, Thing, place
from edge.region import Region, Size

PICTURE = Size(768, 576)
SQUARES = Squares(side=256, most=4, margin=16)


def holds(square: Region, box: Region) -> bool:
    return (
        square.left <= max(0, box.left)
        and square.top <= max(0, box.top)
        and square.right >= min(PICTURE.width, box.right)
        and square.bottom >= min(PICTURE.height, box.bottom)
    )


def people(*corners: tuple[int, int]) -> tuple[Thing, ...]:
    return tuple(Thing(Region(left, top, 30, 80), 1.0) for left, top in corners)


@pytest.mark.parametrize(
    ("corners", "squares"),
    [
        ((), 0),
        (((100, 100),), 1),
        (((0, 0),), 1),
        (((738, 496),), 1),
        (((100, 100), (200, 150), (150, 200)), 1),
        (((100, 100), (600, 100)), 2),
        (((0, 0), (738, 0), (0, 496), (738, 496)), 4),
        (((0, 0), (738, 0), (0, 496), (738, 496), (370, 250)), 4),
    ],
)
def test_as_few_squares_as_hold_everything(corners: tuple[tuple[int, int], ...], squares: int) -> None:
    things = people(*corners)
    placed = place(things, PICTURE, SQUARES, ())
    assert len(placed) == squares
    if len(corners) <= 4:
        assert all(any(holds(square, thing.box) for square in placed) for thing in things)


def test_what_weighs_more_goes_first() -> None:
    things = (Thing(Region(0, 0, 30, 80), 1.0), Thing(Region(700, 400, 30, 80), 3.0))
    (square,) = place(things, PICTURE, Squares(256, 1, 16), ())
    assert holds(square, things[1].box)


def test_a_square_stays_while_nothing_is_gained_by_moving_it() -> None:
    (before,) = place(people((300, 200)), PICTURE, SQUARES, ())
    assert place(people((310, 205)), PICTURE, SQUARES, (before,)) == (before,)
    assert place(people((480, 205)), PICTURE, SQUARES, (before,)) != (before,)


def test_a_thing_has_its_margin() -> None:
    (square,) = place(people((300, 200)), PICTURE, SQUARES, ())
    assert square.left <= 300 - 16
    assert square.right >= 330 + 16


def test_what_is_wider_than_a_square_is_covered_in_parts() -> None:
    crowd = Thing(Region(50, 200, 600, 150), 1.0)
    placed = place((crowd,), PICTURE, SQUARES, ())
    covered = {x for square in placed for x in range(square.left, square.right)}
    assert covered >= set(range(50, 650))


def test_a_picture_smaller_than_a_square_is_looked_at_whole() -> None:
    assert place((Thing(Region(10, 10, 20, 40), 1.0),), Size(200, 120), SQUARES, ())[0].height == 120


boxes = st.builds(Region, st.integers(-50, 800), st.integers(-50, 600), st.integers(1, 400), st.integers(1, 400))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.builds(Thing, boxes, st.floats(0.1, 10)), max_size=40), st.integers(1, 8), st.integers(64, 600))
def test_squares_are_always_squares_within_the_picture(things: list[Thing], most: int, side: int) -> None:
    squares = Squares(side, most, side // 16)
    placed: tuple[Region, ...] = ()
    for _ in range(2):
        placed = place(tuple(things), PICTURE, squares, placed)
        assert len(placed) <= most
        assert len(set(placed)) == len(placed)
        for square in placed:
            assert square.width == square.height == min(side, 576)
            assert 0 <= square.left <= square.right <= PICTURE.width
            assert 0 <= square.top <= square.bottom <= PICTURE.height
