"""Erasing: when time is over, all of it, by the policy alone; a simulated clock erases."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from fleet.accounts.accounts import Person, Role
from fleet.audit.log import record, verify
from fleet.fusion.anpr import erasing
from fleet.fusion.anpr.erasing import Erasing
from fleet.fusion.anpr.keeping import Keeping
from fleet.fusion.anpr.suspects import Suspects
from fleet.fusion.made import CLONE
from fleet.ingest.sink import Sink
from fleet.oversight.verdicts import Decision, Verdicts
from fleet.policy.policy import Policy
from fleet.store.anpr import anpr_hit, anpr_read
from fleet.store.tables import audit, event, quarantine
from protocol.pseudonyms import pseudonym
from tests.fleet.events import message, with_payload
from tests.fleet.fusion.anpr.events import DAY_MS, KEY, POLICY, T0, counts, hit, newer, read, store

PURPOSES = {"stolen": "stolen-vehicles", "zone": "low-emission-zone"}


def keep(engine: Engine) -> None:
    keeper = Keeping(engine, lambda _c, name, _v: PURPOSES.get(name, ""))
    while keeper.take():
        pass


def test_each_purpose_has_its_own_time_and_the_event_goes_with_the_row(either: Engine) -> None:
    store(
        either,
        read("1ABC234", "box-n", T0),
        read("1ABC235", "box-n", T0, purpose="short"),
        hit("1XYZ088", "box-s", T0),
        hit("1XYZ089", "box-s", T0, on="zone"),
        message(1, device="box-n", boot="bcdefghijklm"),
        received=T0,
    )
    keep(either)
    eraser = Erasing(either, POLICY)
    seen = []
    for day in (0, 2.01, 28, 28.01, 30.01, 365, 365.01):
        eraser.erase(round(T0 + day * DAY_MS))
        seen.append(counts(either))
    assert seen == [(5, 2, 2), (4, 1, 2), (4, 1, 2), (3, 0, 2), (2, 0, 1), (2, 0, 1), (1, 0, 0)]
    assert verify(either).broken_at is None


def test_what_was_erased_is_in_the_audit_log_by_number(engine: Engine) -> None:
    store(engine, read("1ABC234", "box-n", T0), received=T0)
    keep(engine)
    assert Erasing(engine, POLICY).erase(T0 + 29 * DAY_MS) == 1
    assert Erasing(engine, POLICY).erase(T0 + 29 * DAY_MS) == 0
    with engine.connect() as connection:
        entries = connection.execute(select(audit.c.actor, audit.c.action, audit.c.subject)).all()
    assert entries == [("system", "anpr.read.erase", "travel-times")]


def test_a_purpose_that_is_not_in_the_policy_any_more_has_no_time_left(engine: Engine) -> None:
    store(engine, read("1ABC234", "box-n", T0), hit("1XYZ088", "box-s", T0), received=T0)
    keep(engine)
    without = Policy({name: p for name, p in POLICY.purposes.items() if name not in {"travel-times", "stolen-vehicles"}})
    Erasing(engine, without).erase(T0 + 1)
    assert counts(engine) == (0, 0, 0)


def test_a_hit_of_a_list_that_nobody_knows_goes_after_the_shortest_time_that_lists_have(engine: Engine) -> None:
    store(engine, hit("1XYZ088", "box-s", T0, on="strange"), received=T0)
    keep(engine)
    Erasing(engine, POLICY).erase(T0 + 30 * DAY_MS - 1)
    assert counts(engine)[2] == 1
    Erasing(engine, POLICY).erase(T0 + 30 * DAY_MS + 1)
    assert counts(engine) == (0, 0, 0)


@pytest.mark.parametrize("verdicts", [(), ("dismiss",), ("confirm",), ("confirm", "dismiss"), ("dismiss", "confirm")])
def test_an_alert_that_nobody_confirmed_is_gone_after_72_hours_and_not_told_again(
    either: Engine, verdicts: tuple[str, ...]
) -> None:
    """By a simulated clock; a later verdict stands."""
    for at in range(T0, T0 + 4 * 7_200_000, 7_200_000):
        store(either, read("1DEF567", "box-n", at), read("1DEF567", "box-s", at + 30_000))
    keep(either)
    suspects, eraser = Suspects(either, POLICY), Erasing(either, POLICY)
    told_at = T0 + 8 * 3_600_000
    assert suspects.look(told_at) == 1
    for decision in verdicts:
        Verdicts(either).give(Person("ada", Role.OPERATOR), incident(either), Decision(decision), "seen")
    eraser.erase(told_at + 72 * 3_600_000)
    assert alerts(either) == 1
    eraser.erase(told_at + 72 * 3_600_000 + 1)
    assert alerts(either) == (1 if verdicts[-1:] == ("confirm",) else 0)
    assert suspects.look(told_at + 73 * 3_600_000) == 0, "the reads are still there"
    eraser.erase(T0 + 29 * DAY_MS)
    assert (alerts(either), counts(either)[1]) == (0, 0), "and what was confirmed goes with its reads"


def alerts(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(event).where(event.c.type == CLONE)).scalar_one()


def incident(engine: Engine) -> str:
    with engine.connect() as connection:
        return str(connection.execute(select(event.c.incident).where(event.c.type == CLONE)).scalar_one())


def test_what_cannot_be_read_goes_too_and_so_does_what_was_refused(engine: Engine) -> None:
    good = hit("1XYZ088", "box-s", T0)
    store(engine, newer(read("1ABC234", "box-s", T0)), received=T0)
    Sink(engine).store([with_payload(good, good.payload[:-1])])
    keep(engine)
    with engine.connect() as connection:
        assert b"1XYZ088" in connection.execute(select(quarantine.c.data)).scalar_one()
        refused_at = connection.execute(select(quarantine.c.received)).scalar_one()
    Erasing(engine, POLICY).erase(refused_at - 1)
    Erasing(engine, POLICY).erase(max(refused_at, T0) + 3 * DAY_MS)
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(quarantine)).scalar_one() == 0
    assert counts(engine) == (0, 0, 0)


def test_what_was_not_looked_at_yet_is_not_erased_unlooked_at(engine: Engine) -> None:
    store(engine, read("1ABC234", "box-n", T0), received=T0)
    Erasing(engine, POLICY).erase(T0 + 29 * DAY_MS)
    assert counts(engine)[0] == 1
    keep(engine)
    Erasing(engine, POLICY).erase(T0 + 29 * DAY_MS)
    assert counts(engine) == (0, 0, 0)


def test_nothing_of_it_is_left_on_the_disk(engine: Engine, tmp_path: Path) -> None:
    plates = [f"1ABC{n}" for n in range(100, 400)]
    store(engine, *(hit(p, "box-s", T0) for p in plates), *(read(p, "box-n", T0) for p in plates), received=T0)
    keep(engine)
    marks = [p.encode() for p in plates] + [pseudonym(KEY, p).encode() for p in plates]
    assert any(mark in disk(tmp_path) for mark in marks), "the test can see them"
    Erasing(engine, POLICY).erase(T0 + 366 * DAY_MS)
    left = disk(tmp_path)
    assert [mark for mark in marks if mark in left] == []


def disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("fleet.sqlite*")))


def test_it_goes_on_after_a_kill_wherever_that_came(either: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """An event and its row go together or not at all."""
    rng = random.Random(4)
    store(either, *(read(f"1ABC{n}", "box-n", T0) for n in range(100, 160)), received=T0)
    keep(either)
    monkeypatch.setattr(erasing, "BATCH", 7)

    class Killed(BaseException):
        pass

    def dies(*arguments: str) -> None:
        if rng.random() < 0.5:
            raise Killed
        record(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(erasing, "record", dies)
    killed = 0
    for _ in range(60):
        try:
            Erasing(either, POLICY).erase(T0 + 29 * DAY_MS)
        except Killed:
            killed += 1
        with either.connect() as connection:
            rows = set(connection.execute(select(event.c.row)).scalars())
            assert set(connection.execute(select(anpr_read.c.event)).scalars()) == rows
    assert killed > 3
    with contextlib.suppress(Killed):
        assert counts(either) == (0, 0, 0)


def test_sent_again_it_is_as_old_as_it_was(engine: Engine) -> None:
    again = read("1ABC234", "box-n", T0)
    store(engine, again, received=T0)
    keep(engine)
    late = T0 + 29 * DAY_MS
    Erasing(engine, POLICY).erase(late)
    store(engine, again, received=late)
    keep(engine)
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(anpr_read)).scalar_one() == 1
        assert connection.execute(select(func.count()).select_from(anpr_hit)).scalar_one() == 0
    Erasing(engine, POLICY).erase(late)
    assert counts(engine) == (0, 0, 0)
