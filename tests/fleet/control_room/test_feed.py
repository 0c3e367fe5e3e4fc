"""News put themselves on the board, in whatever order they come and however often."""

from __future__ import annotations

from itertools import permutations

from fleet.control_room.board import Board
from fleet.control_room.feed import (
    DeviceGone,
    DeviceKnown,
    EventKept,
    EventStored,
    News,
    StateChanged,
    TelemetryCame,
    TwinReported,
    Unjudged,
    VerdictGiven,
)
from fleet.control_room.views import VerdictView
from protocol.config import Config, Source, Zone
from protocol.events import Phase
from protocol.identifiers import uuid7
from protocol.state import State, Status, Telemetry
from tests.fleet.control_room.events import BOOT, T0, alert, count, moment

INCIDENT = uuid7(T0, bytes(10))
CONFIG = Config(sources=(Source("cam", "a.mp4", zones=(Zone("square", ((0, 0), (1, 0), (1, 1)), "Market square"),)),))
NEWS: tuple[News, ...] = (
    DeviceKnown("lamp-1", "Lamp 1", T0),
    TwinReported("lamp-1", CONFIG),
    StateChanged("lamp-1", State(Status.DEGRADED, BOOT, moment(T0)), T0),
    EventStored(1, count("lamp-1", 1, T0, 12), T0 + 20),
    EventStored(2, alert("lamp-1", 2, T0, INCIDENT, Phase.NEW, 19, 19, 3), T0 + 20),
    VerdictGiven(INCIDENT, VerdictView("confirmed", "ada", T0 + 50, "")),
)


def test_the_order_in_which_news_come_does_not_matter() -> None:
    for order in permutations(NEWS):
        board = Board()
        for news in order:
            news.put(board)
        shown = board.snapshot(T0 + 100)
        (device,), (zone,), (incident,) = shown.devices, shown.zones, shown.incidents
        assert (device.label, device.status, device.last_word) == ("Lamp 1", "degraded", T0 + 20)
        assert zone.people is not None
        assert (zone.label, zone.people.v) == ("Market square", 12)
        assert (incident.device_label, incident.zone_label, incident.phase) == ("Lamp 1", "Market square", "new")
        assert incident.verdict is not None
        assert incident.verdict.by == "ada"


def test_news_told_again_change_nothing_but_the_tail() -> None:
    board = Board()
    for news in (*NEWS, *NEWS):
        news.put(board)
    shown = board.snapshot(T0 + 100)
    assert (len(shown.devices), len(shown.zones), len(shown.incidents)) == (1, 1, 1)


def test_telemetry_is_a_sign_of_life() -> None:
    board = Board()
    TelemetryCame("lamp-1", Telemetry(moment(T0), 1.0), T0 + 5).put(board)
    assert board.snapshot(T0).devices[0].last_word == T0 + 5
    assert [point.t for point in board.history("lamp-1")] == [T0 + 5]


def test_an_event_of_a_newer_contract_is_shown_from_its_outside() -> None:
    board = Board()
    EventKept(7, "lamp-1", "some-id", "behaviour.alert", T0, T0 + 30, "1.4").put(board)
    (row,) = board.snapshot(T0).rows
    assert (row.n, row.type, row.lag_ms) == (7, "behaviour.alert", 30)
    assert "1.4 is newer" in row.text
    assert board.snapshot(T0).devices[0].last_word == T0 + 30


def test_a_withdrawn_box_leaves_with_all_but_its_incidents() -> None:
    board = Board()
    for news in NEWS:
        news.put(board)
    board.take(T0)
    DeviceGone("lamp-1").put(board)
    assert board.take(T0).withdrawn == ("lamp-1",)
    shown = board.snapshot(T0)
    assert (shown.devices, shown.zones, shown.lines) == ((), (), ())
    assert [incident.id for incident in shown.incidents] == [INCIDENT]


def test_what_waits_in_the_store_beyond_the_board_is_counted() -> None:
    board = Board()
    Unjudged(412).put(board)
    totals = board.take(T0).totals
    assert totals is not None
    assert totals.unjudged == 412
