"""The process of one source: decode, stamp, gate, put into the ring, and say so.

Rules: one thread and one loop. Whatever the input does ends as a named fault on the connection, never as a traceback. Between
pictures it listens, so that a released slot or an order to stop is never late; when the agent is gone it ends.
"""

from __future__ import annotations

import contextlib
import importlib
import math
import os
import time
from collections.abc import Callable, Collection
from multiprocessing.connection import Connection

from edge.capture.door import Door
from edge.capture.faults import SCENE, CaptureError, Fault, FaultCode
from edge.capture.frozen import FROZEN_AFTER_S, FrozenWatch
from edge.capture.messages import (
    ALIVE_EVERY_S,
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
    Skip,
    SourceOrder,
    Stills,
    Stop,
    ToSource,
    Troubled,
)
from edge.capture.pacing import MAX_WAIT_S, Pacer
from edge.capture.port import SILENCE_S, Address, Picture, Plane, Port
from edge.capture.refusals import too_large
from edge.capture.ring import MAX_AGE_S, MAX_PIXELS, Ring, RingLayout, make_memory
from edge.capture.scene.watch import SceneWatch
from edge.capture.slots import SlotName, SlotTable
from edge.channel import Channel, ChannelError
from edge.clock import SystemClock
from edge.gate.expected import Expected
from edge.gate.gate import FrameGate
from edge.gate.motion import shrink
from edge.region import Size

MOST_STILLS = 16
STILLS_LATE_S = 0.4
"""How long pictures that are not worth a look are kept at most, before one is told of with them: sooner than they are counted.
Those of a camera that gives fewer are told of one by one, for the runtime takes its silence for that of one that hangs."""


class _AgentGone(Exception):  # noqa: N818 - an order, not an error
    """The agent has stopped this source or ended itself."""


def run_source(connection: Connection, order: SourceOrder) -> None:
    """Run until the source ends, breaks or is stopped."""
    worker = _Worker(Channel(connection, ToSource), order)
    try:
        worker.run(_make_port(order))
    except _AgentGone:
        pass
    except CaptureError as error:
        worker.give_up(error.fault)
    except MemoryError:
        worker.give_up(Fault(FaultCode.CRASHED, "not enough memory for a picture of this size; use a smaller stream"))
    except Exception as error:  # noqa: BLE001 - whatever it is, it must reach the agent by name
        worker.give_up(Fault(FaultCode.CRASHED, f"{type(error).__name__}: {error}"))
    finally:
        worker.close()


def _make_port(order: SourceOrder) -> Port:
    module, _, name = order.port.partition(":")
    factory: Callable[[Address], Port] = getattr(importlib.import_module(module), name)
    return factory(order.address)


