"""Shots in a city and what its boxes hear of them: onsets through an error model, with what is true kept.

Rules:

- Boxes stand on a jittered grid of streets; those nearest to a shot hear it, each but for a share of misses and for those that
  an onset's source says do not.
- What differs from box to box and stays is drawn once for a network: the bias of its clock, how far its told position is off.
  What differs from shot to shot is drawn with it: wind, temperature, turbulence, the picker, what stands in the way.
- Where the onsets come from can be exchanged (:data:`Onsets`): the error model here, or waveforms through a box's own picker.
  A source draws its chance in one piece, so that networks of one seed hear the same shots whatever else the plan says.
- A detour's length has another distribution than the manager supposes (log-normal here, exponential there).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from fleet.fusion.gunshot.detections import Detection

Floats = NDArray[np.float64]

SPEED_AT_0 = 331.3
"""Metres a second in dry air at 0 degrees Celsius (Cramer, J. Acoust. Soc. Am. 93, 1993)."""
_DETOUR_SPREAD = 0.8
_MISS = 0.1
_POSTERIOR = (8.0, 2.0)
"""Beta distribution of what boxes say of a shot."""
EPOCH_S = 1_790_000_000.0


@dataclass(frozen=True)
class Air:
    """Of one moment: degrees Celsius, and the way the wind blows, metres a second."""

    celsius: float
    east: float = 0.0
    north: float = 0.0

    @property
    def speed(self) -> float:
        """Of sound in it, metres a second."""
        return SPEED_AT_0 * math.sqrt(1 + self.celsius / 273.15)


@dataclass(frozen=True)
class Plan:
    """Error model.

    Attributes:
        spacing_m: from box to box, drawn evenly for each network.
        hearers: how many hear a shot, drawn evenly.
        picker_s: standard deviation of an onset in the box's clock.
        clock_s: of a clock's error; ``steady`` is the share of its variance that is the same for every shot.
        position_m: of a told position, each axis.
        wind: metres a second, drawn evenly up to it.
        celsius_off: of the temperature from what the solver is told, this much above or below.
        turbulence: standard deviation of the time of travel, as a share of it.
        late: share of onsets that come around a corner; ``detour_m`` is their detour's median.
    """

    spacing_m: tuple[float, float] = (200.0, 500.0)
    hearers: tuple[int, int] = (4, 8)
    picker_s: float = 1e-4
    clock_s: float = 1e-3
    steady: float = 0.0
    position_m: float = 0.0
    wind: float = 5.0
    celsius_off: float = 10.0
    turbulence: float = 1e-3
    late: float = 0.1
    detour_m: float = 10.0


Onset = tuple[float, float]
"""Seconds after the shot at which a box picks it, and the standard deviation that it tells of that."""
Onsets = Callable[[Floats, Floats, Air, Plan, np.random.Generator], Iterator[Onset | None]]
"""Source (2,), boxes (n, 2), air, plan, chance: of each box in turn its onset, or none where it does not hear the shot."""


def modelled(source: Floats, boxes: Floats, air: Air, plan: Plan, rng: np.random.Generator) -> Iterator[Onset]:
    """Onsets by the error model; every box hears."""
    seconds = travel_s(source, boxes, rng.uniform(2.0, 4.5, len(boxes)), air)
    seconds *= 1 + rng.normal(0, plan.turbulence, len(boxes))
    late = rng.random(len(boxes)) < plan.late
    seconds += late * detour_m(plan, rng, len(boxes)) / air.speed
    picked = seconds + rng.normal(0, plan.picker_s, len(boxes))
    return zip(picked.tolist(), [plan.picker_s] * len(boxes), strict=True)


def travel_s(source: Floats, boxes: Floats, above: Floats, air: Air) -> Floats:
    """How long sound takes to boxes (n, 2) that hang so many metres (n,) above its source; seconds (n,)."""
    way = boxes - source
    length = np.sqrt(np.sum(way * way, axis=1) + above**2)
    wind = np.array([air.east, air.north])
    along = way @ wind / length
    across = wind @ wind - along**2
    seconds: Floats = length / (np.sqrt(air.speed**2 - across) + along)
    return seconds


def detour_m(plan: Plan, rng: np.random.Generator, count: int) -> Floats:
    """How much longer ways around corners are, metres (count,)."""
    return rng.lognormal(math.log(plan.detour_m), _DETOUR_SPREAD, count)


@dataclass(frozen=True)
class Shot:
    """What is true of a shot, and what was heard of it."""

    x: float
    y: float
    at_s: float
    air: Air
    heard: list[Detection]


@dataclass
class Network:
    """Boxes of a part of a city, in metres about its middle."""

    plan: Plan
    rng: np.random.Generator
    onsets: Onsets = modelled
    side: int = 5
    boxes: Floats = field(init=False)
    spacing_m: float = field(init=False)

    def __post_init__(self) -> None:
        rng, plan = self.rng, self.plan
        self.spacing_m = float(rng.uniform(*plan.spacing_m))
        grid = np.stack(np.meshgrid(*[np.arange(self.side) - (self.side - 1) / 2] * 2), axis=-1).reshape(-1, 2)
        self.boxes = (grid + rng.uniform(-0.25, 0.25, grid.shape)) * self.spacing_m
        self._told = self.boxes + rng.normal(0, plan.position_m, grid.shape)
        self._bias = rng.normal(0, plan.clock_s * math.sqrt(plan.steady), len(grid))

    def place(self) -> tuple[float, float]:
        """Somewhere between the boxes, not at the rim."""
        x, y = self.rng.uniform(-0.5, 0.5, 2) * (self.side - 2) * self.spacing_m
        return float(x), float(y)

    def air(self, celsius: float = 15.0) -> Air:
        """Of one moment, when ``celsius`` is what people think."""
        speed, turn = self.rng.uniform(0, self.plan.wind), self.rng.uniform(0, 2 * math.pi)
        off = self.plan.celsius_off * self.rng.choice([-1.0, 1.0])
        return Air(celsius + float(off), float(speed * math.sin(turn)), float(speed * math.cos(turn)))

    def shot(
        self, at_s: float = EPOCH_S, *, place: tuple[float, float] | None = None, volley: tuple[float, ...] = (0.0,)
    ) -> Shot:
        """Fire: one shot, or several at these seconds after the first."""
        rng, plan = self.rng, self.plan
        x, y = place or self.place()
        air = self.air()
        near = np.argsort(np.hypot(*(self.boxes - (x, y)).T))
        near = near[rng.random(len(near)) > _MISS]
        wanted = int(rng.integers(plan.hearers[0], plan.hearers[1] + 1))
        onsets = self.onsets(np.array([x, y]), self.boxes[near], air, plan, rng)
        told = list(islice(((box, onset) for box, onset in zip(near, onsets, strict=False) if onset is not None), wanted))
        clocks = rng.normal(0, plan.clock_s * math.sqrt(1 - plan.steady), len(told))
        heard = [
            Detection(
                node=f"box-{box:03}",
                x=float(self._told[box, 0]),
                y=float(self._told[box, 1]),
                at_s=float(at_s + seconds + self._bias[box] + clocks[i]),
                position_sigma_m=plan.position_m,
                picker_sigma_s=sigma,
                clock_sigma_s=plan.clock_s,
                onsets_s=tuple(float(v + (rng.normal(0, plan.picker_s) if v else 0.0)) for v in volley),
                posterior=float(rng.beta(*_POSTERIOR)),
            )
            for i, (box, (seconds, sigma)) in enumerate(told)
        ]
        return Shot(x, y, at_s, air, heard)
