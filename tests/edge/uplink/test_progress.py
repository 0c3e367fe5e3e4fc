"""Row 53: health is progress. A link that is down, or on which nothing is acknowledged, is no healthy one."""

from __future__ import annotations

from edge.uplink.config import UplinkConfig
from edge.uplink.session import FIRST_RETRY_S, Session
from edge.uplink.uplink import Uplink
from protocol.acks import Ack
from protocol.commands import Reply
from protocol.state import State, Status
from simulator.faults.clocks import HandClock
from tests.edge.bodies import ALERT, COUNT
from tests.edge.outbox.reading import opened, put


def test_a_link_that_does_not_come_up_is_named() -> None:
    clock = HandClock()
    outbox = opened(clock=clock)
    uplink = Uplink(
        UplinkConfig("town", "box-1", "broker.example", 8883),
        outbox,
        lambda: State(Status.ONLINE, outbox.boot),
        lambda _desired: None,
        lambda name, _command: Reply(name, ok=True),
        clock,
    )
    clock.advance(59.0)
    assert uplink.faults() == ()
    clock.advance(1.0)
    (reason,) = uplink.faults()
    assert (reason.code, reason.subject) == ("uplink-down", "uplink")
    assert "broker.example:8883" in reason.detail


def test_silence_counts_from_the_first_message_without_an_answer() -> None:
    outbox = opened()
    session = Session(outbox)
    session.connected()
    session.due(0.0)
    assert session.unanswered_s(1_000.0) == 0.0, "nothing was asked"
    put(outbox, ALERT, COUNT)
    now_s = 1_000.0
    while now_s < 1_060.0:  # sent again and again meanwhile
        session.due(now_s)
        now_s += FIRST_RETRY_S / 2
    assert session.unanswered_s(1_060.0) == 60.0
    session.acknowledged(Ack(outbox.boot, 1))
    assert session.unanswered_s(1_060.0) == 0.0
    session.due(1_061.0)
    assert session.unanswered_s(1_100.0) == 39.0, "the other one still waits"
    session.acknowledged(Ack(outbox.boot, 2))
    session.due(1_101.0)
    assert session.unanswered_s(9_000.0) == 0.0, "all is answered"


def test_a_new_connection_begins_anew() -> None:
    outbox = opened()
    session = Session(outbox)
    session.connected()
    put(outbox, ALERT)
    session.due(0.0)
    session.disconnected()
    assert session.unanswered_s(100.0) == 0.0
    session.connected()
    session.due(100.0)
    assert session.unanswered_s(130.0) == 30.0
