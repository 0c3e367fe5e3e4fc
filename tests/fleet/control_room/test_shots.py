"""Shots on the board: what the manager made of several boxes' detections, shown whole, and never by an older word."""

from __future__ import annotations

import math
from itertools import permutations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.accounts.accounts import Person, Role
from fleet.control_room.answers import Answers, incident_page
from fleet.control_room.board import Board
from fleet.control_room.feed import AlertsHeld
from fleet.control_room.shot_views import HeldView, ShotsView
from fleet.control_room.shots import MOST_BOXES, MOST_PLACES, MOST_POINTS, shots_incident, shots_view
from fleet.control_room.tail import Tail
from fleet.control_room.views import IncidentView, VerdictView
from fleet.control_room.wording import WHY_NOT, made_line
from fleet.fusion.gunshot.locate import Why
from fleet.fusion.gunshot.told import BoxHeard, CurveOnMap, EllipseOnMap, PlaceOnMap, Point, RegionOnMap, SectorOnMap, ShotsTold
from fleet.fusion.made import MadeBody
from fleet.oversight.verdicts import Decision
from fleet.services import Services
from protocol.basis import Estimate
from protocol.events import Phase
from protocol.gunshot import Confuser, FireMode
from protocol.identifiers import uuid7
from tests.fleet.control_room.shots import NEAR, Shot, body_of, tell
from tests.fleet.control_room.town import Town, now_ms

ADA = Person("ada", Role.OPERATOR)
CONFIRMED = VerdictView("confirmed", "ada", 1, "")


def board_of(services: Services) -> Board:
    board = Board()
    for item in Tail(services).begin(now_ms()):
        item.put(board)
    return board


def only(board: Board) -> IncidentView:
    (found,) = board.snapshot(0).incidents
    return found


def shots_of(incident: IncidentView) -> ShotsView:
    assert incident.shots is not None
    return incident.shots


def test_a_card_says_where_how_many_and_what_each_box_said(town: Town, services: Services) -> None:
    shot = Shot(town)
    told = shot.told()
    incident = tell(town, told)
    found = only(board_of(services))
    shots = shots_of(found)
    nearest = town.boxes[told.boxes[0].device].site.label
    assert (found.id, found.title, found.device_label) == (incident, f"Shots near {nearest}", nearest)
    assert (found.lat, found.lon) == pytest.approx(shot.place)
    assert found.zone_label == "90% ellipse 24 by 10 m"
    assert (shots.shots.v, shots.shots.hi, shots.mode) == (3.0, 4.0, "burst")
    assert shots.cadence is not None
    assert shots.cadence.v == 620.0
    assert found.raised_at == shots.fired_at
    assert (shots.believed, shots.more, shots.fit, shots.confuser, shots.confuser_p) == (5, 0, 1.2, "fireworks", 0.08)
    assert (shots.speed_ms, shots.wind_ms, shots.wind_from_deg) == (341.0, 1.5, 270.0), "what blows east comes from the west"
    first, last = shots.boxes[0], shots.boxes[-1]
    where = town.boxes[first.device].where(0)
    assert first.distance_m == pytest.approx(math.hypot(shot.east, shot.north), abs=0.1)
    assert (first.lat, first.believed, first.why) == (where.lat, True, "")
    assert first.residual_ms is not None
    assert first.residual_sigmas == pytest.approx(first.residual_ms / 1.5)
    assert (last.believed, last.why) == (False, "late: the sound came around a corner or off a wall")
    assert [one.distance_m or 0.0 for one in shots.boxes] == sorted(one.distance_m or 0.0 for one in shots.boxes)
    assert "weapon" in found.cannot
    assert "manager" not in {device.id for device in board_of(services).snapshot(0).devices}


def test_every_reason_not_to_believe_a_box_is_said_in_words() -> None:
    assert set(WHY_NOT) == {why.value for why in Why}


def test_one_shot_is_one_and_without_a_place_nobody_says_near(town: Town, services: Services) -> None:
    tell(town, msgspec.structs.replace(Shot(town).disc(), shots=Estimate(1.0, 1.0, 1.0)))
    found = only(board_of(services))
    assert found.title == f"Shot heard at {town.boxes['market-1'].site.label}"
    assert (found.lat, shots_of(found).boxes[0].distance_m) == (None, None)


def test_without_a_clock_it_is_not_said_when(town: Town, services: Services) -> None:
    shot = Shot(town)
    boxes = shot.heard(("market-1",), synchronised=False, rejected="unsynchronised")
    before = now_ms()
    tell(town, msgspec.structs.replace(shot.disc(), boxes=boxes, fired_at=0))
    found = only(board_of(services))
    assert shots_of(found).fired_at is None
    assert found.raised_at >= before, "and it does not stand among the alerts of 1970"


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_in_which_it_is_heard_of_does_not_matter(town: Town, order: tuple[int, ...]) -> None:
    shot, incident = Shot(town), uuid7(7)
    life = [(shot.disc(), Phase.NEW), (shot.told(NEAR[:4]), Phase.UPDATE), (shot.told(), Phase.END)]
    known: IncidentView | None = None
    for row in order:
        told, phase = life[row]
        known = shots_incident(known, body_of(told, incident, phase), 1000 + row, row, CONFIRMED)
        known = shots_incident(known, body_of(told, incident, phase), 1000 + row, row, CONFIRMED)  # news may repeat
    assert known is not None
    assert (known.phase, len(shots_of(known).boxes), known.verdict) == ("end", 6, CONFIRMED)
    assert (known.updated_at, known.ended_at) == (1002, 1002)


