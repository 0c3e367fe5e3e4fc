"""What a check says of shots: what went off against what was heard and told."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import Engine, insert

from fleet.fusion.gunshot.plane import Plane
from fleet.fusion.gunshot.told import DiscOnMap, EllipseOnMap, ShotsTold
from fleet.fusion.made import SHOTS, MadeBody, store
from fleet.store.database import migrate, open_engine, url_for
from fleet.store.tables import event
from protocol.basis import Estimate
from protocol.events import Assessed, Cue, EventType, Phase
from protocol.examples import EVENTS
from protocol.gunshot import FireMode
from simulator.shots.outcome import Said, Shots, compare, read_incidents, read_said, shot_problems
from simulator.shots.planted import Fired, read_truth

TRUTH = read_truth()
VOLLEY = Fired(next(bang for bang in TRUTH.bangs if bang.kind == "shots"), 1_000.0)
FIREWORK = Fired(next(bang for bang in TRUTH.bangs if bang.kind == "fireworks"), 1_020.0)
WENT_OFF = (VOLLEY, FIREWORK)
ALWAYS = 0.0, math.inf
BOXES = tuple(VOLLEY.bang.travel_s)


def said(one: Fired, boxes: int, late_s: float = 0.0) -> list[Said]:
    return [Said(box, one.at_s + one.bang.travel_s[box] + late_s) for box in BOXES[:boxes]]


def told(at_s: float, east: float = 0.0, north: float = 0.0, turn: float = 0.0) -> ShotsTold:
    """An ellipse of 20 m by 5 m, so far off the volley."""
    lat, lon = Plane(VOLLEY.bang.lat, VOLLEY.bang.lon).degrees(east, north)
    region = EllipseOnMap(lat, lon, 20.0, 5.0, turn, 0.9)
    return ShotsTold(round(at_s * 1e6), region, Estimate(9.0, 8.0, 10.0), FireMode.AUTOMATIC, ())


def test_what_went_off_was_heard_and_was_told_is_counted() -> None:
    heard = [*said(VOLLEY, 5, 0.0002), *said(VOLLEY, 1, 0.9), *said(FIREWORK, 1)]
    found = compare(WENT_OFF, ALWAYS, heard, [told(1_000.1, north=3.0), told(1_021.0), told(1_300.0)])
    assert found == Shots(
        volleys=1,
        heard=(5,),
        exact=(5,),
        onset_ms=0.2,
        located=1,
        off_m=(3.0,),
        ellipse_m=(20.0,),
        held=1,
        fireworks=1,
        fireworks_heard=(1,),
        fireworks_told=1,
        others_told=1,
    )


def test_a_box_that_missed_the_first_round_is_exact_and_one_that_is_out_of_step_is_not() -> None:
    third_s = VOLLEY.bang.rounds[2]
    found = compare(WENT_OFF, ALWAYS, [*said(VOLLEY, 3, third_s + 0.0001), *said(VOLLEY, 6, third_s + 0.02)[3:]], [])
    assert (found.heard, found.exact) == ((6,), (3,))


def test_only_what_went_off_while_boxes_listened_is_asked_for() -> None:
    found = compare(WENT_OFF, (1_010.0, 1_030.0), said(VOLLEY, 3), [told(1_000.0)])
    assert (found.volleys, found.fireworks, found.others_told) == (0, 1, 0)
    assert compare(WENT_OFF, (math.inf, 1_030.0), [], []) == Shots()


@pytest.mark.parametrize(("turn", "held"), [(0.0, 1), (90.0, 0), (180.0, 1)])
def test_an_ellipse_holds_a_place_along_its_longer_axis_and_not_aside_of_it(turn: float, held: int) -> None:
    assert compare(WENT_OFF, ALWAYS, [], [told(1_000.0, north=-15.0, turn=turn)]).held == held


def test_a_place_that_is_far_off_or_no_ellipse_is_none() -> None:
    assert compare(WENT_OFF, ALWAYS, [], [told(1_000.0, east=30.0)]).located == 0
    disc = replace(told(1_000.0), region=DiscOnMap(VOLLEY.bang.lat, VOLLEY.bang.lon, 300.0))
    assert compare(WENT_OFF, ALWAYS, [], [disc]).off_m == ()


GOOD: dict[str, Any] = {"volleys": 2, "heard": (1, 4), "exact": (1, 3), "onset_ms": 0.1, "located": 1, "off_m": (2.0,)}


@pytest.mark.parametrize(
    ("found", "expected", "words"),
    [
        ({}, True, ""),
        ({"volleys": 0}, True, "no shot went off while all boxes listened"),
        ({"volleys": 0}, False, ""),
        ({"heard": (2, 2)}, True, "none was heard by 3 boxes: 2, 2"),
        ({"exact": (0, 2), "onset_ms": 40.0}, True, "onsets that are 40.0 ms off"),
        ({"located": 0, "off_m": (80.0,)}, True, "no ellipse is within 25 m of one: 80.0"),
        ({"located": 0, "off_m": ()}, True, "there is none"),
        ({"fireworks_told": 1}, True, ""),
    ],
)
def test_what_is_wrong_is_named(found: dict[str, Any], expected: bool, words: str) -> None:
    problems = list(shot_problems(Shots(**(GOOD | found)), expected=expected))
    assert len(problems) == bool(words)
    assert words in "".join(problems)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = open_engine(url_for(tmp_path))
    migrate(made)
    yield made
    made.dispose()


def test_the_first_word_of_a_box_and_the_last_of_the_manager_are_read(engine: Engine) -> None:
    example = EVENTS[EventType.GUNSHOT_DETECTED]
    rows = [
        {
            "device": "box", "boot": "aaaaaaaaaaaa", "seq": number, "id": f"box-{number}", "type": "gunshot.detected",
            "priority": 1, "time": 0, "received": 0, "schema": "1",
            "body": msgspec.json.encode(replace(example.body, phase=phase)),
        }
        for number, phase in enumerate((Phase.NEW, Phase.UPDATE, Phase.END), 1)
    ]  # fmt: skip
    with engine.begin() as connection:
        connection.execute(insert(event), rows)
        for phase, north in ((Phase.NEW, 9.0), (Phase.END, 1.0)):
            body = MadeBody(told(1_000.0, north=north), Assessed("gunshot", 0.9, (Cue("boxes", 3.0),)), "one", phase)
            store(connection, SHOTS, body, 1_000_000)
    assert read_said(engine) == [Said("box", example.body.captured_at.timestamp())]
    assert read_incidents(engine) == [told(1_000.0, north=1.0)]
