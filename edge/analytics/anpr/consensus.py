"""One number out of many pictures of a plate: every candidate under every picture, weighed by what the picture is worth.

Rules:

- Candidates are the best readings of all pictures. Each is scored under each picture by the exact likelihood, not by whether
  that picture came up with it: a character that two pictures doubt in different ways is settled by both.
- Posteriors are calibrated (:mod:`edge.analytics.anpr.calibration`) and leave room for numbers that are no candidate.
- The order of the pictures says nothing. Work is bounded: PICTURES of them are kept, and of one size of the plate no more than
  ALIKE, so that a vehicle that waits does not push out the views of it on its way; CANDIDATES are scored.
- Nothing here prints what it holds; what is forgotten is gone with the object. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from edge.analytics.anpr.calibration import FITTED, Calibration
from edge.analytics.anpr.likelihood import Doubles, encode, folded_columns, likelihoods
from edge.analytics.anpr.syntax import log_prior
from models.bundle.plates import PlateSeen
from models.bundle.reading import SILENT, Reading, read_best
from protocol.plates import MOST_CHARACTERS, fold

PICTURES = 25
ALIKE = 12
OCTAVE = 3.0
"""Sizes of a plate within a third of an octave are alike."""
CANDIDATES = 60
READINGS = 10
"""Of each picture: what it does not have among ten it does not support."""
PREFIXES = 12
"""That the search keeps from column to column: what a passage says is the same as with twice as many, in half of the time."""
LEAST_SUPPORT = 1e-4
"""Probability in one picture below which a reading is no candidate."""
ALTERNATES = 10
"""Most readings that come out; as many as an event carries."""


@dataclass(repr=False, eq=False)
class _View:
    """One picture: what it says, and what it is worth."""

    columns: Doubles
    readings: tuple[Reading, ...]
    weight: float
    size: int
    silent: float
    likely: dict[str, float] = field(default_factory=dict)


class Evidence:
    """What all pictures of one passage say about its plate.

    Args:
        calibration: constants.
    """

    def __init__(self, calibration: Calibration = FITTED) -> None:
        self._calibration = calibration
        self._views: list[_View] = []
        self._gained: dict[str, float] = {}
        self.pictures = 0
        """In which anything was read."""

    def __repr__(self) -> str:
        return f"Evidence({self.pictures} pictures)"

    def add(self, sight: PlateSeen) -> None:
        """Take a picture.

        Raises:
            ValueError: its columns are not a reader's.
        """
        columns = folded_columns(sight.columns)
        readings = tuple(
            reading
            for reading in read_best(sight.columns, READINGS, PREFIXES)
            if 0 < len(reading.text) <= MOST_CHARACTERS and reading.probability >= LEAST_SUPPORT
        )
        if not readings:
            return
        self.pictures += 1
        entropy = float(-(columns * np.log(columns)).sum())
        weight = self._calibration.weight(sight.width, sight.sharpness, sight.contrast, entropy)
        size = round(OCTAVE * float(np.log2(max(sight.width, 1.0))))
        self._views.append(_View(columns, readings, weight, size, float(columns[:, SILENT].prod())))
        self._bound(size)

    def readings(self, plausible: float = 0.01) -> list[Reading]:
        """What the plate says, most probable first, at most ALTERNATES.

        Args:
            plausible: probability from which a reading is told; the best always is.

        Returns:
            Texts normalised, no two alike when folded; calibrated probabilities, of which the sum is below one.
        """
        spelled, candidates = self._candidates()
        if not candidates:
            return []
        self._score(candidates)
        explained = np.array([[view.likely[text] for text in candidates] for view in self._views])
        silent = np.array([view.silent for view in self._views])
        weights = np.array([view.weight for view in self._views])
        found = self._calibration.posterior(explained, silent, weights, self._prior(candidates))
        ranked = sorted(zip(candidates, found.tolist(), strict=True), key=lambda item: (-item[1], item[0]))[:ALTERNATES]
        return [
            Reading(spelled[text], probability)
            for place, (text, probability) in enumerate(ranked)
            if probability >= plausible or place == 0
        ]

    def agreement(self, text: str, sight: PlateSeen) -> float:
        """How likely a number makes what one more picture shows, over how likely the picture's own best reading does.

        Args:
            text: of one of the readings.
            sight: a picture; it is not taken.

        Returns:
            0 to about 1; 1 where nothing can be read.
        """
        own = read_best(sight.columns, 1)
        texts = [fold(text), *(fold(reading.text) for reading in own if 0 < len(reading.text) <= MOST_CHARACTERS)]
        if len(texts) == 1:
            return 1.0
        this, best = likelihoods([folded_columns(sight.columns)], encode(texts))[0]
        return float(this / best) if best > 0 else 1.0

    def forget(self) -> None:
        """Let go of everything that was read."""
        self._views.clear()
        self._gained.clear()

    def _bound(self, size: int) -> None:
        """Leave out the view that is worth least, of its size first; what remains does not depend on the order."""
        alike = [view for view in self._views if view.size == size]
        if len(alike) > ALIKE:
            self._views.remove(min(alike, key=lambda view: view.weight))
        elif len(self._views) > PICTURES:
            self._views.remove(min(self._views, key=lambda view: view.weight))

    def _candidates(self) -> tuple[dict[str, str], list[str]]:
        """How each folded number is spelled, and those that are scored, by their support."""
        support: dict[str, float] = {}
        spellings: dict[str, dict[str, float]] = {}
        for view in self._views:
            for reading in view.readings:
                text = fold(reading.text)
                worth = view.weight * reading.probability
                support[text] = support.get(text, 0.0) + worth
                of = spellings.setdefault(text, {})
                of[reading.text] = of.get(reading.text, 0.0) + worth
        spelled = {text: max(sorted(of), key=lambda spelling: of[spelling]) for text, of in spellings.items()}
        return spelled, sorted(support, key=lambda text: (-round(support[text], 9), text))[:CANDIDATES]

    def _prior(self, candidates: Sequence[str]) -> Doubles:
        """What formats say of each, which no picture changes."""
        fresh = [text for text in candidates if text not in self._gained]
        kept = self._gained.keys() & set(candidates)
        self._gained = {text: self._gained[text] for text in kept} | dict(zip(fresh, log_prior(fresh).tolist(), strict=True))
        return np.array([self._gained[text] for text in candidates])

    def _score(self, candidates: Sequence[str]) -> None:
        """Fill in what is missing: new numbers under all views, all numbers under new ones."""
        known = [view for view in self._views if view.likely]
        fresh = [view for view in self._views if not view.likely]
        missing = [text for text in candidates if any(text not in view.likely for view in known)]
        for views, texts in ((known, missing), (fresh, candidates)):
            if views and texts:
                scored = likelihoods([view.columns for view in views], encode(texts))
                for view, row in zip(views, scored.tolist(), strict=True):
                    view.likely.update(zip(texts, row, strict=True))


def fuse(sights: Sequence[PlateSeen], plausible: float = 0.01) -> list[Reading]:
    """What a plate says that was seen in several pictures, most probable first.

    Args:
        sights: of one plate, in any order.
        plausible: probability from which a reading is told; the best always is.

    Returns:
        At most ALTERNATES, with calibrated probabilities; empty when nothing was read in any picture.

    Raises:
        ValueError: columns are not a reader's.
    """
    evidence = Evidence()
    for sight in sights:
        evidence.add(sight)
    return evidence.readings(plausible)
