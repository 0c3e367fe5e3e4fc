"""Shots located: how far from the truth, how often within the ellipse, how near to what is possible, how many a core takes.

Rules:

- Onsets come from sounds that are rendered for each box and sent through its own code (:mod:`benchmarks.gunshot_waves`), or
  from whatever else is handed in as ``onsets``. Boxes that do not hear a shot say nothing of it; shots that fewer than four
  hear are told apart and not located. Clocks, positions and wind are those of an error model
  (:mod:`simulator.worlds.gunshots`), and so are all onsets where ``against`` says so.
- The manager is told 15 degrees and no wind; it is 10 degrees off and the wind unknown, unless a figure says otherwise.
- What is chosen in :mod:`fleet.fusion.gunshot` was chosen on the seeds of :data:`CHOSEN_ON`; seeds that are reported are
  others.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from benchmarks.figure import Figure, Options, Sense
from benchmarks.gunshot_waves import Waveforms, figures, share
from fleet.fusion.gunshot.air import Weather
from fleet.fusion.gunshot.associate import Association
from fleet.fusion.gunshot.bias import Biases
from fleet.fusion.gunshot.crlb import bound_m
from fleet.fusion.gunshot.locate import learn, locate
from fleet.fusion.gunshot.regions import Ellipse
from simulator.worlds.gunshots import EPOCH_S, Network, Onsets, Plan, Shot, modelled

DESCRIPTION = "Shots located from waveforms through the box: metres from the truth, honesty of the ellipse, share of the bound"

CHOSEN_ON = frozenset({61, *range(901, 905), *range(1001, 1010)})
_SHOTS, _QUICK_SHOTS = 160, 6
_NETWORKS, _EARLIER, _QUICK_NETWORKS, _QUICK_EARLIER = 10, 20, 3, 15
"""Of those whose clocks are poor, and incidents from which biases were learned in each before those that count, over
:data:`_EVERY_S` each."""
_IDEAL, _QUICK_IDEAL, _SCENES, _QUICK_SCENES = 400, 20, 60, 3
_EVERY_S = 3600.0
_TOLD = 15.0
_WITHIN_M = 25.0
_LEAST = 4
"""Boxes that hear a shot that is located here."""
_CITY_SIDE = 32
"""1,024 boxes."""
_VOLLEY = (0.0, 0.31, 0.55)


@dataclass
class _Result:
    """Of many shots."""

    errors: list[float] = field(default_factory=list)
    held: int = 0
    few: int = 0
    """Shots that fewer than four heard."""

    def take(self, shot: Shot, biases: Biases | None) -> None:
        """Locate a shot."""
        if len(shot.heard) < _LEAST:
            self.few += 1
            return
        at = locate(shot.heard, Weather(_TOLD), biases)
        assert isinstance(at.region, Ellipse) and at.x is not None and at.y is not None  # noqa: PT018 - four boxes and more
        self.errors.append(math.hypot(at.x - shot.x, at.y - shot.y))
        self.held += at.region.holds(shot.x, shot.y)

    def coverage(self, name: str, note: str, goal: tuple[Sense, float] = (Sense.AT_LEAST, 0.85)) -> Figure:
        """Share of the ellipses that hold their shot."""
        return share(name, self.held, len(self.errors), note, goal)


def run(options: Options, onsets: Onsets | None = None) -> Iterator[Figure]:
    """Fire, and locate.

    Args:
        options: of a person.
        onsets: where they come from; when absent from waveforms, but in the short form for clocks that are learned, which takes
            hundreds of shots, from the error model.

    Raises:
        ValueError: the seed is one on which constants were chosen.
    """
    if options.seed in CHOSEN_ON:
        msg = f"constants were chosen on seeds {sorted(CHOSEN_ON)}; report others: --seed 1"
        raise ValueError(msg)
    quick = options.quick
    waves = Waveforms()
    source, again = onsets or waves, onsets or (modelled if quick else waves)
    form = f"seed {options.seed}, chosen on others; {'short form' if quick else 'full form'}"
    common = (
        f"{'waveforms through the box' if onsets is None else 'onsets from elsewhere'}, each in a network of its own, 4-8 "
        f"boxes that hear it, 200-500 m from box to box, 10% around a corner with a detour of 10 m (median); clocks 1 ms, "
        f"temperature 10 degrees off, turbulence 0.1% of the way; {form}"
    )

    def fired(name: str, plan: Plan) -> _Result:
        options.progress(name)
        return _fire(plan, _QUICK_SHOTS if quick else _SHOTS, options.seed, source)

    yield _median("median_m_calm", fired("calm", Plan(wind=0.0)).errors, f"no wind; {common}", 3.0)
    windy = fired("wind", Plan())
    wind = f"unknown wind up to 5 m/s; {common}"
    yield _median("median_m_wind", windy.errors, wind, 10.0)
    near = sum(error <= _WITHIN_M for error in windy.errors)
    yield share("within_25m", near, len(windy.errors), wind, (Sense.AT_LEAST, 0.95))
    yield windy.coverage("ellipse_coverage", f"of 90%, too small below; {wind}")
    yield windy.coverage("ellipse_coverage_most", f"of 90%, too large above; {wind}", (Sense.AT_MOST, 0.95))
    note = f"shots that four boxes and more hear, the others are in no figure; {wind}"
    yield share("heard_by_four", len(windy.errors), len(windy.errors) + windy.few, note)
    if onsets is None:
        yield from figures(waves, form)
    vehicles = fired("vehicles", Plan(position_m=3.0))
    note = f"the shots of median_m_wind, every box on a vehicle, told position 3 m off on each axis; {wind}"
    yield _median("median_m_vehicle", vehicles.errors, note, 5.0)
    yield vehicles.coverage("ellipse_coverage_vehicle", note)
    if again is modelled:
        wind = f"unknown wind up to 5 m/s, onsets by an error model of 0.1 ms; {form}"
    for ms, target in ((5, 8.0), (20, 15.0)):
        options.progress(f"{ms} ms clocks")
        times = (_QUICK_NETWORKS, _QUICK_EARLIER) if quick else (_NETWORKS, _EARLIER)
        learned, fresh = _repeated(Plan(clock_s=ms / 1e3, steady=0.95), times, options.seed, again)
        note = f"{ms} ms clocks, 95% of the variance steady; biases from {times[1]} earlier shots; otherwise {wind}"
        yield _median(f"median_m_{ms}ms", learned.errors, note, target)
        yield learned.coverage(f"ellipse_coverage_{ms}ms", note)
        yield _median(f"median_m_{ms}ms_unlearned", fresh.errors, "of the same shots, without what was learned")
    options.progress("bound")
    yield _ratio(_QUICK_IDEAL if quick else _IDEAL, options.seed, form)
    options.progress("association")
    yield from _joined(_QUICK_SCENES if quick else _SCENES, options.seed, form)
    yield _rate(5 if quick else 60, options.seed, form)


def _fire(plan: Plan, shots: int, seed: int, onsets: Onsets) -> _Result:
    result = _Result()
    for number in range(shots):
        result.take(Network(plan, np.random.default_rng([seed, number]), onsets).shot(), None)
    return result


def _repeated(plan: Plan, times: tuple[int, int], seed: int, onsets: Onsets) -> tuple[_Result, _Result]:
    """So many networks learn from so many shots each, and are then asked five times: with what they learned and without."""
    networks, earlier = times
    learned, fresh = _Result(), _Result()
    for number in range(networks):
        network = Network(plan, np.random.default_rng([seed, number]), onsets)
        biases = Biases()
        for hour in range(earlier):
            heard = network.shot(EPOCH_S + hour * _EVERY_S).heard
            if heard:
                learn(biases, heard, locate(heard, Weather(_TOLD), biases), Weather(_TOLD))
        for hour in range(earlier, earlier + 5):
            shot = network.shot(EPOCH_S + hour * _EVERY_S)
            learned.take(shot, biases)
            fresh.take(shot, None)
    return learned, fresh


def _ratio(shots: int, seed: int, form: str) -> Figure:
    plan = Plan(late=0.0, turbulence=0.0, wind=0.0, celsius_off=0.0)
    weather = Weather(_TOLD, celsius_sigma=0.05, wind_sigma=0.02)
    square = []
    for number in range(shots):
        shot = Network(plan, np.random.default_rng([seed, number])).shot()
        at = locate(shot.heard, weather)
        if len(shot.heard) < 4 or at.x is None or at.y is None:  # three boxes have two places, and no bound says which
            continue
        nodes = np.array([(d.x, d.y) for d in shot.heard])
        sigma = np.array([d.onset_sigma_s for d in shot.heard])
        least = float(bound_m(nodes, np.array([shot.x, shot.y]), sigma, weather))
        square.append(((at.x - shot.x) ** 2 + (at.y - shot.y) ** 2) / least**2)
    note = f"root mean square of error over the bound of each shot; ideal onsets, 1 ms clocks, air known; {form}"
    return Figure(name="crlb_ratio", value=math.sqrt(float(np.mean(square))), unit="", n=len(square), against=note, target=1.2)


def _joined(scenes: int, seed: int, form: str) -> Iterator[Figure]:
    """Two who shoot within a second of each other, and a box that heard something else."""
    exact = alone = 0
    for number in range(scenes):
        network = Network(Plan(), np.random.default_rng([seed, number]))
        rng = network.rng
        volleys = [(0.0, *np.cumsum(rng.uniform(0.1, 0.5, rng.integers(0, 4))).tolist()) for _ in range(2)]
        shots = [network.shot(EPOCH_S + float(rng.uniform(0, 1)), volley=volley) for volley in volleys]
        false = replace(network.shot().heard[0], node="false", at_s=EPOCH_S + float(rng.uniform(-1, 3)))
        heard = [*shots[0].heard, *shots[1].heard, false]
        association = Association(Weather(_TOLD))
        for index in rng.permutation(len(heard)):
            association.add(heard[index], EPOCH_S + 5)
        found = [set(incident.detections) for incident in association.open]
        exact += sum(set(shot.heard) in found for shot in shots)
        alone += {false} in found
    note = f"two shooters within a second, each once to four times, and a false detection, in random order; {form}"
    for name, good, n in (("incidents_exact", exact, 2 * scenes), ("false_alone", alone, scenes)):
        yield share(name, good, n, note)


def _rate(shots: int, seed: int, form: str) -> Figure:
    """How fast one core joins what a city's boxes hear: a volley a second, somewhere, each box's report out of order."""
    network = Network(replace(Plan(), spacing_m=(350.0, 350.0)), np.random.default_rng([seed, 0]), side=_CITY_SIDE)
    heard = [d for number in range(shots) for d in network.shot(EPOCH_S + number, volley=_VOLLEY).heard]
    order = network.rng.permutation(len(heard))
    late = np.argsort([heard[i].at_s + network.rng.exponential(1.0) for i in order], kind="stable")
    association = Association(Weather(_TOLD))
    began = time.process_time()
    for index in order[late]:
        association.add(heard[index], heard[index].at_s + 1.0)
    took = time.process_time() - began
    note = (
        f"{_CITY_SIDE**2} boxes, a volley of {len(_VOLLEY)} each second, reports late by 1 s on average; processor time; {form}"
    )
    return Figure(name="detections_per_s", value=len(heard) / took, unit="1/s", n=len(heard), against=note)


def _median(name: str, errors: list[float], against: str, target: float | None = None) -> Figure:
    """With the 95% interval that the order of the errors gives (binomial)."""
    ordered = sorted(errors)
    n = len(ordered)
    half = 0.98 * math.sqrt(n)
    low, high = ordered[max(0, int(n / 2 - half))], ordered[min(n - 1, int(n / 2 + half))]
    return Figure(name=name, value=float(np.median(ordered)), unit="m", n=n, low=low, high=high, against=against, target=target)
