"""Questions about plates: a role, a purpose and a reason, or no answer; every answer is in the log; keys gone, answers gone."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import Engine, func, select

from fleet.accounts.accounts import Person, Role
from fleet.audit.log import verify
from fleet.fusion.anpr import search
from fleet.fusion.anpr.disclosing import Asked
from fleet.fusion.anpr.erasing import Erasing
from fleet.fusion.anpr.errors import (
    ClosedError,
    DecisionError,
    NotAllowedError,
    PlatesError,
    PurposeError,
    QuestionError,
    ReasonError,
    UnknownHitError,
)
from fleet.fusion.anpr.keeping import Keeping
from fleet.fusion.anpr.register import CsvRegister, Vehicle
from fleet.fusion.anpr.search import Plates
from fleet.fusion.anpr.suspects import Suspects
from fleet.oversight.verdicts import Decision, Verdicts
from fleet.store.anpr import anpr_search
from fleet.store.tables import audit
from protocol.events import Colour, VehicleKind
from protocol.identifiers import uuid7
from protocol.plates import PlateError
from tests.fleet.fusion.anpr.events import DAY_MS, KEY, KEY_ID, POLICY, T0, hit, read, store

ADA = Person("ada", Role.OPERATOR)
WHY = "case 2026/1234"
LISTS = {"stolen": "stolen-vehicles", "zone": "low-emission-zone"}


class Held:
    """Keys as the key store holds them."""

    def __init__(self, *keys: tuple[str, bytes]) -> None:
        self.held, self.asked = list(keys), list[tuple[str, int]]()

    def keys(self, purpose: str, at: int) -> list[tuple[str, bytes]]:
        self.asked.append((purpose, at))
        return self.held if purpose == "travel-times" else []


def asked(purpose: str = "travel-times", reason: str = WHY, person: Person = ADA) -> Asked:
    return Asked(person, purpose, reason)


@pytest.fixture
def held() -> Held:
    return Held((KEY_ID, KEY))


@pytest.fixture
def plates(either: Engine, held: Held) -> Plates:
    register = CsvRegister({"1XYZ088": Vehicle("1XYZ088", "Opel", VehicleKind.CAR, Colour.WHITE, "stolen")})
    store(
        either,
        read("1ABC234", "box-n", T0),
        read("1ABC234", "box-s", T0 + 900_000),
        read("1ABC999", "box-s", T0 + 60_000),
        hit("1XYZ088", "box-n", T0 + 10_000, incident=uuid7(1)),
        hit("1XYZ088", "box-s", T0 + 700_000, incident=uuid7(2)),
        hit("1XYZ088", "box-s", T0 + 800_000, on="zone", incident=uuid7(3)),
    )
    Keeping(either, lambda _c, name, _v: LISTS.get(name, "")).take()
    return Plates(either, POLICY, held, register, now=lambda: T0)


def on_day(day: int, engine: Engine, held: Held) -> Plates:
    return Plates(engine, POLICY, held, now=lambda: T0 + day * DAY_MS)


def test_after_a_month_an_administrative_purpose_and_a_judicial_one_without_a_decision_show_nothing(
    plates: Plates, either: Engine, held: Held
) -> None:
    """Day 31: 403, 403, and an answer with a prosecutor's written decision, whose reference is in the log."""
    first, zone, stolen = uuid7_of(plates, 0), asked("low-emission-zone"), asked("stolen-vehicles")
    plates = on_day(31, either, held)
    decided = replace(stolen, decision=" BR 2026/44 ")
    for question in (zone, replace(zone, decision="BR 2026/44")):
        with pytest.raises(ClosedError, match=r"older than 30 days is not shown for low-emission-zone$"):
            plates.hits(question, since=T0)
    for way in (
        lambda: plates.hits(stolen, since=T0),
        lambda: plates.plate(stolen, "1XYZ088", since=T0),
        lambda: plates.place(stolen, ["box-s"], T0, T0 + 900_000),
        lambda: plates.hit(ADA, first),
        lambda: plates.path(ADA, first, WHY),
    ):
        with pytest.raises(DecisionError, match="needs a prosecutor's written decision; give its reference"):
            way()
    assert plates.hits(stolen).sightings == plates.plate(stolen, "1XYZ088").sightings == ()
    assert len(plates.hits(decided).sightings) == 2
    assert len(plates.path(ADA, first, WHY, "BR 2026/44").sightings) == 2
    with either.connect() as connection:
        reasons = set(connection.execute(select(anpr_search.c.reason).where(anpr_search.c.reason.contains(";"))).scalars())
    assert reasons == {f"{WHY}; decision BR 2026/44"}
    assert len(on_day(30, either, held).hits(stolen, since=T0 + 1).sightings) == 2, "day 30"


