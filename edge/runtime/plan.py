"""Which accelerator runs which compiled model for a source.

Pure but for the planner that is handed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from edge.capture.sound.listener import HearingModel
from edge.gate.expected import Acuity
from edge.infer.messages import ModelOrder
from protocol.config import Microphone, Source
from protocol.events import ModelRef


@dataclass(frozen=True)
class PlatePlan:
    """How plates are found and read, by the accelerator that finds the vehicles."""

    detector: ModelOrder
    detector_ref: ModelRef
    reader: ModelOrder
    reader_ref: ModelRef

    @property
    def held(self) -> tuple[tuple[ModelOrder, ModelRef], ...]:
        """Both."""
        return (self.detector, self.detector_ref), (self.reader, self.reader_ref)


@dataclass(frozen=True)
class NoPlan:
    """Why pictures of a source cannot be looked at, no plates be read in them, or a microphone not be listened to."""

    code: str
    """Machine-readable name of the reason."""
    detail: str


@dataclass(frozen=True)
class Plan:
    """How pictures of a source are looked at."""

    accelerator: str
    """Its name: ``cpu``."""
    entry: str
    """Where it is made: ``package.module:Class``."""
    model: ModelOrder
    ref: ModelRef
    labels: tuple[str, ...] = ()
    """Of the model, in the order of its classes."""
    plates: PlatePlan | NoPlan | None = None
    """``None`` where none is to be read."""
    acuity: Acuity | None = None
    """What the model can see; ``None`` = its bundle does not say."""
    sure: float | None = None
    """Score from which a detection of its begins a track; ``None`` = its bundle does not say."""
    instead: Plan | None = None
    """What would look if its accelerator did not fail, and does again as soon as that is ready; see
    :mod:`edge.runtime.fallback`."""

    @property
    def held(self) -> tuple[tuple[ModelOrder, ModelRef], ...]:
        """Every model that is to be held ready, with how events name it."""
        main = (self.model, self.ref)
        return (main, *self.plates.held) if isinstance(self.plates, PlatePlan) else (main,)


@dataclass(frozen=True)
class HearingPlan:
    """What listens at a microphone, within its own process on the processor."""

    model: HearingModel
    ref: ModelRef


@dataclass(frozen=True)
class Proof:
    """Where a bundle is proven that nothing looks with."""

    accelerator: str
    entry: str
    model: ModelOrder


def bundles_of(source: Source) -> tuple[str, ...]:
    """Names of the bundles that look at a source's pictures."""
    return (source.bundle,) if source.anpr is None else (source.bundle, source.anpr.detector, source.anpr.reader)


class Planner(Protocol):
    """Chooses; reads bundles and knows what the box has."""

    def plan(self, source: Source, *, on_processor: bool = False) -> Plan | NoPlan:
        """Choose for one source. Quick; may be asked again when something has changed.

        Args:
            source: which.
            on_processor: choose only of what the processor runs and whose files are here.
        """

    def listens(self, microphone: Microphone) -> HearingPlan | NoPlan:
        """Choose for one microphone; likewise."""

    def proves(self, bundle: str) -> Proof | NoPlan:
        """Choose where a bundle would run that nothing looks with."""

    @property
    def places(self) -> Mapping[str, Path]:
        """Folders of bundles that lie elsewhere than the installation's, by name."""

    def replaced(self, bundle: str, folder: Path | None) -> Planner:
        """The same, but that a bundle lies in another folder; ``None`` = where it came with the installation."""
