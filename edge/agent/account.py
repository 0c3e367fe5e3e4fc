"""What the box says of itself: birth, telemetry and the status that `lamplighter watch` shows.

Rule: it comes from one place, so that it agrees. Any thread may ask.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from msgspec import structs

from edge.agent.condition import Condition
from edge.agent.health import HealthBoard
from edge.agent.link import Link
from edge.agent.pipelines import Pipelines
from edge.agent.plates import Plates
from edge.agent.status import BoxStatus, update_status
from edge.agent.twin import Twin
from edge.boxfile import Box
from edge.clock import Clock
from edge.outbox.outbox import Outbox
from edge.runtime.runtime import Runtime
from edge.updates.probation import Probation
from hardware.system import board as hardware_board
from protocol.state import SourceTelemetry, State, Telemetry, Versions

if TYPE_CHECKING:
    from edge.updates.updates import Updates


def agent_version() -> str:
    """Version of the installed agent."""
    try:
        return version("lamplighter")
    except PackageNotFoundError:
        return "unknown"


@dataclass(frozen=True)
class Account:
    """Of these parts of an agent."""

    box: Box
    clock: Clock
    board: HealthBoard
    condition: Condition
    outbox: Outbox
    runtime: Runtime
    probation: Probation
    updates: Updates | None
    twin: Twin
    link: Link
    plates: Plates
    pipelines: Pipelines

    def birth(self) -> State:
        """How the box is, and what it is."""
        config = self.twin.config
        sources = config.sources
        places = (*(source.where for source in sources), *(microphone.where for microphone in config.microphones))
        reads, listens = any(source.anpr for source in sources), bool(config.microphones)
        return State(
            status=self.board.status,
            boot=self.outbox.boot,
            at=self.clock.now().wall,
            reasons=self.board.reasons,
            versions=Versions(agent_version(), sys.version.split()[0], "", hardware_board()),
            capabilities=("crowd", *(("anpr",) if reads else ()), *(("gunshot",) if listens else ())),
            models=self.runtime.models,
            where=next((where for where in places if where is not None), None),
            config_version=self.twin.reported.version,
            lock=self.plates.lock(),
            keys=self.plates.keys,
            lists=self.plates.versions,
        )

    def telemetry(self) -> Telemetry:
        """Last values."""
        return structs.replace(
            self.condition.telemetry(),
            sources=self._sources(),
            microphones=self.runtime.hearing.telemetry(),
            accelerators=self.runtime.accelerators(),
            outbox=self.outbox.status(),
            link=self.link.status(),
        )

    def status(self) -> BoxStatus:
        """What `lamplighter watch` shows."""
        reported = self.twin.reported
        return BoxStatus(
            fleet=self.box.fleet,
            device=self.box.device,
            boot=self.outbox.boot,
            status=self.board.status,
            agent=agent_version(),
            telemetry=self.telemetry(),
            reasons=self.board.reasons,
            models=self.runtime.models,
            config_version=reported.version,
            refusals=reported.refusals,
            wellness=self.probation.found,
            updates=None if self.updates is None else update_status(self.updates.state),
            plates=self.plates.status(),
        )

    def _sources(self) -> dict[str, SourceTelemetry]:
        found = self.runtime.sources()
        return {name: structs.replace(source, plate_px=self.pipelines.plate_px(name)) for name, source in found.items()}