@pytest.mark.usefixtures("plates")
def test_on_day_366_it_is_gone_for_a_prosecutor_too(either: Engine, held: Held) -> None:
    decided = replace(asked("stolen-vehicles"), decision="BR 2026/44")
    for day, count in ((365, 2), (366, 0)):
        Erasing(either, POLICY).erase(T0 + day * DAY_MS)
        assert len(on_day(day, either, held).hits(decided).sightings) == count


def test_a_plate_is_found_under_the_keys_that_are_held(plates: Plates, held: Held) -> None:
    answer = plates.plate(asked(), "1-abc-234")
    assert [(one.device, one.at) for one in answer.sightings] == [("box-s", T0 + 900_000), ("box-n", T0)]
    assert held.asked == [("travel-times", T0)]
    assert all(one.plate is None for one in answer.sightings)
    assert plates.plate(asked(), "1ABC235").sightings == ()


def test_when_the_key_is_destroyed_nobody_can_ask_any_more(plates: Plates, held: Held) -> None:
    held.held = [(KEY_ID, bytes(32))]
    assert plates.plate(asked(), "1ABC234").sightings == (), "another key, another pseudonym"
    held.held = [("travel-times-32", KEY)]
    assert plates.plate(asked(), "1ABC234").sightings == (), "a pseudonym holds within its own period only"
    held.held = []
    with pytest.raises(QuestionError, match="holds no key"):
        plates.plate(asked(), "1ABC234")


def test_hits_are_found_by_plate_under_their_own_purpose_only(plates: Plates) -> None:
    assert [one.at for one in plates.plate(asked("stolen-vehicles"), "1XYZ088").sightings] == [T0 + 700_000, T0 + 10_000]
    assert len(plates.plate(asked("low-emission-zone"), "1XYZ088").sightings) == 1
    assert len(plates.hits(asked("stolen-vehicles")).sightings) == 2
    assert len(plates.hits(asked("stolen-vehicles"), since=T0 + 20_000).sightings) == 1
    with pytest.raises(PurposeError, match="no lists"):
        plates.hits(asked("travel-times"))


def test_a_place_and_a_time_show_reads_without_their_pseudonyms(plates: Plates) -> None:
    answer = plates.place(asked(), ["box-s"], T0, T0 + 100_000)
    assert [(one.device, one.at, one.plate) for one in answer.sightings] == [("box-s", T0 + 60_000, None)]
    assert not hasattr(answer.sightings[0], "pseudonym")
    for devices, since, until in (([], T0, T0 + 1), (["box-s"], T0, T0), ([f"b{n}" for n in range(51)], T0, T0 + 1)):
        with pytest.raises(QuestionError):
            plates.place(asked(), devices, since, until)


@pytest.mark.parametrize(
    ("question", "error"),
    [
        (asked(purpose="curiosity"), PurposeError),
        (asked(purpose=""), PurposeError),
        (asked(reason=""), ReasonError),
        (asked(reason="  because "), ReasonError),
        (asked(reason="x" * 301), ReasonError),
        (asked(person=Person("vik", Role.VIEWER)), NotAllowedError),
        (asked(person=Person("root", Role.ADMIN)), NotAllowedError),
    ],
)
def test_without_role_purpose_or_reason_there_is_no_answer(
    plates: Plates, either: Engine, question: Asked, error: type[PlatesError]
) -> None:
    ways: list[Callable[[], object]] = [
        lambda: plates.plate(question, "1ABC234"),
        lambda: plates.place(question, ["box-s"], T0, T0 + 1),
        lambda: plates.hits(question),
        lambda: plates.clones(question),
    ]
    for way in ways:
        with pytest.raises(error):
            way()
    with either.connect() as connection:
        assert connection.execute(select(func.count()).select_from(anpr_search)).scalar_one() == 0


