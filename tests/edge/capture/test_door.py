"""The door of a camera that is aimed: only when asked for, slow, wiped, and closed in time."""

from __future__ import annotations

import os

import numpy as np

from edge.capture.door import EVERY_S, Door
from edge.capture.port import Picture
from edge.capture.ring import MAX_AGE_S, Ring, RingLayout


def picture(grey: int, width: int = 64, height: int = 48) -> Picture:
    chroma = ((height + 1) // 2, (width + 1) // 2)
    return Picture(
        np.full((height, width), grey, np.uint8), np.full(chroma, 128, np.uint8), np.full(chroma, 128, np.uint8), 0.0
    )


def look(made: tuple[RingLayout, int] | None) -> Ring:
    assert made is not None
    layout, fd = made
    ring = Ring(layout, fd, writable=False)
    os.close(fd)
    return ring


def grey(ring: Ring) -> int | None:
    name = ring.newest()
    planes = None if name is None else ring.read(name)
    return None if planes is None else int(planes[0][0, 0])


def everything(ring: Ring) -> int:
    return int(ring._bytes.max())


def test_the_newest_picture_is_seen_and_not_more_often_than_it_may_be() -> None:
    door = Door("a", 60, 0.0)
    ring = look(door.show(picture(10), 1.0))
    assert grey(ring) == 10
    assert door.show(picture(20), 1.0 + EVERY_S / 2) is None
    assert grey(ring) == 10
    for number in range(1, 6):
        assert door.show(picture(20 + number), 1.0 + number * EVERY_S) is None, "the same memory"
        assert grey(ring) == 20 + number
    door.close()


def test_a_picture_of_another_size_has_memory_of_its_own_and_the_old_is_wiped() -> None:
    door = Door("a", 60, 0.0)
    small = look(door.show(picture(10), 0.0))
    large = look(door.show(picture(11, 640, 480), 1.0))
    assert small.layout.ring != large.layout.ring
    assert everything(small) == 0
    assert grey(large) == 11
    door.close()


def test_closing_wipes_what_somebody_still_holds() -> None:
    door = Door("a", 60, 0.0)
    ring = look(door.show(picture(10), 0.0))
    door.show(picture(11), 1.0)
    door.close()
    assert everything(ring) == 0
    assert ring.newest() is None
    door.close()


def test_it_closes_itself() -> None:
    door = Door("a", 5.0, 100.0)
    ring = look(door.show(picture(10), 104.0))
    assert not door.over(104.9)
    assert door.over(105.0)
    assert door.show(picture(11), 105.0) is None
    assert grey(ring) == 10, "nothing new"


def test_a_picture_that_nothing_follows_does_not_outlive_its_time() -> None:
    door = Door("a", 600, 0.0)
    ring = look(door.show(picture(10), 0.0))
    door.wipe(MAX_AGE_S - EVERY_S - 0.01)
    assert grey(ring) == 10
    door.wipe(MAX_AGE_S - EVERY_S)
    assert everything(ring) == 0
    door.show(picture(12), MAX_AGE_S)
    assert grey(ring) == 12
    door.close()
