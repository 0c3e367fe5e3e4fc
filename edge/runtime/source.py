"""One source as the runtime sees it: its process, its life, its counters.

Rules: silence counts as breaking; one that breaks touches nothing else, nor does one whose decoder a camera has taken over:
what it names is handed on, to accelerators and to whoever aims, only if it can be. When it is opened again:
:mod:`edge.runtime.openings`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from edge.capture.faults import Fault, FaultCode
from edge.capture.messages import (
    Aim,
    AimEnd,
    Alive,
    Begun,
    Broken,
    DoorMade,
    Ended,
    Expect,
    FromSource,
    Opened,
    Release,
    RingMade,
    SetGate,
    SetPost,
    Shot,
    SourceOrder,
    Stills,
    Stop,
    Troubled,
)
from edge.capture.port import Address
from edge.capture.ring import MAX_PIXELS, RingLayout, holds
from edge.capture.scene.post import Post, post
from edge.capture.slots import SlotName
from edge.gate.expected import Acuity, Expected
from edge.gate.street import gate_of
from edge.runtime.child import Watcher
from edge.runtime.openings import InputState, Openings
from edge.runtime.policy import RuntimePolicy
from protocol.config import Gate, Source

WORKER = "edge.capture.worker:run_source"

_UNTIL_THE_FILE_CHANGES = frozenset(
    {FaultCode.MISSING, FaultCode.UNREADABLE, FaultCode.NOT_VIDEO, FaultCode.TRUNCATED, FaultCode.TOO_LARGE}
)
"""Faults that another try cannot mend; a look at the file's dates tells when one can."""


@dataclass
class RingHeld:
    """A ring of a source: its memory stays as long as pictures in it are wanted."""

    layout: RingLayout
    fd: int
    wanted: int = 0


_NO_RING = " (it named a ring that cannot be)"

DoorTaker = Callable[[RingLayout, int], None]
"""Is given the layout and the descriptor of memory that pictures are shown in; the descriptor is closed after the call."""


class Listener(Watcher, Protocol):
    """What a source tells the runtime."""

    def now_s(self) -> float:
        """Monotonic seconds."""

    def ring_made(self, ring: RingHeld) -> None:
        """There is a new ring."""

    def ring_gone(self, ring: RingHeld) -> None:
        """A ring is about to be closed."""

    def shot(self, source: SourceUnit, shot: Shot) -> None:
        """A picture was captured."""

    def source_changed(self, source: SourceUnit) -> None:
        """State or faults have changed."""


