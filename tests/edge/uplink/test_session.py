"""What is sent next, what is sent again, what is let go of: pure (FAULTS.md, rows 30, 31, 34)."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest

from edge.outbox.entry import Limits
from edge.outbox.outbox import Outbox
from edge.uplink.session import ALERT_WINDOW, FIRST_RETRY_S, LAST_RETRY_S, REORDERING_S, WINDOW, Session
from protocol.acks import Ack, SeqSet
from protocol.codec import Message, read_accounting
from simulator.faults.clocks import HandClock
from tests.edge.bodies import ALERT, COUNT, HEALTH
from tests.edge.outbox.reading import held, opened, put


def seqs(messages: list[Message]) -> list[int]:
    found = [read_accounting(message.properties) for message in messages]
    return [accounting.seq for accounting in found if accounting is not None]


def started(outbox: Outbox) -> Session:
    session = Session(outbox)
    session.connected()
    return session


def test_nothing_is_due_without_a_connection() -> None:
    outbox = opened()
    put(outbox, ALERT)
    session = Session(outbox)
    assert session.due(0.0) == []
    session.connected()
    assert seqs(session.due(0.0)) == [1]
    session.disconnected()
    assert session.due(1_000.0) == []
    assert (session.in_flight, session.sent) == (0, 1)


def test_alerts_go_first_then_reports_then_statistics_oldest_first() -> None:
    outbox = opened()
    put(outbox, COUNT, HEALTH, COUNT, ALERT, HEALTH, ALERT)
    session = started(outbox)
    assert seqs(session.due(0.0)) == [4, 6, 2, 5, 1, 3]
    assert session.due(0.0) == [], "in flight until acknowledged"
    put(outbox, ALERT)
    assert seqs(session.due(0.0)) == [7]


def test_statistics_in_flight_are_bounded_and_never_hold_up_an_alert() -> None:
    outbox = opened()
    put(outbox, *[COUNT] * (WINDOW + 50))
    session = started(outbox)
    assert seqs(session.due(0.0)) == [*range(1, WINDOW + 1)]
    assert session.due(0.0) == []
    alerts = put(outbox, *[ALERT] * (ALERT_WINDOW + 3))
    assert seqs(session.due(0.0)) == alerts[:ALERT_WINDOW]
    assert session.in_flight == WINDOW + ALERT_WINDOW
    session.acknowledged(Ack(outbox.boot, 10, ((alerts[0], alerts[2]),)))
    assert seqs(session.due(0.0)) == [*alerts[ALERT_WINDOW : ALERT_WINDOW + 3], *range(WINDOW + 1, WINDOW + 11)]


def test_an_acknowledgement_frees_exactly_what_it_names() -> None:
    """Row 30: the watermark and the ranges beyond it, since alerts overtake."""
    outbox = opened()
    put(outbox, *[COUNT, ALERT] * 5)
    session = started(outbox)
    session.due(0.0)
    session.acknowledged(Ack(outbox.boot, 3, ((6, 6), (8, 8))))
    assert session.in_flight == 5
    assert held(outbox, outbox.boot) == [4, 5, 7, 9, 10]
    assert seqs(session.due(FIRST_RETRY_S)) == [4, 10, 5, 7, 9]


@pytest.mark.parametrize("ack", [Ack("zzzzzzzzzzzz", 3), Ack("zzzzzzzzzzzz", 0, ((1, 3),))])
def test_an_acknowledgement_of_another_boot_changes_nothing(ack: Ack) -> None:
    """Row 34: one that was held up somewhere since before the restart of another box."""
    outbox = opened()
    put(outbox, COUNT, ALERT, COUNT)
    session = started(outbox)
    session.due(0.0)
    session.acknowledged(ack)
    assert (session.in_flight, held(outbox, outbox.boot)) == (3, [1, 2, 3])


def test_an_acknowledgement_of_the_boot_before_empties_that_boot_alone(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    before = opened(path)
    put(before, ALERT, ALERT, COUNT)
    before.close()
    outbox = opened(path)
    put(outbox, ALERT, COUNT, COUNT)
    session = started(outbox)
    assert len(session.due(0.0)) == 6
    session.acknowledged(Ack(before.boot, 3))
    assert session.in_flight == 3
    assert (held(outbox, before.boot), held(outbox, outbox.boot)) == ([], [1, 2, 3])
    outbox.close()


def test_what_stays_without_an_answer_is_sent_again_ever_more_rarely() -> None:
    """Row 31: the manager is down for an hour; the metered link is not spent on it."""
    outbox = opened()
    put(outbox, ALERT)
    session = started(outbox)
    sent = [second for second in range(3_600) if session.due(float(second))]
    gaps = [later - earlier for earlier, later in itertools.pairwise(sent)]
    assert gaps[:5] == [FIRST_RETRY_S, 2 * FIRST_RETRY_S, 4 * FIRST_RETRY_S, 8 * FIRST_RETRY_S, LAST_RETRY_S]
    assert set(gaps[4:]) == {LAST_RETRY_S}


def test_what_was_passed_over_is_sent_again_at_once() -> None:
    """Lost with a broker or an ingest while the connection stood: what was sent later is accounted for, this is not."""
    outbox = opened()
    put(outbox, *[COUNT] * WINDOW)
    session = started(outbox)
    assert len(session.due(0.0)) == WINDOW
    session.acknowledged(Ack(outbox.boot, 3))
    put(outbox, COUNT, COUNT)
    assert seqs(session.due(REORDERING_S)) == [WINDOW + 1, WINDOW + 2]
    session.acknowledged(Ack(outbox.boot, 3, ((WINDOW + 1, WINDOW + 1),)))
    assert session.due(REORDERING_S) == [], "out of order by so little is no loss"
    put(outbox, COUNT)
    assert seqs(session.due(2.5)) == [WINDOW + 3]
    session.acknowledged(Ack(outbox.boot, 3, ((WINDOW + 1, WINDOW + 1), (WINDOW + 3, WINDOW + 3))))
    assert seqs(session.due(2.5)) == [*range(4, WINDOW + 1), WINDOW + 2]
    assert session.next_s() == 2.5 + FIRST_RETRY_S, "the manager lives: no longer wait than at first"


def test_the_next_time_is_known() -> None:
    outbox = opened()
    session = started(outbox)
    assert session.next_s() is None
    put(outbox, COUNT)
    session.due(100.0)
    assert session.next_s() == 100.0 + FIRST_RETRY_S


def test_after_a_reconnection_all_that_is_not_acknowledged_is_sent_again_at_once() -> None:
    """Row 30: a broker that forgot everything; what was on its way may or may not have arrived."""
    outbox = opened()
    put(outbox, *[COUNT, ALERT] * 10)
    session = started(outbox)
    assert len(session.due(0.0)) == 20
    session.acknowledged(Ack(outbox.boot, 4))
    session.disconnected()
    session.connected()
    assert sorted(seqs(session.due(0.1))) == [*range(5, 21)]
    assert session.sent == 36


def test_what_was_evicted_while_in_flight_is_not_sent_again() -> None:
    outbox = opened(limits=Limits(count=3))
    put(outbox, COUNT, COUNT, COUNT)
    session = started(outbox)
    session.due(0.0)
    put(outbox, ALERT, ALERT, ALERT)
    assert seqs(session.due(FIRST_RETRY_S)) == [4, 5, 6]
    assert seqs(session.due(5 * FIRST_RETRY_S)) == [4, 5, 6]


def test_an_hour_of_losses_repetitions_and_cuts_loses_nothing_and_ends() -> None:
    """Rows 30, 31, 34: messages and acknowledgements are lost, held up, doubled and reordered; links break. Seeded."""
    for seed in range(6):
        rng = random.Random(f"session/{seed}")
        clock = HandClock()
        outbox, manager = opened(clock=clock), SeqSet()
        session, stored, late = started(outbox), set[int](), list[Ack]()
        made = 0
        for second in range(4_000):
            clock.advance(1.0)
            quiet = second > 300
            if not quiet and rng.random() < 0.5:
                made = put(outbox, *rng.choices((COUNT, ALERT, HEALTH), k=rng.randrange(1, 20)))[-1]
            if not quiet and rng.random() < 0.02:
                session.disconnected()
                session.connected()
            arriving = [m for m in session.due(clock.monotonic()) if quiet or rng.random() < 0.7]
            rng.shuffle(arriving)
            for seq in seqs(arriving):
                stored.add(seq)
                manager.add(seq)
            late.append(manager.to_ack(outbox.boot))
            if rng.random() < 0.7:
                session.acknowledged(rng.choice(late[-5:]))
            if quiet and not outbox.status().pending:
                break
        assert stored == set(range(1, made + 1)), seed
        assert outbox.status().pending == 0
        assert session.in_flight == 0
