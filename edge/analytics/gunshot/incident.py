"""Shots that belong together: those of one microphone that are less than 1.5 s apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from edge.analytics.gunshot.confirm import Verdict
from edge.analytics.gunshot.count import LIKELY, count
from edge.analytics.gunshot.hearing import OVERLOADED
from edge.analytics.gunshot.pick import Pick
from edge.analytics.gunshot.rounds import Pattern, Round, find_rounds, pattern
from edge.analytics.gunshot.shock import Led
from protocol.events import Assessed, Phase
from protocol.gunshot import MOST_ONSETS, Bearing, GunshotDetected, Hearing

GAP_S = 1.5
"""Without a shot, after which an incident is over."""
MOST_MOMENTS = 512
"""Of one incident; the next shot begins another."""
MOST_SIGMA_MS = 1000.0
OVERLOADED_ROUND = 0.85
"""Most that a round is believed after a blast that overloaded the microphone: of one that was cut off nobody can say how much
louder it was than its echoes. Of those found after blasts of 12 to 36 dB over full scale, 80 to 95 in 100 were rounds."""


@dataclass(frozen=True)
class Shots:
    """Something to tell of an incident.

    Attributes:
        incident: its number, from 1 since the microphone was opened.
        phase: of its life.
        index: of its first blast's onset in samples since the stream's first, with its fraction.
        sigma: standard deviation of that, samples.
        detected: what was measured.
        assessed: what it is taken for.
        decided: index of the last sample that had come.
    """

    incident: int
    phase: Phase
    index: float
    sigma: float
    detected: GunshotDetected
    assessed: Assessed
    decided: int


@dataclass(repr=False)
class Incident:
    """One that goes on.

    Attributes:
        number: from 1.
        rate: samples a second.
        first: onset of the first blast; its index is of the stream.
        led: whether a shock wave came before it.
        hearing: of the first blast.
        bearing: of it.
        verdict: the surest so far.
        shape: what a round sounds like; let go of with the incident.
        height: largest magnitude of its first milliseconds, without rumble.
        moments: of what may be rounds: index in the stream, and probability.
    """

    number: int
    rate: int
    first: Pick
    led: Led
    hearing: Hearing
    bearing: Bearing | None
    verdict: Verdict
    shape: Pattern | None
    height: float
    moments: list[tuple[float, float]] = field(default_factory=list)

    @property
    def last(self) -> float:
        """Index of its last round."""
        return max((index for index, probability in self.moments if probability >= LIKELY), default=self.first.index)

    @property
    def full(self) -> bool:
        """Whether no more moments are kept."""
        return len(self.moments) >= MOST_MOMENTS

    def add(self, rounds: Sequence[Round], offset: float, begin: float, end: float) -> int:
        """Take rounds of a stretch.

        Args:
            rounds: their indices are of the stretch.
            offset: of the stretch in the stream.
            begin: index in the stream from which they are new.
            end: up to which they are believed; what comes after is looked at again.

        Returns:
            How many are likely ones.
        """
        fresh = [(one.index + offset, one.probability) for one in rounds if begin <= one.index + offset < end]
        if self.hearing.clipped >= OVERLOADED:
            sure = [moment for moment in fresh if moment[0] <= self.first.index]
            fresh = [*sure, *((at, min(each, OVERLOADED_ROUND)) for at, each in fresh if at > self.first.index)]
        self.moments = sorted(self.moments + fresh)[:MOST_MOMENTS]
        return sum(probability >= LIKELY for _, probability in fresh)

    def more(self, sound: npt.NDArray[np.float32], offset: int, begin: int, end: int, verdict: Verdict) -> int:
        """Look for further rounds.

        Args:
            sound: float32 (n,), a stretch of the stream.
            offset: of the stretch in the stream.
            begin: index in the stream from which rounds are new.
            end: up to which they are believed.
            verdict: of the network on this stretch.

        Returns:
            How many were found.
        """
        if verdict.probability > self.verdict.probability:
            self.verdict = verdict
        if self.shape is None:  # the sound ended too soon after the first
            self.shape = pattern(sound, self.rate, self.first.index - offset)
        if self.shape is None:
            return 0
        rounds, _ = find_rounds(sound, self.rate, self.shape)
        return self.add(rounds, offset, begin, end)

    def tell(self, phase: Phase, decided: int) -> Shots:
        """What is known of it now."""
        moments = [((index - self.first.index) / self.rate, probability) for index, probability in self.moments]
        counted = count([moment for moment, _ in moments], [probability for _, probability in moments])
        likely = [moment for moment, probability in moments if probability >= LIKELY]
        onsets = [0.0, *(round(1000 * (moment - likely[0]), 2) for moment in likely[1:])]
        sigma_ms = min(MOST_SIGMA_MS, 1000 * self.first.sigma / self.rate)
        detected = GunshotDetected(
            shots=counted.shots,
            onsets_ms=tuple(onsets[:MOST_ONSETS]),
            onset_sigma_ms=round(sigma_ms, 4),
            mode=counted.mode,
            hearing=self.hearing,
            confuser=self.verdict.confuser,
            cadence_rpm=counted.cadence,
            shock=self.led.shock,
            shock_lead_ms=self.led.lead_ms,
            bearing=self.bearing,
        )
        return Shots(self.number, phase, self.first.index, self.first.sigma, detected, self.verdict.assessed(), decided)

    def forget(self) -> None:
        """Let go of the sound in it."""
        self.shape = None
