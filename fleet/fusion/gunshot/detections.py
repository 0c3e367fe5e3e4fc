"""What one box heard, in metres and seconds of the city. Pure.

Rules:

- A clock that is not synchronised says nothing of when; the bearing and the count of its box still hold.
- What the box says of its clock (sigma, and the offset that its clock still had to be moved by) and of its onset picker are
  kept apart: a clock is off the same way again and again (:mod:`fleet.fusion.gunshot.bias`), a picker is not.
- A box that does not say where it is, or says what cannot be, makes no detection.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

from fleet.fusion.gunshot.plane import Plane
from protocol.events import Clock, ClockSource, EventBody, Where
from protocol.gunshot import MOST_ONSETS, Bearing, GunshotDetected

UNTOLD_CLOCK_S = {ClockSource.GNSS: 1e-3, ClockSource.NTP: 20e-3, ClockSource.FREE: 1.0}
"""Where a synchronised clock does not say how good it is. NTP over a cellular link: tens of milliseconds."""
UNTOLD_POSITION_M = {"fixed": 2.0, "vehicle": 5.0, "person": 5.0}
"""Per axis, where a box does not say: surveyed with a telephone, and satellites among houses."""
RADIUS_95 = 2.448
"""Radius that holds 95% of a round normal distribution, in its standard deviations."""
UNTOLD_POSTERIOR = 0.5
_LEAST_SIGMA_S = 1e-5
_MOST_CLOCK_S = 1e6
"""Eleven days. The contract bounds every doubt but a clock's, and what is told of one must stay a number."""
_LEAST_BEARING = 1e-3
_WORST_CLOCK_S = 1.0
"""From here on a clock is as good as not synchronised: sound goes a third of a kilometre."""


class DetectionError(ValueError):
    """What a box says cannot be used, and why."""


@dataclass(frozen=True)
class Heading:
    """Where a sound came from: radians clockwise from north, and the standard deviation."""

    azimuth: float
    sigma: float


@dataclass(frozen=True)
class Detection:
    """What one box heard.

    Attributes:
        node: which box.
        x, y: metres east and north on the city's plane; ``position_sigma_m`` for each axis.
        at_s: onset of the first muzzle blast, seconds since 1970 by the box's clock.
        picker_sigma_s: of that onset in the box's own clock.
        clock_sigma_s: of the box's clock.
        synchronised: whether ``at_s`` may be compared with other boxes'.
        onsets_s: of every blast, seconds after ``at_s``; ascending, the first is 0.
        bearing: or none.
        posterior: calibrated probability that these are shots.
        snr_db: of the first blast over the sound just before it; ``None`` where a box does not say.
    """

    node: str
    x: float
    y: float
    at_s: float
    position_sigma_m: float = 1.0
    picker_sigma_s: float = 1e-4
    clock_sigma_s: float = 1e-3
    synchronised: bool = True
    onsets_s: tuple[float, ...] = (0.0,)
    bearing: Heading | None = None
    posterior: float = UNTOLD_POSTERIOR
    snr_db: float | None = None

    def __post_init__(self) -> None:
        numbers = (self.x, self.y, self.at_s, self.position_sigma_m, self.picker_sigma_s, self.clock_sigma_s, *self.onsets_s)
        if not all(map(math.isfinite, numbers)):
            msg = f"{self.node}: a position, a time or a sigma is not a finite number"
            raise DetectionError(msg)
        if min(self.position_sigma_m, self.picker_sigma_s, self.clock_sigma_s) < 0:
            msg = f"{self.node}: a sigma is negative"
            raise DetectionError(msg)
        gaps = [b - a for a, b in zip(self.onsets_s, self.onsets_s[1:], strict=False)]
        if not 1 <= len(self.onsets_s) <= MOST_ONSETS or self.onsets_s[0] != 0 or min(gaps, default=1.0) <= 0:
            msg = f"{self.node}: onsets are not 1 to {MOST_ONSETS} ascending times of which the first is 0"
            raise DetectionError(msg)
        if self.snr_db is not None and not math.isfinite(self.snr_db):
            msg = f"{self.node}: a ratio of {self.snr_db} dB is no number"
            raise DetectionError(msg)
        if not 0 <= self.posterior <= 1:
            msg = f"{self.node}: posterior {self.posterior} is no probability"
            raise DetectionError(msg)

    @property
    def onset_sigma_s(self) -> float:
        """Of the onset in true time: picker and clock together."""
        return max(math.hypot(self.picker_sigma_s, self.clock_sigma_s), _LEAST_SIGMA_S)


def detection(node: str, body: EventBody[GunshotDetected], plane: Plane) -> Detection:
    """What an event says.

    Raises:
        DetectionError: the event has no position, one outside the city, or numbers that cannot be.
    """
    if body.where is None:
        msg = f"{node}: does not say where it is; set its position"
        raise DetectionError(msg)
    try:
        x, y = plane.metres(body.where.lat, body.where.lon)
    except ValueError as error:
        msg = f"{node}: {error}"
        raise DetectionError(msg) from None
    heard = body.observed
    clock_s = _clock_sigma(body.clock)
    return Detection(
        node=node,
        x=x,
        y=y,
        at_s=_seconds(body.captured_at),
        position_sigma_m=_position_sigma(body.where),
        picker_sigma_s=heard.onset_sigma_ms / 1e3,
        clock_sigma_s=clock_s,
        synchronised=body.clock.synchronised and clock_s < _WORST_CLOCK_S,
        onsets_s=tuple(ms / 1e3 for ms in heard.onsets_ms),
        bearing=_heading(heard.bearing),
        posterior=body.assessed.probability if body.assessed else UNTOLD_POSTERIOR,
        snr_db=heard.hearing.snr_db,
    )


def _seconds(at: dt.datetime) -> float:
    """Since 1970; a float holds it to a quarter of a microsecond."""
    since = at - dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
    return since.days * 86_400.0 + since.seconds + since.microseconds / 1e6


def _clock_sigma(clock: Clock) -> float:
    """The offset is what the clock had yet to be moved by; it is not said which way, so it counts as doubt."""
    sigma = UNTOLD_CLOCK_S[clock.source] if clock.sigma_ms is None else clock.sigma_ms / 1e3
    return min(math.hypot(sigma, clock.offset_ms / 1e3), _MOST_CLOCK_S)


def _heading(bearing: Bearing | None) -> Heading | None:
    if bearing is None:
        return None
    return Heading(math.radians(bearing.azimuth_deg), max(math.radians(bearing.sigma_deg), _LEAST_BEARING))


def _position_sigma(where: Where) -> float:
    return UNTOLD_POSITION_M[where.frame] if where.accuracy is None else where.accuracy / RADIUS_95
