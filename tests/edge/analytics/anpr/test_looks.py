"""What a vehicle is like: named when it is likelier than not, with a probability that holds."""

from __future__ import annotations

import numpy as np
import pytest

from edge.analytics.anpr.looks import Looks
from models.bundle.plates import COLOURS
from models.bundle.reading import Floats
from protocol.config import Lane
from protocol.events import Colour, Direction, VehicleKind
from tests.edge.analytics.anpr.drawn import read_as, sight

PLATE = read_as("1ABC234")
LEFT = (
    Lane("left", ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))),
    [(0.0, 0.0), (500.0, 0.0), (500.0, 500.0), (0.0, 500.0)],
)
BOTH = (Lane("both", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))), [(0.0, 0.0), (1e3, 0.0), (1e3, 500.0), (0.0, 500.0)])


def gone_by(widths: list[float], fall: float = 0.0) -> Looks:
    looks = Looks(())
    for place, width in enumerate(widths):
        looks.plate(sight(PLATE, width, (100.0, 100.0 + fall * place)), place / 10)
    return looks


def coloured(**shares: float) -> Floats:
    colours = np.full(len(COLOURS), (1 - sum(shares.values())) / len(COLOURS), np.float32)
    for name, share in shares.items():
        colours[COLOURS.index(name)] += share
    return colours


@pytest.mark.parametrize(
    ("widths", "fall", "direction"),
    [
        (np.geomspace(60, 120, 12), 8.0, Direction.TOWARDS),
        (np.geomspace(120, 60, 12), -8.0, Direction.AWAY),
        (np.geomspace(60, 120, 12), -8.0, Direction.TOWARDS),  # a camera that looks up: growth decides
        (np.full(12, 90.0), 0.0, Direction.UNKNOWN),  # it stands
        (np.full(12, 90.0) * (1 + 0.02 * np.cos(np.arange(12) * 2.5)), 0.0, Direction.UNKNOWN),
        ([90.0], 0.0, Direction.UNKNOWN),
        ([], 0.0, Direction.UNKNOWN),
    ],
)
def test_what_grows_comes_closer(widths: list[float], fall: float, direction: Direction) -> None:
    found, probability = gone_by(list(widths), fall).direction()
    assert found is direction
    assert (probability > 0.95) if direction is not Direction.UNKNOWN else (probability == 0.0)


def test_the_probability_of_a_direction_holds() -> None:
    """Slow and noisy passages: among those that name a direction, the right share is about what they claim."""
    random = np.random.default_rng(5)
    claimed, right = [], []
    for _ in range(1500):
        towards = random.random() < 0.5
        growth = abs(random.normal(0, 0.06)) * (1 if towards else -1)
        count = int(random.integers(5, 26))
        widths = 90 * np.exp(growth * np.linspace(0, 1, count) + random.normal(0, 0.03, count))
        found, probability = gone_by(widths.tolist()).direction()
        if found is not Direction.UNKNOWN:
            claimed.append(probability)
            right.append((found is Direction.TOWARDS) == towards)
    assert len(claimed) > 500
    assert np.mean(claimed) == pytest.approx(np.mean(right), abs=0.05)


def test_a_picture_taken_twice_says_no_direction() -> None:
    looks = Looks(())
    for width in (60, 70, 80):
        looks.plate(sight(PLATE, width), 1.0)
    assert looks.direction() == (Direction.UNKNOWN, 0.0)


def test_the_lane_is_the_first_that_holds_the_foot_of_the_plate() -> None:
    looks = Looks((LEFT, BOTH))
    for x in (100, 150, 200, 250, 600):
        looks.plate(sight(PLATE, 100, (x, 200)), x / 100)
    lane, probability = looks.lane()
    assert lane == "left"
    assert probability == pytest.approx(4 / 6)


def test_there_is_no_lane_outside_of_all_and_none_without_lanes() -> None:
    outside = Looks((LEFT,))
    for time in range(5):
        outside.plate(sight(PLATE, 100, (700, 200)), time)
    assert outside.lane() == (None, 0.0)
    assert Looks(()).lane() == (None, 0.0)


def test_the_kind_is_voted_by_score() -> None:
    looks = Looks(())
    for name, score in (("truck", 0.6), ("bus", 0.9), ("bus", 0.9), ("person", 0.99), ("unknown", 0.99), ("bus", float("nan"))):
        looks.label(name, score)
    kind, probability = looks.kind()
    assert kind is VehicleKind.BUS
    assert probability == pytest.approx(0.6)


def test_a_kind_that_nobody_is_sure_of_is_not_named() -> None:
    looks = Looks(())
    assert looks.kind() == (VehicleKind.UNKNOWN, 0.0)
    looks.label("truck", 0.5)
    looks.label("bus", 0.45)
    assert looks.kind() == (VehicleKind.UNKNOWN, 0.0)


@pytest.mark.parametrize(
    ("votes", "colour"),
    [
        ([coloured(red=0.9), coloured(red=0.8), coloured(orange=0.7)], Colour.RED),
        ([coloured(unknown=0.9)] * 3, Colour.UNKNOWN),  # it is dark
        ([coloured(blue=0.45, black=0.45)] * 3, Colour.UNKNOWN),
        ([np.full(len(COLOURS), np.nan, np.float32)], Colour.UNKNOWN),
        ([np.zeros(len(COLOURS), np.float32)], Colour.UNKNOWN),
        ([], Colour.UNKNOWN),
    ],
)
def test_the_colour_is_that_of_most_pictures_or_unknown(votes: list[Floats], colour: Colour) -> None:
    looks = Looks(())
    for time, vote in enumerate(votes):
        looks.plate(sight(PLATE, colours=vote), time)
    found, probability = looks.colour()
    assert found is colour
    assert (0.5 <= probability < 1) if colour is not Colour.UNKNOWN else (probability == 0.0)
