"""From words in the store to what people are told, on both databases."""

from __future__ import annotations

import math
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from sqlalchemy import Engine

from fleet.fusion.gunshot.associate import HOLD_S
from fleet.fusion.gunshot.detections import Detection, Heading
from fleet.fusion.gunshot.job import read_pulse
from fleet.fusion.gunshot.told import EllipseOnMap, SectorOnMap, ShotsTold
from protocol.events import Phase
from protocol.gunshot import FireMode
from tests.fleet.fusion.gunshot.boxes import AT_S, SIX, hear
from tests.fleet.fusion.gunshot.city import PLANE, City, incident_of, word

NINE = (*SIX, (90.0, -120.0), (-130.0, 70.0), (150.0, 130.0))
THERE = (20.0, 10.0)


def _away(city: City, number: int = -1) -> float:
    """Of a told ellipse's middle from where it was, metres."""
    region = city.told()[number].observed.region
    assert isinstance(region, EllipseOnMap)
    x, y = PLANE.metres(region.lat, region.lon)
    return math.hypot(x - THERE[0], y - THERE[1])


def test_a_shot_that_several_boxes_hear_is_told_once_and_located(either: Engine) -> None:
    city = City(either)
    city.heard(hear(*THERE, NINE))
    city.run(1)
    (incident, phases), *others = city.phases()
    assert others == []
    assert phases[0] == "n"
    assert set(phases[1:]) <= {"u"}
    last = city.told()[-1]
    assert _away(city) < 5
    assert len(last.observed.boxes) == 9
    assert [row.incident for row in city.rows()] == [incident] * 9
    assert abs(last.observed.fired_at - AT_S * 1e6) < 20_000
    cues = {cue.name: cue.value for cue in last.assessed.cues}
    assert (cues["boxes"], cues["shots"], cues["snr-best"], cues["confuser"]) == (9, 1, 20, 0.2)
    assert {"boxes-believed", "region", "fit"} <= cues.keys()
    assert last.assessed.probability == pytest.approx(0.75), "odds of 9 to 1 count by half at 20 dB"
    near = [math.hypot(*np.subtract(PLANE.metres(b.lat, b.lon), THERE)) for b in last.observed.boxes]
    assert near == pytest.approx(sorted(near), abs=1), "nearest first"
    city.run(HOLD_S + 1)
    assert city.phases() == [(incident, phases + "e")]
    assert city.incidents()[0].closed == city.now
    assert len(city.job._joining) == 0  # type: ignore[arg-type]


def test_what_few_boxes_hear_is_kept_and_nobody_is_told(engine: Engine) -> None:
    city = City(engine)
    city.heard(hear(*THERE)[:2])
    city.run(HOLD_S + 1)
    assert city.told() == []
    (kept,) = city.incidents()
    assert (kept.raised, kept.boxes, kept.closed) == (None, 2, city.now)
    assert {row.incident for row in city.rows()} == {kept.id}


def test_boxes_that_come_late_make_the_place_better_under_the_same_id(engine: Engine) -> None:
    city = City(engine)
    heard = hear(*THERE, NINE, noise=np.random.default_rng(4))
    city.heard(heard[:4])
    for one in heard[4:]:
        city.now += 60_000
        city.heard([one])
    assert [phases for _, phases in city.phases()] == ["n" + "u" * 5]
    size = [one.observed.region.major_m for one in city.told() if isinstance(one.observed.region, EllipseOnMap)]
    assert size[-1] < size[0]


def test_what_a_box_says_more_takes_the_place_of_what_it_said(engine: Engine) -> None:
    """Automatic fire: the first word knows one shot, the next five; an older word that comes late changes nothing."""
    city = City(engine)
    heard = hear(*THERE)
    first = [word(one, incident_of(one.node)) for one in heard]
    more = [replace(one, onsets_s=(0.0, 0.1, 0.2, 0.3, 0.4)) for one in heard]
    between = [word(replace(one, onsets_s=(0.0, 0.1)), incident_of(one.node), Phase.UPDATE) for one in heard]
    city.hear(*first)
    city.run()
    city.now += 1000
    city.hear(*(word(one, incident_of(one.node), Phase.UPDATE) for one in more))
    city.run()
    city.hear(*between)
    city.run()
    assert [row.shots for row in city.rows()] == [5] * 6
    city.now += 1000
    city.hear(*(word(one, incident_of(one.node), Phase.END) for one in more))
    city.run(1)
    assert len(city.phases()) == 1
    last = city.told()[-1].observed
    assert (last.shots.value, last.mode, len(last.boxes)) == (5, FireMode.BURST, 6)
    assert [(row.shots, row.ended) for row in city.rows()] == [(5, True)] * 6


def test_people_are_told_a_few_times_a_second_at_most_and_of_the_end_of_it(engine: Engine) -> None:
    city = City(engine)
    for one in hear(*THERE, NINE, noise=np.random.default_rng(4)):
        city.now += 10
        city.heard([one])
    assert city.phases()[0][1] == "n", "the rest waits"
    city.run(0.5)
    assert city.phases()[0][1] == "nu"
    assert len(city.told()[-1].observed.boxes) == 9


def test_a_box_without_a_position_is_named_and_nothing_is_made_of_it(engine: Engine) -> None:
    city = City(engine)
    city.hear(*(word(one, where=None) if one.node == "box-2" else word(one) for one in hear(*THERE)))
    city.run(3)
    pulse = read_pulse(engine)
    assert pulse is not None
    assert (pulse.at, pulse.open) == (city.now, 1)
    assert pulse.doubted == ("box-2/roof: does not say where it is; set its position",)
    assert {row.device: row.doubt for row in city.rows() if row.doubt} == {"box-2": pulse.doubted[0].split(": ")[1]}
    assert len(city.told()[-1].observed.boxes) == 5


def test_clocks_that_are_not_set_give_no_place(engine: Engine) -> None:
    """A count and a bearing still: the shot itself is located by the others."""
    city = City(engine)
    unset = Detection("unset", 500.0, 10.0, 5.0, synchronised=False, bearing=Heading(math.radians(271), math.radians(2)))
    city.heard([*hear(*THERE), unset])
    city.run(1)
    last = city.told()[-1].observed
    told = next(box for box in last.boxes if box.device == "unset")
    assert (told.synchronised, told.residual_ms, told.rejected) == (False, None, None), "its bearing is believed"
    assert told.residual_deg is not None
    assert _away(city) < 5
    city.run(3600)
    city.heard([replace(unset, node="other", at_s=6.0)])
    alone = city.incidents()[-1]
    seen = msgspec.json.decode(alone.seen, type=ShotsTold)
    assert isinstance(seen.region, SectorOnMap)
    assert (alone.begun, seen.fired_at) == (city.now, city.now * 1000), "when it came"


def test_a_box_that_contradicts_all_others_is_shown_with_why(engine: Engine) -> None:
    """It says that it hangs 80 m from where it does."""
    city = City(engine)
    heard = [replace(d, x=d.x + 80) if d.node == "box-6" else d for d in hear(*THERE, NINE)]
    city.heard(heard)
    city.run(1)
    liar = next((box for box in city.told()[-1].observed.boxes if box.device == "box-6"), None)
    assert _away(city) < 5
    assert liar is None or liar.rejected is not None
