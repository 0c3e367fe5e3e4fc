"""Where a sound is heard: open ground, a street, a valley, a room; each gives the reflections and the rest.

Coordinates are metres: x along the street or the room, y across, z up from the ground.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from models.synthesis.chance import chance
from models.synthesis.sound.draws import evenly
from models.synthesis.sound.echoes import Echo, Rest

Point = tuple[float, float, float]

BOUNCES = 12
"""Of a street's walls: a sound that has gone to and fro so often is part of the rest."""


@dataclass(frozen=True)
class Place:
    """What surrounds a source and a listener.

    Attributes:
        echoes: reflections after the direct sound.
        rest: what cannot be told apart.
        dull_hz: from where up a bounce takes highs.
        seconds: how long it answers.
    """

    echoes: tuple[Echo, ...]
    rest: Rest | None
    dull_hz: float
    seconds: float


def distance(source: Point, listener: Point) -> float:
    """Metres between two points."""
    return float(np.linalg.norm(np.subtract(source, listener)))


def mirrored(  # noqa: PLR0913 - physics has them
    source: Point, listener: Point, image: Point, speed: float, gain: float, bounces: int
) -> Echo:
    """The reflection that comes from a mirror image of the source."""
    direct, way = distance(source, listener), distance(image, listener)
    return Echo(max(0.0, (way - direct) / speed), gain * direct / max(way, 1e-6), bounces)


def street_echoes(  # noqa: PLR0913 - physics has them
    source: Point, listener: Point, width: float, walls: float, ground: float, speed: float
) -> Iterator[Echo]:
    """Reflections between two rows of houses, at y = 0 and y = ``width``, and from the ground.

    Args:
        source: between the rows.
        listener: between the rows.
        width: of the street, m.
        walls: share of the pressure that a row of houses gives back.
        ground: the same of the ground; negative where it is soft.
        speed: of sound, m/s.
    """
    x, y, z = source
    for order in range(-BOUNCES, BOUNCES + 1):
        across = order * width + (y if order % 2 == 0 else width - y)
        for sign, reflected in ((1, 0), (-1, 1)):
            bounces = abs(order) + reflected
            if bounces:
                yield mirrored(source, listener, (x, across, sign * z), speed, walls ** abs(order) * ground**reflected, bounces)


def room_echoes(source: Point, listener: Point, room: Point, walls: float, speed: float) -> Iterator[Echo]:
    """Reflections in a room with one corner in the origin, up to three bounces."""
    for orders in product((-2, -1, 0, 1, 2), (-2, -1, 0, 1, 2), (-1, 0, 1)):
        bounces = sum(abs(order) for order in orders)
        if 0 < bounces <= 3:  # noqa: PLR2004 - see the docstring
            x, y, z = (
                order * length + (place if order % 2 == 0 else length - place)
                for order, length, place in zip(orders, room, source, strict=True)
            )
            yield mirrored(source, listener, (x, y, z), speed, walls**bounces, bounces)


def draw_open(random: np.random.Generator, metres: float, heights: tuple[float, float], speed: float) -> Place:
    """A field, a park or a square, with a house or a wood now and then."""
    source, listener = (0.0, 0.0, heights[0]), (metres, 0.0, heights[1])
    ground = mirrored(source, listener, (0.0, 0.0, -heights[0]), speed, _ground(random), 1)
    far = [_far(random, 0.02, 1.2, 0.02, 0.3) for _ in range(random.poisson(2))]
    rest = Rest(
        level_db=random.uniform(-5, 15),
        begins_s=random.uniform(0.001, 0.04),
        grows_s=random.uniform(0.001, 0.05),
        lasts_s=random.uniform(0.5, 2.4),
        highs=random.uniform(0.3, 0.9),
        ragged=random.uniform(0, 0.5),
    )
    return Place((ground, *far), rest, evenly(random, 800, 12_000), 1.6)


def draw_street(random: np.random.Generator, metres: float, heights: tuple[float, float], speed: float) -> Place:
    """A street between houses; far off, the direct sound may come around a corner and be weaker than what follows."""
    width = random.uniform(8, 40)
    source = (0.0, random.uniform(0.15, 0.85) * width, heights[0])
    listener = (metres, random.uniform(0.1, 0.9) * width, heights[1])
    echoes = list(street_echoes(source, listener, width, random.uniform(0.5, 0.92), _ground(random), speed))
    if chance(random, 0.4):
        echoes.append(_far(random, 0.1, 1.0, 0.05, 0.5))
    behind = evenly(random, 1, 4) if metres > 80 and chance(random, 0.5) else 1.0  # noqa: PLR2004 - a corner is not nearer
    rest = Rest(
        level_db=random.uniform(2, 18),
        begins_s=random.uniform(0.001, 0.025),
        grows_s=random.uniform(0.001, 0.03),
        lasts_s=random.uniform(0.7, 2.8),
        highs=random.uniform(0.4, 1.0),
        ragged=random.uniform(0, 0.5),
    )
    return Place(tuple(Echo(e.later_s, e.gain * behind, e.bounces) for e in echoes), rest, evenly(random, 1_500, 12_000), 1.8)


def draw_valley(random: np.random.Generator, metres: float, heights: tuple[float, float], speed: float) -> Place:
    """Hills or the edge of a wood that answer late."""
    source, listener = (0.0, 0.0, heights[0]), (metres, 0.0, heights[1])
    ground = mirrored(source, listener, (0.0, 0.0, -heights[0]), speed, _ground(random), 1)
    slopes = []
    for _ in range(random.integers(1, 5)):
        first = _far(random, 0.15, 1.4, 0.05, 0.4)
        later = random.exponential(0.01, 24)
        slopes += [Echo(first.later_s + one, first.gain * random.normal(0, 0.3), 3) for one in later]
    rest = Rest(
        level_db=random.uniform(-2, 15),
        begins_s=random.uniform(0.02, 0.2),
        grows_s=random.uniform(0.02, 0.3),
        lasts_s=random.uniform(1.2, 3.2),
        highs=random.uniform(0.15, 0.6),
        ragged=random.uniform(0.2, 1.0),
    )
    return Place((ground, *slopes), rest, evenly(random, 800, 6_000), 2.2)


def draw_room(random: np.random.Generator, metres: float, speed: float) -> Place:
    """A room, a hall, a shooting range; the distance is what fits into it."""
    room = (max(random.uniform(3, 30), metres * 1.1), random.uniform(3, 14), random.uniform(2.4, 6))
    height = random.uniform(1.0, 1.8)
    start = random.uniform(0, room[0] - min(metres, 0.95 * room[0]))
    source = (start, random.uniform(0.1, 0.9) * room[1], height)
    listener = (min(start + metres, room[0]), random.uniform(0.1, 0.9) * room[1], random.uniform(0.8, 2.2))
    rest = Rest(
        level_db=random.uniform(3, 18),
        begins_s=random.uniform(0.004, 0.03),
        grows_s=random.uniform(0.001, 0.01),
        lasts_s=random.uniform(0.25, 2.0),
        highs=random.uniform(0.5, 1.0),
    )
    return Place(
        tuple(room_echoes(source, listener, room, random.uniform(0.6, 0.95), speed)), rest, evenly(random, 2_000, 14_000), 1.6
    )


def _ground(random: np.random.Generator) -> float:
    return random.uniform(0.2, 0.95) * (-1 if chance(random, 0.25) else 1)


def _far(random: np.random.Generator, least_s: float, most_s: float, weakest: float, strongest: float) -> Echo:
    return Echo(evenly(random, least_s, most_s), evenly(random, weakest, strongest) * (1 if chance(random, 0.5) else -1), 2)
