"""Messages that are lost, late, doubled and out of order."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from simulator.faults.messages import Meddler, MessageFaults


def through(faults: MessageFaults, count: int, seed: int = 1) -> list[int]:
    meddler: Meddler[int] = Meddler(random.Random(seed), faults)
    out: list[int] = []
    for i in range(count):
        meddler.put(i, i * 0.01)
        out += meddler.due(i * 0.01)
    return out + meddler.due(1e9)


def test_without_faults_everything_passes_at_once_in_order() -> None:
    meddler: Meddler[int] = Meddler(random.Random(1))
    for i in range(100):
        meddler.put(i, float(i))
        assert meddler.due(float(i)) == [i]
    assert meddler.next_s() is None


def test_each_fault_does_what_its_name_says() -> None:
    assert 800 < len(through(MessageFaults(lose=0.1), 1000)) < 960
    doubled = through(MessageFaults(duplicate=0.1), 1000)
    assert set(doubled) == set(range(1000))
    assert 1050 < len(doubled) < 1160
    shuffled = through(MessageFaults(reorder=0.2), 1000)
    assert sorted(shuffled) == list(range(1000))
    assert shuffled != sorted(shuffled)


@given(st.integers(0, 1000), st.floats(0, 1), st.floats(0, 0.5), st.floats(0, 0.5))
def test_the_same_seed_does_the_same_and_nothing_is_made_up(seed: int, lose: float, duplicate: float, reorder: float) -> None:
    faults = MessageFaults(lose=lose, duplicate=duplicate, reorder=reorder)
    out = through(faults, 50, seed)
    assert out == through(faults, 50, seed)
    assert set(out) <= set(range(50))


def test_a_connection_that_ends_takes_along_what_was_under_way() -> None:
    meddler: Meddler[int] = Meddler(random.Random(1), MessageFaults(delay_s=5))
    meddler.put(1, 0.0)
    meddler.forget()
    assert meddler.due(100) == []
