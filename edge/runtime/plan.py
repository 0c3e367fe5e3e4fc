"""Which accelerator runs which compiled model for a source.

Pure but for the planner that is handed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from edge.infer.messages import ModelOrder
from protocol.config import Source
from protocol.events import ModelRef


@dataclass(frozen=True)
class Plan:
    """How pictures of a source are looked at."""

    accelerator: str
    """Its name: ``cpu``."""
    entry: str
    """Where it is made: ``package.module:Class``."""
    model: ModelOrder
    ref: ModelRef


@dataclass(frozen=True)
class NoPlan:
    """Why pictures of a source cannot be looked at."""

    code: str
    """Machine-readable name of the reason."""
    detail: str


class Planner(Protocol):
    """Chooses; reads bundles and knows what the box has."""

    def plan(self, source: Source) -> Plan | NoPlan:
        """Choose for one source. Quick; may be asked again when something has changed."""

    @property
    def places(self) -> Mapping[str, Path]:
        """Folders of bundles that lie elsewhere than the installation's, by name."""

    def replaced(self, bundle: str, folder: Path | None) -> Planner:
        """The same, but that a bundle lies in another folder; ``None`` = where it came with the installation."""
