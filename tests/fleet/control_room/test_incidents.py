"""One row per incident, which leaves only by a person's decision or beyond the book's bound, judged ones first."""

from __future__ import annotations

from itertools import permutations

import pytest

from fleet.control_room import incidents as incidents_module
from fleet.control_room.board import Board
from fleet.control_room.views import IncidentView, VerdictView
from protocol.events import Clock, ClockSource, Phase
from protocol.identifiers import uuid7
from tests.fleet.control_room.events import T0, Rows, alert

INCIDENT = uuid7(T0, bytes(10))
CONFIRMED = VerdictView("confirmed", "a.peeters", T0 + 50_000, "")


def people(view: IncidentView) -> float:
    assert view.people is not None
    return view.people.v


def only(board: Board) -> IncidentView:
    (incident,) = board.snapshot(T0).incidents
    return incident


def life() -> list[tuple[Phase, int, float, float, float]]:
    return [
        (Phase.NEW, 0, 19.0, 19.0, 3.0),
        (Phase.UPDATE, 30_000, 26.0, 27.0, 33.0),
        (Phase.END, 90_000, 12.0, 27.0, 93.0),
    ]


def play(board: Board, order: list[int]) -> None:
    put = Rows(board)
    for seq in order:
        phase, after, people, peak, duration = life()[seq]
        put(alert("lamp-1", seq + 1, T0 + after, INCIDENT, phase, people, peak, duration), T0 + after + 40)


def test_new_update_and_end_are_one_row() -> None:
    board = Board()
    play(board, [0])
    first = only(board)
    assert (first.phase, people(first), first.ended_at, first.title) == ("new", 19.0, None, "Zone too full")
    play(board, [1])
    assert (only(board).phase, people(only(board)), only(board).peak) == ("update", 26.0, 27.0)
    play(board, [2])
    last = only(board)
    assert (last.phase, last.ended_at, last.duration_s, last.raised_at) == ("end", T0 + 90_000, 93.0, T0)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_of_arrival_does_not_matter(order: tuple[int, ...]) -> None:
    board = Board()
    play(board, list(order))
    last = only(board)
    assert (last.phase, people(last), last.peak, last.raised_at) == ("end", 12.0, 27.0, T0)


def test_a_clock_that_is_set_back_does_not_keep_an_alarm_ringing() -> None:
    board = Board()
    put = Rows(board)
    put(alert("lamp-1", 1, T0, INCIDENT, Phase.NEW, 20, 20, 3.0), T0)
    put(alert("lamp-1", 2, T0 - 3_600_000, INCIDENT, Phase.UPDATE, 30, 30, 33.0), T0 + 30_000)
    assert (only(board).phase, people(only(board)), only(board).duration_s) == ("update", 30, 33.0)
    put(alert("lamp-1", 3, T0 - 3_540_000, INCIDENT, Phase.END, 12, 30, 93.0), T0 + 90_000)
    assert (only(board).phase, people(only(board))) == ("end", 12)


def test_it_says_why_with_what_and_where() -> None:
    board = Board()
    put = Rows(board)
    free = Clock(ClockSource.FREE, False)
    put(alert("lamp-1", 1, T0, INCIDENT, Phase.NEW, 20, 20, 3.0, clock=free), T0)
    row = only(board)
    assert [cue.name for cue in row.cues] == ["occupancy", "above-limit-for", "pictures-looked-at"]
    assert row.probability == 0.93
    assert row.model is not None
    assert (row.model.name, row.model.version, row.model.operating_point) == ("person-vehicle-fast", "1.0.0", "default")
    assert row.cannot
    assert (row.lat, row.reference) == (50.8467, "CAM-0231")
    assert row.clock is not None
    assert not row.clock.synchronised


def test_an_ended_incident_stays_until_it_is_judged() -> None:
    board = Board()
    play(board, [0, 1, 2])
    assert only(board).verdict is None
    board.verdict(INCIDENT, CONFIRMED)
    assert only(board).verdict == CONFIRMED
    assert board.take(T0).incidents[0].verdict == CONFIRMED


def test_a_verdict_survives_later_events_and_may_come_first() -> None:
    board = Board()
    board.verdict(INCIDENT, CONFIRMED)
    play(board, [0, 1])
    assert only(board).verdict == CONFIRMED


def test_judged_ones_leave_first_then_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incidents_module, "MAX_UNJUDGED", 3)
    monkeypatch.setattr(incidents_module, "MAX_JUDGED", 2)
    board = Board()
    put = Rows(board)
    ids = [uuid7(T0 + i * 1000, bytes(10)) for i in range(8)]
    for i, incident in enumerate(ids[:5]):
        put(alert("lamp-1", i + 1, T0 + i * 1000, incident, Phase.NEW, 20, 20, 3.0), T0)
        if i < 2:
            board.verdict(incident, CONFIRMED)
    assert {row.id for row in board.snapshot(T0).incidents} == set(ids[:5])
    board.take(T0)
    for i, incident in enumerate(ids[5:], start=5):
        put(alert("lamp-1", i + 1, T0 + i * 1000, incident, Phase.NEW, 20, 20, 3.0), T0)
    message = board.take(T0)
    assert {row.id for row in board.snapshot(T0).incidents} == {*ids[:2], *ids[5:]}
    assert set(message.gone) == set(ids[2:5])
    board.unjudged(6)
    assert board.take(T0).totals.unjudged == 6  # type: ignore[union-attr]  # the page says that three more wait
