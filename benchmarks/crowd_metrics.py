"""How well people were counted and followed, as the field measures it. Pure.

Rules:

- CLEAR MOT: Bernardin and Stiefelhagen, EURASIP JIVP 2008. A pair that still overlaps is kept, the others are paired as
  well as possible; a person whose track is another than the last one it had is a switch, also after a gap.
- IDF1: Ristani et al., ECCV workshops 2016. One pairing of people with tracks for the whole recording, the one with most
  agreeing boxes.
- Boxes agree from an intersection over union of 0.5.
- Each measure comes picture by picture, so that intervals can be drawn from blocks of pictures: neighbouring pictures show the
  same people, and to draw single ones would make intervals several times too narrow. Pairings stay those of the whole
  recording while blocks are drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from edge.tracking.assignment import assign
from models.bundle.detections import pairwise_iou

Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom; pixels."""

Boxes: TypeAlias = Mapping[int, Box]
"""One picture: boxes by the number of the person or of the track."""

Measure: TypeAlias = Callable[[npt.NDArray[np.intp]], float]
"""A figure computed from pictures, which are given by their places; a place may stand several times."""

IOU = 0.5


@dataclass(frozen=True)
class Told:
    """What the store holds of one picture."""

    count: float
    low: float
    high: float
    tracks: Boxes


@dataclass(frozen=True)
class Errors:
    """CLEAR MOT, one picture."""

    people: int
    missed: int
    false: int
    switched: int


@dataclass(frozen=True)
class Agreement:
    """Identity, one picture: boxes of people, boxes of tracks, and how many belong to a pair and agree."""

    people: int
    tracks: int
    agreeing: int


def without_ignored(found: Boxes, people: Boxes, ignored: Boxes) -> Boxes:
    """What is to be judged: tracks on people that the truth leaves out are neither right nor wrong.

    Args:
        found: tracks of one picture.
        people: truth of that picture; a track that is on one of them stays.
        ignored: people that the truth leaves out.
    """
    right = {track for _, track in _pairs(people, found)}
    gone = {track for _, track in _pairs(ignored, {t: box for t, box in found.items() if t not in right})}
    return {track: box for track, box in found.items() if track not in gone}


def clear_mot(truth: Sequence[Boxes], found: Sequence[Boxes]) -> list[Errors]:
    """Errors of each picture.

    Args:
        truth: people, picture by picture.
        found: tracks in the same pictures.
    """
    last: dict[int, int] = {}
    errors = []
    for people, tracks in zip(truth, found, strict=True):
        kept = {p: last[p] for p in people if last.get(p) in tracks and _iou(people[p], tracks[last[p]]) >= IOU}
        taken = set(kept.values())
        fresh = _pairs(
            {p: box for p, box in people.items() if p not in kept}, {t: box for t, box in tracks.items() if t not in taken}
        )
        switched = sum(last.get(person, track) != track for person, track in fresh)
        last.update(fresh)
        pairs = len(kept) + len(fresh)
        errors.append(Errors(len(people), len(people) - pairs, len(tracks) - pairs, switched))
    return errors


def mota(errors: Sequence[Errors]) -> float:
    """Multiple object tracking accuracy: 1 less the errors for each person and picture; not a number without people."""
    people = sum(e.people for e in errors)
    return 1.0 - sum(e.missed + e.false + e.switched for e in errors) / people if people else float("nan")


def identities(truth: Sequence[Boxes], found: Sequence[Boxes]) -> list[Agreement]:
    """Agreement of each picture under the pairing that agrees most over all pictures. Arguments as :func:`clear_mot`."""
    overlaps = [_agreeing(people, tracks) for people, tracks in zip(truth, found, strict=True)]
    rows = {name: i for i, name in enumerate(dict.fromkeys(p for people in truth for p in people))}
    columns = {name: i for i, name in enumerate(dict.fromkeys(t for tracks in found for t in tracks))}
    together = np.zeros((len(rows), len(columns)))
    for pairs in overlaps:
        for person, track in pairs:
            together[rows[person], columns[track]] += 1
    chosen = set(assign(-together))
    return [
        Agreement(len(people), len(tracks), sum((rows[p], columns[t]) in chosen for p, t in pairs))
        for people, tracks, pairs in zip(truth, found, overlaps, strict=True)
    ]


def idf1(agreements: Sequence[Agreement]) -> float:
    """Identity F1: agreeing boxes over the mean number of true and found boxes; not a number without any."""
    boxes = sum(a.people + a.tracks for a in agreements)
    return 2.0 * sum(a.agreeing for a in agreements) / boxes if boxes else float("nan")


def best_constant(people: Sequence[float]) -> float:
    """The guess with the least mean absolute error of all that never look: a median."""
    return float(np.median(people))


def interval(figure: Measure, pictures: int, block: int, random: np.random.Generator, draws: int = 2000) -> tuple[float, float]:
    """95% interval by the bootstrap over blocks of neighbouring pictures (Kuensch, Ann. Statist. 17(3), 1989).

    Args:
        figure: computes the value from pictures, given by their places.
        pictures: how many there are.
        block: pictures in a block; blocks begin anywhere, so that those at the ends are drawn less often.
        random: where chance comes from.
        draws: how often.
    """
    block = min(block, pictures)
    starts = random.integers(0, pictures - block + 1, (draws, -(-pictures // block)))
    places = (starts[..., None] + np.arange(block)).reshape(draws, -1)[:, :pictures]
    low, high = np.nanpercentile([figure(row) for row in places], [2.5, 97.5])
    return float(low), float(high)


def _pairs(people: Boxes, tracks: Boxes) -> list[tuple[int, int]]:
    """Pairs that agree: as many as possible, and of those the closest."""
    if not people or not tracks:
        return []
    overlap = _overlap(people, tracks)
    names, numbers = list(people), list(tracks)
    # A pair that does not agree costs more than all that agree together, so that no number of close pairs outweighs one more.
    cost = np.where(overlap >= IOU, 1.0 - overlap, 1.0 + min(overlap.shape))
    return [(names[i], numbers[j]) for i, j in assign(cost) if overlap[i, j] >= IOU]


def _agreeing(people: Boxes, tracks: Boxes) -> list[tuple[int, int]]:
    """Every pair that agrees; a box may be in several."""
    if not people or not tracks:
        return []
    names, numbers = list(people), list(tracks)
    return [(names[i], numbers[j]) for i, j in np.argwhere(_overlap(people, tracks) >= IOU).tolist()]


def _overlap(people: Boxes, tracks: Boxes) -> npt.NDArray[np.float64]:
    a, b = np.array(list(people.values()), np.float32), np.array(list(tracks.values()), np.float32)
    return pairwise_iou(a, b).astype(np.float64)


def _iou(a: Box, b: Box) -> float:
    return float(pairwise_iou(np.array([a], np.float32), np.array([b], np.float32))[0, 0])
