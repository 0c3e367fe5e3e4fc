"""Clone plates: one pseudonym at two places that no drive can join. Pure; a million reads in seconds.

Rules:

- A **contradiction** is two passages of one pseudonym, one after the other, with less time between them than the quickest drive
  takes, clocks' errors allowed for (:mod:`fleet.fusion.anpr.travel`).
- A misread makes two cars one. So the question is how many *reads* would have to be wrong to explain all contradictions, and
  how likely that is: the cheapest set of passages that touches every contradiction (a vertex cover of paths, exact by dynamic
  programming), each at the price of its posterior. A misread that happened once happens again more easily (a dirty plate).
- One car, one misread car and two cars are compared, with what kind and colour say under each.
- A camera at which far more is contradicted than elsewhere has a wrong clock or place: it gives no verdict and is named.
- What comes out is a probability for a person to judge, never above :data:`MOST`, and nothing acts by itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fleet.fusion.anpr.passages import UNKNOWN, Bools, Floats, Ints, Passages, Reads, in_order, passages, places
from fleet.fusion.anpr.travel import quickest

CLOCK_Z = 4.0
"""Clocks are allowed so many standard deviations together."""
GRACE_S = 2.0
"""A passage lasts; its time is that of one picture."""
PRIOR = 1e-4
"""Share of plates that have a clone, before anything is known of one."""
MEETS = 0.1
"""That a misread of some other car gives just this plate, the first time; afterwards it repeats itself."""
LEAST_WRONG = 0.005
"""No reading is surer than this: posteriors are calibrated where they were measured."""
ONE_CAR = (1e-4, 0.02)
"""That one car makes a contradiction all the same (a clock, a place, a driver): in no time, and at the limit."""
MOST = 0.99
TELL_FROM = 0.9
"""An alert is made from this probability on."""
DOUBT_LEAST = 200
"""Passages from which a camera can be doubted."""
DOUBT_SHARE, DOUBT_TIMES = 0.02, 10.0
"""It is when more than this share of them is contradicted, and so many times more than at the median camera."""

_SAME = {"kind": (0.97, 0.93, 0.7), "colour": (0.9, 0.6, 0.25)}
"""That two sightings look the same: of one car, of a car and its clone, of two cars that chance has brought together. A clone
is made for a car that looks like it."""


@dataclass(frozen=True)
class Clone:
    """What speaks for a clone of one plate.

    Attributes:
        who: as in the reads.
        probability: that there are two cars.
        contradictions: pairs of passages that no drive can join.
        wrong: reads that would have to be wrong if it were one car.
        kinds, colours: contradictions in which kind or colour disagree.
        first, second: rows of the reads of the clearest one.
        took_s, needs_s: time between them, and the quickest drive.
        last_s: time of the latest contradiction.
    """

    who: int
    probability: float
    contradictions: int
    wrong: int
    kinds: int
    colours: int
    first: int
    second: int
    took_s: float
    needs_s: float
    last_s: float


@dataclass(frozen=True)
class Findings:
    """Everything that is contradicted, most probable first, and the cameras that are not believed."""

    clones: tuple[Clone, ...]
    doubted: tuple[int, ...]


@dataclass(frozen=True)
class _Edges:
    """Contradictions: ``at`` is the index of the earlier passage, the later one follows it."""

    at: Ints
    took_s: Floats
    needs_s: Floats


def find(reads: Reads, xy: Floats) -> Findings:
    """Look for clones.

    Args:
        reads: of one purpose and one key.
        xy: (cameras, 2), positions on a plane, metres; not a number where one is not known.
    """
    place_of = places(xy)
    middle = _middles(xy, place_of)
    rows = in_order(reads)
    seen = passages(reads, rows, place_of)
    edges = _contradictions(reads, seen, quickest(seen, middle))
    doubted = _doubted(reads, seen, edges, len(xy))
    if doubted.any():  # without them the others' times are learned anew
        seen = passages(reads, rows[~doubted[reads.camera[rows]]], place_of)
        edges = _contradictions(reads, seen, quickest(seen, middle))
    found = sorted(_judged(reads, seen, edges), key=lambda clone: (-clone.probability, clone.who))
    return Findings(tuple(found), tuple(int(camera) for camera in np.flatnonzero(doubted)))


def _middles(xy: Floats, place_of: Ints) -> Floats:
    count = np.bincount(place_of).astype(float)
    return np.stack([np.bincount(place_of, weights=xy[:, axis]) / count for axis in (0, 1)], axis=1)


def _contradictions(reads: Reads, seen: Passages, least_s: Floats) -> _Edges:
    took = np.diff(seen.at_s)
    needs = least_s[seen.place[:-1], seen.place[1:]]
    sigma = reads.sigma_s[seen.row]
    allowed = CLOCK_Z * np.hypot(sigma[:-1], sigma[1:]) + GRACE_S
    joined = (np.diff(seen.who) == 0) & (seen.place[:-1] != seen.place[1:])
    at = np.flatnonzero(joined & (took + allowed < needs))
    return _Edges(at, took[at], needs[at])


def _doubted(reads: Reads, seen: Passages, edges: _Edges, cameras: int) -> Bools:
    """The worst camera first: what contradicts it speaks against it, and no longer against its neighbours."""
    camera = reads.camera[seen.row]
    n = np.bincount(camera, minlength=cameras)
    first, second = camera[edges.at], camera[edges.at + 1]
    doubted = np.zeros(cameras, dtype=bool)

    def shares() -> Floats:
        found: Floats = (np.bincount(first, minlength=cameras) + np.bincount(second, minlength=cameras)) / np.maximum(n, 1)
        return found

    while True:
        share = np.where(n >= DOUBT_LEAST, shares(), 0.0)
        worst = int(np.argmax(share))
        left = (first != worst) & (second != worst)
        first, second = first[left], second[left]
        usual = float(np.median(shares()[n > 0])) if n.any() else 0.0
        if share[worst] <= max(DOUBT_SHARE, DOUBT_TIMES * usual):
            return doubted
        doubted[worst] = True


def _judged(reads: Reads, seen: Passages, edges: _Edges) -> Iterator[Clone]:
    who = seen.who[edges.at]
    starts = np.flatnonzero(np.diff(who, prepend=-1))
    ends = np.append(starts[1:], len(who))[: len(starts)]
    wrong = np.maximum(1.0 - reads.posterior[seen.row], LEAST_WRONG)
    likelihoods = _Looks.of(reads, seen.row[edges.at], seen.row[edges.at + 1])
    for start, end in zip(starts, ends, strict=True):
        mine = slice(int(start), int(end))
        at = edges.at[mine]
        cover = _cover(at, wrong)
        touched = [int(start) + min(int(np.searchsorted(at, v)), len(at) - 1) for v in cover]
        touched = [e if edges.at[e] in {v, v - 1} else e - 1 for e, v in zip(touched, cover, strict=True)]
        clearest = int(start) + int(np.argmax(edges.needs_s[mine] - edges.took_s[mine]))
        yield Clone(
            who=int(who[start]),
            probability=_probability([float(wrong[v]) for v in cover], touched, edges, likelihoods),
            contradictions=int(end - start),
            wrong=len(cover),
            kinds=int(likelihoods.kinds_differ[mine].sum()),
            colours=int(likelihoods.colours_differ[mine].sum()),
            first=int(seen.row[edges.at[clearest]]),
            second=int(seen.row[edges.at[clearest] + 1]),
            took_s=float(edges.took_s[clearest]),
            needs_s=float(edges.needs_s[clearest]),
            last_s=float(seen.at_s[at[-1] + 1]),
        )


def _cover(at: Ints, wrong: Floats) -> list[int]:
    """Passages whose misreading explains all contradictions at the least price, ``-log`` of how likely each is wrong."""
    chosen: list[int] = []
    runs = np.split(at, np.flatnonzero(np.diff(at) != 1) + 1)
    for run in runs:
        vertices = [*map(int, run), int(run[-1]) + 1]
        price = [-math.log(wrong[v]) for v in vertices]
        taken, left = [price[0]], [0.0]  # cheapest so far with this vertex in the cover, and without it
        for cost in price[1:]:
            taken.append(cost + min(taken[-1], left[-1]))
            left.append(taken[-2])
        in_it = taken[-1] <= left[-1]
        for i in range(len(vertices) - 1, -1, -1):
            if in_it:
                chosen.append(vertices[i])
            in_it = not in_it or (i > 0 and taken[i - 1] <= left[i - 1])
    return sorted(chosen)


def _probability(wrong: list[float], touched: list[int], edges: _Edges, looks: _Looks) -> float:
    odds = math.log(PRIOR / (1 - PRIOR))
    for number, (q, edge) in enumerate(zip(wrong, touched, strict=True)):
        share = edges.took_s[edge] / edges.needs_s[edge]
        slip = ONE_CAR[0] + ONE_CAR[1] * share**4
        misread = q * (MEETS if number == 0 else 1.0)
        odds += math.log(looks.clone[edge]) - math.log(slip * looks.one[edge] + misread * looks.chance[edge])
    return min(MOST, 1 / (1 + math.exp(-min(odds, 50.0))))


@dataclass(frozen=True)
class _Looks:
    """What kind and colour say of each contradiction under each of the three explanations; (edges,) each."""

    one: Floats
    clone: Floats
    chance: Floats
    kinds_differ: Bools
    colours_differ: Bools

    @classmethod
    def of(cls, reads: Reads, first: Ints, second: Ints) -> _Looks:
        """Compare the looks of pairs of reads."""
        likely = [np.ones(len(first)) for _ in range(3)]
        differ = []
        for name, value, sure in (("kind", reads.kind, reads.kind_p), ("colour", reads.colour, reads.colour_p)):
            known = (value[first] != UNKNOWN) & (value[second] != UNKNOWN)
            same = value[first] == value[second]
            both = sure[first] * sure[second]  # where one of them is not sure, neither sameness nor difference says much
            for number, share in enumerate(_SAME[name]):
                says = np.where(same, share, 1 - share)
                likely[number] *= np.where(known, both * says + (1 - both) * 0.5, 1.0)
            differ.append(known & ~same)
        return cls(likely[0], likely[1], likely[2], differ[0], differ[1])
