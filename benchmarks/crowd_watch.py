"""Rendered crowds through the real tracker and the real analytics: what a box would tell of them, beside what was there.

The camera is calibrated as a technician would, with eight clicks of three pixels' noise; boxes come from
:mod:`simulator.worlds.onlooker`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from edge.analytics.crowd.analytics import CrowdAnalytics
from edge.analytics.crowd.geometry import inside, polygon_area
from edge.analytics.ground.ground import Ground
from edge.clock import Instant
from edge.tracking.tracker import Tracker
from protocol.config import Calibration, DensityAlarm, GroundPoint, Report, Source, Zone
from protocol.events import Assessed, CrowdAlert, CrowdCount, CrowdDensity, Phase
from simulator.worlds.onlooker import Camera, Onlooker
from simulator.worlds.pedestrians import Walk, Walking

FPS = 5.0
WINDOW_S = 5.0
_CLICKS, _CLICK_PX = 8, 3.0
_EPOCH = dt.datetime(2026, 7, 1, tzinfo=dt.timezone.utc)


@dataclass(frozen=True)
class Window:
    """One window: what was there, and what was told.

    Attributes:
        second: at its end.
        people: in the zone, true mean.
        density: true mean, people per square metre.
        told: of the density; ``None`` = nothing.
        counted: of the count.
    """

    second: float
    people: float
    density: float
    told: CrowdDensity | None
    counted: CrowdCount | None


@dataclass(frozen=True)
class Alarmed:
    """An alert of a crush."""

    second: float
    phase: Phase
    observed: CrowdAlert
    assessed: Assessed | None


@dataclass(frozen=True)
class Watched:
    """All of it."""

    windows: tuple[Window, ...]
    alerts: tuple[Alarmed, ...]

    def raised_s(self) -> float | None:
        """When the alarm was raised first."""
        return next((alert.second for alert in self.alerts if alert.phase is Phase.NEW), None)


def watch(walk: Walk, camera: Camera, seed: int, alarm: DensityAlarm | None = None, seconds: float | None = None) -> Watched:
    """Watch a walk.

    Args:
        walk: people over time.
        camera: where from.
        seed: of clicks and of the detector.
        alarm: of the zone.
        seconds: how much of it; all when ``None``.
    """
    corners = np.array(walk.zone)
    polygon = [(float(x), float(y)) for x, y in walk.zone]
    area = polygon_area(polygon)
    size = camera.size
    picture = np.clip(camera.project(corners)[0] / np.array(size), 0.0, 1.0)
    zone = Zone("zone", tuple((float(x), float(y)) for x, y in picture), density_alarm=alarm)
    source = Source("camera", "rendered", zones=(zone,), calibration=calibrate(camera, corners, seed))
    assert source.calibration is not None
    analytics = CrowdAnalytics(source, Report(count_interval_s=WINDOW_S), *size, Ground(source.calibration, *size))
    tracker, onlooker = Tracker(*size), Onlooker(camera, seed, FPS)
    walking = Walking(walk)
    windows, alerts, there = [], [], []
    last_s = min(seconds or np.inf, walk.step_s * (walk.steps - 1))
    for picture_number in range(int(last_s * FPS)):
        now = picture_number / FPS
        ids, places = walking.at(now)
        there.append(int(inside(places, polygon).sum()) if len(places) else 0)
        tracks = tracker.update(onlooker.look(ids, places), [(0.0, 0.0, float(size[0]), float(size[1]))], now)
        instant = Instant(now, _EPOCH + dt.timedelta(seconds=now))
        told = analytics.update(tracks, instant, picture_number)
        alerts += [
            Alarmed(now, said.phase, said.observed, said.assessed)
            for said in told
            if isinstance(said.observed, CrowdAlert) and said.phase is not None
        ]
        if any(isinstance(said.observed, CrowdCount) for said in told):
            people = float(np.mean(there))
            density = next((said.observed for said in told if isinstance(said.observed, CrowdDensity)), None)
            count = next((said.observed for said in told if isinstance(said.observed, CrowdCount)), None)
            windows.append(Window(now, people, people / area, density, count))
            there = []
    return Watched(tuple(windows), tuple(alerts))


def calibrate(camera: Camera, corners: np.ndarray, seed: int) -> Calibration:
    """Click the corners of the zone and as many places in it again."""
    random = np.random.default_rng((seed, 8))
    inner = corners.mean(axis=0) + (corners - corners.mean(axis=0)) * 0.5
    ground = np.concatenate([corners, inner])[:_CLICKS]
    pixels = camera.project(ground)[0] + random.normal(0, _CLICK_PX, (len(ground), 2))
    clicked = np.clip(pixels / np.array(camera.size), 0.0, 1.0).tolist()
    pairs = zip(clicked, ground.tolist(), strict=True)
    return Calibration(tuple(GroundPoint((u, v), (x, y)) for (u, v), (x, y) in pairs), camera.size, _CLICK_PX)