def test_it_improves_is_judged_and_listed(town: Town, services: Services) -> None:
    shot = Shot(town)
    incident = tell(town, shot.disc())
    assert len(shots_of(only(board_of(services))).boxes) == 1
    services.verdicts.give(ADA, incident, Decision.CONFIRM)
    tell(town, shot.told(), incident, Phase.UPDATE)
    found = only(board_of(services))
    assert (found.phase, len(shots_of(found).boxes)) == ("update", 6)
    assert found.verdict is not None
    assert found.verdict.by == "ada"
    page = Answers(services, {}).incidents("confirmed", None, 9)
    (listed,) = incident_page(page, Board(), plates=False)["incidents"]
    assert (listed["id"], listed["shots"]["region"]["type"], len(listed["shots"]["boxes"])) == (incident, "ellipse", 6)
    assert listed["shots"]["region"]["major_m"] == 12.0


def test_what_is_shown_is_bounded_and_the_rest_is_counted(town: Town) -> None:
    told = Shot(town).told()
    many = msgspec.structs.replace(
        told,
        boxes=told.boxes * 20,
        places=tuple(PlaceOnMap(0.0, 0.0, 0.1) for _ in range(30)),
        region=CurveOnMap(tuple(Point(0.0, 0.0) for _ in range(5000)), 3.0),
    )
    shown = shots_view(many, 1)
    assert (len(shown.boxes), shown.more, shown.believed) == (MOST_BOXES, 120 - MOST_BOXES, 100)
    assert len(shown.places) == MOST_PLACES
    assert isinstance(shown.region, CurveOnMap)
    assert len(shown.region.points) == MOST_POINTS


_ANY = st.floats(allow_nan=True, allow_infinity=True)


@given(_ANY, _ANY, _ANY, _ANY, st.text(max_size=40), st.integers(min_value=-(2**63), max_value=2**63 - 1))
def test_no_number_and_no_name_breaks_the_board(lat: float, lon: float, one: float, other: float, name: str, at: int) -> None:
    box = BoxHeard(
        name, name, name, at, True, one, lat, lon, 3, FireMode.BURST, one, other, one, other,
        residual_ms=one, residual_deg=other, azimuth_deg=one, azimuth_sigma_deg=other, rejected=name,
    )  # fmt: skip
    told = ShotsTold(
        at, EllipseOnMap(lat, lon, one, other, one, 0.9), Estimate(one, other, one), FireMode.UNKNOWN, (box,),
        places=(PlaceOnMap(other, lon, one),), fit=one, speed=other, wind_east=one, wind_north=other,
    )  # fmt: skip
    view = shots_incident(None, body_of(told, uuid7(7)), 1, 1, None)
    assert msgspec.json.decode(msgspec.json.encode(view))["shots"]["boxes"][0]["device"] == name


@pytest.mark.parametrize(
    ("region", "words"),
    [
        (EllipseOnMap(50.0, 4.0, 12.0, 4.6, 30.0, 0.9), "90% ellipse 24 by 9.2 m"),
        (CurveOnMap((Point(50.0, 4.0),), 14.2), "on a curve between two boxes, ± 14 m"),
        (SectorOnMap(50.0, 4.0, 212.4, 7.2, 1500.0), "at 212° ± 8° from one box"),
    ],
)
def test_a_line_says_how_large_the_region_is(town: Town, region: RegionOnMap, words: str) -> None:
    assert made_line(Shot(town).told(region=region)) == f"shots: 3 +1, {words}, heard by 6 boxes"


def test_a_line_of_one_box(town: Town) -> None:
    assert made_line(Shot(town).disc()) == "shots: 3 +1, within 1500 m of one box, heard by 1 box"


def test_of_which_other_it_is_an_echo_or_a_part_is_passed_on(town: Town) -> None:
    shown = shots_view(Shot(town).told(echo_of="one", became="other"), 1)
    assert (shown.echo_of, shown.became) == ("one", "other")


def test_the_strongest_confuser_is_said_in_words(town: Town) -> None:
    told = Shot(town).told(confuser=Confuser("car-door", 0.4))
    assert shots_view(told, 1).confuser == "car door"


def test_a_body_of_the_store_is_read_as_it_was_made(town: Town) -> None:
    body = body_of(Shot(town).told(), uuid7(7))
    assert msgspec.json.decode(msgspec.json.encode(body), type=MadeBody[ShotsTold]) == body


def test_the_page_is_told_that_alerts_are_held_and_when_that_ends(town: Town, services: Services) -> None:
    now = now_ms()
    tail, board = Tail(services), Board()
    assert not [item for item in tail.begin(now) if isinstance(item, AlertsHeld)]
    services.standing.hold(ADA, "New Year's Eve", now + 60_000, now)
    (item,) = [item for item in tail.look(now + 1) if isinstance(item, AlertsHeld)]
    item.put(board)
    totals = board.take(now).totals
    assert totals is not None
    assert totals.held == HeldView("ada", "New Year's Eve", now, now + 60_000)
    assert not [item for item in tail.look(now + 2) if isinstance(item, AlertsHeld)], "said once"
    assert [item for item in Tail(services).begin(now + 3) if isinstance(item, AlertsHeld)], "and to a page that opens later"
    assert AlertsHeld(None) in tail.look(now + 60_001)
    assert town.boxes
