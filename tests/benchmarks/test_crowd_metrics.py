"""The measures, against cases worked out by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from benchmarks.crowd_accuracy import MOTA, TARGET, Picture, figures, read_truth, run
from benchmarks.crowd_metrics import (
    Agreement,
    Boxes,
    Errors,
    Told,
    best_constant,
    clear_mot,
    identities,
    idf1,
    interval,
    mota,
    without_ignored,
)
from benchmarks.figure import Options, Sense, Skipped

A, B, C = 0.0, 100.0, 200.0
"""Three places that do not overlap."""


def box(x: float, y: float = 0.0) -> tuple[float, float, float, float]:
    """10 wide, 30 high. Moved by 2 it overlaps itself by 2/3, by 3 by 7/13, by 4 by 3/7."""
    return (x, y, x + 10, y + 30)


def at(**places: float) -> Boxes:
    """Boxes by the number in the name: ``_1=A``."""
    return {int(name[1:]): box(x) for name, x in places.items()}


PERFECT = [at(_1=A, _2=B)] * 3


def test_perfect() -> None:
    errors = clear_mot(PERFECT, [at(_7=A, _9=B)] * 3)
    assert errors == [Errors(people=2, missed=0, false=0, switched=0)] * 3
    assert mota(errors) == 1
    agreements = identities(PERFECT, [at(_7=A, _9=B)] * 3)
    assert agreements == [Agreement(2, 2, 2)] * 3
    assert idf1(agreements) == 1


def test_missed_and_false() -> None:
    found = [at(_7=A), at(_7=A, _8=C), at(_7=A, _9=B)]
    errors = clear_mot(PERFECT, found)
    assert errors == [Errors(2, 1, 0, 0), Errors(2, 1, 1, 0), Errors(2, 0, 0, 0)]
    assert mota(errors) == pytest.approx(1 - 3 / 6)
    # 7 with 1: three; 9 with 2: one. 2 * 4 / (6 people + 5 tracks)
    assert idf1(identities(PERFECT, found)) == pytest.approx(8 / 11)


def test_a_switch_counts_once_and_costs_identity_every_picture() -> None:
    truth = [at(_1=A)] * 10
    found = [at(_7=A)] * 4 + [at(_8=A)] * 6
    errors = clear_mot(truth, found)
    assert [e.switched for e in errors] == [0, 0, 0, 0, 1, 0, 0, 0, 0, 0]
    assert mota(errors) == pytest.approx(0.9)
    # 8 with 1: six of ten agree. 2 * 6 / (10 + 10)
    assert idf1(identities(truth, found)) == pytest.approx(0.6)


def test_two_who_swap_their_tracks_are_two_switches() -> None:
    truth = [at(_1=A, _2=B)] * 4
    found = [at(_7=A, _8=B)] * 3 + [at(_7=B, _8=A)]
    errors = clear_mot(truth, found)
    assert [e.switched for e in errors] == [0, 0, 0, 2]
    assert mota(errors) == pytest.approx(1 - 2 / 8)
    assert idf1(identities(truth, found)) == pytest.approx(2 * 6 / 16)


def test_another_track_after_a_gap_is_a_switch_and_the_same_is_none() -> None:
    truth = [at(_1=A)] * 3
    assert sum(e.switched for e in clear_mot(truth, [at(_7=A), {}, at(_8=A)])) == 1
    assert sum(e.switched for e in clear_mot(truth, [at(_7=A), {}, at(_7=A)])) == 0
    away = [at(_1=A), {}, at(_1=B)]
    assert sum(e.switched for e in clear_mot(away, [at(_7=A), {}, at(_8=B)])) == 1, "also when the person was away"


def test_a_pair_is_kept_while_it_overlaps_though_another_is_closer() -> None:
    truth = [at(_1=0.0), at(_1=3.0)]
    found = [at(_7=0.0), at(_7=0.0, _8=3.0)]
    assert clear_mot(truth, found) == [Errors(1, 0, 0, 0), Errors(1, 0, 1, 0)]
    far = [at(_7=0.0), at(_7=-1.0, _8=3.0)]
    assert clear_mot(truth, far) == [Errors(1, 0, 0, 0), Errors(1, 0, 1, 1)]


@pytest.mark.parametrize(("shift", "agrees"), [(0, True), (3, True), (10 / 3 - 0.01, True), (10 / 3 + 0.01, False), (4, False)])
def test_boxes_agree_from_one_half(shift: float, *, agrees: bool) -> None:
    assert clear_mot([at(_1=A)], [at(_7=shift)]) == [Errors(1, int(not agrees), int(not agrees), 0)]
    assert identities([at(_1=A)], [at(_7=shift)]) == [Agreement(1, 1, int(agrees))]


def test_as_many_pairs_as_possible_before_the_closest() -> None:
    # 7 lies on 1 and almost as well on 2, 8 only on 1: nearest first would leave 2 without a track.
    truth = [at(_1=0.0, _2=3.0)]
    found = [at(_7=0.5, _8=-2.5)]
    assert clear_mot(truth, found) == [Errors(2, 0, 0, 0)]


def test_no_track_is_two_people() -> None:
    assert clear_mot([at(_1=0.0, _2=1.0)], [at(_7=0.5)]) == [Errors(2, 1, 0, 0)]
    assert identities([at(_1=0.0, _2=1.0)], [at(_7=0.5)]) == [Agreement(2, 1, 1)]


def test_mota_has_no_lower_end_and_nothing_is_not_a_number() -> None:
    assert mota(clear_mot([at(_1=A)], [at(_7=B, _8=C)])) == -2
    assert math.isnan(mota(clear_mot([{}], [at(_7=A)])))
    assert idf1(identities([{}], [at(_7=A)])) == 0
    assert math.isnan(idf1(identities([{}], [{}])))


def test_people_to_ignore_are_neither_right_nor_wrong() -> None:
    people, ignored = at(_1=A), at(_5=B, _6=4.0)
    assert without_ignored(at(_7=A, _8=B, _9=C), people, ignored) == at(_7=A, _9=C)
    assert without_ignored(at(_7=2.0), people, ignored) == at(_7=2.0), "it is on both, and was needed"
    assert without_ignored({}, people, ignored) == {}


@pytest.mark.parametrize(("people", "guess"), [([5, 6, 6, 9], 6), ([1, 1, 9], 1), ([3], 3)])
def test_best_constant(people: list[float], guess: float) -> None:
    assert best_constant(people) == guess
    errors = {k / 2: float(np.abs(np.array(people) - k / 2).mean()) for k in range(20)}
    assert errors[guess] == min(errors.values())


def test_intervals_are_drawn_from_blocks() -> None:
    # Neighbours are alike: 20 stretches of 20 pictures. The mean of 20 draws has a spread of sqrt(.25 / 20) = .112.
    values = np.repeat(np.random.default_rng(5).permutation(np.tile([0.0, 1.0], 10)), 20)

    def width(block: int) -> float:
        low, high = interval(lambda places: float(values[places].mean()), 400, block, np.random.default_rng(1))
        assert low < 0.5 < high
        return high - low

    assert width(20) == pytest.approx(2 * 1.96 * 0.112, rel=0.35)
    assert width(1) == pytest.approx(2 * 1.96 * 0.025, rel=0.1), "single pictures would make it four times too narrow"


def test_an_interval_is_the_same_for_the_same_seed() -> None:
    def once() -> tuple[float, float]:
        return interval(lambda places: float(places.mean()), 50, 20, np.random.default_rng(3), draws=50)

    assert once() == once()


def test_the_truth_is_read_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "gt.txt"
    path.write_text("1,9,499,158,31,75,1,-1,-1,-1\n1,12,10.5,20,4,8,0,-1,-1,-1\n3,9,1,2,3,4,1,-1,-1,-1\n")
    assert read_truth(path) == {
        1: Picture({9: (499, 158, 530, 233)}, {12: (10.5, 20, 14.5, 28)}),
        3: Picture({9: (1, 2, 4, 6)}, {}),
    }


def test_figures_by_hand() -> None:
    truth = [Picture(at(_1=A, _2=B), {}), Picture(at(_1=A), at(_9=C)), Picture(at(_1=A, _2=B), {}), Picture(at(_1=A), {})]
    told = [
        Told(2, 1, 3, at(_7=A, _8=B)),
        Told(2, 1.5, 2.5, at(_7=A, _6=C)),  # one of them on somebody to ignore
        Told(1, 0, 2, at(_7=A)),
        Told(3, 2, 4, at(_7=A, _8=B, _5=C)),
    ]
    found = {f.name: f for f in figures(truth, told, np.random.default_rng(1), "hand", judge=True)}
    assert found["count_mae"].value == pytest.approx((0 + 1 + 1 + 2) / 4)
    assert found["count_bias"].value == pytest.approx((0 + 1 - 1 + 2) / 4)
    assert found["count_mae_without_ignored"].value == pytest.approx((0 + 0 + 1 + 2) / 4)
    assert found["constant_mae"].value == pytest.approx(0.5)
    assert found["count_mae"].target == pytest.approx(TARGET * 0.5)
    assert (found["mota"].target, found["mota"].sense) == (MOTA, Sense.AT_LEAST)
    assert found["count_mae"].reached is False
    assert found["interval_coverage"].value == pytest.approx(2 / 4)
    assert found["mota"].value == pytest.approx(1 - (1 + 2) / 6)
    assert found["idf1"].value == pytest.approx(2 * (4 + 1) / (6 + 7))
    assert {f.n for f in found.values()} == {4}
    assert all(f.target is None for f in figures(truth, told, np.random.default_rng(1), "hand", judge=False))


def test_without_the_truth_it_is_skipped_by_name(tmp_path: Path) -> None:
    with pytest.raises(Skipped, match=r"gt_001_400\.txt is not there.*--data"):
        next(run(Options(data=tmp_path)))
