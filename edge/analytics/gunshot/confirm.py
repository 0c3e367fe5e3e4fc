"""From what the network hears in a few windows around an onset to the probability that it was a shot, and what else it may be.

Rules: how a window is scored is the bundle's word (:func:`models.bundle.gunshot.shot_score`), and what a score is worth is the
operating point's: both travel with the network. A label that answers no number counts as not heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.bundle.detections import Floats
from models.bundle.gunshot import BLAST, shot_score
from models.bundle.yamnet import FIREWORKS, SHOTS
from protocol.events import Assessed, Cue
from protocol.gunshot import Confuser
from protocol.manifest import OperatingPoint

THRESHOLD, WIDTH = SHOTS[0], "width"
"""Of an operating point: the score of an even chance, and the width of the logistic from score to probability."""
WHAT = "gunshot"
NARROWEST = 1e-3
"""Width: a step."""


def joined(scores: Sequence[float]) -> float:
    """What the windows around one onset score together: their mean.

    A shot is in all of them. What is one only in one window is more often none: on the half of the real recordings that choose,
    the mean tells shots from the rest better than the largest, and a little better than the middle one.
    """
    return float(np.mean(scores))


@dataclass(frozen=True)
class Calibration:
    """What a score is worth.

    Attributes:
        threshold: score of an even chance, where shots and what is none are equally many.
        width: of the logistic from score to probability.
        plausible: score from which another label is a confuser.
        certain: most and, mirrored, least that is ever believed.
    """

    threshold: float = 0.3
    width: float = 0.08
    plausible: float = 0.1
    certain: float = 0.995

    @classmethod
    def of(cls, point: OperatingPoint) -> Calibration:
        """By a bundle's operating point; what it does not name is as built in."""
        built = cls()
        return cls(point.thresholds.get(THRESHOLD, built.threshold), max(point.settings.get(WIDTH, built.width), NARROWEST))


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
        calibration: what a score is worth; as built in when absent.

    Raises:
        ValueError: none of the labels is a shot.
    """

    def __init__(self, labels: Sequence[str], calibration: Calibration | None = None) -> None:
        self._labels = tuple(labels)
        self._others = [number for number, label in enumerate(self._labels) if label not in {*SHOTS, BLAST}]
        if not any(label in SHOTS for label in self._labels):
            msg = f"none of the labels {', '.join(self._labels)} is a shot; give a bundle that names one of {', '.join(SHOTS)}"
            raise ValueError(msg)
        self._calibration = calibration or Calibration()

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
        score = joined([shot_score(window, self._labels) for window in scores])
        chance = 1 / (1 + np.exp(-np.clip((score - constants.threshold) / constants.width, -50, 50)))
        probability = float(np.clip(chance, 1 - constants.certain, constants.certain))
        strongest = scores.max(axis=0)
        confuser = max(self._others, key=lambda number: strongest[number], default=None)
        named = None
        if confuser is not None and strongest[confuser] >= constants.plausible:
            named = Confuser(self._labels[confuser], round(float(strongest[confuser]), 4))
        fireworks = float(strongest[self._labels.index(FIREWORKS)]) if FIREWORKS in self._labels else 0.0
        cues = (
            Cue("shot-score", round(score, 4)),
            Cue("fireworks-score", round(fireworks, 4)),
            Cue("windows", float(len(windows))),
        )
        return Verdict(probability, score, named, cues)
