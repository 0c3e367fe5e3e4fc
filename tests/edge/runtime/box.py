"""A running runtime with everything that it says written down."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from edge.clock import SystemClock
from edge.infer.outcome import Dropped, DropReason
from edge.runtime.backoff import BackoffPolicy
from edge.runtime.deadline import DeadlinePolicy
from edge.runtime.hearing import HeardHere
from edge.runtime.planner import BundlePlanner
from edge.runtime.policy import PORTS, RuntimePolicy
from edge.runtime.result import FrameResult
from edge.runtime.runtime import Runtime
from hardware.accelerators import Accelerator
from protocol.config import Gate, Microphone, Source
from protocol.events import Reason
from tests.edge.infer import puppet

WHOLE = Gate(enabled=False)
PATIENCE_S = 20.0
CPU = Accelerator("cpu", "onnxruntime", ("int8",), available=True, on_processor=True)
QUICK = RuntimePolicy(
    silence_s=2.0,
    blind_s=2.0,
    stop_s=0.5,
    source_backoff=BackoffPolicy(0.1, 1.0, 30.0),
    accelerator_backoff=BackoffPolicy(0.2, 2.0, 30.0),
    model_backoff=BackoffPolicy(0.2, 2.0, 30.0),
    ports={**PORTS, "file": "tests.edge.capture.bad_ports:chosen"},
)
"""Short waits, and the deadlines of a real box: a machine that is busy elsewhere loses no picture."""
HASTY = replace(QUICK, deadline=DeadlinePolicy(request_s=0.5, look_s=0.1, load_s=10.0))
"""For tests of what happens when an accelerator is late."""

LATE = (Dropped(DropReason.SUPERSEDED), Dropped(DropReason.NO_SLOT), Dropped(DropReason.DEADLINE))


class Box:
    """A runtime on the puppet accelerator."""

    def __init__(
        self,
        bundles: Path,
        policy: RuntimePolicy = QUICK,
        entry: str = puppet.ENTRY,
        accelerators: tuple[Accelerator, ...] = (CPU,),
        entries: dict[str, str] | None = None,
    ) -> None:
        puppets = {accelerator.name: puppet.ENTRY for accelerator in accelerators} | {accelerators[0].name: entry}
        self.planner = BundlePlanner(bundles, accelerators, puppets if entries is None else entries)
        self.results: list[FrameResult] = []
        self.health: dict[str, tuple[Reason, ...]] = {}
        self.history: list[tuple[str, tuple[str, ...]]] = []
        self.heard: list[HeardHere] = []
        self.credentials = bundles.parent / "credentials"
        self.landmarks = bundles.parent / "landmarks"
        self.runtime = Runtime(
            self.planner,
            SystemClock(),
            self.results.append,
            self._hear,
            policy,
            self.heard.append,
            self.credentials,
            self.landmarks,
        )

    def run(self, *inputs: Source | Microphone) -> None:
        sources = tuple(one for one in inputs if isinstance(one, Source))
        self.runtime.configure(sources, tuple(one for one in inputs if isinstance(one, Microphone)))

    def until(self, condition: Callable[[], bool], within_s: float = PATIENCE_S) -> float:
        """Run until something holds. Returns how long it took, seconds."""
        begun = time.monotonic()
        while not condition():
            self.runtime.poll(0.05)
            took = time.monotonic() - begun
            assert took < within_s, f"{self.health} {self.runtime.sources()} {self.runtime.accelerators()}"
        return time.monotonic() - begun

    def during(self, seconds: float) -> None:
        """Run for a while."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.runtime.poll(0.05)

    def made_of(self, first: int = 0) -> set[type]:
        """Kinds of outcomes from this one on, but for pictures that came while the machine had other work.

        Those are at most a fifth. That none is lost is measured alone (:mod:`benchmarks.ota_switch`). Nor do pictures count
        that came before the model was loaded.
        """
        loaded = next((i for i, outcome in enumerate(self.outcomes()) if not isinstance(outcome, Dropped)), 0)
        outcomes = self.outcomes()[max(first, loaded) :]
        kept = [outcome for outcome in outcomes if outcome not in LATE]
        assert len(kept) >= 0.8 * len(outcomes), outcomes
        return {type(outcome) for outcome in kept}

    def outcomes(self, source: str | None = None) -> list[object]:
        return [result.outcome for result in self.results if source in {None, result.source}]

    def numbers(self, source: str) -> list[int]:
        return [result.number for result in self.results if result.source == source]

    def codes(self, subject: str) -> tuple[str, ...]:
        return tuple(reason.code for reason in self.health.get(subject, ()))

    def _hear(self, subject: str, reasons: tuple[Reason, ...]) -> None:
        self.health[subject] = reasons
        self.history.append((subject, tuple(reason.code for reason in reasons)))


def source(name: str, uri: Path | str, **options: object) -> Source:
    return Source(**{"model": puppet.NAME, "gate": WHOLE, "pace": "fastest", **options}, id=name, uri=str(uri))  # type: ignore[arg-type]