class _Worker:
    """State of the loop."""

    def __init__(self, channel: Channel[ToSource], order: SourceOrder) -> None:
        self._channel = channel
        self._order = order
        self._clock = SystemClock()
        self._gate = FrameGate(order.gate, order.acuity)
        self._frozen = FrozenWatch()
        self._scene = SceneWatch(order.post)
        self._troubles: tuple[Fault, ...] = ()
        self._expected: tuple[Expected, ...] = ()
        self._rings = 0
        self._ring: Ring | None = None
        self._fd: int | None = None
        self._table = SlotTable("", 0)
        self._number = 0
        self._captured_s = -math.inf
        """When the last picture was captured, monotonic seconds."""
        self._stills: list[Shot] = []
        """Pictures that the agent was not told of yet."""
        self._door: Door | None = None
        self._doors = 0

    def say(self, message: FromSource, fd: int | None = None) -> None:
        """Tell the agent, after the pictures that it has not been told of."""
        stills, self._stills = self._stills, []
        try:
            if stills:
                self._channel.send(Stills(tuple(stills)))
            self._channel.send(message, fd)
        except ChannelError:
            raise _AgentGone from None

    def give_up(self, fault: Fault) -> None:
        """Tell the last thing, if anybody listens."""
        with contextlib.suppress(_AgentGone):
            self.say(Broken(fault))

    def close(self) -> None:
        """Let go of the door and the ring; the input goes with the process."""
        self._shut()
        self._let_go()

    def _let_go(self) -> None:
        if self._ring is not None:
            self._ring.close()
            self._ring = None
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def run(self, port: Port) -> None:
        """From opening to the end."""
        self.say(Begun())
        info = port.open()
        self.say(Opened(info))
        paced = self._order.real_time and not info.live
        fps = None if info.live else self._order.fps
        before_s = played_s = 0.0
        step_s = 1.0 / (fps or info.fps or 25.0)
        pacer = Pacer(max(MAX_WAIT_S, step_s))
        while True:
            truncated: Fault | None = None
            try:
                for picture in port.pictures():
                    played_s = before_s + picture.media_s if fps is None else self._number / fps
                    if paced:
                        self._wait_until(pacer.due(played_s, time.monotonic()))
                    self._show(picture, played_s)
            except CaptureError as error:
                truncated = error.fault
                if not (self._order.repeat and self._number and truncated.code is FaultCode.TRUNCATED):
                    raise
            if not self._order.repeat:
                self.say(Ended(self._number))
                return
            self._trouble(FaultCode.TRUNCATED, truncated)
            before_s = played_s + step_s

    def _show(self, picture: Picture, played_s: float) -> None:
        captured = self._clock.now()
        self._number += 1
        if self._order.real_time:
            self._watch_frozen(picture, captured.monotonic_s)
        small = self._watch_scene(picture, played_s) if self._scene.is_due(played_s) else None
        regions = self._gate.regions(picture.y, played_s, self._expected, small)
        slot = self._store(picture) if regions else Skip.STILL
        self._aim(picture)
        shot = Shot(self._number, captured, played_s, picture.size, slot, regions)
        if slot is Skip.STILL and self._may_wait(shot):
            self._stills.append(shot)
        else:
            self.say(shot)
        self._captured_s = captured.monotonic_s
        self._listen(0)
        self._wipe()

    def _may_wait(self, shot: Shot) -> bool:
        """Whether a picture that is not worth a look may be told of with the next one: of a camera whose next comes soon."""
        first = self._stills[0] if self._stills else shot
        since_s = min(first.captured.monotonic_s, self._captured_s)
        return len(self._stills) < MOST_STILLS and shot.captured.monotonic_s - since_s < STILLS_LATE_S

    def _store(self, picture: Picture) -> SlotName | Skip:
        if self._ring is not None and self._ring.layout.size != picture.size and not self._order.real_time:
            self._wait_for(lambda: self._table.all_free)  # else one ring's pictures would push the other's out of their queue
        ring = self._ring_for(picture.size)
        if not self._order.real_time:
            self._wait_for(lambda: self._table.has_free)
        slot = self._table.take()
        if slot is None:
            return Skip.NO_SLOT
        ring.write(slot, picture)
        self._table.written(slot)
        return slot

    def _ring_for(self, size: Size) -> Ring:
        if self._ring is not None and self._ring.layout.size == size:
            return self._ring
        if size.width * size.height > MAX_PIXELS:
            raise too_large(size)
        self._let_go()
        self._rings += 1
        layout = RingLayout(f"{self._order.id}.{self._order.opening}.{self._rings}", size, self._order.slots)
        self._fd = make_memory(layout)
        self._ring = Ring(layout, self._fd, writable=True)
        self._table = SlotTable(layout.ring, layout.slots)
        self.say(RingMade(layout), self._fd)
        return self._ring

    def _wait_for(self, free: Callable[[], bool]) -> None:
        while not free():
            if not self._listen(ALIVE_EVERY_S, until=free):
                self.say(Alive())

    def _wait_until(self, due_s: float) -> None:
        while (left_s := due_s - time.monotonic()) > 0:
            if not self._listen(min(left_s, ALIVE_EVERY_S)) and left_s > ALIVE_EVERY_S:
                self.say(Alive())
                self._wipe()

    def _listen(self, timeout_s: float, until: Callable[[], bool] | None = None) -> bool:
        """Take what the agent has to say, waiting at most so long for the first word.

        Returns:
            Whether anything was said.
        """
        heard = False
        try:
            while self._channel.waiting(0 if heard else timeout_s):
                heard = True
                self._obey(self._channel.receive())
                if until is not None and until():
                    break
        except ChannelError:
            raise _AgentGone from None
        return heard

    def _obey(self, order: ToSource) -> None:
        """Do what the agent says.

        Raises:
            _AgentGone: it says to end.
        """
        match order:
            case Release(slot, hints):
                self._table.release(slot, time.monotonic())
                if hints is not None:
                    self._expected = hints
            case Expect(followed):
                self._expected = followed
            case SetGate(gate, acuity):
                self._gate.gate, self._gate.acuity = gate, acuity
            case Aim() | AimEnd():
                self._open_or_shut(order)
            case SetPost(post):
                self._scene.set_post(post)
            case Stop():
                raise _AgentGone

    def _aim(self, picture: Picture) -> None:
        """Show a picture to the technician, if one aims."""
        if self._door is None or picture.size.width * picture.size.height > MAX_PIXELS:
            return
        made = self._door.show(picture, time.monotonic())
        if made is not None:
            layout, fd = made
            try:
                self.say(DoorMade(layout), fd)
            finally:
                os.close(fd)

    def _open_or_shut(self, order: Aim | AimEnd) -> None:
        self._shut()
        if isinstance(order, Aim):
            self._doors += 1
            name = f"{self._order.id}.{self._order.opening}.door{self._doors}"
            self._door = Door(name, order.seconds, time.monotonic())

    def _shut(self) -> None:
        if self._door is not None:
            self._door.close()
            self._door = None

    def _watch_frozen(self, picture: Picture, now_s: float) -> None:
        if self._frozen.frozen(picture.y, now_s):
            text = f"the same picture for over {FROZEN_AFTER_S:g} s; look at the camera and its cable, or restart it"
            self._trouble(FaultCode.FROZEN, Fault(FaultCode.FROZEN, text))
        else:
            self._trouble(FaultCode.FROZEN, None)

    def _watch_scene(self, picture: Picture, played_s: float) -> Plane:
        """Returns the small picture that was looked at, for the gate."""
        small = shrink(picture.y)
        self._scene.look(small, played_s)
        self._tell(SCENE, self._scene.faults)
        return small

    def _trouble(self, code: FaultCode, fault: Fault | None) -> None:
        self._tell({code}, () if fault is None else (fault,))

    def _tell(self, codes: Collection[FaultCode], faults: tuple[Fault, ...]) -> None:
        """Of these codes, these faults stand now."""
        troubles = (*(trouble for trouble in self._troubles if trouble.code not in codes), *faults)
        if {trouble.code for trouble in troubles} != {trouble.code for trouble in self._troubles}:
            self._troubles = troubles
            self.say(Troubled(troubles))

    def _wipe(self) -> None:
        if self._door is not None:
            self._door.wipe(time.monotonic())
            if self._door.over(time.monotonic()):
                self._shut()
        if self._ring is not None:
            lived_s = MAX_AGE_S - SILENCE_S  # a live port may hold this loop for the rest
            for index in self._table.to_wipe(time.monotonic(), lived_s):
                self._ring.wipe(index)
