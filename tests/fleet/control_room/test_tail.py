"""The tail of a real store: all of it once, in order, and nothing that was kept is left unsaid."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from sqlalchemy import Engine, insert, select, update

from fleet.accounts.accounts import Person, Role
from fleet.control_room import tail as tail_module
from fleet.control_room.board import Board
from fleet.control_room.feed import (
    DeviceGone,
    DeviceKnown,
    EventKept,
    EventStored,
    News,
    Quarantined,
    StateChanged,
    TelemetryCame,
    TwinReported,
    Unjudged,
    VerdictGiven,
)
from fleet.control_room.tail import Tail
from fleet.oversight.verdicts import Decision
from fleet.services import Services
from fleet.store import tables as t
from protocol.codec import Message, encode_body
from protocol.events import Phase
from protocol.state import State, Status
from protocol.topics import Channel, Topic
from tests.fleet.control_room.box import Box
from tests.fleet.control_room.events import moment
from tests.fleet.control_room.town import FLEET, Town, now_ms

ADA = Person("ada", Role.OPERATOR)


def rows(news: Iterable[News]) -> list[int]:
    return [item.row for item in news if isinstance(item, EventStored | EventKept)]


def of(kind: type[News], news: Iterable[News], device: str = "market-1") -> list[News]:
    return [item for item in news if isinstance(item, kind) and getattr(item, "device", device) == device]


def test_the_first_look_is_what_a_board_begins_with(town: Town, services: Services, box: Box) -> None:
    town.wake()
    town.count(box)
    judged = town.alert(box, Phase.NEW)
    town.alert(box, Phase.END)
    waiting = town.alert(box, Phase.NEW)
    town.flush()
    services.verdicts.give(ADA, judged, Decision.CONFIRM)
    board = Board()
    for item in Tail(services).begin(now_ms()):
        item.put(board)
    shown = board.snapshot(now_ms())
    device = next(one for one in shown.devices if one.id == "market-1")
    assert (len(shown.devices), device.label, device.status, device.agent) == (30, "Grote Markt 1", "online", "0.1.0")
    assert device.fps is not None
    assert device.silence_limit_s == 30.0, "the twin's own interval is known"
    assert {one.id: one.verdict and one.verdict.by for one in shown.incidents} == {judged: "ada", waiting: None}
    assert [zone.label for zone in shown.zones] == ["Grote Markt"]
    assert shown.totals is not None
    assert shown.totals.unjudged == 1


def test_only_ten_minutes_are_remembered_but_every_alert_that_waits(
    engine: Engine, town: Town, services: Services, box: Box
) -> None:
    town.count(box)
    waiting = town.alert(box, Phase.NEW)
    town.flush()
    with engine.begin() as connection:
        connection.execute(update(t.event).values(received=now_ms() - 86_400_000))
    town.count(box)
    town.flush()
    news = Tail(services).begin(now_ms())
    types = [item.event.type.value for item in news if isinstance(item, EventStored)]
    assert types == ["crowd.alert", "crowd.count"]
    assert [item.event.body.incident for item in news if isinstance(item, EventStored)] == [waiting, None]


def test_each_event_comes_once_and_in_order_however_many_there_are(
    town: Town, services: Services, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail_module, "LOOK_ROWS", 10)
    town.count(box)
    town.flush()
    tail = Tail(services)
    assert rows(tail.begin(now_ms())) == [1]
    assert rows(tail.look(now_ms())) == []
    for _ in range(25):
        town.count(box)
    town.flush()
    assert [rows(tail.look(now_ms())) for _ in range(4)] == [list(range(2, 12)), list(range(12, 22)), [22, 23, 24, 25, 26], []]


def test_a_box_is_spoken_of_only_when_something_of_it_changed(town: Town, services: Services, box: Box) -> None:
    town.wake()
    tail = Tail(services)
    begun = tail.begin(now_ms())
    for kind in (DeviceKnown, StateChanged, TelemetryCame, TwinReported):
        assert len(of(kind, begun)) == 1, kind
    assert tail.look(now_ms()) == []
    town.telemetry(box)
    town.flush()
    news = tail.look(now_ms())
    assert (len(of(DeviceKnown, news)), len(of(TelemetryCame, news))) == (1, 1)
    assert of(TwinReported, news) == []
    assert {getattr(item, "device", "") for item in news} == {"market-1"}
    town.will(box)
    town.twin(box)
    town.flush()
    news = tail.look(now_ms())
    assert len(of(StateChanged, news)) == 1
    assert of(TwinReported, news) == [], "it runs what it ran"


def test_a_verdict_from_another_process_is_found(town: Town, services: Services, box: Box) -> None:
    incident = town.alert(box, Phase.NEW)
    town.flush()
    tail = Tail(services)
    assert Unjudged(1) in tail.begin(now_ms())
    services.verdicts.give(ADA, incident, Decision.DISMISS, "a procession")
    news = tail.look(now_ms())
    (given,) = (item for item in news if isinstance(item, VerdictGiven))
    assert (given.incident, given.verdict.state, given.verdict.reason) == (incident, "dismissed", "a procession")
    assert Unjudged(0) in news
    assert not [item for item in tail.look(now_ms()) if isinstance(item, VerdictGiven)]


def test_what_the_manager_refused_is_counted(town: Town, services: Services, box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail_module, "COUNT_EVERY", 1)
    tail = Tail(services)
    assert Quarantined(0) in tail.begin(now_ms())
    refused = town.sink.store([Message(str(Topic(FLEET, box.name, Channel.EVENT, "crowd.count")), b"not an event")])
    assert refused.quarantined == 1
    board = Board()
    for item in tail.look(now_ms()):
        item.put(board)
    totals = board.take(now_ms()).totals
    assert totals is not None
    assert totals.quarantined == 1


def test_a_withdrawn_box_is_gone_and_may_come_back(engine: Engine, town: Town, services: Services) -> None:
    assert town.boxes
    tail = Tail(services)
    tail.begin(now_ms())

    def withdrawn_at(at: int | None) -> None:
        with engine.begin() as connection:
            connection.execute(update(t.device).where(t.device.c.name == "tram-1").values(withdrawn_at=at))

    withdrawn_at(now_ms())
    assert tail.look(now_ms()) == [DeviceGone("tram-1")]
    assert tail.look(now_ms()) == []
    withdrawn_at(None)
    assert of(DeviceKnown, tail.look(now_ms()), "tram-1")


def test_two_boxes_under_one_name_are_shown_until_they_are_enrolled_anew(
    engine: Engine, town: Town, services: Services, box: Box
) -> None:
    """Row 36: an alarm that a person sees, not a line in a log."""
    town.wake()
    tail, board = Tail(services), Board()

    def look(news: list[News]) -> tuple[str, list[str]]:
        for item in news:
            item.put(board)
        view = next(view for view in board.take(now_ms()).devices if view.id == box.name)
        return view.status, [reason.code for reason in view.reasons]

    assert look(tail.begin(now_ms()))[0] == "online"
    boots = [box.boot, "b" * 12] * 2
    births = [encode_body(State(Status.ONLINE, boot, moment(now_ms()))) for boot in boots]
    topic = str(Topic(FLEET, box.name, Channel.STATE))
    town.standing.take([(Message(topic, birth), None) for birth in births])
    assert look(tail.look(now_ms())) == ("degraded", ["identity-conflict"])
    with engine.begin() as connection:
        enrolled = {"registered_at": now_ms() + 1, "changed": t.device.c.changed + 1}
        connection.execute(update(t.device).where(t.device.c.name == box.name).values(**enrolled))
    assert look(tail.look(now_ms())) == ("online", [])


def test_what_this_version_cannot_read_is_shown_from_its_outside(
    engine: Engine, town: Town, services: Services, box: Box
) -> None:
    town.count(box)
    town.flush()
    tail = Tail(services)
    tail.begin(now_ms())
    with engine.begin() as connection:
        row = dict(connection.execute(select(t.event)).one()._mapping)
        for seq, kind, body in (
            (2, "behaviour.alert", b"{}"),
            (3, "crowd.count", b'{"observed": 1}'),
            (4, "crowd.count", b"\xff"),
        ):
            connection.execute(
                insert(t.event).values({**row, "row": None, "seq": seq, "type": kind, "schema": "1.4", "body": body})
            )
    news = tail.look(now_ms())
    assert [type(item) for item in news] == [EventKept] * 3
    board = Board()
    for item in news:
        item.put(board)
    assert ["1.4 is newer" in one.text for one in board.snapshot(now_ms()).rows] == [True] * 3


def test_state_that_cannot_be_read_takes_nothing_else_along(engine: Engine, town: Town, services: Services) -> None:
    town.wake()
    with engine.begin() as connection:
        values = {"state": b"{", "reported": b"[]"}
        connection.execute(update(t.device).where(t.device.c.name == "market-1").values(**values))
    news = Tail(services).begin(now_ms())
    assert (of(StateChanged, news), of(TwinReported, news)) == ([], [])
    assert len(of(TelemetryCame, news)) == 1
    assert len([item for item in news if isinstance(item, StateChanged)]) == 29
