"""Alerts held to high confidence: by whom, why, until when; on record, and from the next look at shots."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select

from fleet.accounts.accounts import Person, Role
from fleet.audit.log import verify
from fleet.fusion.gunshot.associate import HOLD_S
from fleet.fusion.gunshot.errors import NotAllowedError, NotHeldError, ReasonError, TimeError
from fleet.fusion.gunshot.raising import Standard
from fleet.fusion.gunshot.standing import LONGEST_MS, Held, Standing
from fleet.store.tables import audit
from tests.fleet.fusion.gunshot.boxes import SIX, hear
from tests.fleet.fusion.gunshot.city import T0, City

OLGA, OTTO = Person("olga", Role.OPERATOR), Person("otto", Role.OPERATOR)
HOUR_MS = 3_600_000


def test_an_operator_holds_alerts_until_they_are_let_go_or_it_is_over(either: Engine) -> None:
    standing = Standing(either)
    assert (standing.now(T0), standing.read(T0)) == (Standard.NORMAL, None)
    held = standing.hold(OLGA, " New Year ", T0 + 6 * HOUR_MS, T0)
    assert held == Held("olga", "New Year", T0, T0 + 6 * HOUR_MS)
    assert standing.read(T0 + 6 * HOUR_MS - 1) == held
    assert standing.now(T0 + 6 * HOUR_MS - 1) is Standard.HIGH
    assert standing.now(T0 + 6 * HOUR_MS) is Standard.NORMAL
    again = standing.hold(OTTO, "it goes on", T0 + 8 * HOUR_MS, T0 + HOUR_MS)
    assert Standing(either).read(T0 + 7 * HOUR_MS) == again
    standing.release(OLGA, "it is quiet", T0 + 2 * HOUR_MS)
    assert standing.now(T0 + 2 * HOUR_MS) is Standard.NORMAL
    with either.connect() as connection:
        done = connection.execute(select(audit.c.actor, audit.c.action).order_by(audit.c.row)).all()
    assert done == [("olga", "gunshot.hold"), ("otto", "gunshot.hold"), ("olga", "gunshot.release")]
    assert verify(either).broken_at is None


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TECHNICIAN, Role.ENGINEER, Role.ADMIN])
def test_whoever_does_not_judge_does_not_decide_what_is_judged(engine: Engine, role: Role) -> None:
    standing = Standing(engine)
    with pytest.raises(NotAllowedError, match="an operator may"):
        standing.hold(Person("x", role), "New Year", T0 + 1, T0)
    with pytest.raises(NotAllowedError):
        standing.release(Person("x", role), "over", T0)


def test_it_needs_a_reason_and_an_end_within_a_day(engine: Engine) -> None:
    standing = Standing(engine)
    for reason in ("", "  ", "x" * 301):
        with pytest.raises(ReasonError, match="say why"):
            standing.hold(OLGA, reason, T0 + 1, T0)
    for until in (T0, T0 - 1, T0 + LONGEST_MS + 1):
        with pytest.raises(TimeError, match="24 hours"):
            standing.hold(OLGA, "New Year", until, T0)
    with pytest.raises(NotHeldError):
        standing.release(OLGA, "over", T0)
    assert standing.hold(OLGA, "New Year", T0 + LONGEST_MS, T0).until == T0 + LONGEST_MS
    with pytest.raises(ReasonError):
        standing.release(OLGA, "", T0)


def test_what_is_held_back_is_kept_and_what_was_told_stays_told(engine: Engine) -> None:
    """Four boxes are enough on another day, six always."""
    city, standing = City(engine), Standing(engine)
    city.heard(hear(20, 10)[:4])
    standing.hold(OLGA, "New Year", city.now + 3 * HOUR_MS, city.now)
    city.run(60)
    city.heard(hear(-100, 60, SIX[:4], at_s=city.now / 1000))
    city.run(60)
    city.heard(hear(0, -60, at_s=city.now / 1000))
    city.run(60)
    first, second, third = city.incidents()
    assert (first.raised is not None, first.held, first.withheld) == (True, False, False)
    assert (second.raised, second.held, second.withheld) == (None, True, True)
    assert (third.raised is not None, third.held, third.withheld) == (True, True, False)
    city.heard(hear(20, 10)[4:5])
    city.run(1)
    assert [one.observed.held for one in city.told() if one.incident == first.id][-1] is False
    assert {one.observed.held for one in city.told() if one.incident == third.id} == {True}
    standing.release(OLGA, "it is quiet", city.now)
    city.heard(hear(-100, 60, SIX[:5], at_s=city.now / 1000 - 100))
    city.run(HOLD_S + 1)
    assert first.id in dict(city.phases())
    assert second.id not in dict(city.phases()), "nothing more was heard of it"
