"""New Year's Eve and ordinary nights: what is raised in a city of a thousand boxes, what is false of it, what is missed.

Rules:

- What boxes say comes from rendered sounds through a box's own chain (:mod:`benchmarks.gunshot_hearings`). Constants of
  :mod:`fleet.fusion.gunshot.raising` were chosen on those with an even number; those with an odd number are reported.
- An alert counts once it was raised, whatever becomes of its incident.

Assumed, because nobody counts them: 3,600 fireworks an hour, one a second, each up to a barrage of 2.4 s; on an ordinary night
20 fireworks in the city, and 20 blows (doors, hammers, engines) within 50 m of each box. Shootings: two a night, for in June
2023 122 were confirmed with the over 2,000 sensors of one large city, 13% of its alerts (Audit FP23-074A of New York City's
Comptroller, 2024).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmarks.figure import Figure, Options, Sense
from benchmarks.gunshot_abroad import What
from benchmarks.gunshot_hearings import Sample, Sound, load
from benchmarks.gunshot_nights import City, Happening, Result
from fleet.fusion.gunshot.incidents import Incident
from fleet.fusion.gunshot.raising import Standard, raised
from fleet.rollouts.statistics import wilson

DESCRIPTION = (
    "New Year's Eve and ordinary nights of a thousand boxes: alerts that are false, shots that are missed, the manager's work"
)

CHOSEN_ON, REPORTED = 0, 1
"""Sounds by their number, even or odd."""
FIREWORKS_AN_HOUR = 3600
SHOTS_AN_HOUR = 100
"""Planted: so many that the share of those missed is one."""
FIREWORKS_A_NIGHT, BLOWS_A_NIGHT, SHOTS_A_NIGHT = 20, 20_000, 2
HOUR_S, NIGHT_S = 3600.0, 8 * 3600.0
_NIGHTS, _QUICK_NIGHTS = 60, 10
_QUICK_BOXES = 36
_FALSE_AN_HOUR = (1, 2, 5, 10, 20, 50, 100)
"""Of the curve."""
_HALVINGS = 16
Raised = Callable[[Incident], bool]


@dataclass(frozen=True)
class Score:
    """Alerts of some time.

    Attributes:
        found: shots of which one was raised.
        shots: that there were.
        false: alerts that were of something else, or of a shot that had one.
    """

    found: int
    shots: int
    false: int


def run(options: Options) -> Iterator[Figure]:
    """Let it bang.

    Raises:
        Skipped: the sample of hearings is not there.
    """
    sample = load()
    sounds = half(sample, REPORTED)
    form = f"seed {options.seed}, chosen on other sounds; {sample.network}; {'short form' if options.quick else 'full form'}"
    yield from _newyear(sounds, newyear(sounds, options), form)
    yield from _ordinary(ordinary(sounds, options), form)


def half(sample: Sample, which: int) -> Mapping[What, Sequence[Sound]]:
    """Sounds with an even or an odd number."""
    return {what: sounds[which::2] for what, sounds in sample.sounds.items()}


@dataclass(frozen=True)
class Ran:
    """What happened, and what the manager made of it.

    Attributes:
        happenings: of which some box might tell.
        shots: that there were, told of or not.
        result: by incident.
        square_km: of the city.
        boxes: in it.
    """

    happenings: Sequence[Happening]
    shots: int
    result: Result
    square_km: float
    boxes: int

    def score(self, is_raised: Raised) -> Score:
        """Judge a rule by it."""
        found: set[int] = set()
        false = 0
        for judged in self.result.incidents.values():
            if not any(map(is_raised, judged.states)):
                continue
            if self.happenings[judged.cause].what is What.SHOT and judged.cause not in found:
                found.add(judged.cause)
            else:
                false += 1
        return Score(len(found), self.shots, false)


def newyear(sounds: Mapping[What, Sequence[Sound]], options: Options) -> Ran:
    """An hour of New Year's Eve."""
    options.progress("New Year's Eve")
    city = _city(options, 0)
    share = len(city.boxes) / 1000
    fireworks, shots = round(FIREWORKS_AN_HOUR * share), round(SHOTS_AN_HOUR * share)
    happenings = [
        *city.happen(What.FIREWORK, sounds[What.FIREWORK], fireworks, HOUR_S),
        *city.happen(What.SHOT, sounds[What.SHOT], shots, HOUR_S),
    ]
    return Ran(happenings, shots, city.run(happenings), city.square_km, len(city.boxes))


