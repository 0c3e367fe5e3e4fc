"""Positions on the ground after a calibration by hand, against surveyed places on the square.

An installer clicks places with a deviation of 3 pixels and knows their metres. The first four stand near the corners, as the
tool says: of 200 fours, the one whose smallest triangle is the largest. Every further one is the nearest that there is to where
the tool says that a point would help most, anywhere in the part of the picture that people walk in. What the tool refuses is
left out. Errors are those of all places that were not clicked.

Nothing here was chosen on these places: the arithmetic, the advice and what they take for granted were tried on random cameras
only (tests/edge/analytics/ground/cameras.py). The places are boxes of people, rounded to whole pixels, which is stated as the
deviation of their feet.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from benchmarks.figure import Figure, Options, Sense, Skipped
from edge.analytics.ground.advice import Q90, TOLERATED_M, Survey, advise, places, survey
from edge.analytics.ground.errors import UnfitError
from edge.analytics.ground.ground import Ground
from edge.analytics.ground.homography import Floats
from protocol.config import Calibration, GroundPoint

DESCRIPTION = (
    "Positions on the ground after a calibration by hand with 4, 6 and 8 points, and whether their stated region holds"
)

Random = np.random.Generator

WHERE = "pets/world_points_001_400.csv"
SIZE = (768, 576)
CLICK_PX = 3.0
_DRAWS, _QUICK = 400, 4
_NUMBERS = (4, 6, 8)
_CONSIDERED = 200
"""As one who sees the whole of it: of 20 at random, errors are half as large again."""
_MOST = 16
"""Points that an installer clicks before giving up."""
_ROUNDED: Floats = np.eye(2) / 12.0
"""Covariance of what was rounded to whole pixels, pixels squared."""
_Z95 = 1.96


@dataclass
class _Told:
    """What was found with one number of points, draw by draw."""

    errors_m: list[Floats] = field(default_factory=list)
    within: list[float] = field(default_factory=list)
    """Share of the places of a draw that lie in their stated region: those of one draw err together."""
    beyond: list[float] = field(default_factory=list)


def run(options: Options) -> Iterator[Figure]:
    """Calibrate again and again.

    Raises:
        Skipped: the places are not there.
    """
    pixels, metres = read_places(options.data / WHERE)
    random = np.random.default_rng(options.seed)
    told = {n: _Told() for n in _NUMBERS}
    asked: list[int] = []
    at_last = _Told()
    draws = _QUICK if options.quick else _DRAWS
    for number in range(draws):
        options.progress(f"calibration {number + 1} of {draws}")
        content = False
        for chosen, ground, seen in _calibrated(pixels, metres, random):
            if len(chosen) in told:
                _judge(ground, chosen, pixels, metres, told[len(chosen)])
            if not content and (seen.radius_m(0.9) <= TOLERATED_M or len(chosen) == _MOST):
                content = True
                asked.append(len(chosen))
                _judge(ground, chosen, pixels, metres, at_last)
            if content and len(chosen) >= max(_NUMBERS):
                break
    form = f"{draws} random calibrations, clicks of {CLICK_PX:g} px; seed {options.seed}; " + (
        "short form" if options.quick else "full form"
    )
    for n in _NUMBERS:
        yield from _figures(f"_{n}" if n < max(_NUMBERS) else "", told[n], f"{n} points: {form}", judged=n == max(_NUMBERS))
    content_m = f"until nine of ten places are known to {TOLERATED_M:g} m: {form}"
    yield Figure(name="points_asked", value=float(np.median(asked)), unit="points", n=draws, low=float(min(asked)),
                 high=float(max(asked)), against=f"points that the tool asks for {content_m}")  # fmt: skip
    yield from _figures("_asked", at_last, f"as many points as the tool asks for {content_m}", judged=False)


def four_corners(pixels: Floats, random: Random) -> list[int]:
    """Four of the places (m, 2): of :data:`_CONSIDERED` at random, those whose smallest triangle is the largest."""
    fours = np.stack([random.choice(len(pixels), 4, replace=False) for _ in range(_CONSIDERED)])
    a, b, c = (pixels[np.stack([np.delete(four, out) for four in fours for out in range(4)])][:, i] for i in range(3))
    doubled = np.abs((b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0]))
    best: list[int] = fours[doubled.reshape(-1, 4).min(axis=1).argmax()].tolist()
    return best


def clicked(pixels: Floats, metres: Floats, size: tuple[int, int]) -> Calibration:
    """A calibration from clicks (n, 2) in pixels on places (n, 2) in metres."""
    fractions = np.clip(pixels / np.array(size), 0, 1).tolist()
    pairs = zip(fractions, metres.tolist(), strict=True)
    return Calibration(tuple(GroundPoint((u, v), (x, y)) for (u, v), (x, y) in pairs), size, CLICK_PX)


def read_places(path: Path) -> tuple[Floats, Floats]:
    """Surveyed places: pixels (n, 2) and metres (n, 2)."""
    if not path.is_file():
        msg = f"{path} is not there; name the folder with the measuring data: --data"
        raise Skipped(msg)
    rows = np.loadtxt(path, delimiter=",")
    left, top, width, height = rows[:, 2:6].T
    return np.column_stack([left + width / 2, top + height]), rows[:, 6:8]


def _calibrated(pixels: Floats, metres: Floats, random: Random) -> Iterator[tuple[Sequence[int], Ground, Survey]]:
    """The same calibration with four points, five, and so on, as far as it is wanted."""
    while True:
        chosen = four_corners(pixels, random)
        clicks = pixels + random.normal(0, CLICK_PX, pixels.shape)
        try:
            ground = Ground(clicked(clicks[chosen], metres[chosen], SIZE), *SIZE)
            break
        except UnfitError:
            continue
    part, out = places(*SIZE, [_around(pixels)]), list(chosen)
    while True:
        yield chosen, ground, survey(ground, part)
        if len(chosen) == _MOST or (advice := advise(ground, part, part, CLICK_PX)) is None:
            return
        away = np.linalg.norm(pixels - np.array(advice.pixel), axis=1)
        for nearest in (int(place) for place in np.argsort(away) if place not in out):
            out.append(nearest)
            with contextlib.suppress(UnfitError):
                ground = Ground(clicked(clicks[[*chosen, nearest]], metres[[*chosen, nearest]], SIZE), *SIZE)
                chosen = [*chosen, nearest]
                break


def _around(pixels: Floats) -> list[tuple[float, float]]:
    """What a person would draw around the places: their hull, in fractions of the picture."""
    hull = cv2.convexHull(pixels.astype(np.float32))[:, 0] / np.array(SIZE, np.float32)
    return [(float(x), float(y)) for x, y in hull]


def _judge(ground: Ground, chosen: Sequence[int], pixels: Floats, metres: Floats, told: _Told) -> None:
    others = np.setdiff1d(np.arange(len(pixels)), chosen)
    found, covariance = ground.positions(pixels[others], _ROUNDED)
    known = np.isfinite(found[:, 0])
    off = (found - metres[others])[known]
    distances = np.einsum("ni,nij,nj->n", off, np.linalg.inv(covariance[known]), off)
    told.errors_m.append(np.hypot(*off.T))
    told.within.append(float((distances <= Q90).mean()) if known.any() else 0.0)
    told.beyond.append(1 - float(known.mean()))


def _figures(suffix: str, told: _Told, against: str, *, judged: bool) -> Iterator[Figure]:
    errors, draws = np.concatenate(told.errors_m), len(told.within)
    yield Figure(name=f"median_m{suffix}", value=float(np.median(errors)), unit="m", n=len(errors), against=against)
    yield Figure(
        name=f"p95_m{suffix}", value=float(np.quantile(errors, 0.95)), unit="m", n=len(errors), against=against,
        target=0.3 if judged else None,
    )  # fmt: skip
    share = float(np.mean(told.within))
    half = _Z95 * float(np.std(told.within)) / draws**0.5
    for name, target, sense in (("coverage", 0.85, Sense.AT_LEAST), ("coverage_most", 0.95, Sense.AT_MOST)):
        yield Figure(
            name=f"{name}{suffix}", value=share, unit="share", n=draws, low=share - half, high=min(1.0, share + half),
            against=f"places within their stated 90% region, {against}", target=target, sense=sense,
        )  # fmt: skip
    yield Figure(
        name=f"beyond{suffix}", value=float(np.mean(told.beyond)), unit="share", n=draws,
        against=f"places of which nothing is told, {against}",
    )  # fmt: skip
