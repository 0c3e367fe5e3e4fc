"""Hours of everyday crowds without a crush, as a box measures them: the faster depth from which false alarms are counted.

Each hour is one camera: what is true of density and speed each five seconds, seen as the full chain sees it
(:mod:`benchmarks.crowd_watch`): people hidden and reckoned in by the law of :mod:`edge.analytics.crowd.hiding`, which is off
for the whole hour, and noise as the full chain has it. Alarms come from the real rule.

The hours are harder than a city's: every fifth has a hall that empties, every tenth a station.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.analytics.crowd.crush import STATE_S, CrushAlarm, State, walking_speed
from edge.analytics.crowd.hiding import FULLEST, error, loss
from protocol.config import DensityAlarm
from protocol.events import Phase

Values = npt.NDArray[np.float64]
Random = np.random.Generator

HOUR_S = 3600.0
FAST, SLOW = (0.045, 3.0), (0.055, 60.0)
"""Standard deviation of the logarithm of how many are followed, and seconds that it lasts: the full chain before exits, even
seeds, has 0.040 beside what drifts, and 0.064 with it."""
OFF = 0.4
"""Standard deviation of what the loss of an hour is off by, relative."""
SPEED_NOISE = 0.12
COVERS_M2 = (0.3, 0.45)
"""Ground that a person's box covers: views as steep as the alarm needs (ADR 25); flatter ones hardly ever raise it."""
_AREA_M2 = 36.0


class Kind(enum.Enum):
    """What an hour is like."""

    STREET = "street"
    MARKET = "market"
    STATION = "station"
    CONCERT = "concert"
    EMPTIES = "a hall empties"
    RAIN = "rain"


SHARES = {Kind.STREET: 0.4, Kind.MARKET: 0.15, Kind.STATION: 0.1, Kind.CONCERT: 0.1, Kind.EMPTIES: 0.2, Kind.RAIN: 0.05}


@dataclass(frozen=True)
class Hour:
    """What is true, each five seconds.

    Attributes:
        kind: what it is like.
        density: people per square metre.
        speed: metres per second.
    """

    kind: Kind
    density: Values
    speed: Values


def draw(random: Random) -> Hour:
    """One hour."""
    kind = list(SHARES)[int(random.choice(len(SHARES), p=list(SHARES.values())))]
    t = np.arange(0.0, HOUR_S, STATE_S)
    match kind:
        case Kind.STREET:
            density, walks = _wander(random, t, random.uniform(0.05, 0.5), 60.0), random.uniform(0.7, 1.0)
        case Kind.MARKET:
            density, walks = _wander(random, t, random.uniform(0.4, 2.0), 180.0), random.uniform(0.2, 0.6)
        case Kind.STATION:
            density, walks = _arrivals(random, t), random.uniform(0.4, 1.0)
        case Kind.CONCERT:
            density, walks = _fills(random, t, random.uniform(1.0, 4.0), random.uniform(900, 3600)), random.uniform(0.05, 0.2)
        case Kind.EMPTIES:
            density, walks = _empties(random, t), random.uniform(0.2, 0.6)
        case Kind.RAIN:
            density, walks = _fills(random, t, random.uniform(0.5, 2.0), random.uniform(60, 240)), random.uniform(0.05, 0.4)
    return Hour(kind, density, walks * np.array([walking_speed(max(0.05, float(d))) for d in density]))


def measured(hour: Hour, random: Random) -> list[State]:
    """What a box makes of an hour."""
    covers = random.uniform(*COVERS_M2)
    off = max(0.0, 1.0 + OFF * random.normal())
    crowding = hour.density * covers
    table = np.arange(0.0, FULLEST, 0.001)
    seen = crowding * np.exp(-off * loss(crowding)) * np.exp(_noise(random, len(crowding)))
    reckoned = np.interp(seen, table * np.exp(-loss(table)), table)
    sigma = np.hypot(0.1, error(reckoned)) * reckoned / covers + 0.02
    speed = hour.speed * np.exp(SPEED_NOISE * _lasting(random, len(crowding), SLOW[1]))
    return [
        State(float(d), float(s), (float(v), 0.1 * float(v))) for d, s, v in zip(reckoned / covers, sigma, speed, strict=True)
    ]


def alarms(states: list[State], settings: DensityAlarm) -> int:
    """How often an hour raises the alarm."""
    alarm = CrushAlarm("zone", _AREA_M2, settings)
    news = [alarm.update(state, i * STATE_S) for i, state in enumerate(states)]
    return sum(each is not None and each.phase is Phase.NEW for each in news)


def _noise(random: Random, n: int) -> Values:
    return sum((sigma * _lasting(random, n, lasts_s) for sigma, lasts_s in (FAST, SLOW)), np.zeros(n))


def _lasting(random: Random, n: int, lasts_s: float) -> Values:
    """Standard normal noise that is alike for some seconds (an autoregression of first order)."""
    stays = np.exp(-STATE_S / lasts_s)
    fresh = random.normal(0, np.sqrt(1 - stays**2), n)
    values = np.empty(n)
    now = random.normal()
    for i in range(n):
        now = stays * now + fresh[i]
        values[i] = now
    return values


def _wander(random: Random, t: Values, mean: float, lasts_s: float) -> Values:
    return mean * np.exp(0.2 * _lasting(random, len(t), lasts_s))


def _arrivals(random: Random, t: Values) -> Values:
    """Trains: within half a minute the place is full, then it empties by itself."""
    density = np.full(len(t), random.uniform(0.05, 0.4))
    at = random.uniform(0, 300)
    while at < HOUR_S:
        rises, falls = random.uniform(15, 60), random.uniform(30, 120)
        peak = random.uniform(0.3, 2.0)
        since = t - at
        density += peak * np.where(since < 0, 0, np.where(since < rises, since / rises, np.exp(-(since - rises) / falls)))
        at += random.uniform(180, 900)
    return density


def _fills(random: Random, t: Values, full: float, rises_s: float) -> Values:
    begins = random.uniform(0, HOUR_S / 2)
    return 0.1 + full * (1 - np.exp(-np.maximum(0.0, t - begins) / (rises_s / 3))) * (
        1 + 0.03 * _lasting(random, len(t), 120.0)
    )


def _empties(random: Random, t: Values) -> Values:
    """As walked (:mod:`benchmarks.crowd_walks`): it rises to what the exit holds up, stays, and is over with the last."""
    begins, peak = random.uniform(0, HOUR_S / 3), random.uniform(0.5, 3.0)
    rate = random.uniform(0.2, 2.0) / 60
    stays = random.uniform(60, 1200)
    since = np.maximum(0.0, t - begins)
    rising = peak * (1 - np.exp(-since * rate / peak))
    over = np.maximum(0.0, since - stays - 2 * peak / rate)
    return 0.1 + np.maximum(0.0, rising - over * rate * 2) * (1 + 0.05 * _lasting(random, len(t), 60.0))
