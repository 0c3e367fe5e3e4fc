"""Fitting what a score of the network that hears shots is worth: the threshold and the width of a bundle's operating point.

``python -m benchmarks.gunshot_fit FOLDER`` with a bundle's folder: rendered streams go through the box's own analytics; of each
stream that had an onset the best one counts. The threshold is the least score at which :data:`FALSE_SHARE` of what is no shot
is told, in the mean of its kinds. The width is that of a logistic from score to probability, by maximum likelihood; moved to
the threshold, it says how likely a shot is where bangs are as much more frequent than shots as the threshold supposes, which is
printed. Both are then looked at on streams of other seeds. ``LAMPLIGHTER_DATA`` names the folder with ESC-10, whose training
part is the background.

Rule: only what is rendered, and the training part of ESC-10, fits anything; recordings of which nobody says what they are fit
nothing.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from benchmarks.gunshot_network import by_onset, shipped
from edge.analytics.gunshot.analytics import GunshotAnalytics
from edge.analytics.gunshot.confirm import joined
from models.bundle.detections import Floats
from models.bundle.gunshot import shot_score
from models.recipes.gunshot.sample import backgrounds
from models.synthesis.sound.window import Kind, draw_scene, draw_stream
from protocol.config import Microphone

SEEDS = {"fit": 6_200, "look": 6_201}
KINDS = (Kind.SHOT, Kind.FIREWORK, Kind.STRIKE, Kind.NOTHING)
SHARES = (0.5, 0.2, 0.15, 0.15)
BEFORE_S, AFTER_S = 1.3, 0.9
LEAST_WIDTH = 0.01
FALSE_SHARE = 0.02


@dataclass(frozen=True)
class Heard:
    """Streams that had an onset: their kinds (an index of :data:`KINDS`), and the best score of each."""

    kinds: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float64]
    silent: int
    """Streams without an onset."""

    @property
    def shots(self) -> npt.NDArray[np.bool_]:
        """Which are shots."""
        found: npt.NDArray[np.bool_] = self.kinds == KINDS.index(Kind.SHOT)
        return found


def listen(folder: Path, seed: int, streams: int) -> Heard:
    """Draw streams and have them heard."""
    network = shipped(folder)
    behind, microphone = backgrounds(), Microphone("street", "street.wav")
    kinds, scores, silent = [], [], 0
    for number in range(streams):
        random = np.random.default_rng([seed, number])
        kind = int(random.choice(len(KINDS), p=SHARES))
        sound = draw_stream(random, draw_scene(random, KINDS[kind]), behind, BEFORE_S, AFTER_S)
        asked: list[float] = []

        def hear(picture: Floats, asked: list[float] = asked) -> Floats:
            answer = network.hear(picture)
            asked.append(shot_score(answer, network.labels))
            return answer

        analytics = GunshotAnalytics(microphone, network.labels, hear)
        analytics.take(sound[None])
        analytics.close()
        looked = [joined(group) for group in by_onset(asked)]
        if looked:
            kinds.append(kind)
            scores.append(max(looked))
        silent += not looked
    return Heard(np.array(kinds), np.array(scores), silent)


@dataclass(frozen=True)
class Fitted:
    """What a score is worth.

    Attributes:
        threshold, width: of the operating point.
        bangs: so many sounds that are none to each shot, where a score at the threshold is an even chance.
    """

    threshold: float
    width: float
    bangs: float


def fit(heard: Heard) -> Fitted:
    """Fit."""
    shots = heard.shots
    weight = np.where(shots, 0.5 / shots.sum(), 0.5 / (~shots).sum())

    def cost(constants: npt.NDArray[np.float64]) -> float:
        z = (heard.scores - constants[0]) / max(float(constants[1]), LEAST_WIDTH)
        return float((weight * np.logaddexp(0.0, np.where(shots, -z, z))).sum())

    found = minimize(cost, np.array([0.3, 0.1]), method="Nelder-Mead")
    even, width = float(found.x[0]), float(max(found.x[1], LEAST_WIDTH))
    threshold = next(score for score in np.sort(heard.scores) if _false(heard, score) <= FALSE_SHARE)
    return Fitted(float(threshold), width, float(np.exp((threshold - even) / width)))


def _false(heard: Heard, threshold: float) -> float:
    others = [heard.scores[heard.kinds == number] for number, kind in enumerate(KINDS) if kind is not Kind.SHOT]
    return float(np.mean([(scores >= threshold).mean() for scores in others if len(scores)]))


def main() -> None:
    """Fit, and look."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--streams", type=int, default=1_200)
    options = parser.parse_args()
    fitted = fit(listen(options.folder, SEEDS["fit"], options.streams))
    heard = listen(options.folder, SEEDS["look"], options.streams)
    chance = 1 / (1 + np.exp(-(heard.scores - fitted.threshold) / fitted.width))
    lines = [
        f"threshold {fitted.threshold:.3f}, width {fitted.width:.3f}",
        f"an even chance at the threshold where one bang in {1 + fitted.bangs:.1f} is a shot",
        f"streams without an onset: {heard.silent} of {options.streams}",
    ]
    for number, kind in enumerate(KINDS):
        of = chance[heard.kinds == number]
        lines.append(f"{kind.value}: {np.mean(of >= 0.5):.3f} told of {len(of)}, mean probability {of.mean():.3f}")
    for low in np.arange(0, 1, 0.2):
        inside = (chance >= low) & (chance < low + 0.2)
        if inside.any():
            weight = np.where(heard.shots, 1 / heard.shots.sum(), fitted.bangs / (~heard.shots).sum())[inside]
            share = float((weight * heard.shots[inside]).sum() / weight.sum())
            lines.append(f"said {float(np.average(chance[inside], weights=weight)):.2f}, were shots {share:.2f}")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
