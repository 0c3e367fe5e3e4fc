"""Plates of vehicles that go by: how often one picture is misread, and how often the consensus of all of them is.

What is measured: every picture of a passage through the shipped detector and reader in 8 bits, as on a box, and what was seen
through the box's consensus. Passages are rendered with alphabets that training never saw, and made of photos that are moved and
degraded (``--data``); :mod:`benchmarks.passages` says how. Rules: a reading is right when the whole number is, folded; one
in which no picture shows a plate to the detector is an error of both sides; a picture in which none is found, of neither.
Intervals are drawn by plate: all passages of a photo together.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.figure import Figure, Options, Sense
from benchmarks.passages import Part, moved, rendered, seen, shipped_chain
from benchmarks.traffic_clip import Played, clip, play
from edge.analytics.anpr.consensus import fuse
from models.bundle.plate_chain import PlateChain
from models.bundle.plates import PlateSeen
from models.bundle.reading import Reading, read_best
from models.factory import statistics
from models.factory.figures import CalibrationError, Mean, Ratio
from models.factory.statistics import Outcome, estimate
from models.recipes.plates.photos import FOLDER, REGIONS
from models.synthesis.approach import PICTURES
from models.synthesis.passage import Passage
from protocol.plates import fold, normalise

DESCRIPTION = "Plates of vehicles that go by: misread in one picture, and by the consensus of all of them"

ALTERNATES = 10
HALF = 0.5
"""Share of the errors of single pictures that a consensus may leave."""
RECALLS = {"rendered": 0.995, "photos": 0.98}
ECE = 0.03
RENDERED, TIMES = 1000, 2
"""Rendered passages, and passages of each photo. Of 300, posteriors that are probabilities exactly would be told an error of
calibration of about 0.04, by chance; of 1,000 it is about 0.02."""
_QUICK, _QUICK_MOST = 10, 8

Fuse = Callable[[Sequence[PlateSeen], float], Sequence[Reading]]
"""From the sights of a plate and the least probability that is told, to readings, most probable first."""


def run(options: Options) -> Iterator[Figure]:
    """Measure."""
    chain = shipped_chain()
    count, most = (_QUICK, _QUICK_MOST) if options.quick else (RENDERED, PICTURES[1])
    drawn = _judged(chain, rendered(Part.REPORT, count, most), options, "rendered", count)
    yield from figures("rendered", drawn, "rendered passages, pens that training never saw", options)
    if options.quick:
        return
    outcomes = {region: list(_of_photos(chain, options, region)) for region in REGIONS}
    both = [outcome for found in outcomes.values() for outcome in found]
    if both:
        yield from figures("photos", both, f"photos moved and degraded, {TIMES} passages of each", options)
    for region, found in outcomes.items():
        if found:
            yield from _in_brief(f"photos_{region}", found, options)
    options.progress("the demo's street")
    yield from _of_clip(play(clip(), chain), options)


def outcome(name: str, text: str, sights: Sequence[PlateSeen | None], joined: Fuse) -> Outcome:
    """Judge one passage.

    Args:
        name: of the plate or photo that it is of.
        text: what stands on the plate.
        sights: of each picture.
        joined: the consensus.
    """
    truth = fold(normalise(text))
    shown = [sight for sight in sights if sight is not None]
    wrong, sure = [], [0.0]
    for sight in shown:
        best = next(iter(read_best(sight.columns, 1)), Reading("", 0.0))
        wrong.append(float(fold(best.text) != truth))
        sure.append(best.probability)
    readings = list(joined(shown, 0.0))[:ALTERNATES] if shown else []
    texts = [fold(reading.text) for reading in readings]
    right = bool(texts) and texts[0] == truth
    values: dict[str, float | Sequence[float]] = {
        "single": float(np.mean(wrong)) if wrong else 1.0,
        "surest": wrong[int(np.argmax(sure[1:]))] if wrong else 1.0,
        "consensus": float(not right),
        "among": float(truth in texts),
        "shown": float(len(shown)),
        "pictures": float(len(sights)),
        "posterior": [readings[0].probability] if readings else [],
        "right": [float(right)] if readings else [],
    }
    return Outcome(name, "", values)


def figures(name: str, outcomes: Sequence[Outcome], on: str, options: Options) -> Iterator[Figure]:
    """All figures of one kind of passages; without targets in the short form."""
    judge = not options.quick
    against = on if judge else f"{on}; short form, without a target"
    told = Teller(name, outcomes, against, options.seed)
    yield told.figure("single_error", Mean("single"))
    yield told.figure("consensus_error", Mean("consensus"))
    share = Ratio("consensus", "single", (0.0, 100.0))
    yield told.figure("consensus_share_of_single", share, HALF if judge else None)
    recall = RECALLS[name] if judge else None
    yield told.figure("alternates_recall", Mean("among"), recall, Sense.AT_LEAST)
    yield told.figure("posterior_ece", CalibrationError("posterior", "right"), ECE if judge else None)
    yield told.figure("surest_picture_error", Mean("surest"))
    yield told.figure("pictures_with_plate", Ratio("shown", "pictures"))


def _in_brief(name: str, outcomes: Sequence[Outcome], options: Options) -> Iterator[Figure]:
    told = Teller(name, outcomes, "photos of the region alone", options.seed)
    for of, value in (("single_error", "single"), ("consensus_error", "consensus"), ("alternates_recall", "among")):
        yield told.figure(of, Mean(value))


def _of_clip(played: Played, options: Options) -> Iterator[Figure]:
    against = f"{len(played.vehicles)} vehicles of the demo's drawn street, found by the shipped detector; none was chosen"
    outcomes = []
    for vehicle in played.vehicles:
        judged = outcome(vehicle.plate, vehicle.plate, vehicle.sights, fuse)
        share = vehicle.found / vehicle.pictures
        outcomes.append(Outcome(judged.source, "", {**judged.values, "found": share}))
    told = Teller("clip", outcomes, against, options.seed)
    yield told.figure("vehicle_found", Mean("found"))
    for name, value in (("single_error", "single"), ("consensus_error", "consensus"), ("alternates_recall", "among")):
        yield told.figure(name, Mean(value))
    wrong = played.astray / played.pictures
    yield Figure(name="clip.boxes_astray", value=wrong, unit="per picture", n=played.pictures, against=against)


class Teller:
    """Makes figures of one kind of passages.

    Args:
        name: what the names of its figures begin with.
        outcomes: of the passages.
        against: what they are.
        seed: of the intervals.
    """

    def __init__(self, name: str, outcomes: Sequence[Outcome], against: str, seed: int) -> None:
        self._name, self._outcomes, self._against, self._seed = name, outcomes, against, seed

    def figure(self, name: str, of: statistics.Figure, target: float | None = None, sense: Sense = Sense.AT_MOST) -> Figure:
        """Estimate a share, with its interval."""
        found = estimate(self._outcomes, of, name, self._against, np.random.default_rng(self._seed)).metric
        return Figure(
            name=f"{self._name}.{name}",
            value=found.value,
            unit="share",
            n=len(self._outcomes),
            low=found.low,
            high=found.high,
            against=self._against,
            target=target,
            sense=sense,
        )


def _of_photos(chain: PlateChain, options: Options, region: str) -> Iterator[Outcome]:
    folder: Path = options.data / FOLDER / region
    if not folder.is_dir():
        print(f"skipped: anpr-passage on photos of {region}: {folder} is not here; give --data", file=sys.stderr)
        return
    count = len(list(folder.glob("*.txt"))) * TIMES
    yield from _judged(chain, moved(options.data, region, TIMES), options, region, count)


def _judged(chain: PlateChain, passages: Iterator[Passage], options: Options, name: str, count: int) -> list[Outcome]:
    found = []
    for number, passage in enumerate(passages, 1):
        options.progress(f"{name}: passage {number} of about {count}")
        found.append(outcome(passage.name, passage.text, seen(chain, passage), fuse))
    return found