class SourceUnit:
    """One configured source.

    Args:
        config: what it is.
        policy: time limits.
        listener: is told what happens.
        credentials: folder of what cameras are told.
        landmarks: folder of what is known of views; ``None`` = nothing is kept.
    """

    def __init__(
        self,
        config: Source,
        policy: RuntimePolicy,
        listener: Listener,
        credentials: Path,
        landmarks: Path | None = None,
    ) -> None:
        self.config = config
        self._broken: tuple[Fault, ...] = ()
        """What it could not go on for; over with the next picture."""
        self._troubles: tuple[Fault, ...] = ()
        """What is wrong although pictures keep coming, as its process said last."""
        self._policy = policy
        self._listener = listener
        self._credential = None if config.credential is None else str(credentials / config.credential)
        self._openings = Openings(WORKER, FromSource, listener, policy.source_backoff, self._heard, self._died)
        self._process = self._openings.process
        self._limit_s = 0.0
        self._rings: dict[str, RingHeld] = {}
        self._expected: tuple[Expected, ...] | None = None
        self._gate: tuple[Gate, Acuity | None] = gate_of(config), None
        self._aimed: tuple[float, DoorTaker] | None = None
        self._landmarks = landmarks
        self._post = self._post_now()

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What stands against it."""
        return (*self._broken, *self._troubles)

    @property
    def moved(self) -> bool:
        """Whether its camera looks elsewhere than it did: what is told in metres would be wrong."""
        return any(fault.code is FaultCode.MOVED for fault in self._troubles)

    @property
    def state(self) -> InputState:
        """Where its life stands."""
        return self._openings.state

    @property
    def opening(self) -> int:
        """How many times it has been opened."""
        return self._openings.number

    @property
    def next_s(self) -> float | None:
        """Monotonic second at which :meth:`tick` has something to do."""
        return self._limit_s if self._process.running else self._openings.retry_s

    @property
    def rings(self) -> tuple[RingHeld, ...]:
        """Rings with pictures that may be asked for."""
        return tuple(self._rings.values())

    def start(self) -> None:
        """Open the source in a new process."""
        config = self.config
        order = SourceOrder(
            id=config.id,
            port=self._policy.ports[config.kind],
            address=Address(config.uri, config.transport, self._credential, config.fps),
            opening=self.opening + 1,
            gate=self._gate[0],
            acuity=self._gate[1],
            real_time=config.pace == "real-time",
            fps=config.fps,
            repeat=config.repeat,
            slots=self._policy.slots,
            post=self._post,
        )
        self._openings.open(f"source {config.id}", order)
        self._limit_s = self._listener.now_s() + self._policy.start_s

    def expect(self, followed: tuple[Expected, ...]) -> None:
        """Who is followed; goes out with the next released slot, or at once when there is none."""
        self._expected = followed
        if not any(ring.wanted for ring in self._rings.values()):
            self._process.send(Expect(followed))
            self._expected = None

    def release(self, slot: SlotName) -> None:
        """A picture is no longer wanted."""
        ring = self._rings.get(slot.ring)
        if ring is None:
            return
        ring.wanted -= 1
        self._process.send(Release(slot, self._expected))
        self._expected = None
        self._close_unwanted_rings()

    def set_up(self, acuity: Acuity | None) -> None:
        """Let the gate and the watch on its view follow the configuration as it is now.

        Args:
            acuity: what the model that looks can see.
        """
        gate = gate_of(self.config), acuity
        if gate != self._gate:
            self._gate = gate
            self._process.send(SetGate(*gate))
        where = self._post_now()
        if where != self._post:
            self._post = where
            self._process.send(SetPost(where))

    def aim(self, until_s: float, taker: DoorTaker) -> None:
        """Show pictures until this monotonic second, also where the source is opened anew meanwhile."""
        self._aimed = until_s, taker
        self._ask_to_show()

    def aim_end(self) -> None:
        """Show no more."""
        self._aimed = None
        self._process.send(AimEnd())

    def tick(self, now_s: float) -> None:
        """Do what is due."""
        if self._process.running:
            if now_s >= self._limit_s:
                text = "no sign of life from its decoder; the input hangs: look at its storage, its cable or its network"
                self._broke(Fault(FaultCode.STALLED, f"{self.config.uri}: {text}"))
        elif self._openings.is_due(now_s):
            self.start()

    def restart(self) -> None:
        """Open it anew now, in a new process, whatever it was doing."""
        self._end_process(0.0)
        self._broken = self._troubles = ()
        self._openings.state = InputState.STARTING
        self.start()
        self._listener.source_changed(self)

    def ask_to_stop(self) -> None:
        """Tell the process to end in order."""
        self._process.send(Stop())

    def stop(self, patience_s: float) -> None:
        """End the process and forget everything."""
        self._end_process(patience_s)
        for ring in self._rings.values():
            ring.wanted = 0
        self._close_unwanted_rings()

    def _post_now(self) -> Post | None:
        calibration = self.config.calibration
        return None if self._landmarks is None or calibration is None else post(self._landmarks, self.config.id, calibration)

    def _heard(self, message: FromSource) -> None:
        now_s = self._listener.now_s()
        self._limit_s = now_s + self._policy.silence_s
        match message:
            case Shot() | Stills():
                for shot in (message,) if isinstance(message, Shot) else message.shots:
                    self._shot(shot, now_s)
            case Troubled(faults):
                self._troubles = faults
                self._listener.source_changed(self)
            case Broken(fault):
                self._broke(fault)
            case Ended():
                self._openings.ended()
                self._close_unwanted_rings()
                self._listener.source_changed(self)
            case RingMade(layout):
                self._take_ring(layout, self._process.receive_fd())
            case DoorMade(layout):
                self._hand_door_on(layout, self._process.receive_fd())
            case Begun():
                self._ask_to_show()
            case Opened() | Alive():
                pass

    def _ask_to_show(self) -> None:
        if self._aimed is not None and (left_s := self._aimed[0] - self._listener.now_s()) > 0:
            self._process.send(Aim(left_s))

    def _hand_door_on(self, layout: RingLayout, fd: int) -> None:
        try:
            if not self._can_be(layout, fd):
                self._died(_NO_RING)
            elif self._aimed is not None:
                self._aimed[1](layout, fd)
        finally:
            os.close(fd)

    def _shot(self, shot: Shot, now_s: float) -> None:
        if not self._process.running:  # it was ended for one that came before, which this one does not make good
            return
        if isinstance(shot.slot, SlotName):
            ring = self._rings.get(shot.slot.ring)
            if ring is None or not _is_in(shot, shot.slot, ring.layout):
                self._died(" (it named a picture that cannot be)")
                return
            ring.wanted += 1
        if self._openings.works(now_s):
            self._broken = ()
            self._listener.source_changed(self)
        self._listener.shot(self, shot)

    def _take_ring(self, layout: RingLayout, fd: int) -> None:
        if not self._can_be(layout, fd):
            os.close(fd)
            self._died(_NO_RING)
            return
        ring = RingHeld(layout, fd)
        self._rings[layout.ring] = ring
        self._close_unwanted_rings()
        self._listener.ring_made(ring)

    def _can_be(self, layout: RingLayout, fd: int) -> bool:
        width, height = layout.size.width, layout.size.height
        likely = 0 < width <= MAX_PIXELS and 0 < height <= MAX_PIXELS // width and 0 < layout.slots <= self._policy.slots
        return likely and holds(fd, layout)

    def _close_unwanted_rings(self) -> None:
        """Close rings in which no picture is wanted, except the one that is being written."""
        current = next(reversed(self._rings), None) if self._process.running else None
        for name in [name for name, ring in self._rings.items() if ring.wanted <= 0 and name != current]:
            ring = self._rings.pop(name)
            self._listener.ring_gone(ring)
            os.close(ring.fd)

    def _broke(self, fault: Fault) -> None:
        now_s = self._listener.now_s()
        if fault.code is FaultCode.CREDENTIALS:
            self._openings.broke(now_s, self._credential or "", now_s + self._policy.refused_s)
        else:
            waits_for_file = self.config.kind == "file" and fault.code in _UNTIL_THE_FILE_CHANGES
            self._openings.broke(now_s, self.config.uri if waits_for_file else None)
        self._close_unwanted_rings()
        self._broken, self._troubles = (fault,), ()
        self._listener.source_changed(self)

    def _died(self, how: str) -> None:
        self._broke(Fault(FaultCode.CRASHED, f"{self.config.uri}: its decoder died{how}; it is started again"))

    def _end_process(self, patience_s: float) -> None:
        self._openings.end(patience_s)
        self._close_unwanted_rings()


def _is_in(shot: Shot, slot: SlotName, layout: RingLayout) -> bool:
    """Whether a picture, and what of it is worth a look, lies in a ring."""
    width, height = layout.size.width, layout.size.height
    return (
        0 <= slot.index < layout.slots
        and shot.size == layout.size
        and all(
            0 <= region.left < region.right <= width and 0 <= region.top < region.bottom <= height for region in shot.regions
        )
    )
