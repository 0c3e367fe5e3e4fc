"""From what the network hears in a few windows around an onset to the probability that it was a shot, and what else it may be.

Rules: constants stand in :class:`Calibration` and nowhere else; a label that does not answer, or answers no number, counts as
not heard; an explosion speaks for nothing, because every second firework is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.bundle.detections import Floats
from models.bundle.yamnet import FIREWORKS, SHOTS
from protocol.events import Assessed, Cue
from protocol.gunshot import Confuser

THRESHOLD = SHOTS[0]
"""The operating point's name for the score from which a shot is more likely than not."""
WHAT = "gunshot"


@dataclass(frozen=True)
class Calibration:
    """Constants.

    Attributes:
        against: how much of the score for fireworks is taken from that for shots.
        width: of the logistic from score to probability.
        threshold: score of an even chance, where the operating point names none.
        plausible: score from which another label is a confuser.
        certain: most and, mirrored, least that is ever believed.
    """

    against: float = 0.5
    width: float = 0.08
    threshold: float = 0.3
    plausible: float = 0.1
    certain: float = 0.995


@dataclass(frozen=True)
class Verdict:
    """What windows say together.

    Attributes:
        probability: that it was a shot.
        score: behind it.
        confuser: the strongest; ``None`` where none was plausible.
        cues: what it rests on.
    """

    probability: float
    score: float
    confuser: Confuser | None
    cues: tuple[Cue, ...]

    def assessed(self) -> Assessed:
        """As it is told."""
        return Assessed(WHAT, round(self.probability, 4), self.cues)


class Confirmation:
    """Joins windows.

    Args:
        labels: of the network, in the order of its answers.
        thresholds: of the operating point, by label.
        calibration: constants.

    Raises:
        ValueError: none of the labels is a shot.
    """

    def __init__(self, labels: Sequence[str], thresholds: Mapping[str, float], calibration: Calibration | None = None) -> None:
        self._labels = tuple(labels)
        self._shots = [number for number, label in enumerate(self._labels) if label in SHOTS]
        self._fireworks = [number for number, label in enumerate(self._labels) if label == FIREWORKS]
        if not self._shots:
            msg = f"none of the labels {', '.join(self._labels)} is a shot; give a bundle that names one of {', '.join(SHOTS)}"
            raise ValueError(msg)
        self._calibration = calibration or Calibration()
        self._threshold = thresholds.get(THRESHOLD, self._calibration.threshold)

    def join(self, windows: Sequence[Floats]) -> Verdict:
        """Join what was heard.

        Args:
            windows: float32 (labels,) each, 0 to 1, at least one.

        Raises:
            ValueError: no window, or one that has not an answer for each label.
        """
        if not windows or any(np.shape(window) != (len(self._labels),) for window in windows):
            msg = f"each window needs {len(self._labels)} answers; got {[np.shape(window) for window in windows]}"
            raise ValueError(msg)
        scores = np.clip(np.nan_to_num(np.stack(windows).astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0), 0.0, 1.0)
        constants = self._calibration
        shots = scores[:, self._shots].max(axis=1)
        fireworks = scores[:, self._fireworks].max(axis=1, initial=0.0)
        score = float(np.max(shots - constants.against * fireworks))
        chance = 1 / (1 + np.exp(-np.clip((score - self._threshold) / constants.width, -50, 50)))
        probability = float(np.clip(chance, 1 - constants.certain, constants.certain))
        strongest = scores.max(axis=0)
        others = [number for number in range(len(self._labels)) if number not in self._shots]
        confuser = max(others, key=lambda number: strongest[number], default=None)
        named = None
        if confuser is not None and strongest[confuser] >= constants.plausible:
            named = Confuser(self._labels[confuser], round(float(strongest[confuser]), 4))
        cues = (
            Cue("shot-score", round(float(shots.max()), 4)),
            Cue("fireworks-score", round(float(fireworks.max()), 4)),
            Cue("windows", float(len(windows))),
        )
        return Verdict(probability, score, named, cues)
