"""Shots at one microphone or array: from its samples to what is told of them. Pure: no clock, no file, no thread.

Rules:

- No sound leaves and none stays: what is kept is the ring of 5 s, a pattern of 45 ms while an incident lasts, and numbers;
  :meth:`GunshotAnalytics.forget` wipes all of it.
- A shot that follows something else is not lost with it: each onset that is 0.15 s after one that was no shot is asked about.
  Nor are the first rounds of a volley that was only believed at a later one: the windows that were believed hold them too.
- The cheap look at onsets sees every sample; the network is asked only after an onset, in windows that end 0.2 to 0.48 s after
  it, and then it is decided: 0.5 s after the onset, and a block, at the latest.
- Times are numbers of samples since the stream's first; who reads the sound maps them to a clock.
- An incident is ``new`` with its first confirmed shot, ``update`` with each further decision that finds more, and ``end`` 1.5 s
  after its last. A channel that is silent, clipped for long or dead is not listened to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from edge.analytics.gunshot.confirm import Calibration, Confirmation, Verdict
from edge.analytics.gunshot.health import Health
from edge.analytics.gunshot.incident import GAP_S, Incident, Shots
from edge.analytics.gunshot.onsets import Onset, Onsets
from edge.analytics.gunshot.opening import NEAR_S, Stretch, join_other, loud_onsets, open_incident
from edge.analytics.gunshot.pictures import Pictures
from edge.analytics.gunshot.ring import Ring
from edge.analytics.gunshot.rounds import PATTERN_S
from edge.analytics.gunshot.rumble import finite
from edge.analytics.gunshot.waves import Windows
from models.bundle.detections import Floats
from protocol.config import Microphone
from protocol.events import Phase, Reason

LOOKS_S = (0.20, 0.34, 0.48)
"""After an onset, where the windows end that the network is asked about."""
STEP_S = 0.04
"""Blocks are cut to this, so that a decision is as early in long ones."""
BEFORE_S = 1.1
"""Of sound before an onset that wind and noise are measured in."""
LEAST = 0.5
"""Probability from which shots are told."""
MARGIN_S = 0.005
ALONE_S = 0.8
"""After a shot, from where on windows that end 0.2 s after an onset do not hold it."""
AGAIN_S = 0.15
"""After an onset that was no shot, from where on another one is asked about anew."""
HELD_S = 0.49
"""Before an onset, from where on all of its windows hold what was heard: they are 0.975 s long."""

Hear = Callable[[Floats], Floats]
"""From a window as the network takes it to the score of each label, float32 (labels,)."""


class GunshotAnalytics:
    """Shots of one microphone.

    Args:
        microphone: its configuration.
        labels: of the network's answers.
        hear: asks the network.
        calibration: of what it says; as built in when absent.
        windows: that it is given; pictures when absent.

    Raises:
        ValueError: no label is a shot.
    """

    def __init__(
        self,
        microphone: Microphone,
        labels: Sequence[str],
        hear: Hear,
        calibration: Calibration | None = None,
        windows: Windows | None = None,
    ) -> None:
        self._microphone, self._rate, self._hear = microphone, microphone.rate_hz, hear
        self._confirmation = Confirmation(labels, calibration)
        self._ring = Ring(microphone.channels, self._rate)
        self._health = Health(microphone.id, self._rate, microphone.channels)
        self._windows: Windows = windows or Pictures(self._rate)
        self._places = np.array(microphone.positions, np.float64).reshape(-1, 3)
        self._incidents = 0
        self.onsets = 0
        """That were looked at, shots or not."""
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
        self._windows.forget()
        if self._incident is not None:
            self._incident.forget()
            self._incident = None
        self._listen(self._channel)

    def _listen(self, channel: int) -> None:
        """Look for onsets in a channel from here on."""
        self._channel, self._offset = channel, self._ring.end
        self._onsets = Onsets(self._rate)
        self._waiting: list[Onset] = []
        self._refused: list[Onset] = []
        self._answers: list[Floats] = []
        self._done = self._ring.end

    def _step(self, sound: npt.NDArray[np.float32]) -> list[Shots]:
        self._ring.put(sound)
        self._windows.expire(self._ring.begin)
        self._health.take(sound)
        deaf = self._health.deaf
        if deaf[self._channel] and not deaf.all():
            self._listen(int(np.argmin(deaf)))
            return []
        for onset in self._onsets.take(sound[self._channel]):
            self.onsets += 1
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
            if end + self._windows.after > self._ring.end:
                return []
            self._answers.append(self._hear(self._windows.ending(self._ring, self._channel, end)))
        verdict = self._confirmation.join(self._answers)
        self._answers = []
        waiting, self._waiting = self._waiting, []
        return self._decide(waiting, verdict)

    def _decide(self, waiting: list[Onset], verdict: Verdict) -> list[Shots]:
        until = self._ring.end - round((PATTERN_S + MARGIN_S) * self._rate)
        held = [onset for onset in self._refused if onset.index >= waiting[0].index - round(HELD_S * self._rate)]
        self._refused = held
        begin = (held or waiting)[0].index - round(BEFORE_S * self._rate)
        since, self._done = self._done, until
        stretch = self._ring.part(begin, self._ring.end)
        sound = stretch[self._channel]
        told: list[Shots] = []
        incident = self._incident
        if incident is not None and (waiting[0].index - incident.last > GAP_S * self._rate or incident.full):
            told += self._end(incident)
            incident = None
        part = Stretch(stretch, begin, until, self._channel, ~self._health.deaf)
        if incident is not None:
            alone = waiting[0].index - incident.last > ALONE_S * self._rate and verdict.probability >= LEAST
            if incident.more(sound, begin, since, until, verdict) or (alone and join_other(incident, part, waiting[0])):
                told.append(incident.tell(Phase.UPDATE, self._ring.end))
            return told
        if verdict.probability < LEAST:
            # a shot may have come soon after what was none: it has windows of its own
            self._done = min(until, waiting[0].index + round(AGAIN_S * self._rate))
            self._refused += [onset for onset in waiting if onset.index < self._done]
            self._waiting = [onset for onset in waiting if onset.index >= self._done]
            return told
        loud = loud_onsets(sound, self._rate, begin, [*held, *waiting])
        if loud[0].index - waiting[0].index >= AGAIN_S * self._rate:
            self._done, self._waiting = loud[0].index, loud
            return told
        fresh = open_incident(self._incidents + 1, self._microphone, part, loud, verdict)
        if fresh is None:
            return told
        self._incident, self._incidents, self._refused = fresh, fresh.number, []
        self._done = max(until, round(fresh.first.index + NEAR_S * self._rate))
        return [*told, fresh.tell(Phase.NEW, self._ring.end)]

    def _end(self, incident: Incident) -> list[Shots]:
        told = incident.tell(Phase.END, self._ring.end)
        incident.forget()
        self._incident = None
        return [told]
