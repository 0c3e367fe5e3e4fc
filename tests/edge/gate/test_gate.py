"""The gate of one source, on the real square."""

from __future__ import annotations

import statistics
import time
from itertools import pairwise

import numpy as np
import pytest

from edge.capture.file import FilePort
from edge.gate.expected import Acuity, Expected
from edge.gate.gate import FrameGate
from edge.gate.street import STREET_PX, gate_of
from edge.region import Region, Size
from protocol.config import Anpr, Gate, Source
from tests.edge.capture.clips import SQUARE

WHOLE = Region(0, 0, 768, 576)
FIRST_S = 0.0


def followed(*boxes: Region, every_s: float = 0.0) -> tuple[Expected, ...]:
    return tuple(Expected(box, (0.0, 0.0), FIRST_S, every_s) for box in boxes)


STILL = np.random.default_rng(1).integers(60, 64, (576, 768), np.uint8)


def test_without_a_gate_every_picture_is_looked_at_whole() -> None:
    gate = FrameGate(Gate(enabled=False))
    assert [gate.regions(STILL, i / 10, ()) for i in range(3)] == [(WHOLE,)] * 3


def test_a_still_scene_is_looked_at_every_so_often_and_costs_nothing_between() -> None:
    gate = FrameGate(Gate(whole_every_s=2.0))
    looked = [gate.regions(STILL, i / 10, ()) for i in range(60)]
    assert [i for i, regions in enumerate(looked) if regions] == [0, 20, 40]
    assert all(regions in {(), (WHOLE,)} for regions in looked)


def test_where_a_track_is_expected_is_looked_at_though_nothing_moves() -> None:
    gate = FrameGate(Gate(whole_every_s=100.0))
    gate.regions(STILL, 0.0, ())
    (square,) = gate.regions(STILL, 0.1, followed(Region(300, 200, 30, 80)))
    assert (square.width, square.left <= 300, square.right >= 330) == (256, True, True)


def test_who_could_not_be_looked_at_has_its_turn() -> None:
    gate = FrameGate(Gate(max_regions=1, region_px=128, whole_every_s=100.0))
    gate.regions(STILL, 0.0, ())
    people = tuple(Region(left, 200, 30, 80) for left in (50, 350, 650))
    seen = set()
    for i in range(60):
        for square in gate.regions(STILL, 0.1 + i / 10, followed(*people)):
            seen |= {box for box in people if square.left <= box.left and square.right >= box.right}
    assert seen == set(people)


def test_a_gate_that_is_changed_changes_at_once() -> None:
    gate = FrameGate(Gate(whole_every_s=100.0))
    people = (Region(300, 200, 30, 80),)
    gate.regions(STILL, 0.0, followed(*people))
    gate.gate = Gate(region_px=128, whole_every_s=100.0)
    assert [square.width for square in gate.regions(STILL, 0.1, followed(*people))] == [128]


def test_a_picture_of_another_size_fits_its_squares() -> None:
    gate = FrameGate(Gate())
    gate.regions(STILL, 0.0, followed(Region(700, 500, 30, 60)))
    small = np.full((120, 160), 80, np.uint8)
    for region in gate.regions(small, 0.1, followed(Region(100, 60, 20, 40))):
        assert region.right <= 160
        assert region.bottom <= 120


@pytest.fixture(scope="module")
def looks() -> list[tuple[tuple[Region, ...], float]]:
    gate = FrameGate(Gate(look_every_s=0.0))
    found = []
    for number, picture in enumerate(FilePort(str(SQUARE)).pictures(), 1):
        begun = time.thread_time()
        regions = gate.regions(picture.y, picture.media_s, ())
        found.append((regions, time.thread_time() - begun))
        if number == 300:
            break
    return found


def test_it_costs_about_a_millisecond(looks: list[tuple[tuple[Region, ...], float]]) -> None:
    assert statistics.median(cpu_s for _, cpu_s in looks) < 0.002  # twice the budget: the machine may be busy


def test_squares_hardly_jump(looks: list[tuple[tuple[Region, ...], float]]) -> None:
    squares = [{region for region in regions if region != WHOLE} for regions, _ in looks[20:] if regions]
    kept = sum(len(now & before) for before, now in pairwise(squares))
    assert kept / sum(map(len, squares[1:])) > 0.7


def test_the_size_of_a_picture_knows_its_whole() -> None:
    assert Size(768, 576).whole == WHOLE


def test_where_plates_are_read_a_vehicle_fits_into_a_region() -> None:
    street = Source("gate", "x.mp4", anpr=Anpr())
    assert gate_of(street) == Gate(region_px=STREET_PX, look_every_s=0.0)
    wide = Source("gate", "x.mp4", anpr=Anpr(), gate=Gate(region_px=800, max_regions=2))
    assert gate_of(wide) == Gate(region_px=800, max_regions=2, look_every_s=0.0)
    assert gate_of(Source("square", "x.mp4")) == Gate()
    gate = FrameGate(Gate(region_px=gate_of(street).region_px, whole_every_s=100.0))
    gate.regions(STILL, 0.0, ())
    car = Region(100, 100, 420, 300)
    (square,) = gate.regions(STILL, 0.1, followed(car))
    assert (square.left <= car.left, square.right >= car.right) == (True, True)


