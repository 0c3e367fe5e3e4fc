"""What the box says: observations become events, through the guard, into the outbox.

Rules: an observation names the model that looked, and where and in which view; what the guard refuses stays here and is told by
the box's health. By one thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from edge.agent.health import HealthBoard
from edge.clock import Clock
from edge.guard.builder import EventBuilder, Origin
from edge.guard.guard import GuardError
from edge.observation import Observation
from edge.outbox.outbox import Outbox
from edge.runtime.result import FrameResult
from hardware.clock import ClockWatch
from protocol.config import Source
from protocol.errors import TooLargeError
from protocol.events import EventType, OtaReport, Reason, Where
from protocol.limits import TEXT_CHARACTERS


class Voice:
    """Speaks.

    Args:
        outbox: keeps what is said until it is acknowledged.
        board: health of the box.
        clock: time.
        watch: how far the wall clock may be trusted.
        notify: told that there is something to send.
        locate: where a sensor was at a monotonic second, of what its configuration says; ``None`` = nothing is known.
        evaluation: whether evaluation-only fields may leave.
    """

    def __init__(  # noqa: PLR0913 - what a word needs on its way
        self,
        outbox: Outbox,
        board: HealthBoard,
        clock: Clock,
        watch: ClockWatch,
        notify: Callable[[], None],
        locate: Callable[[Where, float], Where | None] = lambda where, _at_s: where,
        *,
        evaluation: bool,
    ) -> None:
        self._outbox, self._board, self._clock, self._watch, self._notify = outbox, board, clock, watch, notify
        self._locate = locate
        self.builder = EventBuilder(evaluation=evaluation)
        self._origins: dict[str, Origin] = {}

    def remember(self, result: FrameResult, sources: Sequence[Source]) -> None:
        """Keep what events of a source have in common: its model, its place, its view."""
        before = self._origins.get(result.source)
        source = next((s for s in sources if s.id == result.source), None)
        if source is None:
            return
        model = result.model or (before.model if before else None)
        if before is None or (before.model, before.where, before.reference) != (model, source.where, source.reference):
            self._origins[result.source] = Origin(source.reference, source.where, model)

    def place(self, sensor: str, reference: str, where: Where | None) -> None:
        """Keep what events of a microphone have in common; each names its own model."""
        self._origins[sensor] = Origin(reference, where)

    def say(self, observation: Observation) -> None:
        """Say it, unless it may not leave the box."""
        try:
            self._keep(observation)
        except (GuardError, TooLargeError) as error:
            self._board.raise_(Reason("guard", "guard", str(error)[:TEXT_CHARACTERS]))

    def report(self, report: OtaReport) -> None:
        """Keep the report of an update.

        Raises:
            GuardError: it may not leave the box.
            TooLargeError: nor may so much.
        """
        self._keep(Observation(EventType.OTA_REPORT, self._clock.now(), report))

    def _keep(self, observation: Observation) -> None:
        origin = self._origins.get(observation.source or "", Origin())
        if observation.model is not None:
            origin = replace(origin, model=observation.model)
        if origin.where is not None:
            origin = replace(origin, where=self._locate(origin.where, observation.at.monotonic_s))
        now = self._clock.now()
        clock = self._watch.update(now.monotonic_s, now.wall)  # a step since the last look must not go out as a good time
        body = self.builder.build(observation, clock, origin)
        self._outbox.append(observation.type, body)
        self._notify()
