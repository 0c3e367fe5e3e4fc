"""Field quality: what a version says and what people decide about it, beside the version before it."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from fleet.accounts.accounts import Person, Role
from fleet.oversight.verdicts import Decision, Verdicts
from fleet.rollouts.errors import UnknownRolloutError
from fleet.rollouts.quality import FieldQuality
from fleet.rollouts.statistics import LEAST, out_of_range, quantile, summarise, wilson
from fleet.store.tables import event as event_table
from protocol.basis import Estimate
from protocol.codec import Message, encode_event
from protocol.events import Clock, ClockSource, CrowdAlert, CrowdCount, Event, EventBody, EventType, ModelRef, Phase
from protocol.identifiers import uuid7
from tests.fleet.fusion.gunshot.boxes import AT_S, hear
from tests.fleet.fusion.gunshot.city import City as Shots
from tests.fleet.fusion.gunshot.city import word
from tests.fleet.rollouts.city import FLEET, START, City
from tests.fleet.rollouts.fleet import BUNDLE

OLGA = Person("olga", Role.OPERATOR)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(0, 10, 0.0, 0.2775), (1, 10, 0.0179, 0.4042), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (95, 100, 0.8882, 0.9785)],
)
def test_the_interval_of_a_share(successes: int, n: int, low: float, high: float) -> None:
    """Values of the formula as published tables give them."""
    share = wilson(successes, n)
    assert share is not None
    assert share.low == pytest.approx(low, abs=5e-4)
    assert share.high == pytest.approx(high, abs=5e-4)


def test_of_nothing_there_is_no_share() -> None:
    assert wilson(0, 0) is None
    assert summarise([], [], 0, (0, 0)) is None


@given(st.integers(0, 500), st.integers(1, 500))
def test_a_share_lies_in_its_interval(successes: int, n: int) -> None:
    share = wilson(min(successes, n), n)
    assert share is not None
    assert 0 <= share.low <= share.value <= share.high <= 1


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200), st.floats(0, 1))
def test_a_quantile_lies_between_the_ends_and_rises(values: list[float], q: float) -> None:
    ordered = sorted(values)
    assert ordered[0] <= quantile(ordered, q) <= ordered[-1] + 1e-9
    assert quantile(ordered, q / 2) <= quantile(ordered, q) + 1e-6


def test_a_summary_is_what_the_formulas_say() -> None:
    found = summarise([1.0, 2.0, 3.0, 4.0, 10.0], [0.5, 0.5, 1.0, 1.0, 2.0], 2, (1, 50))
    assert found is not None
    assert (found.n, found.devices, found.mean, found.median, found.half_width) == (5, 2, 4.0, 3.0, 1.0)
    assert found.sd == pytest.approx(math.sqrt(12.5))
    assert found.missed.value == 0.02


def test_what_is_like_before_is_not_flagged_and_what_is_not_is() -> None:
    rng = random.Random(5)
    before = [rng.gauss(10, 3) for _ in range(2000)]
    for seed in range(20):
        alike = out_of_range([random.Random(seed).gauss(10, 3) for _ in range(3000)], before)
        assert alike is not None
        assert not alike.flagged, seed
    wider = out_of_range([rng.gauss(10, 5) for _ in range(500)], before)
    assert wider is not None
    assert wider.flagged
    a_few = out_of_range([50.0, 50.0], before)
    assert a_few is not None
    assert a_few.flagged, "two of two is more than two in a hundred, certainly"
    assert out_of_range([1.0], before[: LEAST - 1]) is None
    assert out_of_range([], before) is None


def said(city: City, name: str, kind: EventType, observed: Any, version: str, **more: Any) -> Message:
    box = city.keys[name]
    box.seq += 1
    model = ModelRef(BUNDLE, version, "0" * 64, "default")
    body = EventBody(START, Clock(ClockSource.NTP, True), observed, model=model, **more)
    return encode_event(Event(FLEET, name, uuid7(box.seq), kind, START, box.boot, box.seq, body))


def count(people: float, missed: int = 0, *, moved: bool = False) -> CrowdCount:
    return CrowdCount("square", Estimate(people, people - 1, people + 1), 30.0, 100, 0, 9, missed, moved=moved)


ALERT = CrowdAlert("square", Estimate(12, 10, 14), 13, 10, 7, 4)


@pytest.fixture
def lively(city: City) -> City:
    """Four boxes ran 1.2.0; one of them says nonsense with 1.3.0."""
    city.begin()
    rng = random.Random(2)
    messages = [said(city, f"box-00{n % 4}", EventType.CROWD_COUNT, count(abs(rng.gauss(8, 2))), "1.2.0") for n in range(1200)]
    messages += [
        said(city, "box-000", EventType.CROWD_COUNT, count(abs(rng.gauss(30, 2)), missed=10), "1.3.0") for _ in range(50)
    ]
    messages += [said(city, "box-001", EventType.CROWD_COUNT, count(5), "9.9.9") for _ in range(3)]
    messages += [said(city, "box-002", EventType.CROWD_COUNT, count(0, moved=True), "1.3.0") for _ in range(20)]
    for version, alerts in (("1.2.0", 6), ("1.3.0", 4)):
        for _ in range(alerts):
            incident = uuid7(rng.randrange(2**40))
            for phase in (Phase.NEW, Phase.END):
                more = {"incident": incident, "phase": phase}
                messages.append(said(city, "box-000", EventType.CROWD_ALERT, ALERT, version, **more))
    assert city.sink.store(messages).quarantined == 0
    city.run()
    return city


def incidents(city: City, version: str) -> list[str]:
    with city.engine.connect() as connection:
        query = event_table.select().where(event_table.c.type == "crowd.alert").order_by(event_table.c.row)
        return list(dict.fromkeys(row.incident for row in connection.execute(query) if version.encode() in row.body))


def test_both_versions_stand_side_by_side(lively: City) -> None:
    verdicts = Verdicts(lively.engine)
    old, new = incidents(lively, "1.2.0"), incidents(lively, "1.3.0")
    for incident in old[:5]:
        verdicts.give(OLGA, incident, Decision.CONFIRM)
    for incident in new[:3]:
        verdicts.give(OLGA, incident, Decision.CONFIRM)
    for incident in new[:2]:
        verdicts.give(OLGA, incident, Decision.DISMISS, "nobody there")  # the last verdict stands
    found = FieldQuality(lively.engine).of(1)
    assert found.before is not None
    assert (found.new.version, found.before.version) == ("1.3.0", "1.2.0")
    assert (found.before.alerts, found.before.judged, found.new.alerts, found.new.judged) == (6, 5, 4, 3)
    assert found.before.precision == wilson(5, 5)
    assert found.new.precision == wilson(1, 3)
    assert found.before.outputs is not None
    assert found.new.outputs is not None
    assert (found.before.outputs.n, found.before.outputs.devices) == (1200, 4)
    assert (found.new.outputs.n, found.new.outputs.devices, found.new.outputs.half_width) == (50, 1, 1.0)
    assert found.before.outputs.mean == pytest.approx(8, abs=0.3)
    assert found.new.outputs.missed.value == pytest.approx(10 / 110)
    assert found.new.range is not None
    assert found.new.range.flagged
    assert found.before.range is None


def test_of_shots_the_managers_incident_counts(lively: City) -> None:
    """Three boxes hear two of them, of which one ran the new version; a person confirms one."""
    shots = Shots(lively.engine)
    for minute in range(2):
        heard = hear(20, 10, at_s=AT_S + 60 * minute)[:3]
        shots.hear(
            *(
                word(one, model=ModelRef(BUNDLE, version, "0" * 64, "default"))
                for one, version in zip(heard, ("1.2.0", "1.3.0" if minute else "1.2.0", "1.2.0"), strict=True)
            )
        )
        shots.run(60)
    first, second = (incident for incident, _ in shots.phases())
    Verdicts(lively.engine).give(OLGA, second, Decision.CONFIRM)
    found = FieldQuality(lively.engine).of(1)
    assert found.before is not None
    assert (found.before.alerts, found.before.judged, found.new.alerts, found.new.judged) == (6 + 2, 1, 4 + 1, 1)
    assert found.new.precision == wilson(1, 1)
    assert first != second


def test_an_answer_holds_for_a_moment_and_what_cannot_be_read_is_left_out(lively: City) -> None:
    now = [0.0]
    quality = FieldQuality(lively.engine, lambda: now[0])
    first = quality.of(1)
    with lively.engine.begin() as connection:
        connection.execute(update(event_table).where(event_table.c.type == "crowd.count").values(body=b'{"of": "tomorrow"}'))
    assert quality.of(1) is first
    now[0] = 16.0
    second = quality.of(1)
    assert second.new.outputs is None
    assert second.new.alerts == 4
    with pytest.raises(UnknownRolloutError):
        quality.of(2)
