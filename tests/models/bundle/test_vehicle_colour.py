"""The colour of a vehicle is a hint: right for most paints in most light, and unknown where nobody can know."""

from __future__ import annotations

import numpy as np
import pytest

from models.bundle.plates import COLOURS
from models.bundle.vehicle_colour import colour_of
from models.synthesis.body import Kind
from models.synthesis.paint import CALLED
from tests.models.vehicles import Drawn, drawn, lit

LIGHTS = {"plain": (1.0, (1.0, 1.0, 1.0)), "dull": (0.6, (1.0, 1.0, 1.05)), "warm": (0.8, (1.08, 1.0, 0.88))}
KINDS = (Kind.CAR, Kind.VAN)


def named(car: Drawn, gain: float = 1.0, tint: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> str:
    left, top, right, bottom = car.box.tolist()
    return COLOURS[int(colour_of(lit(car.picture, gain, tint, 4), (left, top, right, bottom), car.corners).argmax())]


@pytest.mark.parametrize("light", LIGHTS)
def test_most_paints_are_named_in_any_light(light: str) -> None:
    """Seeds of their own: the borders were chosen on others, where 82% were named; on 864 more it is again 82%."""
    right = [
        named(drawn(9000 + seed, paint=paint, kind=KINDS[seed % 2]), *LIGHTS[light]) == name
        for name, paints in CALLED.items()
        for seed in range(2)
        for paint in paints
    ]
    assert np.mean(right) > 0.65


def test_nothing_is_known_in_the_dark_without_colour_or_from_afar() -> None:
    car = drawn(4)
    left, top, right, bottom = car.box.tolist()
    assert named(car, 0.15) == "unknown"
    infrared = np.repeat(car.picture.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    assert COLOURS[int(colour_of(infrared, (left, top, right, bottom), car.corners).argmax())] == "unknown"
    tiny = (left, top, left + 20, top + 15)
    assert colour_of(car.picture, tiny, car.corners)[COLOURS.index("unknown")] == 1
    assert colour_of(car.picture, (left, top, left, top), car.corners)[COLOURS.index("unknown")] == 1


def test_any_box_gives_probabilities() -> None:
    random = np.random.default_rng(1)
    for _ in range(60):
        picture = random.integers(0, 256, (90, 120, 3), np.uint8)
        box = random.uniform(-40, 160, 4)
        corners = random.uniform(-30, 150, (4, 2)).astype(np.float32)
        found = colour_of(picture, (box[0], box[1], box[2], box[3]), corners)
        assert found.dtype == np.float32
        assert found.sum() == pytest.approx(1, abs=1e-5)
        assert (found >= 0).all()
