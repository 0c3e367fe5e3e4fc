"""How well density and flow are told on the square.

Density is that of the middle of the square, in one process at the pace of the scene, calibrated by eight surveyed places
clicked to the pixel; its truth is the number of people whose feet are there, on the ground as all surveyed places give it.
Flow is over a line across the square, both ways, and its truth is counted by the same rule from the true feet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.calibration import WHERE, read_places
from benchmarks.crowd_metrics import Boxes
from benchmarks.eye import CLIP_FPS, clip, watch
from benchmarks.figure import Figure
from benchmarks.real_box import CLIP
from edge.analytics.crowd.flow import LineCounter
from edge.analytics.crowd.geometry import inside
from edge.analytics.ground.ground import Ground
from protocol.config import Calibration, Gate, GroundPoint, Source, Zone

MIDDLE = ((0.25, 0.3), (0.75, 0.3), (0.9, 0.75), (0.1, 0.75))
LINE = ((0.5, 0.2), (0.5, 1.0))
WIDTH, HEIGHT = 768, 576
POINTS = 8
MOST_POINTS = 32
"""That a calibration takes."""


def ground_figures(
    people: Mapping[int, Boxes],
    flows: Mapping[int, tuple[float, float]],
    frames: range,
    data: Path,
    note: str,
) -> Iterator[Figure]:
    """Errors of density and of flow; without surveyed places there is no density.

    Args:
        people: who truly is there, by picture, from 1.
        flows: over the line as told, forward and backward, by picture.
        frames: that are reported.
        data: folder of surveyed places.
        note: for what the figures are compared with.
    """
    places = data / WHERE
    if places.exists():
        pixels, metres = read_places(places)
        kept = spread(pixels, MOST_POINTS)
        corners = [(x * WIDTH, y * HEIGHT) for x, y in MIDDLE]
        area_m2, _ = Ground(calibration(pixels[kept], metres[kept]), WIDTH, HEIGHT).area(np.array(corners))
        few = spread(pixels, POINTS)
        middle = Source("square", "x", zones=(Zone("middle", MIDDLE),), calibration=calibration(pixels[few], metres[few]))
        densities = watch(clip(CLIP, until=frames[-1]), Gate(), CLIP_FPS, middle).densities
        known = sorted(set(densities) & set(frames))
        real = np.array([float(inside(_feet(people[frame]), corners).sum()) / area_m2 for frame in known])
        off = np.abs(np.array([densities[frame] for frame in known]) - real)
        yield Figure(
            name="density_error",
            value=float(off.mean() / real.mean()),
            unit="",
            n=len(known),
            against=f"mean error of the middle of the square, {area_m2:.0f} m2, of its mean density{note}",
        )
    counter = LineCounter(*((x * WIDTH, y * HEIGHT) for x, y in LINE))
    for frame in range(1, frames[-1] + 1):
        if frame == frames[0]:
            counter.take()
        there = people[frame]
        heights = np.array([bottom - top for _, top, _, bottom in there.values()], np.float32)
        counter.update(list(there), _feet(there), heights, np.ones(len(there), np.float32))
    real_flow = counter.take()
    said = [sum(flows[frame][way] for frame in frames if frame in flows) for way in (0, 1)]
    crossed = real_flow.forward + real_flow.backward
    wrong = abs(said[0] - real_flow.forward) + abs(said[1] - real_flow.backward)
    yield Figure(
        name="flow_error",
        value=wrong / crossed if crossed else float("nan"),
        unit="",
        n=crossed,
        against=f"{said[0]:g} and {said[1]:g} over the line, truly {real_flow.forward} and {real_flow.backward}{note}",
    )


def _feet(people: Boxes) -> npt.NDArray[np.float64]:
    """(n, 2), pixels: bottom centre."""
    feet = np.array([((left + right) / 2, bottom) for left, _, right, bottom in people.values()], np.float64).reshape(-1, 2)
    return np.clip(feet, 0.0, (WIDTH - 1, HEIGHT - 1))


def spread(pixels: npt.NDArray[np.float64], number: int) -> list[int]:
    """Rows of so many places, each as far from those before as can be; the first is the one farthest from the middle."""
    chosen = [int(np.argmax(np.linalg.norm(pixels - pixels.mean(axis=0), axis=1)))]
    while len(chosen) < min(number, len(pixels)):
        away = np.min([np.linalg.norm(pixels - pixels[row], axis=1) for row in chosen], axis=0)
        chosen.append(int(np.argmax(away)))
    return chosen


def calibration(pixels: npt.NDArray[np.float64], metres: npt.NDArray[np.float64]) -> Calibration:
    """From places in pixels and in metres."""
    points = tuple(
        GroundPoint((float(x) / WIDTH, float(y) / HEIGHT), (float(east), float(north)))
        for (x, y), (east, north) in zip(pixels, metres, strict=True)
    )
    return Calibration(points, (WIDTH, HEIGHT), sigma_px=1.0)
