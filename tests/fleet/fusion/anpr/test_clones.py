"""Clone plates: what is a contradiction, what weakens it, and what is never one."""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import replace

import numpy as np
import pytest

from fleet.fusion.anpr.clones import MOST, TELL_FROM, _cover, find
from fleet.fusion.anpr.passages import Floats, in_order, passages, places
from tests.fleet.fusion.anpr.sightings import NORTH, POLE, SOUTH, XY, Sighting, reads, twice


def probability(sightings: list[Sighting], xy: Floats = XY) -> float:
    found = find(reads(sightings), xy).clones
    return found[0].probability if found else 0.0


def test_two_places_that_no_drive_can_join_again_and_again_are_a_clone() -> None:
    found = find(reads(twice(5)), XY).clones
    assert len(found) == 1, "one verdict for each plate"
    assert TELL_FROM < found[0].probability <= MOST
    assert (found[0].who, found[0].contradictions, found[0].wrong) == (1, 5, 5)
    assert found[0].took_s == pytest.approx(30.0)
    assert found[0].needs_s > 100


@pytest.mark.parametrize("posterior", [0.9, 0.98, 0.9999])
def test_one_impossible_pair_is_weak_evidence_however_sure_the_readings_are(posterior: float) -> None:
    assert 0 < probability(twice(1, posterior=posterior)) < TELL_FROM / 2


def test_a_read_in_between_is_one_read_that_may_be_wrong_and_not_two_contradictions() -> None:
    stray = [Sighting(1, NORTH, 0.0), Sighting(1, SOUTH, 30.0), Sighting(1, NORTH, 60.0)]
    found = find(reads(stray), XY).clones[0]
    assert (found.contradictions, found.wrong) == (2, 1)
    assert found.probability < TELL_FROM / 2


def test_unsure_readings_count_for_less() -> None:
    assert probability(twice(3, posterior=0.6)) < TELL_FROM / 4 < TELL_FROM < probability(twice(3, posterior=0.98))


def test_the_unsure_one_of_two_is_the_one_that_may_be_wrong() -> None:
    one_unsure = [replace(s, posterior=0.5) if s.camera == SOUTH else s for s in twice(3)]
    assert probability(one_unsure) < probability(twice(3)) / 2


def test_a_drive_that_can_be_driven_is_none() -> None:
    assert probability(twice(50, after_s=600.0)) == 0


def test_a_clock_that_is_not_synchronised_gives_no_verdict() -> None:
    assert probability([replace(s, synchronised=s.camera != SOUTH) for s in twice(20)]) == 0


def test_what_a_clock_says_of_its_error_is_allowed_for() -> None:
    assert probability([replace(s, sigma_s=30.0) for s in twice(20)]) == 0


def test_a_camera_of_which_nobody_knows_where_it_hangs_contradicts_nothing() -> None:
    assert probability(twice(20), np.array([[0.0, 6000.0], [np.nan, np.nan], [20.0, 0.0]])) == 0


def test_cameras_on_one_pole_see_one_passage() -> None:
    both = [Sighting(1, SOUTH, 100.0, posterior=0.7), Sighting(1, POLE, 101.5, posterior=0.95)]
    assert probability(both * 1) == 0
    of = places(XY)
    assert of[SOUTH] == of[POLE] != of[NORTH]
    given = reads([*both, Sighting(1, SOUTH, 500.0), Sighting(2, SOUTH, 100.0)])
    seen = passages(given, in_order(given), of)
    assert seen.row.tolist() == [1, 2, 3], "once, by the surest reading; the next time and the next car are others"
    assert seen.at_s.tolist() == [100.0, 500.0, 100.0]


def test_a_pole_does_not_make_one_contradiction_two() -> None:
    alone = twice(2)
    beside = [Sighting(1, POLE, s.at_s + 1.0) for s in alone if s.camera == SOUTH]
    assert probability([*alone, *beside]) == pytest.approx(probability(alone))


def test_another_kind_speaks_for_chance_rather_than_for_a_clone_that_was_made_to_look_the_same() -> None:
    other = [replace(s, kind=1) if s.camera == SOUTH else s for s in twice(2)]
    found = find(reads(other), XY).clones[0]
    assert found.kinds == 2
    assert found.probability < probability(twice(2, posterior=0.98))


def test_a_colour_that_nobody_saw_says_nothing() -> None:
    dark = find(reads([replace(s, colour=-1, colour_p=0.0) if s.camera == SOUTH else s for s in twice(2)]), XY).clones[0]
    assert dark.colours == 0
    assert dark.probability > 0


def ordinary(cars: int, rng: random.Random, off_s: float = 0.0) -> list[Sighting]:
    """Cars that drive from the north to the south in ten minutes, a few quicker; the south's clock may be off."""
    found = []
    for car in range(10, 10 + cars):
        for day in range(6):
            at = day * 86_400 + rng.uniform(0, 80_000)
            found += [Sighting(car, NORTH, at), Sighting(car, SOUTH, at + rng.gauss(600, 40) + off_s)]
    return found


def test_travel_times_are_learned_from_the_traffic() -> None:
    """Six kilometres in four minutes are 90 km/h, which a stranger may believe; where everybody takes ten, nobody does."""
    quick = twice(6, after_s=240.0)
    assert probability(quick) == 0
    found = find(reads([*quick, *ordinary(500, random.Random(1))]), XY)
    assert [clone.who for clone in found.clones if clone.probability > TELL_FROM] == [1]


def test_a_camera_whose_clock_is_off_and_does_not_say_so_is_named_and_not_believed() -> None:
    xy = np.array([[3000.0 * (i % 3), 3000.0 * (i // 3)] for i in range(9)])
    rng, jumps = random.Random(2), 4
    found = []
    for drive in range(1500):
        at = drive * 300.0
        for camera in rng.sample(range(9), 3):
            at += rng.uniform(900, 1200)
            off = rng.choice([-1.0, 1.0]) * rng.uniform(800, 1100) if camera == jumps and rng.random() < 0.3 else 0.0
            found.append(Sighting(drive % 300, camera, at + off))
    findings = find(reads(found), xy)
    assert findings.doubted == (jumps,)
    assert all(clone.probability < TELL_FROM / 10 for clone in findings.clones)


def test_nothing_is_found_in_nothing() -> None:
    assert find(reads([Sighting(1, NORTH, 0.0)]), XY).clones == ()
    assert find(reads([Sighting(1, NORTH, 0.0, synchronised=False)]), XY).clones == ()


def test_the_cheapest_explanation_is_found_exactly() -> None:
    rng = random.Random(3)
    for _ in range(300):
        at = np.array(sorted(rng.sample(range(12), rng.randint(1, 9))))
        wrong = np.array([rng.choice([0.005, 0.02, 0.1, 0.4]) for _ in range(13)])
        edges = [(int(a), int(a) + 1) for a in at]
        vertices = sorted({v for edge in edges for v in edge})
        best = min(
            sum(-math.log(wrong[v]) for v in chosen)
            for size in range(len(vertices) + 1)
            for chosen in itertools.combinations(vertices, size)
            if all(a in chosen or b in chosen for a, b in edges)
        )
        cover = _cover(at, wrong)
        assert all(a in cover or b in cover for a, b in edges)
        assert sum(-math.log(wrong[v]) for v in cover) == pytest.approx(best)
