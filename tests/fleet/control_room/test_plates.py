"""Hits and clones on the board: shown to whoever may ask about plates, and to nobody else with the plate."""

from __future__ import annotations

import json

import msgspec
import pytest

from fleet.accounts.accounts import Person, Role
from fleet.control_room.answers import Answers, incident_page
from fleet.control_room.board import Board
from fleet.control_room.hub import Hub
from fleet.control_room.room import account_view
from fleet.control_room.tail import Tail
from fleet.control_room.views import IncidentView
from fleet.oversight.verdicts import Decision
from fleet.services import Services
from protocol.events import Phase
from tests.fleet.control_room.box import Box
from tests.fleet.control_room.plates import OTHER, PLATE, clone, hit, keep
from tests.fleet.control_room.town import Town, now_ms

ADA = Person("ada", Role.OPERATOR)


@pytest.fixture
def answers(services: Services) -> Answers:
    return Answers(services, {})


def board_of(services: Services) -> Board:
    board = Board()
    for item in Tail(services).begin(now_ms()):
        item.put(board)
    return board


def only(board: Board) -> IncidentView:
    (found,) = board.snapshot(0).incidents
    return found


def test_a_hit_says_what_matched_and_what_else_it_may_have_been(town: Town, services: Services, box: Box) -> None:
    incident = hit(town, box)
    keep(town)
    found = only(board_of(services))
    assert found.id == incident
    assert found.hit is not None
    assert (found.hit.plate, found.hit.through, found.hit.list, found.hit.version) == (PLATE, "alternate", "stolen", 118)
    assert [(a.plate, a.matched) for a in found.hit.alternates] == [(OTHER, False), (PLATE, True)]
    assert (found.hit.kind, found.hit.colour, found.hit.direction, found.hit.lane) == ("car", "red", "towards", "inner")
    assert (found.title, found.probability, found.people) == ("Plate on list stolen", 0.46, None)
    assert "driver nor owner" in found.cannot


def test_a_later_word_of_a_hit_replaces_the_earlier_and_never_the_other_way(town: Town, services: Services, box: Box) -> None:
    incident = hit(town, box, now_ms() - 900, pictures=9)
    hit(town, box, phase=Phase.UPDATE, incident=incident, pictures=14)
    hit(town, box, phase=Phase.UPDATE, incident=incident, pictures=3)
    keep(town)
    found = only(board_of(services))
    assert found.hit is not None
    assert found.hit.pictures == 14


def test_the_plate_goes_to_whoever_may_ask_about_plates_and_to_nobody_else(
    town: Town, services: Services, answers: Answers, box: Box
) -> None:
    hit(town, box)
    keep(town)
    for role in Role:
        board = board_of(services)
        hub = Hub(board)
        page = hub.open(account_view(Person("x", role)), now_ms())
        texts = [page._queue.get_nowait()]
        hit(town, box)
        keep(town)
        for item in Tail(services).begin(now_ms()):
            item.put(board)
        hub.tick(now_ms())
        texts.append(page._queue.get_nowait())
        shown = incident_page(answers.incidents("", None, 9), board, plates=account_view(Person("x", role)).may_search_plates)
        texts.append(json.dumps(shown).encode())
        for text in texts:
            assert text is not None
            assert b"Plate on list stolen" in text, "the alert itself is for all"
            assert (PLATE.encode() in text or OTHER.encode() in text) is (role is Role.OPERATOR), role


def test_the_line_in_the_stream_has_no_plate(town: Town, services: Services, box: Box) -> None:
    hit(town, box)
    keep(town)
    rows = msgspec.json.encode(board_of(services).snapshot(0).rows)
    assert b"plate on list stolen, probability 0.46, through an alternate" in rows
    assert PLATE.encode() not in rows


def test_what_the_manager_made_is_shown_judged_and_listed_like_any_alert(
    town: Town, services: Services, answers: Answers
) -> None:
    first, second = town.boxes["market-1"], town.boxes["station-2"]
    incident = clone(town, first, second)
    board = board_of(services)
    found = only(board)
    assert found.id == incident
    assert found.clone is not None
    assert {found.clone.first.device, found.clone.second.device} == {"market-1", "station-2"}
    assert (found.clone.contradictions, found.title) == (4, "One plate at two places")
    assert found.probability is not None
    assert found.probability > 0.9
    assert len(found.cues) >= 3
    assert "manager" not in {device.id for device in board.snapshot(0).devices}, "no box of that name appears"
    services.verdicts.give(ADA, incident, Decision.DISMISS, "A trailer")
    assert only(board_of(services)).verdict is not None
    (listed,) = incident_page(answers.incidents("dismissed", None, 9), board, plates=True)["incidents"]
    assert (listed["id"], listed["clone"]["contradictions"]) == (incident, 4)
    assert answers.incidents("unjudged", None, 9).incidents == ()
