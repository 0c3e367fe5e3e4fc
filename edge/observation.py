"""What analytics say: a draft of an event, before the box adds who, when and which model.

Rules: an observation holds protocol structs only; its incident is named by a key that is local to the analytics (the event
builder gives each key its incident id from ``new`` to ``end``).
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.clock import Instant
from protocol.basis import Struct
from protocol.events import Assessed, EventType, ModelRef, Phase


@dataclass(frozen=True)
class Observation:
    """One thing worth saying."""

    type: EventType
    at: Instant
    """Capture time of the picture (or of the end of the window) that it speaks of."""
    observed: Struct
    source: str | None = None
    """Which source saw it; ``None`` for the box itself."""
    frame: int | None = None
    """Number of the decoded picture since the source opened, from 1."""
    incident_key: str | None = None
    phase: Phase | None = None
    assessed: Assessed | None = None
    model: ModelRef | None = None
    """Which model says it; ``None`` = the one that looks at the source's pictures."""
