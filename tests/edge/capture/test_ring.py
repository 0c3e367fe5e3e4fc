"""A ring of pictures in shared memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from edge.capture.port import Picture
from edge.capture.ring import Ring, RingLayout, holds, make_memory
from edge.capture.slots import SlotName
from edge.region import Size


def picture(size: Size, value: int) -> Picture:
    chroma = ((size.height + 1) // 2, (size.width + 1) // 2)
    y = np.full((size.height, size.width), value, np.uint8)
    return Picture(y, np.full(chroma, value + 1, np.uint8), np.full(chroma, value + 2, np.uint8), 0.0)


@pytest.fixture(params=[Size(768, 576), Size(161, 121)])
def layout(request: pytest.FixtureRequest) -> RingLayout:
    return RingLayout("r", request.param, 3)


@pytest.fixture
def memory(layout: RingLayout) -> Iterator[int]:
    fd = make_memory(layout)
    yield fd
    os.close(fd)


def test_nobody_takes_memory_away_from_who_reads_it(layout: RingLayout, memory: int) -> None:
    assert holds(memory, layout)
    with pytest.raises(PermissionError):
        os.ftruncate(memory, 4096)
    loose = os.memfd_create("loose")
    os.ftruncate(loose, layout.total_bytes)
    assert not holds(loose, layout)
    os.close(loose)
    assert not holds(memory, RingLayout("r", layout.size, layout.slots + 1)), "it is too small"


def test_what_is_written_is_read_through_another_map(layout: RingLayout, memory: int) -> None:
    writer, reader = Ring(layout, memory, writable=True), Ring(layout, memory, writable=False)
    for index in range(3):
        writer.write(SlotName("r", index, 1), picture(layout.size, 10 * index))
    for index in range(3):
        planes = reader.read(SlotName("r", index, 1))
        assert planes is not None
        assert [set(np.unique(plane)) for plane in planes] == [{10 * index}, {10 * index + 1}, {10 * index + 2}]
        assert planes[0].shape == (layout.size.height, layout.size.width)
        with pytest.raises(ValueError, match="read-only"):
            planes[0][0, 0] = 1
        del planes
    writer.close()
    reader.close()


def test_a_slot_that_was_written_anew_is_not_read(layout: RingLayout, memory: int) -> None:
    ring = Ring(layout, memory, writable=True)
    ring.write(SlotName("r", 0, 1), picture(layout.size, 10))
    ring.write(SlotName("r", 0, 2), picture(layout.size, 20))
    assert ring.read(SlotName("r", 0, 1)) is None
    assert ring.read(SlotName("r", 0, 2)) is not None
    ring.close()


def test_a_wiped_slot_holds_nothing(layout: RingLayout, memory: int) -> None:
    ring = Ring(layout, memory, writable=True)
    ring.write(SlotName("r", 1, 1), picture(layout.size, 10))
    ring.wipe(1)
    assert ring.read(SlotName("r", 1, 1)) is None
    assert not any(plane.any() for plane in ring.read(SlotName("r", 1, 0)) or ())
    ring.close()


def test_the_memory_has_no_name(layout: RingLayout, memory: int) -> None:
    assert not any("lamplighter" in path.name for path in Path("/dev/shm").iterdir())
    assert os.fstat(memory).st_nlink == 0
    assert os.fstat(memory).st_size == layout.total_bytes


def test_a_picture_that_is_being_written_is_nobodys() -> None:
    """A second process may look at a slot that was given back: it must not take half of the next picture for the one before."""
    layout = RingLayout("gate.1.1", Size(4, 4), 1)
    fd = make_memory(layout)
    ring, reader = Ring(layout, fd, writable=True), Ring(layout, fd, writable=False)
    first, second = SlotName("gate.1.1", 0, 1), SlotName("gate.1.1", 0, 2)
    seen: list[object] = []

    class Slow:
        """A plane; while it is copied somebody looks."""

        def __array__(self, *_args: object, **_named: object) -> np.ndarray:
            seen.extend((reader.read(first), reader.read(second)))
            return np.zeros((2, 2), np.uint8)

    plane = np.zeros((2, 2), np.uint8)
    ring.write(first, Picture(np.zeros((4, 4), np.uint8), plane, plane, 0.0))
    assert reader.read(first) is not None
    ring.write(second, Picture(np.zeros((4, 4), np.uint8), Slow(), plane, 0.0))  # type: ignore[arg-type]
    assert seen == [None, None]
    assert reader.read(second) is not None
    ring.close()
    reader.close()
    os.close(fd)
