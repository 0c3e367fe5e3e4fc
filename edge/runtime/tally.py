"""What a bundle's looks have come to since it runs: asked, answered, failed, how quick, and how its scores are spread.

Rules:

- A picture that gave way to a newer one was never asked for. One that no accelerator took in time was, and is not answered.
- The spread of scores is held against the old model's of the last hour before the switch, in the first hour after it: later
  the street itself is another one.
- A model of plates is asked where there are vehicles (to find plates) and plates (to read them); a street without asks nothing
  of it. It has failed where it did, and where the accelerator was killed over a picture: nobody knows over which of its models.
- One thread counts; any may read. Pure.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from edge.infer.outcome import Dropped, DropReason, Failed, NothingSeen, Outcome, PlatesLooked, Seen, TimedOut
from edge.runtime.meters import Median
from models.bundle.detections import Floats
from models.bundle.plates import PlateSeen

Counts: TypeAlias = npt.NDArray[np.int64]
"""Of scores, by tenth: (10,)."""

_NOT_ASKED = frozenset({DropReason.SUPERSEDED, DropReason.SOURCE_GONE, DropReason.NO_SLOT, DropReason.SHED})
_BINS = 10
"""Tenths of a score."""
FEWEST = 300
"""Scores on either side from which their spread says something: of two samples of 300 from one distribution in ten bins the
index is .06 in the mean (bins - 1, times the sum of both reciprocals)."""
SPAN_S = 600.0
"""Time that either side must have been looking: people cross a picture in ten seconds or twenty, and as long as they do, all
their scores are one observation. Over quarters of a minute the index of one model against itself reached .26 on the square."""
HOUR_S = 3600.0
_PART_S = 300.0
_PARTS = round(HOUR_S / _PART_S)


class Part(enum.Enum):
    """What a model of plates does."""

    FINDS = "finds"
    READS = "reads"


PARTS = (Part.FINDS, Part.READS)
"""In the order in which a plan holds them."""


class Spread:
    """Scores of the last hour, in tenths."""

    def __init__(self) -> None:
        self._parts: deque[tuple[float, Counts]] = deque(maxlen=_PARTS)
        self._first_s: float | None = None
        self._last_s = 0.0

    def add(self, scores: Floats, now_s: float) -> None:
        """Count scores, float32 (n,) from 0 to 1."""
        if not self._parts or now_s - self._parts[-1][0] >= _PART_S:
            self._parts.append((now_s, np.zeros(_BINS, np.int64)))
        self._first_s, self._last_s = now_s if self._first_s is None else self._first_s, now_s
        bins = np.clip((scores * _BINS).astype(np.int64), 0, _BINS - 1)
        np.add.at(self._parts[-1][1], bins, 1)

    @property
    def span_s(self) -> float:
        """From the first score to the last, seconds."""
        return 0.0 if self._first_s is None else self._last_s - self._first_s

    def counts(self, now_s: float) -> Counts:
        """Counts by tenth."""
        recent = [counts for begun_s, counts in tuple(self._parts) if now_s - begun_s < HOUR_S + _PART_S]
        total: Counts = np.sum([np.zeros(_BINS, np.int64), *recent], axis=0)
        return total


class Tally:
    """Looks of one bundle.

    Args:
        now_s: when it began to run, monotonic seconds.
        before: spread of what ran before it; nothing = unknown.
    """

    def __init__(self, now_s: float, before: Spread | None = None) -> None:
        self.asked = self.answered = self.failures = 0
        self.inference_ms = Median()
        self.spread = Spread()
        self._begun_s, self._before = now_s, before

    def count(self, outcome: Outcome, now_s: float) -> None:
        """What became of a picture is known."""
        match outcome:
            case Seen(detections, inference_ms):
                self._answer(inference_ms, now_s)
                self.spread.add(detections.scores, now_s)
            case NothingSeen(inference_ms):
                self._answer(inference_ms, now_s)
            case Failed() | TimedOut():
                self.asked += 1
                self.failures += 1
            case Dropped(reason) if reason not in _NOT_ASKED:
                self.asked += 1
            case _:
                pass

    def count_plates(self, outcome: Outcome, part: Part, name: str, now_s: float) -> None:
        """What became of a picture is known; count what a model of plates had to do with it.

        Args:
            outcome: of the picture.
            part: what the model does.
            name: under which it is held.
            now_s: monotonic seconds.
        """
        match outcome:
            case Seen(looked=PlatesLooked(failed=failed)) if failed == name:
                self.asked += 1
                self.failures += 1
            case Seen(looked=PlatesLooked(failed="") as looked):
                spent_ms = looked.detector_ms if part is Part.FINDS else looked.reader_ms
                if spent_ms is not None:
                    self._answer(spent_ms, now_s)
                    self.spread.add(scores_of(looked.seen, part), now_s)
            case TimedOut():
                self.asked += 1
                self.failures += 1
            case _:
                pass

    def drift(self, now_s: float) -> float | None:
        """Population stability index of its scores against those before; ``None`` while too little is known, or later on."""
        if self._before is None or now_s - self._begun_s > HOUR_S:
            return None
        before, now = self._before.counts(self._begun_s), self.spread.counts(now_s)
        if min(now.sum(), before.sum()) < FEWEST or min(self.spread.span_s, self._before.span_s) < SPAN_S:
            return None
        return stability_index(before, now)

    def _answer(self, inference_ms: float, now_s: float) -> None:
        self.asked += 1
        self.answered += 1
        self.inference_ms.add(inference_ms, now_s)


def scores_of(seen: Sequence[PlateSeen], part: Part) -> Floats:
    """How sure a model was of each plate, 0 to 1: of finding it, or of the least sure column in which it read a character."""
    if part is Part.FINDS:
        return np.array([plate.score for plate in seen], np.float32)
    return np.array([np.exp(plate.columns.max(axis=1)).min() for plate in seen], np.float32)


def stability_index(before: Counts, now: Counts) -> float:
    """Population stability index of two histograms: sum of (q - p) ln(q / p) over their shares p and q.

    Half a count is added to each bin, so that an empty one weighs no more than it proves.
    """
    p, q = ((counts + 0.5) / (counts + 0.5).sum() for counts in (before, now))
    return float(((q - p) * np.log(q / p)).sum())
