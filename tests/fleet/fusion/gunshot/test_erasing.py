"""Shots erased when their time is over, all of it, by the policy alone; a simulated clock erases."""

from __future__ import annotations

from sqlalchemy import Engine, func, select

from fleet.accounts.accounts import Person, Role
from fleet.audit.log import verify
from fleet.fusion.gunshot import erasing
from fleet.fusion.gunshot.associate import HOLD_S
from fleet.fusion.gunshot.erasing import DAY_MS, Erasing
from fleet.ingest.sink import Sink
from fleet.oversight.verdicts import Decision, Verdicts
from fleet.store.gunshot import gunshot_box, gunshot_heard, gunshot_incident
from fleet.store.tables import audit, event, quarantine
from tests.fleet.events import message, with_payload
from tests.fleet.fusion.anpr.events import newer
from tests.fleet.fusion.gunshot.boxes import hear
from tests.fleet.fusion.gunshot.city import POLICY, City, word

OLGA = Person("olga", Role.OPERATOR)


def _counts(engine: Engine) -> tuple[int, ...]:
    """Events, what boxes heard, incidents."""
    with engine.connect() as connection:
        tables = (event, gunshot_heard, gunshot_incident)
        return tuple(connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)


def _erase(engine: Engine, now: int) -> int:
    eraser, count = Erasing(engine, POLICY), 0
    while found := eraser.erase(now):
        count += found
    return count


def test_what_somebody_judged_is_kept_longer_and_everything_goes_with_its_incident(either: Engine) -> None:
    city = City(either)
    for _ in range(3):
        city.run(60)
        city.heard(hear(20, 10, at_s=city.now / 1000)[:3])
    city.run(60)
    city.heard(hear(20, 10, at_s=city.now / 1000)[:1])
    city.run(HOLD_S + 1)
    first, second, *_ = (row.id for row in city.incidents())
    Verdicts(either).give(OLGA, first, Decision.CONFIRM)
    Verdicts(either).give(OLGA, second, Decision.DISMISS, "fireworks")
    city.hear(message(1, device="box-0", boot="bcdefghijklm"))  # of something else
    before = _counts(either)
    assert before[1:] == (10, 4)
    seen = []
    for day in (29.9, 30.1, 364.9, 365.1):
        _erase(either, round(city.now + day * DAY_MS))
        seen.append(_counts(either)[1:])
    assert seen == [(10, 4), (6, 2), (6, 2), (0, 0)]
    assert _counts(either)[0] == 1
    with either.connect() as connection:
        actions = set(connection.execute(select(audit.c.action).where(audit.c.actor == "system")).scalars())
        assert connection.execute(select(func.count()).select_from(gunshot_box)).scalar_one() == 0
    assert actions == {"gunshot.incident.erase"}
    assert verify(either).broken_at is None


def test_what_is_open_stays(engine: Engine) -> None:
    city = City(engine)
    city.heard(hear(20, 10)[:3])
    assert _erase(engine, city.now + 400 * DAY_MS) == 0
    assert _counts(engine)[1:] == (3, 1)


def test_what_nothing_was_made_of_goes_too_and_so_does_what_was_refused(either: Engine) -> None:
    city = City(either)
    good = word(hear(20, 10)[0])
    city.hear(newer(word(hear(20, 10)[1])), word(hear(20, 10)[2], where=None))
    Sink(either).store([with_payload(good, good.payload[:-1])])
    city.run()
    with either.connect() as connection:
        arrived = connection.execute(select(func.max(quarantine.c.received))).scalar_one()
    assert _erase(either, city.now + 30 * DAY_MS - 60_000) == 0
    assert _erase(either, max(city.now, arrived) + 31 * DAY_MS) == 3
    assert _counts(either) == (0, 0, 0)


def test_the_process_erases_a_batch_at_a_time_and_looks_at_shots_in_between(engine: Engine) -> None:
    city = City(engine)
    erasing_batch = erasing.BATCH
    for number in range(3):
        city.hear(word(hear(20, 10, at_s=city.now / 1000 + 60 * number)[0]))
    city.run()
    city.run(HOLD_S + 1)
    city.now += 31 * DAY_MS
    erasing.BATCH = 1
    try:
        left = []
        for _ in range(6):
            city.job.turn()
            left.append(_counts(engine)[2])
    finally:
        erasing.BATCH = erasing_batch
    assert left[-1] == 0
    assert {1, 2} & set(left), "not all at once"
    city.heard(hear(20, 10, at_s=city.now / 1000)[:3])
    assert _counts(engine)[2] == 1
