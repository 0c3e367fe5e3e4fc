"""Shots at one microphone or array: from its samples to what is told of them. Pure: no clock, no file, no thread.

Rules:

- No sound leaves and none stays: what is kept is the ring of 5 s, a pattern of 45 ms while an incident lasts, and numbers;
  :meth:`GunshotAnalytics.forget` wipes all of it.
- A shot that follows something else is not lost with it: each onset that is 0.15 s after one that was no shot is asked about.
- The cheap look at onsets sees every sample; the network is asked only after an onset, in windows that end 0.2 to 0.48 s after
  it, and then it is decided: 0.5 s after the onset, and a block, at the latest.
- Times are numbers of samples since the stream's first; who reads the sound maps them to a clock.
- An incident is ``new`` with its first confirmed shot, ``update`` with each further decision that finds more, and ``end`` 1.5 s
  after its last. A channel that is silent, clipped for long or dead is not listened to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from edge.analytics.gunshot.confirm import Calibration, Confirmation, Verdict
from edge.analytics.gunshot.direction import SLOWEST, direction, extent
from edge.analytics.gunshot.health import Health
from edge.analytics.gunshot.hearing import hear
from edge.analytics.gunshot.incident import GAP_S, Incident, Shots
from edge.analytics.gunshot.instep import in_step
from edge.analytics.gunshot.onsets import Onset, Onsets
from edge.analytics.gunshot.pick import Pick, pick
from edge.analytics.gunshot.pictures import Pictures
from edge.analytics.gunshot.ring import Ring
from edge.analytics.gunshot.rounds import PATTERN_S, Round, find_rounds, pattern
from edge.analytics.gunshot.rumble import finite, reach, without_rumble
from edge.analytics.gunshot.shock import led
from models.bundle.detections import Floats
from protocol.config import Microphone
from protocol.events import Phase, Reason
from protocol.gunshot import Bearing

LOOKS_S = (0.20, 0.34, 0.48)
"""After an onset, where the windows end that the network is asked about."""
STEP_S = 0.04
"""Blocks are cut to this, so that a decision is as early in long ones."""
BEFORE_S = 1.1
"""Of sound before an onset that wind and noise are measured in."""
LEAST = 0.5
"""Probability from which shots are told."""
MARGIN_S = 0.005
NEITHER = 0.3
"""Of the loudest onset's height, below which an earlier one is something else: neither the blast nor its shock wave."""
HEIGHT_S = 0.01
NEAR_S = 0.02
"""Of a blast, in which there is no other round."""
FIRST_PROBABILITY = 0.98
"""That the blast of an incident is a round: the incident's own probability is told beside it."""
AGAIN_S = 0.15
"""After an onset that was no shot, from where on another one is asked about anew."""

Hear = Callable[[Floats], Floats]
"""From a picture float32 (96, 64) to the score of each label, float32 (labels,)."""


