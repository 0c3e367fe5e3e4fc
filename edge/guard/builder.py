"""From an observation to the body of an event: who, where, when, which model, which incident."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from edge.guard.guard import GuardError, guard
from edge.observation import Observation
from protocol.events import Clock, EventBody, ModelRef, Phase, Sensor, Where
from protocol.identifiers import uuid7


@dataclass(frozen=True)
class Origin:
    """What a source's events have in common."""

    reference: str = ""
    where: Where | None = None
    model: ModelRef | None = None


class EventBuilder:
    """Builds event bodies and keeps incident ids from ``new`` to ``end``.

    Args:
        evaluation: whether evaluation-only fields may leave; may be changed.
    """

    def __init__(self, *, evaluation: bool) -> None:
        self.evaluation = evaluation
        self.refused = 0
        """Observations that the guard refused."""
        self._incidents: dict[str, str] = {}

    @property
    def open_incidents(self) -> int:
        """Incidents that have not ended."""
        return len(self._incidents)

    def build(self, observation: Observation, clock: Clock, origin: Origin) -> EventBody[Any]:
        """Build the body.

        Raises:
            GuardError: when something in it may not leave the box, or the incident's life is out of order.
        """
        try:
            incident = self._incident(observation)
            sensor = None
            if observation.source is not None:
                sensor = Sensor(observation.source, origin.reference, observation.frame)
            draft = EventBody(
                captured_at=observation.at.wall,
                clock=clock,
                observed=observation.observed,
                sensor=sensor,
                where=origin.where,
                model=origin.model,
                incident=incident,
                phase=observation.phase,
                assessed=observation.assessed,
            )
            body = guard(observation.type, draft, evaluation=self.evaluation)
        except GuardError:
            self.refused += 1
            raise
        self._remember(observation, incident)
        return body

    def _incident(self, observation: Observation) -> str | None:
        key, phase = observation.incident_key, observation.phase
        if (key is None) != (phase is None):
            msg = f"{observation.type.value}: an incident has a key and a phase, a statistic has neither"
            raise GuardError(msg)
        if key is None:
            return None
        known = self._incidents.get(key)
        if known is None and phase is Phase.NEW:
            return uuid7(int(observation.at.wall.timestamp() * 1000))
        if known is not None and phase is not Phase.NEW:
            return known
        msg = f"{observation.type.value}: {phase.value if phase else ''} out of order for its incident"
        raise GuardError(msg)

    def _remember(self, observation: Observation, incident: str | None) -> None:
        """Only what passed has happened: a refused end leaves its incident open."""
        if observation.incident_key is None or incident is None:
            return
        if observation.phase is Phase.END:
            del self._incidents[observation.incident_key]
        else:
            self._incidents[observation.incident_key] = incident