EYE = Acuity(Size(416, 320), 24.0)
TALL, SMALL = Region(300, 200, 30, 80), Region(300, 200, 10, 30)
"""In the whole picture 44 and 17 pixels of the model's input."""


def test_one_look_at_everything_serves_all_whom_the_model_can_see() -> None:
    gate = FrameGate(Gate(whole_every_s=100.0), EYE)
    gate.regions(STILL, 0.0, ())
    two = followed(TALL, Region(50, 100, 40, 100))
    assert gate.regions(STILL, 0.2, two) == (WHOLE,)
    assert gate.regions(STILL, 0.4, followed(SMALL)) == (WHOLE,), "a part of so small a picture shows them no better"


def test_in_a_large_picture_who_is_small_is_looked_at_in_a_part() -> None:
    large = np.random.default_rng(1).integers(60, 64, (1080, 1920), np.uint8)
    gate = FrameGate(Gate(whole_every_s=100.0), EYE)
    gate.regions(large, 0.0, ())
    (part,) = gate.regions(large, 0.2, followed(Region(300, 200, 20, 50)))
    assert (part.width, part.left <= 300, part.right >= 320) == (416, True, True), "enlarged, things become people"
    tall, small = Region(900, 300, 60, 160), Region(300, 200, 20, 50)
    assert len(gate.regions(large, 0.4, followed(tall, small))) == 2


def test_between_looks_who_is_followed_costs_nothing() -> None:
    gate = FrameGate(Gate(whole_every_s=100.0), EYE)
    gate.regions(STILL, 0.0, ())
    looked = [i for i in range(1, 31) if gate.regions(STILL, i / 10, followed(TALL, every_s=0.75))]
    assert looked == [8, 16, 24]
    soon = [i for i in range(31, 46) if gate.regions(STILL, i / 10, followed(TALL, every_s=0.3))]
    assert soon == [31, 34, 37, 40, 43]


def test_who_is_new_is_not_kept_waiting_until_another_is_due() -> None:
    gate = FrameGate(Gate(), EYE)
    gate.regions(STILL, FIRST_S, ())
    calm = (Expected(TALL, (0.0, 0.0), FIRST_S, every_s=4.0),)
    assert gate.regions(STILL, 0.1, calm) == ()
    both = (*calm, Expected(Region(500, 300, 30, 80), (0.0, 0.0), FIRST_S, every_s=0.3))
    assert gate.regions(STILL, 0.33, both) == (WHOLE,), "before anybody looks for what moves"


def test_who_is_followed_is_looked_for_where_they_are_by_now() -> None:
    gate = FrameGate(Gate(region_px=128, whole_every_s=100.0))
    gate.regions(STILL, 0.0, ())
    walking = (Expected(Region(100, 200, 30, 80), (200.0, 0.0), 0.0, 0.0),)
    (square,) = gate.regions(STILL, 2.0, walking)
    assert (square.left <= 500, square.right >= 530) == (True, True)
    assert gate.regions(STILL, 5.0, walking) == (), "they have left the picture by then"


def test_what_moves_and_is_nobody_is_looked_at_ever_more_seldom() -> None:
    gate = FrameGate(Gate(look_every_s=0.3, whole_every_s=100.0), EYE)
    flag = [STILL.copy(), STILL.copy()]
    flag[1][200:300, 300:340] += 60
    looked = [i / 10 for i in range(100) if gate.regions(flag[i // 2 % 2], i / 10, ())]
    gaps = np.diff(looked)
    assert gaps[0] < 0.7
    assert gaps[-1] == pytest.approx(2.0, abs=0.3)
    assert len(looked) < 12


def test_where_somebody_is_followed_their_moving_is_not_news() -> None:
    gate = FrameGate(Gate(look_every_s=0.1, whole_every_s=100.0), EYE)
    person = [STILL.copy() for _ in range(20)]
    for i, picture in enumerate(person):
        picture[200:280, 300 + i : 330 + i] += 60
    gate.regions(STILL, 0.0, ())
    for i, picture in enumerate(person):
        known = (Expected(Region(300 + i, 200, 30, 80), (0.0, 0.0), i / 10, 60.0),)
        assert gate.regions(picture, 0.1 + i / 10, known) == ()
    gate = FrameGate(Gate(look_every_s=0.1, whole_every_s=100.0), EYE)
    gate.regions(STILL, 0.0, ())
    assert any(gate.regions(picture, 0.2 + i / 10, ()) for i, picture in enumerate(person)), "of nobody known it is"
