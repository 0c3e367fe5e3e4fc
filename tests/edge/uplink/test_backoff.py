"""How long a box waits before it tries again (FAULTS.md, rows 35 and 36)."""

from __future__ import annotations

import random
from collections import Counter

from edge.uplink.backoff import BASE_S, CAP_S, CONFLICT_S, Backoff


def test_waits_are_drawn_from_a_growing_range_up_to_the_cap() -> None:
    backoff = Backoff(lambda: 0.999)
    ceilings = [backoff.failed() / 0.999 for _ in range(40)]
    assert ceilings[:4] == [BASE_S, 2 * BASE_S, 4 * BASE_S, 8 * BASE_S]
    assert max(ceilings) == CAP_S == ceilings[-1]
    backoff.worked()
    assert backoff.failed() == 0.999 * BASE_S


def test_a_shorter_cap_can_be_set() -> None:
    backoff = Backoff(lambda: 0.5, 3.0)
    assert max(backoff.failed() for _ in range(40)) == 1.5


def test_a_city_does_not_come_back_at_once() -> None:
    """Row 35: of 5,000 boxes whose broker was gone for an hour, no second sees more than a few dozen."""
    rng = random.Random("storm")
    back_s = 3_600.0
    attempts: Counter[int] = Counter()
    for _ in range(5_000):
        backoff, at = Backoff(rng.random), rng.random()
        while at < back_s:
            at += backoff.failed()
        attempts[int(at - back_s)] += 1
    assert sum(attempts.values()) == 5_000
    assert max(attempts.values()) < 200
    assert max(attempts) <= CAP_S


def test_two_boxes_with_one_name_do_not_flap() -> None:
    """Row 36: whoever was thrown out stays away for minutes, and not for the same time as the other."""
    rng = random.Random("conflict")
    waits = [Backoff(rng.random).conflict() for _ in range(200)]
    assert min(waits) >= CONFLICT_S / 2
    assert max(waits) - min(waits) > CONFLICT_S / 2
