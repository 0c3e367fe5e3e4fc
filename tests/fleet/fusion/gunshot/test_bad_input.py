"""What boxes may say that nobody should: nothing stops, and everybody else's shots are told."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from fleet.fusion.gunshot import pace
from fleet.fusion.gunshot.associate import Association
from fleet.fusion.gunshot.detections import Detection
from fleet.fusion.gunshot.heard import Heard, read
from fleet.fusion.gunshot.incidents import Incident
from fleet.fusion.gunshot.job import BATCH, read_pulse
from fleet.fusion.gunshot.joining import Joining
from fleet.fusion.gunshot.pace import MOST_A_MINUTE, Pace
from fleet.fusion.gunshot.plane import middle
from fleet.fusion.gunshot.raising import Standard
from fleet.fusion.gunshot.told import ShotsTold
from fleet.fusion.made import MadeBody
from protocol.basis import Estimate
from protocol.events import Assessed, Clock, ClockSource, EventBody, Phase, Where
from protocol.gunshot import Bearing, Confuser, FireMode, GunshotDetected, Hearing
from tests.fleet.fusion.anpr.events import newer
from tests.fleet.fusion.gunshot.boxes import SIX, hear
from tests.fleet.fusion.gunshot.city import PLANE, T0, City, incident_of, word


def test_an_event_of_a_newer_contract_is_passed_over(engine: Engine) -> None:
    city = City(engine)
    first, *others = hear(20, 10)
    city.hear(newer(word(first)), *map(word, others))
    city.run(1)
    assert len(city.rows()) == 5
    assert len(city.told()[-1].observed.boxes) == 5


def test_two_boxes_that_use_one_name_for_what_they_heard_are_two(engine: Engine) -> None:
    city = City(engine)
    city.hear(*(word(one, incident_of("same")) for one in hear(20, 10)[:3]))
    city.run()
    assert len(city.rows()) == 3
    assert len(city.told()[-1].observed.boxes) == 3


def test_the_first_box_that_says_nonsense_of_where_it_is_does_not_move_the_city(engine: Engine) -> None:
    """It is refused once others are known; what was refused before says so."""
    city = City(engine)
    city.hear(word(hear(20, 10)[0], where=Where(0.0, 0.0)))
    city.run()
    city.run(60)
    for at in (0, 60, 120):
        city.heard(hear(20, 10, at_s=T0 / 1000 + 62 + at))
        city.run(60)
    assert len(city.phases()) == 3
    city.hear(word(hear(20, 10)[0], where=Where(0.0, 0.0)))
    city.run(3)
    pulse = read_pulse(engine)
    assert pulse is not None
    assert "is not in the city around" in pulse.doubted[0]


def test_the_middle_of_places_is_where_most_are() -> None:
    assert middle([]) is None
    assert middle([(90.0, 0.0)]) is None
    city = middle([(48.2, 16.3), (48.3, 16.4), (0.0, 0.0)])
    assert city is not None
    assert (city.lat, city.lon) == pytest.approx((48.2, 16.3))
    across = middle([(-17.0, 179.9), (-17.0, -179.9), (-17.0, 180.0)])
    assert across is not None
    assert abs(across.lon) == pytest.approx(180.0)


def test_a_box_says_no_more_than_anybody_can_hear() -> None:
    counted = Pace()
    assert [counted.allows("box", 10 * n) for n in range(MOST_A_MINUTE + 5)] == [True] * MOST_A_MINUTE + [False] * 5
    assert counted.allows("other", 0)
    assert counted.allows("box", 60_000)
    assert not counted.allows("box", 60_001)


def test_a_flood_of_one_box_is_kept_and_makes_nobody_wait(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "MOST_A_MINUTE", 5)
    city = City(engine)
    flood = [Detection("flood", 0.0, 0.0, T0 / 1000 - 30 * n, posterior=0.9) for n in range(20)]
    city.hear(*map(word, flood))
    city.heard(hear(20, 10))
    city.run(3)
    assert sum(row.device == "flood" and row.incident is None for row in city.rows()) == 15
    assert len(city.phases()) == 1
    pulse = read_pulse(engine)
    assert pulse is not None
    assert pulse.doubted[0].startswith("flood/roof: says more than")


@pytest.mark.parametrize("where", ["add", "tell"])
def test_a_word_at_which_the_arithmetic_fails_is_kept_and_all_others_are_joined(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    add = Association.add

    def fails(self: Association, heard: Detection, now: float) -> list[Incident]:
        if heard.node == "poison":
            raise np.linalg.LinAlgError
        return add(self, heard, now)

    def raising(incident: Incident, _standard: Standard) -> bool:
        if where == "tell" and any(d.node == "poison" for d in incident.detections):
            raise ZeroDivisionError
        return incident.boxes > 2

    if where == "add":
        monkeypatch.setattr(Association, "add", fails)
    city = City(engine, raising=raising)
    heard = hear(20, 10)
    city.heard([heard[0], replace(heard[1], node="poison"), *heard[2:]])
    city.run(1)
    assert [len(body.observed.boxes) for body in city.told()][-1] == 5
    doubts = {row.device: row.doubt for row in city.rows() if row.doubt}
    assert list(doubts) == ["poison"]
    city.begin()
    city.run(1)
    assert len(city.phases()) == 1


def test_more_than_a_batch_is_joined_batch_by_batch(engine: Engine) -> None:
    city = City(engine)
    far = [Detection(f"far-{n}", 10_000.0 * n, 0.0, T0 / 1000, posterior=0.5) for n in range(1, 2 * BATCH + 3)]
    city.heard(far)
    assert len({row.incident for row in city.rows()}) == 2 * BATCH + 2


finite = st.floats(allow_nan=False, allow_infinity=False)


def _estimates() -> st.SearchStrategy[Estimate]:
    return st.builds(Estimate, finite, finite, finite)


BODIES = st.builds(
    EventBody,
    captured_at=st.datetimes(timezones=st.just(dt.timezone.utc))
    | st.floats(0, 5).map(lambda s: dt.datetime.fromtimestamp(T0 / 1000 + s, dt.timezone.utc)),
    clock=st.builds(Clock, st.sampled_from(ClockSource), st.booleans(), finite | st.just(0.0), st.none() | st.floats(0, 1e308)),
    observed=st.builds(
        GunshotDetected,
        shots=_estimates(),
        onsets_ms=st.lists(finite | st.floats(0, 3000), min_size=1, max_size=8).map(
            lambda more: (0.0, *sorted({abs(v) for v in more if v}))
        )
        | st.lists(finite, min_size=1, max_size=8).map(tuple),
        onset_sigma_ms=st.floats(5e-324, 1000, exclude_min=False),
        mode=st.sampled_from(FireMode),
        hearing=st.builds(Hearing, st.floats(-200, 20), st.floats(-100, 200)),
        confuser=st.none() | st.builds(Confuser, st.just("fireworks"), st.floats(0, 1)),
        cadence_rpm=st.none() | _estimates(),
        bearing=st.none() | st.builds(Bearing, st.floats(0, 360, exclude_max=True), st.floats(1e-300, 180)),
    ),
    where=st.none()
    | st.builds(Where, st.floats(-90, 90), st.floats(-180, 180), accuracy=st.none() | st.floats(0, 1e7))
    | st.builds(Where, st.floats(48.19, 48.21), st.floats(16.36, 16.38), accuracy=st.none() | st.floats(0, 1e7)),
    assessed=st.none() | st.builds(Assessed, st.just("gunshot"), st.floats(0, 1), st.just(())),
    phase=st.none() | st.sampled_from(Phase),
)


def _heard(body: Any, number: int) -> Heard | None:
    class Row:
        device, incident, id, boot, seq, row, received = "fuzz", f"i-{number % 3}", "e", "b", number, number, T0

    Row.body = msgspec.json.encode(body)  # type: ignore[attr-defined]
    return read(Row)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(BODIES, min_size=1, max_size=5))
def test_whatever_a_box_says_what_is_told_of_it_can_be_read(bodies: list[Any]) -> None:
    joining = Joining(PLANE, lambda _incident, _standard: True)
    for number, one in enumerate(hear(20, 10, SIX[:2])):
        heard = _heard(msgspec.json.decode(word(one).payload), 100 + number)
        assert heard is not None
        joining.take(replace(heard, device=one.node, received=T0))
    for number, body in enumerate(bodies):
        heard = _heard(body, number)
        if heard is not None:
            joining.take(heard)
    changes = joining.changes(T0 + 3000, Standard.NORMAL)
    for kept, phase in changes.told:
        body = MadeBody(kept.seen, kept.assessed, kept.id, phase)
        again = msgspec.json.decode(msgspec.json.encode(body), type=MadeBody[ShotsTold])
        assert again.observed == kept.seen
    assert all(math.isfinite(kept.assessed.probability) for kept in changes.incidents.values())
    assert {box.device for kept in changes.incidents.values() for box in kept.seen.boxes} >= {"box-0", "box-1"}
