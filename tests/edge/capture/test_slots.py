"""Who may touch which slot."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.capture.slots import SlotError, SlotName, SlotState, SlotTable


def test_a_slot_goes_round() -> None:
    table = SlotTable("r", 1)
    slot = table.take()
    assert slot is not None
    assert table.state(0) is SlotState.WRITING
    assert table.take() is None
    table.written(slot)
    assert table.state(0) is SlotState.READY
    assert not table.has_free
    assert table.release(slot, 1.0)
    assert table.state(0) is SlotState.FREE
    assert table.take() == SlotName("r", 0, 2)


def test_a_slot_cannot_be_handed_out_twice() -> None:
    table = SlotTable("r", 1)
    slot = table.take()
    assert slot is not None
    table.written(slot)
    with pytest.raises(SlotError):
        table.written(slot)


def test_a_late_release_changes_nothing() -> None:
    table = SlotTable("r", 1)
    first = table.take()
    assert first is not None
    table.written(first)
    table.release(first, 0.0)
    second = table.take()
    assert second is not None
    table.written(second)
    assert not table.release(first, 0.0)
    assert not table.release(SlotName("another", 0, 2), 0.0)
    assert table.state(0) is SlotState.READY


def test_pixels_are_wiped_once_when_they_have_lived_too_long() -> None:
    table = SlotTable("r", 2)
    slot = table.take()
    assert slot is not None
    table.written(slot)
    assert table.to_wipe(100.0, 10.0) == []  # somebody reads it
    table.release(slot, 100.0)
    assert table.to_wipe(109.9, 10.0) == []
    assert table.to_wipe(110.0, 10.0) == [0]
    assert table.to_wipe(120.0, 10.0) == []


@given(st.lists(st.sampled_from(["take", "write", "release", "late"]), max_size=60))
def test_no_two_holders_ever_have_the_same_slot(steps: list[str]) -> None:
    table = SlotTable("r", 3)
    writing: list[SlotName] = []
    held: list[SlotName] = []
    gone: list[SlotName] = []
    for step in steps:
        if step == "take":
            slot = table.take()
            assert (slot is None) == (len(writing) + len(held) == 3)
            if slot is not None:
                writing.append(slot)
        elif step == "write" and writing:
            table.written(writing[0])
            held.append(writing.pop(0))
        elif step == "release" and held:
            assert table.release(held[0], 0.0)
            gone.append(held.pop(0))
        elif step == "late" and gone:
            assert not table.release(gone[0], 0.0)
        indices = [slot.index for slot in writing + held]
        assert len(indices) == len(set(indices))