def test_every_answer_is_in_the_log_with_who_why_and_what_was_disclosed(plates: Plates, either: Engine) -> None:
    shown = plates.plate(asked(), "1ABC234")
    plates.hits(asked("stolen-vehicles"))
    plates.path(ADA, uuid7_of(plates, 0), "where did it go, " + WHY)
    plates.hit(ADA, uuid7_of(plates, 0))
    with either.connect() as connection:
        rows = connection.execute(select(anpr_search).order_by(anpr_search.c.row)).all()
        actions = connection.execute(select(audit.c.actor, audit.c.action, audit.c.subject).order_by(audit.c.row)).all()
    assert [row.what for row in rows] == ["plate", "hits", "hits", "path", "hits", "hit"]
    assert {row.account for row in rows} == {"ada"}
    assert json.loads(rows[0].disclosed) == [one.event for one in shown.sightings]
    assert (rows[0].reason, rows[0].purpose, rows[0].found) == (WHY, "travel-times", 2)
    assert [action.action for action in actions] == [f"anpr.{row.what}" for row in rows]
    assert not any("1ABC234" in str(row) or "1XYZ088" in str(row) for row in [*rows, *actions]), "the log holds no plate"
    assert verify(either).broken_at is None


def uuid7_of(plates: Plates, number: int) -> str:
    found = sorted(plates.hits(asked("stolen-vehicles")).sightings, key=lambda one: one.at)[number].incident
    assert found is not None
    return found


def test_what_cannot_be_logged_is_not_answered(plates: Plates, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        msg = "the log is full"
        raise OSError(msg)

    monkeypatch.setattr(search, "disclosed", broken)
    with pytest.raises(OSError, match="full"):
        plates.plate(asked(), "1ABC234")


def test_a_path_is_the_plates_hits_of_one_purpose_in_the_order_of_time(plates: Plates) -> None:
    first = uuid7_of(plates, 0)
    path = plates.path(ADA, first, WHY).sightings
    assert [(one.device, one.at) for one in path] == [("box-n", T0 + 10_000), ("box-s", T0 + 700_000)]
    with pytest.raises(ReasonError):
        plates.path(ADA, first, "")
    with pytest.raises(UnknownHitError, match="its time is over"):
        plates.path(ADA, uuid7(99), WHY)


def test_beside_a_hit_stand_the_registers_hint_and_how_right_its_camera_is(plates: Plates, either: Engine) -> None:
    first, second = uuid7_of(plates, 0), uuid7_of(plates, 1)
    facts = plates.hit(ADA, first)
    assert (facts.purpose, facts.purpose_label, facts.hits, facts.camera) == ("stolen-vehicles", "Stolen", 2, None)
    assert (facts.decision, facts.free_days) == (True, 30)
    assert facts.register is not None
    assert facts.register.disagrees == ("colour",), "the register says white, the camera saw red"
    judge = Verdicts(either)
    judge.give(ADA, first, Decision.CONFIRM)
    judge.give(ADA, second, Decision.CONFIRM)
    judge.give(ADA, second, Decision.DISMISS, "another car after all")
    camera = plates.hit(ADA, first).camera
    assert camera is not None
    assert (camera.value, camera.n) == (1.0, 1)
    assert camera.low < 0.3, "one verdict proves nothing"
    assert {(c.device, c.confirmed.value) for c in plates.cameras()} == {("box-n", 1.0), ("box-s", 0.0)}, "the last one stands"
    with pytest.raises(NotAllowedError):
        plates.hit(Person("vik", Role.VIEWER), first)


def test_beside_a_hit_nothing_is_said_of_those_that_need_a_decision(plates: Plates, either: Engine, held: Held) -> None:
    late = uuid7(4)
    store(either, hit("1XYZ088", "box-n", T0 + 20 * DAY_MS, incident=late))
    Keeping(either, lambda _c, name, _v: LISTS.get(name, "")).take()
    assert on_day(25, either, held).hit(ADA, late).hits == 3
    assert on_day(40, either, held).hit(ADA, late).hits == 1
    assert len(on_day(40, either, held).path(ADA, late, WHY, "BR 2026/44").sightings) == 3


def test_clones_are_told_without_their_pseudonyms(plates: Plates, either: Engine) -> None:
    for at in range(T0, T0 + 4 * 7_200_000, 7_200_000):
        store(either, read("1DEF567", "box-n", at), read("1DEF567", "box-s", at + 30_000))
    Keeping(either).take()
    Suspects(either, POLICY).look(T0)
    found = plates.clones(asked())
    assert len(found) == 1
    assert found[0].seen.contradictions == 4
    assert plates.clones(asked("short")) == ()


def test_what_is_no_plate_is_said_to_be_none(plates: Plates) -> None:
    with pytest.raises(PlateError):
        plates.plate(asked(), "ЖЖ")


def test_more_than_an_answer_holds_is_said(plates: Plates, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST", 1)
    answer = plates.plate(asked(), "1ABC234")
    assert (len(answer.sightings), answer.more) == (1, True)
