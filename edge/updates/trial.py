"""What runs models, as updates see it (:class:`ota.device.trial.Trial`).

Rules:

- Everything is done by the agent's loop, as errands. Reading is not: of meters any thread may, and memory walks page tables.
- Golden vectors are run where a model is loaded (:mod:`edge.infer.looker`), in a second process of the accelerator.
- A box without room for that process says so, skips the comparison, and switches by unloading and loading.
- A bundle that no camera uses is not compared: sound stays where it is, and where nothing is asked nothing is answered. The old
  one's time is taken as the new one's is, alone.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from edge.runtime.casting import RehearsalError, Use
from edge.runtime.plan import Planner
from edge.runtime.rehearsal import Rehearsal
from edge.runtime.runtime import Runtime
from edge.updates.errands import Errands
from hardware.system import descendants, memory_available_mb, memory_mb, temperature_c
from models.bundle.bundle import BundleError, load_bundle
from ota.device.errors import TrialError
from ota.device.trial import Golden, Health, Shadow

_UNABLE = {
    Use.LISTENS: "sound stays in the process that captured it: nothing listens beside what does",
    Use.NOTHING: "nothing on this box uses it: there is nothing to compare",
}
_LOOK_S = 0.1
_SPARE = 1.5
"""Room that a second process must find, in terms of what all processes of the agent take now; the other half is for its
beginnings, when a model lies in memory twice."""


class RuntimeTrial:
    """Behind the port :class:`ota.device.trial.Trial`.

    Args:
        errands: to the agent's loop.
        runtime: runs models; belongs to that loop.
        planner: as the runtime has it now.
        sleep: waits.
    """

    def __init__(
        self, errands: Errands, runtime: Runtime, planner: Planner, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._errands, self._runtime, self._planner, self._sleep = errands, runtime, planner, sleep
        self._shadow: Rehearsal | None = None
        self._old_ms: float | None = None

    def begin_with(self, bundle: str, folder: Path) -> None:
        """Have the first configuration begin with this; by the thread of the runtime."""
        self._planner = self._planner.replaced(bundle, folder)
        self._runtime.switch(bundle, self._planner)

    def golden(self, folder: Path, file: str) -> Golden:
        """Load it in a process of its own, which runs its golden vectors."""
        del file  # the planner chooses the same: both ask models.bundle.choose
        try:
            bundle = load_bundle(folder).manifest.name
        except BundleError as error:
            return Golden(passed=False, detail=str(error))
        try:
            rehearsal = self._ready(bundle, self._planner.replaced(bundle, folder))
        except RehearsalError as error:
            if error.blame:
                return Golden(passed=False, detail=str(error))
            raise TrialError(str(error)) from error
        try:
            memory = _memory_of(rehearsal)
            found = Golden(not rehearsal.fault, rehearsal.fault, rehearsal.warm_ms, memory)
        finally:
            self._errands.do(self._runtime.end_rehearsal)
        return found if rehearsal.cast.looks else replace(found, old_latency_ms=self._old_alone_ms(bundle))

    def shadow(self, bundle: str, folder: Path, file: str) -> Shadow:
        """Compare it with the one that counts, picture by picture."""
        del file
        if self._shadow is None:
            use = self._runtime.use_of(bundle)
            if use is not Use.LOOKS:
                return Shadow(unable=_UNABLE[use])
            if not _has_room():
                return Shadow(unable="too little memory for a second process")
            self._old_ms = self._runtime.tally(bundle).inference_ms.value(self._runtime.now_s())
            try:
                self._shadow = self._begin(bundle, self._planner.replaced(bundle, folder), compare=True)
            except RehearsalError as error:
                if error.blame:
                    raise TrialError(str(error)) from error
                return Shadow(unable=str(error))
        rehearsal = self._shadow
        if rehearsal.fault:
            raise TrialError(rehearsal.fault)
        looks, agreed = self._errands.do(lambda: (rehearsal.looks, rehearsal.agreed))  # which belong together
        return Shadow(
            looks=looks,
            agreement=agreed / looks if looks else None,
            failures=rehearsal.failures,
            latency_ms=rehearsal.inference_ms.value(rehearsal.now_s()),
            old_latency_ms=self._old_ms,
            memory_mb=_memory_of(rehearsal),
            temperature_c=temperature_c(),
        )

    def end_shadow(self, bundle: str) -> None:
        """Stop comparing."""
        if self._shadow is not None and self._shadow.bundle == bundle:
            self._shadow = None
            self._errands.do(self._runtime.end_rehearsal)

    def switch(self, bundle: str, folder: Path | None, file: str) -> None:
        """Have it run, from a process that is ready for it."""
        del file
        if self._planner.places.get(bundle) == folder:
            return
        planner = self._planner.replaced(bundle, folder)
        if _has_room():
            try:
                rehearsal = self._ready(bundle, planner)
            except RehearsalError as error:
                if error.blame:
                    raise TrialError(str(error)) from error
            else:
                if rehearsal.fault:
                    self._errands.do(self._runtime.end_rehearsal)
                    raise TrialError(rehearsal.fault)
        self._errands.do(lambda: self._runtime.switch(bundle, planner))
        self._planner = planner

    def health(self, bundle: str) -> Health:
        """Say how it goes."""
        return health_of(self._runtime, bundle, memory_mb(descendants(os.getpid())))

    def _old_alone_ms(self, bundle: str) -> float | None:
        """Time of an inference of what runs now, in a process of its own; nothing where nothing does."""
        try:
            rehearsal = self._ready(bundle, self._planner)
        except RehearsalError:
            return None
        try:
            return None if rehearsal.fault else rehearsal.warm_ms
        finally:
            self._errands.do(self._runtime.end_rehearsal)

    def _ready(self, bundle: str, planner: Planner) -> Rehearsal:
        """Start a process, and wait until it is ready or has failed; its own time limits hold."""
        rehearsal = self._begin(bundle, planner, compare=False)
        while not self._errands.do(lambda: rehearsal.ready or bool(rehearsal.fault)):
            self._sleep(_LOOK_S)
        return rehearsal

    def _begin(self, bundle: str, planner: Planner, *, compare: bool) -> Rehearsal:
        self._shadow = None
        return self._errands.do(lambda: self._runtime.rehearse(bundle, planner, compare=compare))


def health_of(runtime: Runtime, bundle: str, memory: float | None) -> Health:
    """How a bundle does since it runs. Any thread may ask.

    Args:
        runtime: runs it.
        bundle: which.
        memory: of all processes of the agent, MB.
    """
    use = runtime.use_of(bundle)
    if use is not Use.LOOKS:
        found = runtime.hearing.attention(bundle)
        heard = {"asked": found.asked, "answered": found.heard, "failures": found.failures}
        return Health(**heard, memory_mb=memory, temperature_c=temperature_c(), used=use is Use.LISTENS)
    tally, now_s = runtime.tally(bundle), runtime.now_s()
    return Health(
        asked=tally.asked,
        answered=tally.answered,
        failures=tally.failures,
        latency_ms=tally.inference_ms.value(now_s),
        memory_mb=memory,
        temperature_c=temperature_c(),
        drift=tally.drift(now_s),
    )


def _memory_of(rehearsal: Rehearsal) -> float | None:
    pid = rehearsal.unit.pid
    return None if pid is None else memory_mb([pid])


def _has_room() -> bool:
    available, taken = memory_available_mb(), memory_mb(descendants(os.getpid()))
    return available is None or taken is None or available >= _SPARE * taken
