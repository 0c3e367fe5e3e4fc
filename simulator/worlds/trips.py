"""Trips of a city's cars: who drives where and when, at what speed, and which junctions they pass.

Rules: a car's trips of a day follow one another, with time parked in between, and end at home; lights and jams are the same for
all who drive at that hour, drivers differ by a tenth. Vectorised over cars and days: a trip is a row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.worlds.streets import Streets

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DAY_S = 86_400.0
_HOUR_S = 3600.0
PARKED_S = 240.0
"""Least time between two trips."""
_LIGHT_S, _LIGHT_RED = 35.0, 0.35
"""Longest wait at a light, and how often it is red."""
_TRADE, _TRADE_TRIPS = 0.08, 9
"""Share of cars that drive all day, and their trips."""
_JAM_HOURS, _JAM_WIDTH_H, _JAM = (8.2, 17.3), 1.1, 0.55
"""When jams are, how long, and how much of the speed they take."""


@dataclass(frozen=True)
class Driven:
    """Junctions that were passed: (m,) each; ``at_s`` since the first midnight."""

    car: Ints
    node: Ints
    at_s: Floats


def drive(streets: Streets, cars: int, days: int, wanted: NDArray[np.bool_], rng: np.random.Generator) -> Driven:
    """Let cars drive.

    Args:
        streets: of the city.
        cars: how many.
        days: how long.
        wanted: (junctions,), those whose passages are kept.
        rng: where chance comes from.
    """
    nodes = len(streets.xy)
    home, work = rng.integers(0, nodes, cars), rng.integers(0, nodes, cars)
    trade = rng.random(cars) < _TRADE
    pace = np.exp(rng.normal(0.0, 0.1, cars))
    car = np.repeat(np.arange(cars), days)
    day_s = np.tile(np.arange(days), cars) * DAY_S
    here, free_s = home[car].copy(), day_s + 4.5 * _HOUR_S
    kept: list[tuple[Ints, Ints, Floats]] = []
    for to, leave_s, goes in _trips(car, home, work, trade, rng):
        goes = goes & (to != here)  # noqa: PLW2901 - whoever is there already stays
        begin = np.maximum(day_s + leave_s, free_s + PARKED_S)[goes]
        arrived = _drive(streets, car[goes], here[goes], to[goes], begin, pace, wanted, rng, kept)
        free_s[goes], here[goes] = arrived, to[goes]
    return Driven(*(np.concatenate(column) for column in zip(*kept, strict=True)))


def _trips(
    car: Ints, home: Ints, work: Ints, trade: NDArray[np.bool_], rng: np.random.Generator
) -> list[tuple[Ints, Floats, NDArray[np.bool_]]]:
    n, nodes = len(car), int(home.max()) + 1
    works = (rng.random(n) < 0.75) & ~trade[car]
    errand = (rng.random(n) < 0.5) & ~trade[car]
    shop = rng.integers(0, nodes, n)
    hours = rng.normal(8.0, 0.8, n), rng.normal(17.2, 1.0, n), rng.normal(19.0, 2.0, n)
    private = [
        (work[car], hours[0] * _HOUR_S, works),
        (home[car], hours[1] * _HOUR_S, works),
        (shop, hours[2] * _HOUR_S, errand),
        (home[car], (hours[2] + rng.exponential(1.2, n) + 0.3) * _HOUR_S, errand),
    ]
    starts = np.sort(rng.uniform(7.0, 18.5, (n, _TRADE_TRIPS)), axis=1) * _HOUR_S
    rounds = [
        (home[car] if trip == _TRADE_TRIPS - 1 else rng.integers(0, nodes, n), starts[:, trip], trade[car])
        for trip in range(_TRADE_TRIPS)
    ]
    return private + rounds


def _drive(  # noqa: PLR0913 - a trip is all of this
    streets: Streets,
    car: Ints,
    start: Ints,
    end: Ints,
    begin_s: Floats,
    pace: Floats,
    wanted: NDArray[np.bool_],
    rng: np.random.Generator,
    kept: list[tuple[Ints, Ints, Floats]],
) -> Floats:
    """Drive from junction to junction until all are there; returns when they arrive."""
    here, at_s = start.copy(), begin_s.copy()
    on_way = np.arange(len(car))
    while len(on_way):
        here_now, now_s = here[on_way], at_s[on_way]
        seen = wanted[here_now]
        kept.append((car[on_way][seen], here_now[seen], now_s[seen]))
        on_way = on_way[here_now != end[on_way]]
        before = here[on_way]
        next_ = streets.after[before, end[on_way]]
        speed = streets.speed_m_s[before, next_] * pace[car[on_way]] * _flow(at_s[on_way])
        wait = np.where(rng.random(len(on_way)) < _LIGHT_RED, rng.uniform(0.0, _LIGHT_S, len(on_way)), 0.0)
        at_s[on_way] += streets.length_m[before, next_] / speed + wait
        here[on_way] = next_
    return at_s


def _flow(at_s: Floats) -> Floats:
    """Share of the free speed at a time of day."""
    hour = at_s % DAY_S / _HOUR_S
    jam = sum(np.exp(-(((hour - peak) / _JAM_WIDTH_H) ** 2)) for peak in _JAM_HOURS)
    return np.asarray(1.0 - _JAM * np.minimum(1.0, jam))
