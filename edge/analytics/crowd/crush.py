"""The alarm of a crush that is coming: on what density, its trend and speed say together, never on one instant. Pure.

All of these must hold nearly as long as the alarm asks:

- there are many already: the density is at or over ``warn_at``, and it is one that the camera can tell (``UNSURE``);
- it rises beyond doubt, rises still, and would reach the critical density within the horizon, which is the longer the closer
  people stand already, for the less can then be undone in time;
- people are held up: they move at less than ``HELD`` of the speed at which people walk at ``warn_at`` when nothing else is in
  their way (Weidmann 1993), or crowd pressure is that of turbulence beyond doubt (Helbing 2007).

Each alone is everyday life: a concert stands close, a train that empties makes density rise fast, a queue stands.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from edge.analytics.crowd.alarm import AlarmNews, AlarmState, Life
from edge.analytics.crowd.trend import Slope, Trend
from edge.analytics.crowd.uncertainty import Z_90, estimate
from edge.analytics.crowd.velocity import TURBULENT
from protocol.config import DensityAlarm
from protocol.events import Assessed, CrowdAlert, Cue

HELD = 0.37
"""0.3 metres per second at the default ``warn_at``: people shuffle. As the next three, chosen on walks with even seeds."""
SURELY = 8.0
"""Standard deviations by which the trend is over none: a crush rises evenly, chance does not."""
STILL = 0.5
"""Share of the trend that must be left lately: what levels off is no crush."""
UNSURE = 0.65
"""Relative standard deviation beyond which a density is not asked about: more people are then hardly seen as more."""
NEARLY = 0.8
"""Of the states of that time: one that noise spoils does not begin it anew."""
_SPEEDS = 3
"""States whose mean speed counts."""

_FREE_SPEED, _STEEPNESS, _JAM = 1.34, 1.913, 5.4
"""Metres per second, people per square metre: U. Weidmann, Transporttechnik der Fussgaenger (1993), equation for the plane."""

_NEAR = 0.8
"""Of ``warn_at``, from which the trend is looked at: the last value lies about the line."""

STATE_S = 5.0
"""A state is the mean of so long."""


@dataclass(frozen=True)
class State:
    """Of a zone, mean of some seconds.

    Attributes:
        density: people per square metre; ``sigma`` its standard deviation.
        speed: metres per second and standard deviation; ``None`` = nobody was followed.
        pressure: 1/s^2 and standard deviation.
        trusted_to: people beyond whom the density is not trusted; ``None`` = nobody was seen yet.
    """

    density: float
    sigma: float
    speed: tuple[float, float] | None = None
    pressure: tuple[float, float] | None = None
    trusted_to: float | None = None


def walking_speed(density: float) -> float:
    """Speed of people who walk unhindered at a density, metres per second (Weidmann 1993)."""
    if density <= 0:
        return _FREE_SPEED
    return max(0.0, _FREE_SPEED * (1.0 - math.exp(-_STEEPNESS * (1.0 / density - 1.0 / _JAM))))


class CrushAlarm:
    """The alarm of one zone.

    Args:
        zone: its id.
        area_m2: of its ground.
        settings: thresholds and durations.
    """

    def __init__(self, zone: str, area_m2: float, settings: DensityAlarm) -> None:
        self._zone, self._area_m2, self.settings = zone, area_m2, settings
        self._life = Life(0.0, settings.update_interval_s)
        self._trend = Trend()
        self._speeds: deque[float] = deque(maxlen=_SPEEDS)
        self._coming, self._calm = (deque[bool](maxlen=max(1, round(settings.min_duration_s / STATE_S))) for _ in range(2))
        self.slope: Slope | None = None

    def update(self, state: State, now_s: float) -> AlarmNews | None:
        """Take the state of the zone, mean of the last :data:`STATE_S`, at monotonic seconds."""
        self._trend.update(state.density, now_s)
        if state.speed is not None:
            self._speeds.append(state.speed[0])
        # Not asked for where it does not matter, which is nearly always.
        asked = state.density >= _NEAR * self.settings.warn_at or self._life.state is not AlarmState.CALM
        self.slope = self._trend.slope() if asked else None
        self._coming.append(self.coming(state))
        self._calm.append(state.density <= self.settings.leave_at)
        full = self._coming[-1] and _nearly(self._coming)
        return self._life.step(full=full, calm=_nearly(self._calm), value=state.density, now_s=now_s)

    def close(self, now_s: float) -> AlarmNews | None:
        """The zone can no longer be watched: a running incident ends."""
        return self._life.close(now_s)

    def horizon_s(self) -> float:
        """How far is looked ahead: the configured horizon at ``warn_at``, and in proportion to density beyond."""
        level = self.settings.warn_at if self.slope is None else max(self.slope.level, self.settings.warn_at)
        return self.settings.horizon_s * level / self.settings.warn_at

    def forecast(self, state: State) -> tuple[float, float]:
        """Density at the horizon if the trend lasts, and its standard deviation."""
        if self.slope is None:
            return state.density, state.sigma
        return self.slope.level + self.slope.value * self.horizon_s(), math.hypot(
            state.sigma, self.slope.sigma * self.horizon_s()
        )

    def coming(self, state: State) -> bool:
        """Whether density, trend and movement together say that a crush is coming."""
        slope = self.slope
        if slope is None or slope.level < self.settings.warn_at or state.sigma > UNSURE * state.density:
            return False
        rising = slope.value > SURELY * slope.sigma and slope.lately >= STILL * slope.value
        return rising and self.forecast(state)[0] >= self.settings.critical and self._held(state)

    def _held(self, state: State) -> bool:
        if state.pressure is not None and state.pressure[0] - Z_90 * state.pressure[1] >= TURBULENT:
            return True
        slow = HELD * walking_speed(self.settings.warn_at)
        return bool(self._speeds) and sum(self._speeds) / len(self._speeds) <= slow

    def tell(self, state: State, news: AlarmNews) -> tuple[CrowdAlert, Assessed]:
        """What is told: what was measured, in people as every alert of a crowd has it, and what speaks for it."""
        settings, area_m2 = self.settings, self._area_m2
        expected, sigma = self.forecast(state)
        observed = CrowdAlert(
            self._zone,
            estimate(state.density * area_m2, (state.sigma * area_m2) ** 2),
            round(news.peak * area_m2, 1),
            round(settings.warn_at * area_m2, 1),
            round(settings.leave_at * area_m2, 1),
            round(news.duration_s, 2),
            estimate(state.density, state.sigma**2, 3),
            state.trusted_to,
        )
        cues = [
            Cue("density", round(state.density, 2), "1/m2"),
            Cue("density-expected", round(max(0.0, expected), 2), "1/m2"),
            Cue("critical-density", settings.critical, "1/m2"),
            Cue("horizon", round(self.horizon_s()), "s"),
        ]
        if self.slope is not None:
            cues.append(Cue("trend", round(60 * self.slope.value, 2), "1/m2/min"))
        if state.speed is not None:
            cues.append(Cue("speed", round(state.speed[0], 2), "m/s"))
            cues.append(Cue("speed-unhindered", round(walking_speed(state.density), 2), "m/s"))
        if state.pressure is not None:
            cues.append(Cue("pressure-to-turbulence", round(state.pressure[0] / TURBULENT, 2)))
        probability = 0.5 * math.erfc((settings.critical - expected) / (math.sqrt(2.0) * max(sigma, 1e-6)))
        return observed, Assessed("crush", round(probability, 3), tuple(cues))


def _nearly(said: deque[bool]) -> bool:
    """Whether it was said for as long as asked, but for a few times."""
    return len(said) == said.maxlen and sum(said) >= NEARLY * len(said)
