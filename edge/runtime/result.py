"""What the runtime hands on: one result per decoded picture, in the order of capture within a source."""

from __future__ import annotations

from dataclasses import dataclass

from edge.clock import Instant
from edge.infer.outcome import Outcome
from edge.region import Region, Size
from protocol.events import ModelRef


@dataclass(frozen=True)
class FrameResult:
    """One decoded picture and what became of it."""

    source: str
    number: int
    """Number of the decoded picture since the source opened, from 1; a file that repeats counts on."""
    captured: Instant
    media_s: float
    """Time in the recording (or stream) since the source opened, seconds; counts on when a file repeats."""
    size: Size
    regions: tuple[Region, ...]
    """What was looked at; empty when nobody looked."""
    outcome: Outcome
    model: ModelRef | None = None
    """Which model looked; ``None`` when nobody looked."""
    labels: tuple[str, ...] = ()
    """Of that model, in the order of its classes."""
    sure: float | None = None
    """Score from which a detection begins a track, by what that model's bundle says."""
    reader: ModelRef | None = None
    """Which model reads plates in it; ``None`` when none does."""
    moved: bool = False
    """Whether the camera looks elsewhere than it did: what would be told in metres is not to be told."""
