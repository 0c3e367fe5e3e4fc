"""The two that listen to the same streams: the box's own analytics with a bundle, and YAMNet on overlapped windows.

Rule: both give one number for a stream: the highest threshold at which it would still be told as a shot. So both can be held to
the same number of false alarms.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.gunshot_network import by_onset, shipped
from benchmarks.gunshot_streams import Mono, Stream
from edge.analytics.gunshot.analytics import LOOKS_S, GunshotAnalytics
from edge.analytics.gunshot.confirm import Calibration, joined
from models.bundle.bundle import load_bundle
from models.bundle.detections import Floats
from models.bundle.gunshot import shot_score
from models.bundle.yamnet import HOP, RATE_HZ, SAMPLES, Yamnet, gunshot_score, windows
from protocol.config import Microphone
from protocol.events import Phase

NEVER = math.inf
SLACK_S = 0.1
"""Before a recording begins and behind its end, within which what is told is told of it."""


class BoxEar:
    """The box's chain.

    Args:
        folder: of the bundle.
    """

    def __init__(self, folder: Path) -> None:
        self._network = shipped(folder)
        self.shipped = self._network.calibration
        self.onsets = 0

    def score(self, stream: Stream) -> float:
        """The best score of an onset within a recording when none is told; ``-inf`` where there was no onset."""
        asked: list[tuple[float, float]] = []
        analytics = self._analytics(replace(self.shipped, threshold=NEVER), asked)
        self._play(stream.sound, analytics)
        self.onsets += analytics.onsets
        scores = [
            joined([score for _, score in group])
            for group in by_onset(asked)
            if _within(stream, group[-1][0] / RATE_HZ - LOOKS_S[-1])
        ]
        return max(scores, default=-math.inf)

    def told(self, stream: Stream, threshold: float) -> int:
        """Incidents that are told within a recording."""
        analytics = self._analytics(replace(self.shipped, threshold=threshold), [])
        found = self._play(stream.sound, analytics)
        return sum(_within(stream, index / RATE_HZ) for index in found)

    def _analytics(self, calibration: Calibration, asked: list[tuple[float, float]]) -> GunshotAnalytics:
        def hear(picture: Floats) -> Floats:
            answer = self._network.hear(picture)
            asked.append((analytics.heard, shot_score(answer, self._network.labels)))
            return answer

        analytics = GunshotAnalytics(Microphone("street", "street.wav"), self._network.labels, hear, calibration)
        return analytics

    def _play(self, sound: Mono, analytics: GunshotAnalytics) -> list[float]:
        told = [*analytics.take(sound[None]), *analytics.close()]
        return [shots.index for shots in told if shots.phase is Phase.NEW]


class YamnetEar:
    """YAMNet.

    Args:
        folder: of its bundle.

    Raises:
        BundleError: when it is not there, or LiteRT is not.
    """

    def __init__(self, folder: Path) -> None:
        bundle = load_bundle(folder)
        self._labels = bundle.manifest.labels
        variant = bundle.manifest.variants[0]
        self._network = Yamnet(bundle.read(variant), self._labels, variant.file)

    def score(self, stream: Stream) -> float:
        """The best score of a window that holds some of a recording."""
        scores = []
        for number, window in enumerate(windows(stream.sound)):
            begin = number * HOP / RATE_HZ
            if begin < stream.end and begin + SAMPLES / RATE_HZ > stream.begin:
                scores.append(gunshot_score(self._network.scores(window), self._labels))
        return max(scores, default=-math.inf)


def threshold_at(scores: Sequence[float], allowed: int) -> float:
    """The least threshold that no more than so many scores reach: between two scores, or beyond the last."""
    ranked = sorted((score for score in scores if math.isfinite(score)), reverse=True)
    if len(ranked) <= allowed:
        return -math.inf
    return float(np.nextafter(ranked[allowed], math.inf))


def _within(stream: Stream, at: float) -> bool:
    return stream.begin - SLACK_S <= at <= stream.end + SLACK_S
