"""Verdicts (AI Act, article 14): a person decides, about alerts only, with a reason where one is owed. On both databases."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import Engine, func, select

from fleet.accounts.accounts import Person, Role
from fleet.audit.log import verify
from fleet.ingest.sink import Sink
from fleet.oversight.verdicts import Decision, NotAllowedError, VerdictError, Verdicts
from fleet.store.tables import audit, verdict
from protocol.basis import Estimate
from protocol.events import CrowdAlert, EventType, Phase
from protocol.identifiers import uuid7
from tests.fleet.events import alert, count, known, message

OLGA, OTTO = Person("olga", Role.OPERATOR), Person("otto", Role.OPERATOR)
INCIDENT, OTHER, STATISTIC = (uuid7(n, bytes(10)) for n in (1, 2, 3))


@pytest.fixture
def verdicts(either: Engine) -> Verdicts:
    """Two incidents, a statistic that claims to be one, and no verdict."""
    known(either, "box-1")
    sent = [alert(1, INCIDENT, Phase.NEW), alert(2, OTHER, Phase.NEW), message(3, observed=count(), incident=STATISTIC)]
    assert Sink(either).store(sent).stored == 3
    return Verdicts(either)


def _count(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(verdict)).scalar_one())


def test_confirming_needs_no_reason_and_dismissing_does(either: Engine, verdicts: Verdicts) -> None:
    given = verdicts.give(OLGA, INCIDENT, Decision.CONFIRM)
    assert (given.incident, given.decision, given.reason, given.account) == (INCIDENT, Decision.CONFIRM, "", "olga")
    for reason in ("", "   "):
        with pytest.raises(VerdictError, match="a reason is needed to dismiss"):
            verdicts.give(OLGA, OTHER, Decision.DISMISS, reason)
    assert verdicts.give(OLGA, OTHER, Decision.DISMISS, " a school outing ").reason == "a school outing"
    assert verdicts.of([INCIDENT]) == [given]
    assert [v.incident for v in verdicts.after(given.row)] == [OTHER]


def test_a_later_verdict_is_added_with_a_reason_and_stands(verdicts: Verdicts) -> None:
    verdicts.give(OLGA, INCIDENT, Decision.CONFIRM)
    for decision in Decision:
        with pytest.raises(VerdictError, match="or to change an earlier verdict"):
            verdicts.give(OTTO, INCIDENT, decision)
    verdicts.give(OTTO, INCIDENT, Decision.DISMISS, "seen on the spot: a queue")
    found = verdicts.of([INCIDENT, OTHER])
    assert [(v.account, v.decision.value) for v in found] == [("olga", "confirm"), ("otto", "dismiss")]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OPERATOR])
def test_only_an_operator_judges(either: Engine, verdicts: Verdicts, role: Role) -> None:
    """Nor does whoever runs the system."""
    with pytest.raises(NotAllowedError, match=f"the role {role.value} may not judge alerts; an operator may"):
        verdicts.give(Person("ada", role), INCIDENT, Decision.CONFIRM)
    assert _count(either) == 0


@pytest.mark.parametrize("what", [STATISTIC, uuid7(9, bytes(10)), "", "x" * 500, "' OR 1=1 --"])
def test_only_alerts_are_judged(either: Engine, verdicts: Verdicts, what: str) -> None:
    with pytest.raises(VerdictError, match="there is no alert"):
        verdicts.give(OLGA, what, Decision.CONFIRM)
    assert _count(either) == 0


def test_an_alert_that_belongs_to_no_incident_is_judged_by_its_own_id(either: Engine, verdicts: Verdicts) -> None:
    observed = CrowdAlert("square", Estimate(12, 10, 14), 13, 10, 7, 4)
    sent = message(4, kind=EventType.CROWD_ALERT, observed=observed)
    Sink(either).store([sent])
    own = dict(sent.properties)["id"]
    assert verdicts.give(OLGA, own, Decision.CONFIRM).incident == own
    in_an_incident = dict(alert(1, INCIDENT, Phase.NEW).properties)["id"]
    with pytest.raises(VerdictError, match="there is no alert"):
        verdicts.give(OLGA, in_an_incident, Decision.CONFIRM)


def test_of_two_who_judge_at_once_the_second_is_told(either: Engine, verdicts: Verdicts) -> None:
    told: list[str] = []
    start = threading.Barrier(4)

    def judge(name: str) -> None:
        start.wait()
        try:
            verdicts.give(Person(name, Role.OPERATOR), INCIDENT, Decision.CONFIRM)
        except VerdictError as error:
            told.append(str(error))

    threads = [threading.Thread(target=judge, args=(f"p{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(told) == 3
    assert _count(either) == 1


def test_every_verdict_is_in_the_audit_log_and_no_refused_one_is(either: Engine, verdicts: Verdicts) -> None:
    """AI Act 12: by id and digest; the reason itself may be erased some day."""
    verdicts.give(OLGA, INCIDENT, Decision.CONFIRM)
    with pytest.raises(VerdictError):
        verdicts.give(OLGA, OTHER, Decision.DISMISS)
    verdicts.give(OTTO, OTHER, Decision.DISMISS, "a school outing")
    with either.connect() as connection:
        rows = list(connection.execute(select(audit.c.actor, audit.c.action, audit.c.subject).order_by(audit.c.row)))
        assert "outing" not in str(list(connection.execute(select(audit))))
    assert [tuple(row) for row in rows] == [("olga", "verdict.confirm", INCIDENT), ("otto", "verdict.dismiss", OTHER)]
    assert verify(either).broken_at is None


def test_a_reason_is_bounded(verdicts: Verdicts) -> None:
    assert len(verdicts.give(OLGA, INCIDENT, Decision.DISMISS, "x" * 5000).reason) == 300
