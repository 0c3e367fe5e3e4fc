"""What the manager says of an incident of shots: body of the event that it makes, and of what the control room shows.

Rules: places are degrees (WGS 84), so that whoever draws them needs no plane; nothing of a sound is in it; why a box was
believed or not stands beside what it said. No kind of weapon is named.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from protocol.basis import Estimate, Struct
from protocol.gunshot import Confuser, FireMode, Shock


class Point(Struct, frozen=True):
    """A place, degrees."""

    lat: float
    lon: float


class EllipseOnMap(Struct, frozen=True, tag="ellipse"):
    """Holds the shot with probability ``level``; semi-axes in metres."""

    lat: float
    lon: float
    major_m: float
    minor_m: float
    orientation_deg: Annotated[float, Meta(description="Of the longer axis, clockwise from north")]
    level: float


class CurveOnMap(Struct, frozen=True, tag="curve"):
    """Two boxes: the shot lies near this line, 90% within ``across_m`` of it halfway between the boxes."""

    points: tuple[Point, ...]
    across_m: float


class SectorOnMap(Struct, frozen=True, tag="sector"):
    """One box and a bearing: within ``half_width_deg`` (90%) of ``azimuth_deg``, at most ``reach_m`` away."""

    lat: float
    lon: float
    azimuth_deg: float
    half_width_deg: float
    reach_m: float


class DiscOnMap(Struct, frozen=True, tag="disc"):
    """One box and no bearing: within hearing of it."""

    lat: float
    lon: float
    radius_m: float


RegionOnMap = EllipseOnMap | CurveOnMap | SectorOnMap | DiscOnMap


class PlaceOnMap(Struct, frozen=True):
    """A place that explains what was heard."""

    lat: float
    lon: float
    probability: float


class BoxHeard(Struct, frozen=True):
    """What one box said, and what became of it.

    Attributes:
        device, source: which microphone.
        event: identifier of its latest event.
        at: onset of its first shot by its own clock, microseconds since 1970.
        synchronised: whether that clock was set.
        sigma_ms: of the onset, picker and clock together.
        lat, lon: where it was.
        shots, mode, cadence_rpm: what it counted.
        posterior: its own probability that these were shots.
        snr_db, clipped: how well it heard.
        azimuth_deg, azimuth_sigma_deg: its bearing, if it has one.
        shock: whether it heard a bullet's shock wave.
        confuser: what else it may have been.
        residual_ms, residual_deg: what it says less what the solution predicts for it.
        rejected: why its onset or bearing was not believed; ``None`` = it was.
        trust: share of its detections that hold.
    """

    device: str
    source: str
    event: str
    at: int
    synchronised: bool
    sigma_ms: float
    lat: float
    lon: float
    shots: int
    mode: FireMode
    posterior: float
    snr_db: float
    clipped: float
    trust: float
    cadence_rpm: Estimate | None = None
    azimuth_deg: float | None = None
    azimuth_sigma_deg: float | None = None
    shock: Shock = Shock.UNKNOWN
    confuser: Confuser | None = None
    residual_ms: float | None = None
    residual_deg: float | None = None
    rejected: str | None = None


class ShotsTold(Struct, frozen=True):
    """An incident, as it is known by now.

    Attributes:
        fired_at: when the first shot was fired, else when the first box heard it; microseconds since 1970.
        region: where it was.
        places: most probable first; more than one where boxes contradict each other about it. None without a point.
        shots: how many; the interval is that of the boxes'.
        mode, cadence_rpm: as the box tells that heard best.
        boxes: that heard it, nearest first.
        fit: mean square of residuals in sigmas, 1 is as it should be; ``None`` where nothing is left over to judge by.
        speed, wind_east, wind_north: of sound and the air as solved, metres a second.
        confuser: the strongest of all boxes'.
        held: whether it was told while alerts were held to high confidence.
        echo_of: the incident of which it is an echo.
        became: the incident of which it turned out to be a part; it ends with that.
    """

    fired_at: int
    region: RegionOnMap
    shots: Estimate
    mode: FireMode
    boxes: tuple[BoxHeard, ...]
    places: tuple[PlaceOnMap, ...] = ()
    cadence_rpm: Estimate | None = None
    fit: float | None = None
    speed: float | None = None
    wind_east: float | None = None
    wind_north: float | None = None
    confuser: Confuser | None = None
    held: bool = False
    echo_of: str | None = None
    became: str | None = None
