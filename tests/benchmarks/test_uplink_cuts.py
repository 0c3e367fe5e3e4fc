"""Which cuts a run makes: its seed alone decides, and every kind has its share."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks.uplink_cuts import KEEPALIVE_S, OF_TEN, Kind, plan


def test_the_same_seed_gives_the_same_plan() -> None:
    assert plan(7, 100, 4) == plan(7, 100, 4)
    assert plan(7, 100, 4) != plan(8, 100, 4)


@pytest.mark.parametrize("cuts", [10, 100])
def test_every_kind_has_its_share(cuts: int) -> None:
    kinds = Counter(cut.kind for cut in plan(1, cuts, 4))
    assert set(kinds) == set(Kind)
    assert kinds == {kind: count * cuts // 10 for kind, count in OF_TEN.items()}
    assert sum(kinds.values()) == cuts


def test_every_box_is_met_and_silence_outlasts_the_keepalive_at_both_ends() -> None:
    cuts = plan(1, 100, 4)
    assert {cut.box for cut in cuts if not cut.shared} == {0, 1, 2, 3}
    assert all(cut.away_s > 2 * KEEPALIVE_S for cut in cuts if cut.kind in {Kind.SILENCE, Kind.BROKER_FROZEN})


def test_shares_must_come_out_even() -> None:
    with pytest.raises(ValueError, match="multiple of ten"):
        plan(1, 15, 4)
