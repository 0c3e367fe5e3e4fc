"""Onsets of shots from waveforms: rendered for each box (:mod:`benchmarks.gunshot_city`), and sent through its own code.

Rules:

- Distances, directions, air, wind and detours are those of the shot that is located; how far the onset is off comes from the
  waveform alone.
- All of a box's analytics but its network run, from samples to the onset and deviation that are told: whatever its detector
  finds is taken for a shot.
- A sound depends on its shot's own seed: the same shot under other clocks and positions is rendered once. No sound is kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from benchmarks.figure import Figure, Sense
from benchmarks.gunshot_city import RATE, Gun, Sound, Way, draw_gun, render
from edge.analytics.gunshot.analytics import GunshotAnalytics
from fleet.rollouts.statistics import wilson
from models.bundle.detections import Floats as Answers
from models.bundle.yamnet import SHOTS
from models.synthesis.sound.draws import Random
from protocol.config import Microphone
from simulator.worlds.gunshots import Air, Floats, Onset, Plan, detour_m, travel_s

_HEIGHTS_M = (3.0, 6.0)
_DISTANCES_M = (0, 150, 300, 450, 600, 1000)
_FAINT_DB = 18
_Z_90 = 1.645
Key = tuple[int, int, Air, float, float]
"""Seed of the shot, number of the box, and what else shapes a sound: air, share and size of detours."""


@dataclass(frozen=True)
class Heard:
    """What one box made of a shot.

    Attributes:
        way: that it took.
        off_s: onset less arrival; nothing where it was not heard.
        sigma_s: deviation that was told of it.
        ratio_db: largest pressure of the shot over the deviation of the noise.
    """

    way: Way
    ratio_db: float
    off_s: float | None = None
    sigma_s: float | None = None


@dataclass
class Waveforms:
    """A source of onsets, for :class:`simulator.worlds.gunshots.Network`; ``heard`` keeps what became of each sound."""

    heard: dict[Key, Heard] = field(default_factory=dict)

    def __call__(self, source: Floats, boxes: Floats, air: Air, plan: Plan, rng: Random) -> Iterator[Onset | None]:
        """Of each box in turn; rendered when asked for."""
        seed = int(rng.integers(1 << 62))
        slower = 1 + rng.normal(0, plan.turbulence, len(boxes))
        gun = draw_gun(np.random.default_rng(seed), air)
        return (self._one(gun, box - source, plan, (seed, number), slower[number]) for number, box in enumerate(boxes))

    def _one(self, gun: Gun, to: Floats, plan: Plan, seed: tuple[int, int], slower: float) -> Onset | None:
        random = np.random.default_rng(seed)
        above = random.uniform(*_HEIGHTS_M) - gun.muzzle_m
        late, detour = random.random() < plan.late, float(detour_m(plan, random, 1)[0])
        way = Way(math.hypot(*to, above), math.atan2(*to), above, detour if late else 0.0)
        key = (*seed, gun.air, plan.late, plan.detour_m)
        if key not in self.heard:
            self.heard[key] = listen(render(random, gun, way), way)
        heard = self.heard[key]
        if heard.off_s is None or heard.sigma_s is None:
            return None
        seconds = float(travel_s(np.zeros(2), to[None], np.array([above]), gun.air)[0])
        return seconds * slower + way.detour / gun.air.speed + heard.off_s, heard.sigma_s


def listen(sound: Sound, way: Way) -> Heard:
    """What a box tells of a sound."""
    told = GunshotAnalytics(Microphone("street", "-", rate_hz=RATE), SHOTS[:1], _sure).take(sound.samples[None])
    if not told:
        return Heard(way, sound.ratio_db)
    return Heard(way, sound.ratio_db, told[0].index / RATE - sound.arrival_s, told[0].detected.onset_sigma_ms / 1000)


def _sure(_: Answers) -> Answers:
    """In place of the network: it was a shot."""
    return np.ones(1, np.float32)


def share(name: str, good: int, n: int, against: str, goal: tuple[Sense, float | None] = (Sense.AT_LEAST, None)) -> Figure:
    """A share with its interval."""
    found = wilson(good, n)
    value, low, high = (found.value, found.low, found.high) if found else (float("nan"), None, None)
    return Figure(name=name, value=value, unit="share", n=n, low=low, high=high, against=against, sense=goal[0], target=goal[1])


def figures(waves: Waveforms, form: str) -> Iterator[Figure]:
    """What became of all sounds: who heard, by distance, and how far picks on the direct way are to be trusted."""
    heard = list(waves.heard.values())
    for least, most in pairwise(_DISTANCES_M):
        there = [one for one in heard if least <= one.way.metres < most]
        if not there:
            continue
        found = sum(one.off_s is not None for one in there)
        note = f"boxes that find an onset, {least} to {most} m from the shot, around a corner or not, windy or calm; {form}"
        yield share(f"heard_from_{least}m", found, len(there), note)
    picks = [
        (one.off_s, one.sigma_s, one.ratio_db)
        for one in heard
        if not one.way.detour and one.off_s is not None and one.sigma_s is not None
    ]
    off = [abs(off) * 1000 for off, _, _ in picks] or [float("nan")]
    low, middle, high = np.quantile(off, (0.05, 0.5, 0.95)).tolist()
    note = f"of picks on the direct way; interval: 5th and 95th percentile; {form}"
    yield Figure(name="pick_median_ms", value=middle, unit="ms", n=len(picks), low=low, high=high, against=note)
    for name, most_db, which in (("pick_coverage", math.inf, ""), ("pick_coverage_faint", _FAINT_DB, f" below {_FAINT_DB} dB")):
        chosen = [abs(off) <= _Z_90 * sigma for off, sigma, ratio in picks if ratio < most_db]
        note = f"picks on the direct way{which} within the 90% that they tell; {form}"
        yield share(name, sum(chosen), len(chosen), note)