class GunshotAnalytics:
    """Shots of one microphone.

    Args:
        microphone: its configuration.
        labels: of the network's answers.
        hear: asks the network.
        thresholds: of its operating point, by label.
        calibration: of what it says; as built in when absent.

    Raises:
        ValueError: no label is a shot.
    """

    def __init__(
        self,
        microphone: Microphone,
        labels: Sequence[str],
        hear: Hear,
        thresholds: Mapping[str, float],
        calibration: Calibration | None = None,
    ) -> None:
        self._microphone, self._rate, self._hear = microphone, microphone.rate_hz, hear
        self._confirmation = Confirmation(labels, thresholds, calibration)
        self._ring = Ring(microphone.channels, self._rate)
        self._health = Health(microphone.id, self._rate, microphone.channels)
        self._pictures = Pictures(self._rate)
        self._places = np.array(microphone.positions, np.float64).reshape(-1, 3)
        self._incidents = 0
        self._listen(0)
        self._incident: Incident | None = None

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What is not well with the microphone."""
        return self._health.reasons

    @property
    def heard(self) -> int:
        """Samples that have come, from the stream's first."""
        return self._ring.end

    def take(self, block: npt.ArrayLike) -> list[Shots]:
        """Take the stream's next samples.

        Args:
            block: (channels, n), full scale 1.

        Raises:
            ValueError: another number of channels than configured.
        """
        sound = finite(block)
        if sound.ndim != 2 or len(sound) != self._microphone.channels:  # noqa: PLR2004 - channels and samples
            msg = (
                f"microphone {self._microphone.id!r} has {self._microphone.channels} channels, but a block has the shape "
                f"{sound.shape}; set channels, or choose the device that has so many"
            )
            raise ValueError(msg)
        step = round(STEP_S * self._rate)
        told: list[Shots] = []
        for begin in range(0, sound.shape[1], step):
            told += self._step(sound[:, begin : begin + step])
        return told

    def close(self) -> list[Shots]:
        """The stream has ended: what goes on ends, and all sound is wiped."""
        told = [] if self._incident is None else self._end(self._incident)
        self.forget()
        return told

    def forget(self) -> None:
        """Wipe all sound, and whatever was going on; the count of samples goes on."""
        self._ring.forget()
        self._health.forget()
        self._pictures.forget()
        if self._incident is not None:
            self._incident.forget()
            self._incident = None
        self._listen(self._channel)

    def _listen(self, channel: int) -> None:
        """Look for onsets in a channel from here on."""
        self._channel, self._offset = channel, self._ring.end
        self._onsets = Onsets(self._rate)
        self._waiting: list[Onset] = []
        self._answers: list[Floats] = []
        self._done = self._ring.end

    def _step(self, sound: npt.NDArray[np.float32]) -> list[Shots]:
        self._ring.put(sound)
        self._health.take(sound)
        deaf = self._health.deaf
        if deaf[self._channel] and not deaf.all():
            self._listen(int(np.argmin(deaf)))
            return []
        for onset in self._onsets.take(sound[self._channel]):
            self._waiting.append(Onset(onset.index + self._offset, onset.peak, onset.background))
        told: list[Shots] = []
        self._waiting = [onset for onset in self._waiting if onset.index >= self._done]
        if self._waiting:
            told += self._look(self._waiting[0].index)
        incident = self._incident
        if incident is not None and not self._waiting and self._ring.end - incident.last > GAP_S * self._rate:
            told += self._end(incident)
        return told

    def _look(self, first: int) -> list[Shots]:
        """Ask the network as windows become whole; decide after the last."""
        while len(self._answers) < len(LOOKS_S):
            end = first + round(LOOKS_S[len(self._answers)] * self._rate)
            if end > self._ring.end:
                return []
            self._answers.append(self._hear(self._pictures.ending(self._ring, self._channel, end)))
        verdict = self._confirmation.join(self._answers)
        self._answers = []
        waiting, self._waiting = self._waiting, []
        return self._decide(waiting, verdict)

    def _decide(self, waiting: list[Onset], verdict: Verdict) -> list[Shots]:
        until = self._ring.end - round((PATTERN_S + MARGIN_S) * self._rate)
        begin = waiting[0].index - round(BEFORE_S * self._rate)
        since, self._done = self._done, until
        stretch = self._ring.part(begin, self._ring.end)
        sound = stretch[self._channel]
        told: list[Shots] = []
        incident = self._incident
        if incident is not None and (waiting[0].index - incident.last > GAP_S * self._rate or incident.full):
            told += self._end(incident)
            incident = None
        if incident is not None and incident.shape is not None:
            rounds, _ = find_rounds(sound, self._rate, incident.shape)
            found = incident.add(rounds, begin, since, until)
            if verdict.probability > incident.verdict.probability:
                incident.verdict = verdict
            return [*told, incident.tell(Phase.UPDATE, self._ring.end)] if found else told
        if verdict.probability < LEAST:
            # a shot may have come soon after what was none: it has windows of its own
            self._done = min(until, waiting[0].index + round(AGAIN_S * self._rate))
            self._waiting = [onset for onset in waiting if onset.index >= self._done]
            return told
        loud = self._loud(sound, begin, waiting)
        if loud[0].index - waiting[0].index >= AGAIN_S * self._rate:
            self._done, self._waiting = loud[0].index, loud
            return told
        waiting = loud
        fresh = self._open(stretch, begin, waiting, verdict, until)
        return told if fresh is None else [*told, fresh.tell(Phase.NEW, self._ring.end)]

    def _open(  # noqa: PLR0913 - a stretch, and what is known of it
        self,
        stretch: npt.NDArray[np.float32],
        begin: int,
        waiting: list[Onset],
        verdict: Verdict,
        until: int,
    ) -> Incident | None:
        """Begin an incident with what is in a stretch."""
        sound = stretch[self._channel]
        picks = [one for onset in waiting if (one := pick(sound, self._rate, onset.index - begin)) is not None]
        if not picks:
            return None
        came = led(sound, self._rate, picks)
        blast = picks[came.blast]
        shape = pattern(sound, self._rate, blast.index)
        rounds: list[Round] = []
        if shape is not None:
            rounds, shape = find_rounds(sound, self._rate, shape, blast.index)
        self._incidents += 1
        incident = Incident(
            self._incidents,
            self._rate,
            Pick(blast.index + begin, blast.sigma, blast.peak, blast.noise),
            came,
            hear(
                sound,
                self._rate,
                blast.index,
                full_scale_db=self._microphone.full_scale_db,
                microphones=self._microphone.channels,
                faulty=int((~self._well(stretch, blast.index)).sum()),
            ),
            self._bearing(stretch, blast.index),
            verdict,
            shape,
        )
        near = NEAR_S * self._rate
        first = Round(blast.index, 1.0, FIRST_PROBABILITY)
        rest = [one for one in rounds if one.index > blast.index + near]
        self._done = max(until, round(blast.index + begin + near))
        incident.add([first, *rest], begin, blast.index + begin, self._done)
        self._incident = incident
        return incident

    def _loud(self, sound: npt.NDArray[np.float32], begin: int, waiting: list[Onset]) -> list[Onset]:
        """Onsets from the first on that may be a shot's, of those that may be one."""
        heights = [self._height(sound, onset.index - begin) for onset in waiting]
        return waiting[next(number for number, height in enumerate(heights) if height >= NEITHER * max(heights)) :]

    def _height(self, sound: npt.NDArray[np.float32], index: int) -> float:
        """Largest magnitude of the first milliseconds of an onset."""
        edge = reach(self._rate)
        part = sound[max(0, index - edge) : index + round(HEIGHT_S * self._rate) + edge]
        return float(np.abs(without_rumble(part, self._rate)).max(initial=0.0)) if len(part) > 2 * edge else 0.0

    def _well(self, stretch: npt.NDArray[np.float32], onset: float) -> npt.NDArray[np.bool_]:
        """Channels to believe at a blast."""
        longest = extent(self._places) / SLOWEST if len(self._places) else 0.03
        return in_step(stretch, self._rate, onset, longest) & ~self._health.deaf

    def _bearing(self, stretch: npt.NDArray[np.float32], onset: float) -> Bearing | None:
        where = self._microphone.where
        if not len(self._places) or where is None or where.heading is None:
            return None
        well = self._well(stretch, onset)
        if not well[self._channel]:
            return None
        order = [self._channel, *(channel for channel in np.flatnonzero(well).tolist() if channel != self._channel)]
        places = [self._microphone.positions[channel] for channel in order]
        return direction(stretch[order], self._rate, onset, places, where.heading)

    def _end(self, incident: Incident) -> list[Shots]:
        told = incident.tell(Phase.END, self._ring.end)
        incident.forget()
        self._incident = None
        return [told]
