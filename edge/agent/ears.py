"""The way of a sound: what the process of a microphone says becomes an event.

Rules:

- Incidents have the life that the analytics give them. Keys are those of one opening of a microphone: one that is opened anew
  counts from the beginning.
- An incident whose microphone has ended or was lost ends with what was last known of it: nobody will say more.
- ``captured_at`` is the onset, as the microphone's process has found it; how good the clock is that it was taken from is
  stamped where everything is (:mod:`edge.agent.voice`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from edge.agent.position import Position
from edge.agent.voice import Voice
from edge.observation import Observation
from edge.runtime.hearing import HeardHere, Hearing
from protocol.config import Microphone
from protocol.events import EventType, Phase, Where

MOST_OPEN = 64
"""Incidents: a process that opens ever more of them has gone astray, and the oldest end."""


class Ears:
    """For the agent's loop.

    Args:
        hearing: the microphones in use.
        voice: says what is observed.
        position: of the box.
    """

    def __init__(self, hearing: Hearing, voice: Voice, position: Position) -> None:
        self._hearing, self._voice, self._position = hearing, voice, position
        self._mounted: dict[str, Where | None] = {}
        self._open: dict[str, tuple[str, int, Observation]] = {}
        """By key: microphone, its opening, and what was last said."""

    def configure(self, microphones: Sequence[Microphone]) -> None:
        """Know where they are."""
        self._mounted = {microphone.id: microphone.where for microphone in microphones}
        for microphone in microphones:
            self._voice.place(microphone.id, microphone.reference, microphone.where)

    def take(self, here: HeardHere) -> None:
        """Say what was heard."""
        heard = here.heard
        key = f"{here.microphone}.{here.opening}.{heard.key}"
        observation = Observation(
            EventType.GUNSHOT_DETECTED,
            heard.at,
            self._position.turned(heard.observed, self._mounted.get(here.microphone), heard.at.monotonic_s),
            source=here.microphone,
            incident_key=key,
            phase=heard.phase,
            assessed=heard.assessed,
            model=here.model,
        )
        if heard.phase is Phase.NEW and len(self._open) >= MOST_OPEN:
            self._end((next(iter(self._open)),))
        if heard.phase is Phase.END:
            self._open.pop(key, None)
        elif heard.phase is Phase.NEW or key in self._open:
            self._open[key] = here.microphone, here.opening, observation
        self._voice.say(observation)

    def look(self) -> None:
        """End incidents of microphones that are no longer heard; once a second."""
        openings = self._hearing.openings
        self._end(key for key, (name, opening, _) in tuple(self._open.items()) if openings.get(name) != opening)

    def close(self) -> None:
        """End all of them."""
        self._end(tuple(self._open))

    def _end(self, keys: Iterable[str]) -> None:
        for key in keys:
            _, _, last = self._open.pop(key)
            self._voice.say(replace(last, phase=Phase.END))
