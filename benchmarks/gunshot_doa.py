"""Direction of arrival in rendered streets, with four microphones in a square of 0.2 and of 0.5 m.

Microphones are 3 mm from where they are said to be and differ by 1 dB (deviations), as they do. What is chosen in
:mod:`edge.analytics.gunshot.direction` and :mod:`edge.analytics.gunshot.delays` was chosen on seeds 701 to 799; seeds that are
reported here are others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from benchmarks.figure import Figure, Options, Sense
from benchmarks.gunshot_street import Rendered, draw_street, render
from edge.analytics.gunshot.direction import SLOWEST, direction, extent
from edge.analytics.gunshot.instep import in_step
from edge.analytics.gunshot.onsets import Onsets
from edge.analytics.gunshot.pick import pick
from fleet.rollouts.statistics import wilson
from models.synthesis.sound.draws import Random, evenly
from models.synthesis.sound.places import Point
from protocol.gunshot import Bearing

DESCRIPTION = "Direction of arrival with four microphones in rendered streets at 15 dB: error, and whether its deviation holds"

CHOSEN_ON = range(701, 800)
_SCENES, _QUICK = 150, 4
"""Of each square."""
SIDES_M = (0.2, 0.5)
RATE = 16_000
_SNR_DB = 15.0
_METRES = (10.0, 300.0)
_MISPLACED_M, _UNLIKE_DB = 0.003, 1.0
_Z_90 = 1.645


@dataclass
class _Told:
    errors: list[float] = field(default_factory=list)
    sigmas: list[float] = field(default_factory=list)
    scenes: int = 0

    @property
    def within(self) -> int:
        """Errors within the stated 90% interval."""
        return sum(error <= _Z_90 * sigma for error, sigma in zip(self.errors, self.sigmas, strict=True))


def run(options: Options) -> Iterator[Figure]:
    """Render shots, and tell where they came from.

    Raises:
        ValueError: the seed is one on which constants were chosen.
    """
    if options.seed in CHOSEN_ON:
        msg = f"constants were chosen on seeds {CHOSEN_ON[0]} to {CHOSEN_ON[-1]}; report others: --seed 1"
        raise ValueError(msg)
    random = np.random.default_rng(options.seed)
    scenes = _QUICK if options.quick else _SCENES
    whole = _Told()
    by_side: dict[float, _Told] = {}
    for side in SIDES_M:
        one = by_side.setdefault(side, _Told())
        for number in range(scenes):
            options.progress(f"square of {side:g} m, street {number + 1} of {scenes}")
            error, sigma = _look(random, side)
            for told in (one, whole):
                told.scenes += 1
                if error is not None and sigma is not None:
                    told.errors.append(error)
                    told.sigmas.append(sigma)
    form = "short form" if options.quick else "full form"
    against = (
        f"shots {_METRES[0]:g} to {_METRES[1]:g} m away in streets of 8 to 40 m at {_SNR_DB:g} dB, {RATE} Hz, squares of 0.2 "
        f"and 0.5 m, microphones misplaced by {1000 * _MISPLACED_M:g} mm; seed {options.seed}, chosen on others; {form}"
    )
    yield from _errors("", whole, against, (3.0, 8.0))
    share = wilson(whole.within, len(whole.errors))
    value, low, high = (share.value, share.low, share.high) if share else (float("nan"), None, None)
    note = f"share of errors within the stated 90% interval; {form}"
    yield Figure(
        name="sigma_coverage", value=value, unit="share", n=len(whole.errors), low=low, high=high, against=note,
        target=0.85, sense=Sense.AT_LEAST,
    )  # fmt: skip
    note = f"the same, against too wide intervals; {form}"
    yield Figure(name="sigma_coverage_most", value=value, unit="share", n=len(whole.errors), against=note, target=0.95)
    yield Figure(
        name="answered", value=len(whole.errors) / whole.scenes, unit="share", n=whole.scenes,
        against=f"scenes with a direction: heard, picked, and not contradicting itself; {form}",
    )  # fmt: skip
    for side, told in by_side.items():
        yield from _errors(f"_{round(100 * side)}cm", told, f"square of {side:g} m; {form}", (None, None))


def _errors(suffix: str, told: _Told, against: str, targets: tuple[float | None, float | None]) -> Iterator[Figure]:
    errors, n = np.array(told.errors or [np.nan]), len(told.errors)
    yield Figure(
        name=f"median_deg{suffix}", value=float(np.median(errors)), unit="degrees", n=n, against=against, target=targets[0]
    )
    yield Figure(
        name=f"p95_deg{suffix}", value=float(np.quantile(errors, 0.95)), unit="degrees", n=n, against=against, target=targets[1]
    )


def _look(random: Random, side: float) -> tuple[float | None, float | None]:
    """Error and stated deviation of one shot, degrees."""
    half, heading = side / 2, random.uniform(0, 360)
    said = [(-half, -half, 0.0), (half, -half, 0.0), (half, half, 0.0), (-half, half, 0.0)]
    street = draw_street(random, evenly(random, *_METRES))
    scene = render(random, street, RATE, snr_db=_SNR_DB, offsets=_turned(random, said, heading), after_s=0.05)
    gains = 10 ** (random.normal(0, _UNLIKE_DB, (len(said), 1)) / 20)
    found = _direction((scene.sound * gains).astype(np.float32), scene, said, heading)
    if found is None:
        return None, None
    return abs((found.azimuth_deg - scene.azimuth_deg + 180) % 360 - 180), found.sigma_deg


def _direction(
    sound: np.ndarray[tuple[int, ...], np.dtype[np.float32]], scene: Rendered, said: list[Point], heading: float
) -> Bearing | None:
    """What a box tells of it, from its own onset on."""
    padded = np.concatenate([sound[0], np.zeros(RATE // 20, np.float32)])
    near = [one for one in Onsets(RATE).take(padded) if abs(one.index / RATE - scene.onsets[0]) < 0.05]
    picked = pick(sound[0], RATE, near[0].index) if near else None
    if picked is None:
        return None
    well = in_step(sound, RATE, picked.index, extent(np.array(said)) / SLOWEST)
    if not well[0]:
        return None
    places = [place for place, good in zip(said, well.tolist(), strict=True) if good]
    return direction(sound[well], RATE, picked.index, places, heading)


def _turned(random: Random, said: list[Point], heading: float) -> list[Point]:
    """Where microphones are in the street's coordinates when the array looks ``heading`` degrees clockwise from its x axis."""
    turn = np.radians(heading)
    offsets = []
    for place in said:
        right, ahead, up = (float(at) for at in np.array(place) + random.normal(0, _MISPLACED_M, 3))
        offsets.append((ahead * np.cos(turn) - right * np.sin(turn), -ahead * np.sin(turn) - right * np.cos(turn), up))
    return offsets
