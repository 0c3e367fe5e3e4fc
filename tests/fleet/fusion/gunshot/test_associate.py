"""Detections joined into incidents: in any order, among others, with lies and echoes."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from fleet.fusion.gunshot import associate
from fleet.fusion.gunshot.air import Floats
from fleet.fusion.gunshot.associate import HOLD_S, Association
from fleet.fusion.gunshot.detections import Detection, Heading
from fleet.fusion.gunshot.incidents import ECHO_S, Incident
from fleet.fusion.gunshot.locator import Locator
from fleet.fusion.gunshot.partition import MOST, Group
from fleet.fusion.gunshot.regions import Curve, Disc, Ellipse
from simulator.worlds.gunshots import EPOCH_S, Network, Plan
from tests.fleet.fusion.gunshot.boxes import AT_S, SIX, away, hear

NINE = (*SIX, (90.0, -120.0), (-130.0, 70.0), (150.0, 130.0))


def _told(association: Association, heard: list[Detection], now: float = AT_S + 3) -> list[Incident]:
    return [incident for one in heard for incident in association.add(one, now)]


def _open(association: Association) -> list[tuple[list[str], int]]:
    """Boxes and shots of each open incident, the one with most boxes first."""
    found = [(sorted(d.node for d in i.detections), i.shots) for i in association.open]
    return sorted(found, key=lambda one: (-len(one[0]), one))


@pytest.mark.parametrize("seed", range(4))
def test_one_shot_is_one_incident_whatever_the_order(seed: int) -> None:
    association = Association()
    heard = hear(20, 10, NINE, noise=np.random.default_rng(seed))
    _told(association, [heard[i] for i in np.random.default_rng(seed).permutation(len(heard))])
    assert len(association.open) == 1
    at = association.open[0].located
    assert away(at.x, at.y, (20, 10)) < 8
    assert association.open[0].boxes == 9


def test_an_incident_keeps_its_number_and_becomes_a_disc_a_curve_and_a_place() -> None:
    association = Association()
    told = _told(association, hear(20, 10, noise=np.random.default_rng(1)))
    assert {incident.number for incident in told} == {1}
    regions = [type(incident.located.region) for incident in told]
    assert regions[:2] == [Disc, Curve]
    assert set(regions[2:]) == {Ellipse}
    size = [i.located.region.major_m for i in told if isinstance(i.located.region, Ellipse)]
    assert size[-1] < size[0], "who comes late makes it better"


def test_a_box_that_reports_minutes_later_still_takes_part() -> None:
    association = Association()
    heard = hear(20, 10, NINE)
    _told(association, heard[:-1])
    assert association.close(AT_S + 300) == []
    told = association.add(heard[-1], AT_S + 300)
    assert [(i.number, i.boxes) for i in told] == [(1, 9)]


def test_what_was_sent_twice_counts_once() -> None:
    association = Association()
    heard = hear(20, 10)
    _told(association, heard)
    assert association.add(heard[2], AT_S + 4) == []
    assert len(association) == 6


def test_what_a_box_says_more_takes_the_place_of_what_it_said() -> None:
    association = Association()
    heard = hear(20, 10)
    _told(association, heard)
    more = [replace(one, onsets_s=(0.0, 0.4)) for one in heard]
    for before, after in zip(heard, more, strict=True):
        assert [i.number for i in association.replace(before, after, AT_S + 5)] == [1]
    (incident,) = association.open
    assert (set(incident.detections), incident.shots, incident.grown_s) == (set(more), 2, AT_S + 5)
    assert len(association) == 6
    assert association.replace(heard[0], more[0], AT_S + 6) == [], "what it said first is not there any more"
    assert association.replace(more[0], more[0], AT_S + 6) == []


def test_what_a_box_says_more_may_part_it_from_others_or_join_it_to_them() -> None:
    association = Association()
    heard = hear(20, 10)
    late = replace(heard[2], at_s=heard[2].at_s + 3.0)
    _told(association, [heard[0], heard[1], late, *heard[3:]])
    assert sorted(i.boxes for i in association.open) == [1, 5]
    right = replace(late, at_s=heard[2].at_s, onsets_s=(0.0, 3.0))
    assert [i.boxes for i in association.replace(late, right, AT_S + 5)] == [6]
    assert [i.number for i in association.open] == [1]
    assert association.holding(late) is None
    assert association.holding(right) is association.incident(1)
    parted = association.replace(right, late, AT_S + 6)
    assert sorted(i.boxes for i in parted) == [1, 5]


def test_a_settled_incident_stays_what_it_is_when_a_box_says_more() -> None:
    association = Association()
    heard = hear(20, 10, NINE)
    _told(association, heard)
    assert association.open[0].settled
    (told,) = association.replace(heard[0], replace(heard[0], posterior=0.1), AT_S + 5)
    assert (told.number, told.boxes, told.settled) == (1, 9, True)


def test_what_is_put_back_is_as_it_was() -> None:
    before, after = Association(), Association()
    _told(before, hear(20, 10))
    _told(before, [replace(d, at_s=d.at_s + 100) for d in hear(-50, 40)])
    for incident in before.open:
        after.restore(incident.number, incident.detections, incident.grown_s)
    assert [(i.number, i.detections, i.grown_s) for i in after.open] == [
        (i.number, i.detections, i.grown_s) for i in before.open
    ]
    assert [i.located.region for i in after.open] == [i.located.region for i in before.open]
    (new,) = after.add(Detection("other", 0.0, 0.0, AT_S + 200), AT_S + 200)
    assert new.number == 3, "a number is not given twice"


@pytest.mark.parametrize("seed", [71, 72, 73])
def test_two_who_shoot_in_one_second_are_two_incidents(seed: int) -> None:
    network = Network(Plan(hearers=(6, 8), late=0.0), np.random.default_rng(seed))
    one = network.shot(place=(-200, -150), volley=(0.0, 0.31, 0.52))
    other = network.shot(EPOCH_S + 0.35, place=(300, 250), volley=(0.0, 0.2, 0.62))
    heard = [*one.heard, *other.heard]
    association = Association()
    _told(association, [heard[i] for i in network.rng.permutation(len(heard))], EPOCH_S + 5)
    expected = [(sorted(d.node for d in shot.heard), 3) for shot in (one, other)]
    assert _open(association) == sorted(expected, key=lambda i: (-len(i[0]), i))


def test_automatic_fire_of_which_boxes_miss_shots_is_one_volley_rightly_placed() -> None:
    rng = np.random.default_rng(5)
    volley = (0.0, *np.cumsum(0.09 + rng.normal(0, 2e-3, 7)))
    heard = []
    for number, one in enumerate(hear(20, 10)):
        kept = [v for i, v in enumerate(volley) if i not in {number, number + 3}]
        heard.append(replace(one, at_s=one.at_s + kept[0], onsets_s=tuple(float(v - kept[0]) for v in kept)))
    association = Association()
    _told(association, heard)
    assert len(association.open) == 1
    at = association.open[0].located
    assert away(at.x, at.y, (20, 10)) < 3
    assert all(r.onset_ms is not None and abs(r.onset_ms) < 5 for r in at.residuals)


def test_a_false_detection_joins_nothing() -> None:
    association = Association()
    heard = hear(20, 10, NINE, noise=np.random.default_rng(2))
    liar = Detection("liar", 60.0, -40.0, AT_S + 0.9, position_sigma_m=0.0)
    _told(association, [heard[0], liar, *heard[1:]])
    assert [boxes for boxes, _ in _open(association)] == [[f"box-{i}" for i in range(9)], ["liar"]]


def test_what_follows_at_the_same_box_is_an_echo_and_not_a_second_shot() -> None:
    association = Association()
    heard = hear(20, 10, NINE)
    _told(association, heard)
    told = association.add(replace(heard[3], at_s=heard[3].at_s + 0.7), AT_S + 4)
    assert [(i.boxes, i.echo_of) for i in told] == [(1, 1)]
    assert association.open[0].boxes == 9


def test_before_the_shot_or_long_after_it_nothing_is_an_echo() -> None:
    association = Association()
    heard = hear(20, 10, NINE)
    _told(association, heard)
    for off in (-0.7, ECHO_S + 0.5):
        assert [i.echo_of for i in association.add(replace(heard[3], at_s=heard[3].at_s + off), AT_S + 4)] == [None]


def test_sound_does_not_go_three_kilometres_in_a_second() -> None:
    association = Association()
    far = [replace(d, node=f"far-{d.node}", x=d.x + 5000) for d in hear(20, 10)]
    _told(association, [*hear(20, 10), *far])
    assert [len(boxes) for boxes, _ in _open(association)] == [6, 6]


def test_a_box_without_a_clock_joins_where_its_bearing_points() -> None:
    association = Association()
    _told(association, hear(20, 10))
    unset = Detection("unset", 500.0, 10.0, 0.0, synchronised=False, bearing=Heading(math.radians(271), math.radians(2)))
    assert [i.boxes for i in association.add(unset, AT_S + 5)] == [7]
    elsewhere = replace(unset, node="elsewhere", bearing=Heading(math.radians(60), math.radians(2)))
    assert [i.boxes for i in association.add(elsewhere, AT_S + 5)] == [1]
    assert association.add(unset, AT_S + 6) == [], "sent twice"
    later = replace(unset, node="later")
    assert [i.boxes for i in association.add(later, AT_S + 120)] == [1]


def test_a_box_that_always_shouts_is_named_and_weighs_less() -> None:
    association = Association()
    heard = hear(20, 10, noise=np.random.default_rng(3))
    _told(association, heard)
    association.close(AT_S + 2 * HOLD_S)
    for minute in range(12):
        at = AT_S + 5000 + 60 * minute
        association.add(replace(heard[0], at_s=at), at)
    association.close(AT_S + 20_000)
    assert [one.node for one in association.trust.shouting()] == [heard[0].node]
    once = association.add(replace(heard[0], at_s=AT_S + 30_000), AT_S + 30_000)
    assert once[0].probability < 0.3, "it says 0.9"
    others = association.add(replace(heard[1], at_s=AT_S + 40_000), AT_S + 40_000)
    assert others[0].probability == pytest.approx(0.9)


def test_a_box_alone_is_not_blamed_for_being_alone() -> None:
    association = Association()
    lonely = Detection("lonely", 9000.0, 0.0, AT_S)
    for minute in range(12):
        association.add(replace(lonely, at_s=AT_S + 60 * minute), AT_S + 60 * minute)
    association.close(AT_S + 20_000)
    assert association.trust.of("lonely") == 1.0


def test_one_sound_heard_by_many_is_not_surer_than_what_each_says() -> None:
    association = Association()
    _told(association, [replace(d, posterior=0.3) for d in hear(20, 10)])
    assert association.open[0].probability == pytest.approx(0.3)


def test_clocks_learn_from_what_is_closed() -> None:
    network = Network(Plan(clock_s=0.01, steady=0.95, hearers=(7, 9), late=0.0), np.random.default_rng(31))
    association = Association()
    for hour in range(8):
        now = EPOCH_S + 3600.0 * hour
        for one in network.shot(now).heard:
            association.add(one, now + 2)
        association.close(now + 2 + 2 * HOLD_S)
    assert not association.open
    assert len(association) == 0
    known = [association.biases.of(f"box-{i:03}") for i in (7, 11, 12, 13, 17)]
    assert all(bias is not None and bias[1] < 0.8 * 0.01 for bias in known)


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(associate, "MOST_OPEN", 20)
    association = Association()
    for number in range(60):
        association.add(Detection(f"box-{number}", 4000.0 * number, 0.0, AT_S + number), AT_S + number)
    assert len(association) == 20
    assert len(association.open) == 20
    assert len(association._places) == 20
    assert sum(map(len, association._open._seconds.values())) == 20


def test_work_is_bounded_where_everybody_hears_something(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty boxes at one place, each with something else to say: none is looked at with more than a few others."""
    rng = np.random.default_rng(6)
    looked: list[int] = []

    def divide(heard: list[Detection], trust: Floats, locator: Locator) -> list[Group]:
        looked.append(len(heard))
        return [Group((i,), locator((one,))) for i, one in enumerate(heard)]

    monkeypatch.setattr(associate, "divide", divide)
    association = Association()
    for number in range(30):
        one = Detection(
            f"box-{number}", float(rng.uniform(0, 900)), float(rng.uniform(0, 900)), AT_S + float(rng.uniform(0, 3))
        )
        association.add(one, AT_S + 4)
    assert len(association) == 30
    assert max(looked) == MOST
    assert sum(len(i.detections) for i in association.open) == 30


def test_a_box_that_shouts_does_not_make_what_others_doubt_a_shot() -> None:
    association = Association()
    for second in range(0, 3600, 120):
        association.add(Detection("box-0", -300.0, -250.0, AT_S + second, posterior=0.999), AT_S + second + 1)
    doubted = [replace(d, posterior=0.999 if d.node == "box-0" else 0.55) for d in hear(20, 10, at_s=AT_S + 3700)]
    told = _told(association, doubted, AT_S + 3703)
    assert max(told, key=lambda incident: incident.boxes).probability < 0.8


def test_what_a_box_told_alone_in_the_last_minutes_speaks_against_it() -> None:
    """Before anything closes: a box that begins to shout is not believed for ten minutes first."""
    association = Association()
    probabilities = [
        association.add(Detection("new", 0.0, 0.0, AT_S + 30 * number, posterior=0.99), AT_S + 30 * number)[0].probability
        for number in range(5)
    ]
    assert probabilities[0] == pytest.approx(0.99)
    assert probabilities == sorted(probabilities, reverse=True)
    assert probabilities[-1] < 0.5
