"""Clones among the reads of a store: one alert for each plate, told again when there is more, judged like any other."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec
from sqlalchemy import Engine, select

from fleet.accounts.accounts import Person, Role
from fleet.fusion.anpr.clones import TELL_FROM
from fleet.fusion.anpr.erasing import Erasing
from fleet.fusion.anpr.keeping import Keeping
from fleet.fusion.anpr.suspects import Suspects
from fleet.fusion.anpr.told import CloneSeen
from fleet.fusion.job import LOOK_S, Job, read_pulse
from fleet.fusion.made import CLONE, MadeBody
from fleet.ingest.sink import Sink
from fleet.oversight.verdicts import Decision, Verdicts
from fleet.store.anpr import anpr_clone
from fleet.store.tables import event, quarantine
from protocol.events import Phase
from protocol.pseudonyms import pseudonym
from tests.fleet.events import with_attribute
from tests.fleet.fusion.anpr.events import DAY_MS, KEY, POLICY, T0, counts, read, store

PLATE = "1ABC234"


def twice(engine: Engine, times: range, plate: str = PLATE, **more: Any) -> None:
    """In the north, and half a minute later in the south."""
    pairs = (
        (read(plate, "box-n", T0 + n * 7_200_000, **more), read(plate, "box-s", T0 + n * 7_200_000 + 30_000, **more))
        for n in times
    )
    store(engine, *itertools.chain.from_iterable(pairs), received=T0)
    Keeping(engine).take()


def told(engine: Engine) -> list[MadeBody[CloneSeen]]:
    with engine.connect() as connection:
        bodies = connection.execute(select(event.c.body).where(event.c.type == CLONE).order_by(event.c.row)).scalars()
        return [msgspec.json.decode(body, type=MadeBody[CloneSeen]) for body in bodies]


def test_one_alert_for_a_plate_and_another_word_when_there_is_more(either: Engine) -> None:
    suspects = Suspects(either, POLICY)
    twice(either, range(4))
    assert suspects.look(T0) == 1
    assert suspects.look(T0 + 1) == 0, "by the same contradictions nobody is told again"
    twice(either, range(4, 6))
    assert suspects.look(T0 + 2) == 1
    first, second = told(either)
    assert (first.phase, second.phase, first.incident) == (Phase.NEW, Phase.UPDATE, second.incident)
    assert (first.observed.contradictions, second.observed.contradictions) == (4, 6)
    assert TELL_FROM <= first.assessed.probability <= second.assessed.probability < 1
    assert len({cue.name for cue in first.assessed.cues}) >= 3, "at least three independent cues"
    assert {first.observed.first.device, first.observed.second.device} == {"box-n", "box-s"}
    with either.connect() as connection:
        assert connection.execute(select(anpr_clone.c.pseudonym)).scalar_one() == pseudonym(KEY, PLATE)
        bodies = b"".join(connection.execute(select(event.c.body).where(event.c.type == CLONE)).scalars())
    assert pseudonym(KEY, PLATE).encode() not in bodies


def test_one_impossible_pair_is_told_to_nobody(engine: Engine) -> None:
    twice(engine, range(1))
    assert Suspects(engine, POLICY).look(T0) == 0


def test_pseudonyms_of_two_purposes_are_never_joined(engine: Engine) -> None:
    store(
        engine,
        *(read(PLATE, "box-n", T0 + n * 7_200_000) for n in range(6)),
        *(read(PLATE, "box-s", T0 + n * 7_200_000 + 30_000, purpose="short") for n in range(6)),
    )
    Keeping(engine).take()
    assert Suspects(engine, POLICY).look(T0) == 0


def test_unsynchronised_clocks_give_no_verdict(engine: Engine) -> None:
    twice(engine, range(6), synchronised=False)
    assert Suspects(engine, POLICY).look(T0) == 0


def test_a_person_judges_it_like_any_alert(engine: Engine) -> None:
    twice(engine, range(4))
    Suspects(engine, POLICY).look(T0)
    incident = told(engine)[0].incident
    given = Verdicts(engine).give(Person("ada", Role.OPERATOR), incident, Decision.DISMISS, "Two trailers, one number")
    assert given.incident == incident


def test_no_box_can_say_that_a_plate_is_cloned(engine: Engine) -> None:
    """The wire does not know the type: what claims it is refused."""
    forged = read(PLATE, "box-n", T0)
    store(engine, read("1ABC999", "box-n", T0))
    topic = forged.topic.replace("anpr.read", CLONE)
    Sink(engine).store([type(forged)(topic, forged.payload, with_attribute(forged, "type", CLONE).properties)])
    with engine.connect() as connection:
        assert connection.execute(select(quarantine.c.reason)).scalar() is not None
        assert connection.execute(select(event.c.row).where(event.c.type == CLONE)).first() is None


def test_a_confirmed_alert_goes_when_its_contradictions_are_too_old(engine: Engine) -> None:
    twice(engine, range(4))
    Suspects(engine, POLICY).look(T0)
    Verdicts(engine).give(Person("ada", Role.OPERATOR), told(engine)[0].incident, Decision.CONFIRM, "Two cars")
    Erasing(engine, POLICY).erase(T0 + 27 * DAY_MS)
    assert len(told(engine)) == 1
    Erasing(engine, POLICY).erase(T0 + 29 * DAY_MS)
    assert counts(engine) == (0, 0, 0)
    with engine.connect() as connection:
        assert connection.execute(select(anpr_clone.c.incident)).first() is None


def test_the_process_keeps_looks_and_erases_by_its_clock(engine: Engine) -> None:
    now = T0
    job = Job(engine, POLICY, now=lambda: now)
    job.turn()
    pairs = [(read(PLATE, "box-n", T0 + n * 7_200_000), read(PLATE, "box-s", T0 + n * 7_200_000 + 30_000)) for n in range(4)]
    store(engine, *itertools.chain.from_iterable(pairs), received=T0)
    job.turn()
    assert counts(engine)[1] == 8
    assert told(engine) == [], "not before it is due"
    now = T0 + round(1000 * LOOK_S)
    job.turn()
    assert len(told(engine)) == 1
    pulse = read_pulse(engine)
    assert pulse is not None
    assert pulse.at == now
    now = T0 + 29 * DAY_MS
    job.turn()
    assert counts(engine) == (0, 0, 0)
