"""What a box says of a vehicle besides its plate: its colour, and whether it comes or goes.

What is measured: rendered passages of vehicles whose paint has a name, each picture through the shipped detector and reader as
on a box, what was seen through the box's own sums (:class:`edge.analytics.anpr.looks.Looks`).

Rules: by day a camera is any that :mod:`models.synthesis.film` draws with colours; in the dark it gets so little light that
nobody could name a paint; an infrared one records grey; a paint is right when it is called as it is in
:data:`models.synthesis.paint.CALLED`; a vehicle that turns has no direction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from benchmarks.anpr_passage import Teller
from benchmarks.figure import Figure, Options, Sense
from benchmarks.passages import seen, shipped_chain
from edge.analytics.anpr.looks import Looks
from models.bundle.plate_chain import PlateChain
from models.factory.figures import CalibrationError, Mean, Ratio
from models.factory.statistics import Outcome
from models.synthesis.approach import PICTURES
from models.synthesis.film import Film, draw_film
from models.synthesis.material import Material
from models.synthesis.paint import CALLED
from models.synthesis.passage import Passage, drawn_passage
from protocol.events import Colour, Direction

DESCRIPTION = "Colour and direction of vehicles that go by: named, named rightly, unknown in the dark"

DAY, DARK, INFRARED = 360, 60, 60
"""Passages: 40 of each name by day."""
_QUICK, _QUICK_MOST = 9, 6
_LEVEL = 0.14
"""Gain in the dark: a white plate is then at a seventh of full brightness."""
RIGHT = 0.8
UNKNOWN = 0.95
GROWN = 1.15
"""How much wider a plate is at the end, or at the beginning, of a vehicle that comes, or goes."""
_STREAM = 303


def run(options: Options) -> Iterator[Figure]:
    """Measure."""
    chain = shipped_chain()
    day, dark, infrared = (_QUICK, 2, 2) if options.quick else (DAY, DARK, INFRARED)
    most = _QUICK_MOST if options.quick else PICTURES[1]
    conditions = (("day", day, _by_day), ("dark", dark, _in_the_dark), ("infrared", infrared, _by_infrared))
    judge = not options.quick
    for stream, (name, count, film_of) in enumerate(conditions):
        outcomes = []
        for number in range(count):
            options.progress(f"{name}: passage {number + 1} of {count}")
            random = np.random.default_rng([_STREAM, stream, number])
            called, paints = list(CALLED.items())[number % len(CALLED)]
            coat = np.asarray(paints[int(random.integers(len(paints)))], np.float64)
            material = Material("evaluate", packages=False)
            passage = drawn_passage(random, material, f"{name} {number}", most, coat=coat, film=film_of(random))
            outcomes.append(outcome(chain, passage, called))
        yield from _told(name, outcomes, options, judge=judge)


def outcome(chain: PlateChain, passage: Passage, called: str) -> Outcome:
    """Judge one passage."""
    looks = Looks(())
    for number, (sight, origin) in enumerate(zip(seen(chain, passage), passage.origins, strict=True)):
        if sight is not None:
            in_picture = (sight.corners + origin).astype(np.float32)
            looks.plate(replace(sight, corners=in_picture), number / passage.rate)
    colour, sure = looks.colour()
    named = colour is not Colour.UNKNOWN
    way, _ = looks.direction()
    widths = np.hypot(*(passage.corners[:, 1] - passage.corners[:, 0]).T)
    grown = float(widths[-1] / widths[0])
    true = Direction.TOWARDS if grown > GROWN else Direction.AWAY if grown < 1 / GROWN else Direction.UNKNOWN
    told = way is not Direction.UNKNOWN and true is not Direction.UNKNOWN
    values: dict[str, float | list[float]] = {
        "named": float(named),
        "unknown": float(not named),
        "right": float(colour.value == called),
        "sure": [sure] if named else [],
        "hit": [float(colour.value == called)] if named else [],
        "moves": float(true is not Direction.UNKNOWN),
        "told": float(told),
        "way": float(told and way is true),
    }
    return Outcome(passage.name, "", values)


def _told(name: str, outcomes: list[Outcome], options: Options, *, judge: bool) -> Iterator[Figure]:
    form = "" if judge else "; short form, without a target"
    told = Teller(name, outcomes, f"rendered passages, paints of {len(CALLED)} names{form}", options.seed)
    if name != "day":
        yield told.figure("colour_unknown", Mean("unknown"), UNKNOWN if judge else None, Sense.AT_LEAST)
        return
    yield told.figure("colour_named", Mean("named"))
    yield told.figure("colour_right", Ratio("right", "named"), RIGHT if judge else None, Sense.AT_LEAST)
    yield told.figure("colour_ece", CalibrationError("sure", "hit"))
    yield told.figure("direction_named", Ratio("told", "moves"))
    yield told.figure("direction_right", Ratio("way", "told"))


def _by_day(random: np.random.Generator) -> Film:
    return replace(draw_film(random), grey=False)


def _in_the_dark(random: np.random.Generator) -> Film:
    return replace(draw_film(random), grey=False, gain=_LEVEL, haze=0.0, noise=5.0)


def _by_infrared(random: np.random.Generator) -> Film:
    return replace(draw_film(random), grey=True, cast=np.ones(3))
