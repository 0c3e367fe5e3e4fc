"""What a page is told of shots, and of how high a confidence alerts of them are held to.

Rules: places are degrees, as the manager told them; what a person would have to work out (distances, sigmas, where the wind
comes from) is worked out here; names are data and stay text.
"""

from __future__ import annotations

from fleet.control_room.basis import EstimateView, View
from fleet.fusion.gunshot.told import PlaceOnMap, RegionOnMap


class ShotBoxView(View, frozen=True):
    """What one box said, and what became of it.

    Attributes:
        distance_m: to the most probable place; ``None`` without one.
        residual_ms, residual_sigmas: what its onset is behind (+) or before (-) the solution; sigmas are those of the onset.
        bearing_deg, bearing_half_deg: where it heard it from, and the half-width of the interval that covers 90%.
        bearing_off_deg: its bearing less the solution's.
        believed: whether what it said was used; ``why`` says in words why not.
        confuser: what else it may have been, in words; empty where nothing was plausible.
    """

    device: str
    source: str
    lat: float
    lon: float
    distance_m: float | None
    residual_ms: float | None
    residual_sigmas: float | None
    sigma_ms: float
    bearing_deg: float | None
    bearing_half_deg: float | None
    bearing_off_deg: float | None
    believed: bool
    why: str
    synchronised: bool
    shots: int
    mode: str
    posterior: float
    snr_db: float
    clipped: float
    trust: float
    shock: bool
    confuser: str
    confuser_p: float


class ShotsView(View, frozen=True):
    """An incident of shots.

    Attributes:
        row: of the store, of the event that this is from; a lower one is older.
        fired_at: ms; ``None`` where no clock was set.
        located: how it was located, in words.
        places: most probable first.
        boxes: nearest first, bounded; ``more`` is how many others heard it.
        believed: how many of all boxes were.
        wind_ms, wind_from_deg: as solved; degrees clockwise from north.
        held: whether it was told while alerts were held to high confidence.
        echo_of, became: another incident, of which it is an echo, or turned out to be a part.
    """

    row: int
    fired_at: int | None
    region: RegionOnMap
    located: str
    places: tuple[PlaceOnMap, ...]
    shots: EstimateView
    mode: str
    cadence: EstimateView | None
    boxes: tuple[ShotBoxView, ...]
    more: int
    believed: int
    fit: float | None
    speed_ms: float | None
    wind_ms: float | None
    wind_from_deg: float | None
    confuser: str
    confuser_p: float
    held: bool
    echo_of: str | None
    became: str | None


class HeldView(View, frozen=True):
    """Alerts of shots are held to high confidence: by whom, why, since and until when (ms)."""

    by: str
    reason: str
    since: int
    until: int
