"""People who come and go: what is true in each zone at each second, and how many crossed its line.

Rules: a step is one second; every random number follows from (seed, zone), so that the same scenario has the same people
however fast it is played and whoever looks on; nobody appears but over the edge of the zone, so flow and count agree:
``people = forward - backward + the people of the first second``.

The process is the queue M(t)/M/inf in steps: each person stays on average ``dwell_s``; arrivals follow the wanted occupancy
(the town's day and week, and occasions such as a market). Its stationary count is Poisson with the wanted mean
(Gallager, Stochastic Processes, section 2.4).
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

DAY_S = 86_400.0
WEEK_S = 7 * DAY_S


class Occasion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that draws people, once or again and again: a trapezoid in time."""

    begins_s: Annotated[float, Meta(ge=0, description="Seconds of the scenario when people begin to come")]
    rises_s: Annotated[float, Meta(gt=0, description="Seconds until it is full")]
    lasts_s: Annotated[float, Meta(ge=0, description="Seconds at its fullest")]
    falls_s: Annotated[float, Meta(gt=0, description="Seconds until it is over")]
    people: Annotated[float, Meta(gt=0, description="More people than without it, at its fullest")]
    repeats_s: Annotated[float, Meta(gt=0, description="Seconds from one beginning to the next")] | None = None

    def at(self, t: float) -> float:
        """People that it adds, seconds of the scenario."""
        if t < self.begins_s:
            return 0.0
        since = t - self.begins_s
        if self.repeats_s is not None:
            since %= self.repeats_s
        falling = self.rises_s + self.lasts_s
        if since < self.rises_s:
            return self.people * since / self.rises_s
        if since < falling:
            return self.people
        return self.people * max(0.0, 1.0 - (since - falling) / self.falls_s)


class Rhythm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The town's day and week."""

    starts_at_s: Annotated[
        float, Meta(ge=0, lt=WEEK_S, description="Second of the week at the scenario's start; 0 = Monday 0:00")
    ] = 5 * DAY_S + 10 * 3600
    speed: Annotated[float, Meta(gt=0, description="Seconds of the town's week per second of the scenario")] = 60.0

    def at(self, t: float) -> float:
        """Share of the busiest hour, 0 to 1, at a second of the scenario."""
        week = (self.starts_at_s + self.speed * t) % WEEK_S
        hour = week % DAY_S / 3600
        weekend = 1.0 if week >= 5 * DAY_S else 0.0
        noon = math.exp(-((hour - 12.8) ** 2) / 8.0)
        evening = math.exp(-((hour - 18.2) ** 2) / 5.0)
        morning = math.exp(-((hour - 8.3) ** 2) / 1.6)
        working = 0.75 * noon + 0.8 * evening + 0.65 * morning
        free = 0.95 * math.exp(-((hour - 14.5) ** 2) / 14.0) + 0.5 * math.exp(-((hour - 20.5) ** 2) / 6.0)
        return min(1.0, 0.06 + (free if weekend else working))


class Truth(msgspec.Struct, frozen=True):
    """One zone at the end of one second."""

    second: int
    people: int
    forward: int
    """Came over the line since the scenario began."""
    backward: int
    """Left over it."""


class ZoneCrowd:
    """The people of one zone.

    Args:
        seed: of the scenario.
        name: of the zone, unique in the town.
        size: people at the busiest hour.
        rhythm: day and week.
        occasions: what draws more.
        dwell_s: mean stay; short at a place that fills and empties fast.
    """

    def __init__(  # noqa: PLR0913 - what a crowd follows from
        self, seed: int, name: str, size: float, rhythm: Rhythm, occasions: Sequence[Occasion] = (), dwell_s: float = 20.0
    ) -> None:
        self._rng = random.Random(f"crowd/{seed}/{name}")
        self._size, self._rhythm, self._occasions, self._dwell_s = size, rhythm, tuple(occasions), dwell_s
        self._first = poisson(self._rng, self.wanted(0.0))
        self._now = Truth(0, self._first, 0, 0)

    @property
    def now(self) -> Truth:
        """The latest second."""
        return self._now

    def wanted(self, t: float) -> float:
        """Mean occupancy towards which the zone moves, at a second of the scenario."""
        return self._size * self._rhythm.at(t) + sum(occasion.at(t) for occasion in self._occasions)

    def advance(self, second: int) -> list[Truth]:
        """Live on up to and with a second. Returns what was true at each second on the way."""
        way = []
        stay = math.exp(-1.0 / self._dwell_s)
        while self._now.second < second:
            t = self._now.second + 1
            leave = binomial(self._rng, self._now.people, 1.0 - stay)
            before, after = self.wanted(t - 1), self.wanted(t)
            come = poisson(self._rng, max(0.0, after - before * stay))
            self._now = Truth(t, self._now.people - leave + come, self._now.forward + come, self._now.backward + leave)
            way.append(self._now)
        return way


def poisson(rng: random.Random, mean: float) -> int:
    """Draw from the Poisson law by counting exponential gaps; time grows with the mean, which is small here."""
    count, at = 0, 0.0
    while mean > 0:
        at += rng.expovariate(1.0)
        if at > mean:
            break
        count += 1
    return count


def binomial(rng: random.Random, n: int, p: float) -> int:
    """Draw from the binomial law, one trial after another."""
    return sum(rng.random() < p for _ in range(n))