def ordinary(sounds: Mapping[What, Sequence[Sound]], options: Options) -> Ran:
    """Many ordinary nights, one after the other."""
    options.progress("ordinary nights")
    city = _city(options, 1)
    nights = _QUICK_NIGHTS if options.quick else _NIGHTS
    share = nights * len(city.boxes) / 1000
    shots = max(1, round(SHOTS_A_NIGHT * share))
    seconds = nights * NIGHT_S
    happenings = [
        *city.happen(What.FIREWORK, sounds[What.FIREWORK], round(FIREWORKS_A_NIGHT * share), seconds),
        *city.happen_near(What.BLOW, sounds[What.BLOW], round(BLOWS_A_NIGHT * share), seconds),
        *city.happen(What.SHOT, sounds[What.SHOT], shots, seconds),
    ]
    return Ran(happenings, shots, city.run(happenings), city.square_km, len(city.boxes))


def asks(least: float, alone: float) -> Raised:
    """A rule that asks for a probability of what several boxes heard, and for another of what one heard."""
    return lambda incident: incident.echo_of is None and incident.probability >= (least if incident.boxes > 1 else alone)


def _city(options: Options, number: int) -> City:
    random = np.random.default_rng([options.seed, number])
    return City(random, _QUICK_BOXES) if options.quick else City(random)


def _newyear(sounds: Mapping[What, Sequence[Sound]], ran: Ran, form: str) -> Iterator[Figure]:
    note = (
        f"an hour, {ran.boxes} boxes in {ran.square_km:.3g} square kilometres, {FIREWORKS_AN_HOUR} fireworks and "
        f"{SHOTS_AN_HOUR} planted shootings in a thousand boxes' city, {ran.result.detections} detections; what boxes say from "
        f"{len(sounds[What.FIREWORK])} rendered fireworks and {len(sounds[What.SHOT])} volleys; {form}"
    )
    for standard, word, held, goals in (
        (Standard.HIGH, "", "alerts held to high confidence", (0.5, 2.0)),
        (Standard.NORMAL, "_unheld", "alerts as on any night", (None, None)),
    ):
        score = ran.score(partial(raised, standard=standard))
        yield _share(f"recall_newyear{word}", score.found, score.shots, f"{held}; {note}", goals[0])
        yield _rate(f"false_incidents_per_hour{word}", score.false, f"{held}; {note}", goals[1])
    yield _share("told_newyear", _told(ran), ran.shots, f"planted shootings of which a box told anything; {note}", None)
    for most in _FALSE_AN_HOUR:
        score = _at_most(ran, most)
        against = f"curve: the lowest bar with which no more are false, here {score.false}; {note}"
        yield _share(f"missed_at_{most}_false_per_hour", score.shots - score.found, score.shots, against, None)
    against = f"processor time of decoding {ran.result.messages} messages and joining, over an hour; {note}"
    share = ran.result.seconds / HOUR_S
    yield Figure(name="manager_core_share", value=share, unit="cores", n=ran.result.messages, against=against, target=0.5)


def _ordinary(ran: Ran, form: str) -> Iterator[Figure]:
    score = ran.score(partial(raised, standard=Standard.NORMAL))
    note = (
        f"{ran.boxes} boxes; a night: {FIREWORKS_A_NIGHT} fireworks, {BLOWS_A_NIGHT} blows within 50 m of boxes and "
        f"{SHOTS_A_NIGHT} shootings in a thousand boxes' city; {ran.shots} shootings in all; {form}"
    )
    confirmed = f"of alerts as always; an audit of a deployed system found 0.13; {note}"
    yield _share("precision_normal_night", score.found, score.found + score.false, confirmed, 0.5)
    yield _share("recall_normal_night", score.found, score.shots, note, None)
    yield _share("told_normal_night", _told(ran), score.shots, f"shots of which a box told anything; {note}", None)


def _told(ran: Ran) -> int:
    causes = {judged.cause for judged in ran.result.incidents.values()}
    return sum(ran.happenings[cause].what is What.SHOT for cause in causes)


def _at_most(ran: Ran, most: int) -> Score:
    """The lowest bar at which no more are false; by bisection, for fewer are raised the higher it is."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if ran.score(asks(middle, middle)).false <= most else (middle, high)
    return ran.score(asks(high, high))


def _share(name: str, part: int, whole: int, against: str, target: float | None) -> Figure:
    share = wilson(part, whole)
    value, low, high = (share.value, share.low, share.high) if share else (float("nan"), None, None)
    return Figure(
        name=name, value=value, unit="share", n=whole, low=low, high=high, against=against, target=target, sense=Sense.AT_LEAST
    )


def _rate(name: str, count: int, against: str, target: float | None) -> Figure:
    """In an hour, with Byar's approximation to the Poisson interval."""
    low = count * (1 - 1 / (9 * count) - 1.96 / (3 * math.sqrt(count))) ** 3 if count else 0.0
    above = count + 1
    high = above * (1 - 1 / (9 * above) + 1.96 / (3 * math.sqrt(above))) ** 3
    return Figure(name=name, value=count, unit="1/h", n=count, low=low, high=high, against=against, target=target)
