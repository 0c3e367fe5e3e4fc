"""Cars of a city and what its cameras read of them: the statistics depth, a million reads in seconds, with what is true kept.

Rules:

- What happens follows from the plan alone (seed included).
- A car drives a day's trips one after the other and is parked in between: it is never at two places. Only planted clones are.
- A camera says of each reading how sure it is, and is wrong as often as that says; a misread is one look-alike character.
  A dirty plate is misread the same way again and again.
- Boxes whose clock nobody has set say so and are minutes off; a few are off and do not know it.
- Frame of reference: metres east and north of the city's origin, seconds since the first midnight.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocol.events import Colour, VehicleKind
from simulator.worlds.registrations import Plates, issue, mistake, numbers
from simulator.worlds.streets import Streets, make_streets
from simulator.worlds.trips import Driven, drive

KINDS = tuple(kind for kind in VehicleKind if kind not in {VehicleKind.UNKNOWN, VehicleKind.BICYCLE})
COLOURS = tuple(colour for colour in Colour if colour is not Colour.UNKNOWN)
UNKNOWN = -1
_KIND_SHARES = (0.82, 0.05, 0.02, 0.11)
_COLOUR_SHARES = (0.2, 0.29, 0.22, 0.08, 0.02, 0.02, 0.02, 0.12, 0.03)
"""White, grey and black are two thirds of all cars."""
DAY_S = 86_400.0
_DARK = (6.5, 20.5)
"""Hours between which a camera tells colours."""
_SEEN = 0.95
"""Passages of which a plate is read at all."""
_ON_POLE_S = 2.0
"""From one camera of a pole to the other."""


@dataclass(frozen=True)
class Plan:
    """What is to be made.

    Attributes:
        cars: without clones.
        clones: plates that a second car bears.
        days: how long.
        side: junctions along one side of the city.
        cameras: junctions with a camera; ``poles`` of them have two.
        twins: share of plates that are one mistake away from another car's.
        dirty: share of cars that are misread the same way again and again.
        unset, off: shares of cameras whose clock is not set, or is off unknown to them.
    """

    cars: int = 11_600
    clones: int = 60
    days: int = 7
    seed: int = 1
    side: int = 20
    cameras: int = 110
    poles: int = 8
    twins: float = 0.2
    dirty: float = 0.005
    unset: float = 0.04
    off: float = 0.02


@dataclass(frozen=True)
class Traffic:
    """What is true, and what cameras say; ``n`` reads in the order of true time.

    Attributes:
        car: (n,) int64, true car. The clones' numbers come after the cars'.
        plate: (n,) int64, the plate as read (:func:`simulator.worlds.registrations.text`).
        true_plate: (n,) int64.
        camera: (n,) int64.
        at_s: (n,) float64, by the box's clock; ``true_s`` by the true one.
        posterior: (n,) float64.
        kind, colour: (n,) int64, index into :data:`KINDS` and :data:`COLOURS`, or -1; ``kind_p``, ``colour_p``.
        xy: (cameras, 2) float64, metres.
        synchronised: (cameras,) bool, as boxes say; ``sigma_s`` (cameras,).
        cloned: plates that two cars bear of which each was read at least once.
    """

    car: NDArray[np.int64]
    plate: NDArray[np.int64]
    true_plate: NDArray[np.int64]
    camera: NDArray[np.int64]
    at_s: NDArray[np.float64]
    true_s: NDArray[np.float64]
    posterior: NDArray[np.float64]
    kind: NDArray[np.int64]
    kind_p: NDArray[np.float64]
    colour: NDArray[np.int64]
    colour_p: NDArray[np.float64]
    xy: NDArray[np.float64]
    synchronised: NDArray[np.bool_]
    sigma_s: NDArray[np.float64]
    cloned: frozenset[int]

    def __len__(self) -> int:
        return len(self.car)


@dataclass(frozen=True)
class _Cameras:
    node: NDArray[np.int64]
    xy: NDArray[np.float64]
    offset_s: NDArray[np.float64]
    sigma_s: NDArray[np.float64]
    synchronised: NDArray[np.bool_]


@dataclass(frozen=True)
class _Cars:
    plates: Plates
    dirty: NDArray[np.bool_]
    dirty_as: Plates
    kind: NDArray[np.int64]
    colour: NDArray[np.int64]


def make_traffic(plan: Plan) -> Traffic:
    """Let a city drive."""
    rng = np.random.default_rng(plan.seed)
    streets = make_streets(plan.side, rng)
    cameras = _hang(plan, streets, rng)
    cars = _register(plan, rng)
    driven = drive(streets, len(cars.plates), plan.days, np.isin(np.arange(plan.side**2), cameras.node), rng)
    return _read(plan, cameras, cars, driven, rng)


def _hang(plan: Plan, streets: Streets, rng: np.random.Generator) -> _Cameras:
    busy = np.where(streets.artery, 4.0, 1.0)
    node = rng.choice(len(streets.xy), plan.cameras, replace=False, p=busy / busy.sum())
    node = np.concatenate([node, node[: plan.poles]])
    count = len(node)
    draw = rng.permutation(count)
    unset, off = draw < plan.unset * count, (draw >= (1 - plan.off) * count)
    sigma = np.exp(rng.normal(np.log(0.03), 1.2, count))  # tens of milliseconds, now and then a second
    offset = rng.normal(0.0, 1.0, count) * sigma
    minutes = rng.uniform(60.0, 600.0, count) * rng.choice([-1.0, 1.0], count)
    offset = np.where(unset | off, minutes, offset)
    xy = streets.xy[node] + rng.uniform(-8.0, 8.0, (count, 2))
    return _Cameras(node.astype(np.int64), xy, offset, np.where(unset, 0.0, sigma), ~unset)


def _register(plan: Plan, rng: np.random.Generator) -> _Cars:
    plates = issue(plan.cars, plan.twins, rng)
    kind = rng.choice(len(KINDS), plan.cars, p=_KIND_SHARES)
    colour = rng.choice(len(COLOURS), plan.cars, p=_COLOUR_SHARES)
    original = rng.choice(plan.cars, plan.clones, replace=False)
    # A clone is made for a car of the same kind; the colour is often the same.
    same_kind, same_colour = rng.random(plan.clones) < 0.95, rng.random(plan.clones) < 0.6
    kind = np.concatenate([kind, np.where(same_kind, kind[original], rng.choice(len(KINDS), plan.clones, p=_KIND_SHARES))])
    colour = np.concatenate(
        [colour, np.where(same_colour, colour[original], rng.choice(len(COLOURS), plan.clones, p=_COLOUR_SHARES))]
    )
    plates = np.concatenate([plates, plates[original]])
    return _Cars(plates, rng.random(len(plates)) < plan.dirty, mistake(plates, rng), kind, colour)


def _read(plan: Plan, cameras: _Cameras, cars: _Cars, driven: Driven, rng: np.random.Generator) -> Traffic:
    first = np.full(plan.side**2, UNKNOWN)
    first[cameras.node[: plan.cameras]] = np.arange(plan.cameras)
    second = np.full(plan.side**2, UNKNOWN)
    second[cameras.node[plan.cameras :]] = plan.cameras + np.arange(plan.poles)
    camera = np.concatenate([first[driven.node], second[driven.node]])
    car, true_s = (
        np.tile(driven.car, 2),
        np.concatenate([driven.at_s, driven.at_s + rng.uniform(0.2, _ON_POLE_S, len(driven.car))]),
    )
    seen = np.flatnonzero((camera != UNKNOWN) & (rng.random(len(camera)) < _SEEN))
    seen = seen[np.argsort(true_s[seen], kind="stable")]
    camera, car, true_s = camera[seen].astype(np.int64), car[seen], true_s[seen]
    posterior, plate = _misread(cars, car, rng)
    true_plate = numbers(cars.plates)[car]
    kind, kind_p = _look(cars.kind[car], len(KINDS), (0.88, 0.995), rng)
    colour, colour_p = _look(cars.colour[car], len(COLOURS), (0.6, 0.97), rng)
    hour = true_s % DAY_S / 3600
    dark = (hour < _DARK[0]) | (hour > _DARK[1])
    planted = numbers(cars.plates[plan.cars :])
    both = set(true_plate[car < plan.cars].tolist()) & set(true_plate[car >= plan.cars].tolist())
    return Traffic(
        car=car, plate=plate, true_plate=true_plate, camera=camera,
        at_s=true_s + cameras.offset_s[camera], true_s=true_s, posterior=posterior,
        kind=kind, kind_p=kind_p, colour=np.where(dark, UNKNOWN, colour), colour_p=np.where(dark, 0.0, colour_p),
        xy=cameras.xy, synchronised=cameras.synchronised, sigma_s=cameras.sigma_s,
        cloned=frozenset(both & set(planted.tolist())),
    )  # fmt: skip


def _misread(cars: _Cars, car: NDArray[np.int64], rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    dirty = cars.dirty[car]
    doubt = np.where(dirty, rng.beta(3.0, 7.0, len(car)), rng.beta(0.35, 22.0, len(car)))  # means 0.3 and 0.016
    wrong = np.flatnonzero(rng.random(len(car)) < doubt)
    plate = numbers(cars.plates)[car]
    again = dirty[wrong]
    misread = np.where(again[:, None], cars.dirty_as[car[wrong]], mistake(cars.plates[car[wrong]], rng))
    plate[wrong] = numbers(misread)
    return 1.0 - doubt, plate


def _look(
    true: NDArray[np.int64], count: int, sure: tuple[float, float], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    probability = rng.uniform(*sure, len(true))
    other = (true + rng.integers(1, count, len(true))) % count
    return np.where(rng.random(len(true)) < probability, true, other), probability
