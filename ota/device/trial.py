"""The port to what runs models: how the machine has a new model tried, put in place and watched.

Rules:

- The machine asks, whoever runs models answers with readings, and :mod:`ota.device.judge` judges them. Nothing here judges.
- The old model goes on working through golden vectors and shadow run, whatever they cost; :meth:`Trial.switch` loses none of
  its looks.
- Calls come from one thread. :meth:`Trial.golden` and :meth:`Trial.switch` may take their time; the other two answer at once.
- What cannot be done is said with :class:`~ota.device.errors.TrialError`; the message goes into a report.

All readings have ``None`` where the box cannot measure.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Golden:
    """What became of a model's golden vectors on this machine."""

    passed: bool
    detail: str = ""
    """Why not."""
    latency_ms: float | None = None
    """Of its inferences."""
    memory_mb: float | None = None
    """Of the process that ran it."""
    old_latency_ms: float | None = None
    """Of the old one's, measured likewise, where no shadow run will tell."""


@dataclass(frozen=True)
class Shadow:
    """What has been seen since the new model runs beside the old one on live input."""

    looks: int = 0
    """Looks that both answered."""
    agreement: float | None = None
    """Share of them in which they agree."""
    failures: int = 0
    """Looks in which the new one failed, missed its deadline or gave something that is no number."""
    latency_ms: float | None = None
    """Median, new."""
    old_latency_ms: float | None = None
    """Median, old, alone on the accelerator."""
    memory_mb: float | None = None
    """Of the new one's process."""
    temperature_c: float | None = None
    """Hottest part of the board."""
    unable: str = ""
    """Why this box cannot run both: too little memory, an accelerator that holds one model, sound that only one may have."""


@dataclass(frozen=True)
class Health:
    """How the box has been since it switched, or since it started if that was later."""

    asked: int = 0
    """Looks that the new model was asked for, or seconds of sound; at night, nobody may ask for any."""
    answered: int = 0
    failures: int = 0
    """As in the shadow run."""
    latency_ms: float | None = None
    """Median of the last minute."""
    memory_mb: float | None = None
    """Of all processes of the agent."""
    temperature_c: float | None = None
    drift: float | None = None
    """Population stability index of its output statistics against the old model's; beyond 0.25 a distribution is usually
    called another one."""
    used: bool = True
    """Whether anything on this box uses it."""


class Trial(Protocol):
    """Whoever runs models."""

    def golden(self, folder: Path, file: str) -> Golden:
        """Load a variant beside everything else, and run its golden vectors.

        Raises:
            TrialError: nothing can be said of it.
        """

    def shadow(self, bundle: str, folder: Path, file: str) -> Shadow:
        """Run it beside the old one; begins at the first call, and tells what has been seen since.

        Raises:
            TrialError: it cannot be gone on with; the new model does not load, or dies.
        """

    def end_shadow(self, bundle: str) -> None:
        """Stop it; nothing happens when there is none."""

    def switch(self, bundle: str, folder: Path | None, file: str) -> None:
        """Run this instead, from now on; nothing happens when it does already.

        Args:
            bundle: which.
            folder: of the release; ``None`` = the one that came with the installation.
            file: of the variant; empty with it.

        Raises:
            TrialError: what ran before goes on.
        """

    def health(self, bundle: str) -> Health:
        """Say how it goes.

        Raises:
            TrialError: nothing runs.
        """
