"""Crowds of walkers from a pedestrian simulator: a square that is crossed, and a place before an exit that is too narrow.

People walk by the collision-free speed model of JuPedSim (Tordeux, Chraibi and Seyfried, Traffic and Granular Flow '15, 2016),
with the spread of wished speeds that Weidmann (1993) gives. It queues, jams and presses together before exits as people do; it
has no shock waves, so that crowd pressure in it is lower than before a disaster. Needs the extra ``sim``.

Frame: metres; a square has its corner at (0, 0), an exit is at y = 0 and people come from y > 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

Metres = npt.NDArray[np.float64]
Corners: TypeAlias = tuple[tuple[float, float], ...]
_DT_S = 0.05
_FREE_SPEED, _SPEED_SPREAD = 1.34, 0.26
"""Metres per second (Weidmann 1993)."""
_RADIUS_M, _TIME_GAP_S = 0.15, 0.8
_SETTLE_S = 10.0
_COME_S = 0.25
_NEAR_M = 1.0
"""Of where one went, before he goes elsewhere."""
_ROOM_M = 12.0
"""Behind the zone before an exit: where people come from."""
_PASSAGE_M = 3.0


class Path(msgspec.Struct, frozen=True, array_like=True):
    """Where one person was.

    Attributes:
        first: step at which he came.
        x: centimetres, the first place and then the differences from step to step.
        y: likewise.
    """

    first: int
    x: tuple[int, ...]
    y: tuple[int, ...]


class Walk(msgspec.Struct, frozen=True):
    """People over time.

    Attributes:
        step_s: from one step to the next, seconds.
        steps: how many.
        zone: corners of what is watched, metres.
        paths: of all people.
    """

    step_s: float
    steps: int
    zone: Corners
    paths: tuple[Path, ...]


class Walking:
    """Where the people of a walk are at any second.

    Args:
        walk: laid out step by step once, so that asking is cheap.
    """

    def __init__(self, walk: Walk) -> None:
        self._step_s = walk.step_s
        frames: list[list[tuple[int, float, float]]] = [[] for _ in range(walk.steps + 1)]
        for number, path in enumerate(walk.paths):
            places = zip(np.cumsum(path.x) / 100, np.cumsum(path.y) / 100, strict=True)
            for step, (x, y) in enumerate(places, path.first):
                frames[step].append((number, x, y))
        self._ids = [np.array([row[0] for row in frame], np.int64) for frame in frames]
        self._places = [np.array([row[1:] for row in frame]).reshape(-1, 2) for frame in frames]

    def at(self, second: float) -> tuple[npt.NDArray[np.int64], Metres]:
        """Who is there, by number, and where: (n,) and (n, 2); straight between steps."""
        step, share = divmod(second / self._step_s, 1.0)
        i = int(step)
        if i + 1 >= len(self._ids):
            return np.zeros(0, np.int64), np.zeros((0, 2))
        ids, before, after = np.intersect1d(self._ids[i], self._ids[i + 1], assume_unique=True, return_indices=True)
        start, end = self._places[i][before], self._places[i + 1][after]
        return ids, start + share * (end - start)


def square(people: int, size: tuple[float, float], seconds: float, seed: int, step_s: float = 1.0) -> Walk:
    """So many people who walk to and fro on a square.

    Args:
        people: how many.
        size: width and depth of the square, metres.
        seconds: how long, after they have spread.
        seed: of everything random.
        step_s: between what is kept.
    """
    width, depth = size
    jps = _jupedsim()
    random = np.random.default_rng(seed)
    corners = [(0.0, 0.0), (width, 0.0), (width, depth), (0.0, depth)]
    simulation = jps.Simulation(model=jps.CollisionFreeSpeedModel(), geometry=corners, dt=_DT_S)
    stage = simulation.add_direct_steering_stage()
    add = _adder(jps, simulation, stage, random)
    low, high = np.array([1.0, 1.0]), np.array([width - 1.0, depth - 1.0])
    for place in jps.distribute_by_number(
        polygon=_polygon(corners), number_of_agents=people, distance_to_agents=0.4, distance_to_polygon=0.3, seed=seed
    ):
        add(place)

    def steer() -> None:
        for agent in simulation.agents():
            if np.hypot(agent.target[0] - agent.position[0], agent.target[1] - agent.position[1]) < _NEAR_M:
                agent.target = tuple(random.uniform(low, high))

    for agent in simulation.agents():
        agent.target = tuple(random.uniform(low, high))
    return _played(simulation, steer, (_SETTLE_S, seconds, step_s), tuple(corners))


@dataclass(frozen=True)
class Exit:
    """A place before an exit.

    Attributes:
        wide_m: the exit; through each metre go about 1.3 to 1.8 people per second.
        zone_m: width of the place, and depth of what of it is watched.
        full: people per square metre of the zone at which the walk ends.
    """

    wide_m: float
    zone_m: tuple[float, float] = (6.0, 6.0)
    full: float = 6.0


def bottleneck(exit_: Exit, inflow: Callable[[float], float], seconds: float, seed: int, step_s: float = 2.0) -> Walk:
    """People who come to an exit.

    Args:
        exit_: where.
        inflow: people per second that come, at a second.
        seconds: how long.
        seed: of everything random.
        step_s: between what is kept.
    """
    jps = _jupedsim()
    random = np.random.default_rng(seed)
    width, depth = exit_.zone_m
    left, right, back = (width - exit_.wide_m) / 2, (width + exit_.wide_m) / 2, depth + _ROOM_M
    outline = [
        (0.0, 0.0),
        (left, 0.0),
        (left, -_PASSAGE_M),
        (right, -_PASSAGE_M),
        (right, 0.0),
        (width, 0.0),
        (width, back),
        (0.0, back),
    ]
    simulation = jps.Simulation(model=jps.CollisionFreeSpeedModel(), geometry=outline, dt=_DT_S)
    gone = [(left, -_PASSAGE_M), (right, -_PASSAGE_M), (right, 1.0 - _PASSAGE_M), (left, 1.0 - _PASSAGE_M)]
    stage = simulation.add_exit_stage(gone)
    add = _adder(jps, simulation, stage, random)
    waiting = 0

    def come() -> None:
        nonlocal waiting
        waiting += int(random.poisson(inflow(simulation.elapsed_time()) * _COME_S))
        for _ in range(waiting):
            try:
                place = (random.uniform(0.4, width - 0.4), random.uniform(back - 1.5, back - 0.5))
                add(place)
            except RuntimeError:  # somebody stands there: the rest come later
                break
            waiting -= 1

    zone = ((0.0, 0.0), (width, 0.0), (width, depth), (0.0, depth))
    return _played(simulation, come, (0.0, seconds, step_s), zone, exit_.full * width * depth)


def _played(
    simulation: Any, each: Callable[[], None], spans_s: tuple[float, float, float], zone: Corners, most: float = math.inf
) -> Walk:
    """Play until more than ``most`` are in the zone; spans are what goes before, what is kept, and its step."""
    skip_s, seconds, step_s = spans_s
    steps = 0
    kept: dict[int, tuple[int, list[tuple[float, float]]]] = {}
    often, skip, keep = round(_COME_S / _DT_S), round(skip_s / _DT_S), round(step_s / _DT_S)
    total = skip + round(seconds / _DT_S)
    for i in range(total + 1):
        if i % often == 0:
            each()
        if i >= skip and (i - skip) % keep == 0:
            steps = (i - skip) // keep
            for agent in simulation.agents():
                kept.setdefault(agent.id, (steps, []))[1].append(agent.position)
            if sum(1 for _ in simulation.agents_in_polygon(list(zone))) > most:
                break
        simulation.iterate()
    return Walk(step_s, steps, zone, tuple(_path(first, places) for first, places in kept.values()))


def _path(first: int, places: list[tuple[float, float]]) -> Path:
    cm = np.round(100 * np.array(places)).astype(int)
    x, y = np.diff(cm, axis=0, prepend=np.zeros((1, 2), int)).T.tolist()
    return Path(first, tuple(x), tuple(y))


def _adder(jps: Any, simulation: Any, stage: int, random: np.random.Generator) -> Callable[[tuple[float, float]], None]:
    """What puts one more person at a place, on the way to a stage."""
    journey = simulation.add_journey(jps.JourneyDescription([stage]))

    def add(place: tuple[float, float]) -> None:
        simulation.add_agent(
            jps.CollisionFreeSpeedModelAgentParameters(
                position=place,
                journey_id=journey,
                stage_id=stage,
                radius=_RADIUS_M,
                time_gap=_TIME_GAP_S,
                desired_speed=float(np.clip(random.normal(_FREE_SPEED, _SPEED_SPREAD), 0.5, 2.2)),
            )
        )

    return add


def _polygon(corners: list[tuple[float, float]]) -> Any:
    import shapely  # noqa: PLC0415 - comes with the extra

    return shapely.Polygon(corners)


def _jupedsim() -> Any:
    import jupedsim  # noqa: PLC0415 - an extra

    return jupedsim
