"""The process of one microphone: capture, listen, and say what was heard.

Rules:

- One thread and one loop. Whatever the input does ends as a named fault on the connection, never as a traceback. Between
  blocks it listens to the agent; when the agent is gone it ends.
- Sound stays in this process's own memory: a block here, a few seconds in what listens. It is never written, mapped, sent or
  dumped, and gone with the process.
- A hole in the sound is no onset: what listens forgets what came before it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import importlib
import math
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection

from msgspec import structs

from edge.capture.messages import ALIVE_EVERY_S, Alive, Begun
from edge.capture.pacing import Pacer
from edge.capture.sound.faults import SoundError, SoundFault, SoundFaultCode
from edge.capture.sound.listener import Listener, Said, make_listener
from edge.capture.sound.messages import (
    Ailing,
    FromMicrophone,
    Heard,
    HearOrder,
    Listening,
    Lost,
    MicrophoneOpened,
    Played,
    Progress,
    ToMicrophone,
)
from edge.capture.sound.port import Block, SoundPort
from edge.capture.sound.sampleclock import SampleClock
from edge.capture.sound.wallclock import WallClockPacer
from edge.capture.sound.watch import SoundWatch
from edge.channel import Channel, ChannelError
from edge.clock import Instant, SystemClock
from protocol.events import Phase

_LEAST_SIGMA_MS, _MOST_SIGMA_MS = 1e-3, 1000.0
"""What an event can carry."""


class _AgentGone(Exception):  # noqa: N818 - an order, not an error
    """The agent has stopped this microphone or ended itself."""


def run_microphone(connection: Connection, order: HearOrder) -> None:
    """Run until the recording ends, the microphone is lost, or it is stopped."""
    channel: Channel[ToMicrophone] = Channel(connection, ToMicrophone)
    worker = _Worker(channel, order)
    try:
        worker.run(_make_port(order))
    except _AgentGone:
        pass
    except SoundError as error:
        worker.give_up(error.fault)
    except Exception as error:  # noqa: BLE001 - whatever it is, it must reach the agent by name
        worker.give_up(SoundFault(SoundFaultCode.CRASHED, f"{type(error).__name__}: {error}"))


def _make_port(order: HearOrder) -> SoundPort:
    module, _, name = order.port.partition(":")
    factory: Callable[[str, int, int], SoundPort] = getattr(importlib.import_module(module), name)
    return factory(order.microphone.uri, order.microphone.rate_hz, order.microphone.channels)


class _Worker:
    """State of the loop."""

    def __init__(self, channel: Channel[ToMicrophone], order: HearOrder) -> None:
        self._channel, self._order = channel, order
        self._clock = SystemClock()
        rate_hz, channels = order.microphone.rate_hz, order.microphone.channels
        self._rate_hz = rate_hz
        self._samples = SampleClock(rate_hz)
        self._watch = SoundWatch(rate_hz, channels, order.watch)
        self._told: tuple[SoundFaultCode, ...] = ()
        self._onsets: dict[str, tuple[float, Instant, float]] = {}
        """Of open incidents: sample, moment and deviation, seconds; a later hole in the sound must not move them."""
        self._pacer = Pacer() if order.microphone.pace == "real-time" else None
        self._wall: WallClockPacer | None = None
        self._opened = self._clock.now()
        self._listened = 0
        self._next: int | None = None
        """Index of the sample that should come next."""
        self._said_s = self._progress_s = -math.inf

    def say(self, message: FromMicrophone) -> None:
        """Tell the agent."""
        try:
            self._channel.send(message)
        except ChannelError:
            raise _AgentGone from None
        self._said_s = time.monotonic()

    def give_up(self, fault: SoundFault) -> None:
        """Tell the last thing, if anybody listens."""
        with contextlib.suppress(_AgentGone):
            self.say(Lost(fault))

    def run(self, port: SoundPort) -> None:
        """From opening to the end."""
        self.say(Begun())
        info = port.open()
        self.say(MicrophoneOpened(info))
        if self._order.microphone.pace == "wall-clock" and not info.live:
            self._wall = WallClockPacer(self._length(port), self._rate_hz)
        listener = self._make_listener()
        self.say(Listening())
        self._opened = self._clock.now()
        begun = self._play(port, listener, 0)
        while self._order.microphone.repeat and not info.live:
            self._forget(listener)  # its end is not followed by its beginning
            begun = self._play(port, listener, begun)
        self._forget(listener)
        self.say(self._progress(listener))
        self.say(Played(self._listened))

    def _make_listener(self) -> Listener:
        try:
            return make_listener(self._order.listener, self._order.microphone, self._order.model)
        except Exception as error:  # noqa: BLE001 - a bundle, a library, a defect: what listens is not there
            words = f"{self._order.model.name} cannot listen: {error or type(error).__name__}"
            raise SoundError(SoundFaultCode.MODEL, words) from None

    def _play(self, port: SoundPort, listener: Listener, begun: int) -> int:
        """Listen to all of it, and return the index of the sample after the last."""
        end = begun
        if self._wall is not None:
            self._wall.begin(self._clock.now())
        for item in port.blocks():
            if not isinstance(item, Block):
                self._wait(item)
                continue
            first = begun + item.first
            end = first + item.samples.shape[1]
            at = item.at or self._due(end, begun)
            if at is None:
                self._wait(0)
                continue
            if self._next is not None and first != self._next:
                self._watch.overran()
                self._forget(listener)
            self._next = end
            self._listen(listener, item, first, at)
            self._hear(0)
        return end

    def _length(self, port: SoundPort) -> int:
        """Samples of a recording: as many as its decoder gives, whatever its header says."""
        samples = 0
        for item in port.blocks():
            if isinstance(item, Block):
                samples = item.first + item.samples.shape[1]
            self._wait(0)
        return samples

    def _due(self, end: int, begun: int) -> Instant | None:
        """When a recording's sound would have come, had it been played from its opening on; waited for where it is paced.

        Args:
            end: index of the sample after its last.
            begun: the same of the recording's first.

        Returns:
            ``None`` of what is over already by the wall clock.
        """
        due_s: float | None
        if self._wall is not None:
            due_s = self._wall.due(end - begun, time.monotonic())
        elif self._pacer is not None:
            due_s = self._pacer.due(end / self._rate_hz, time.monotonic())
        else:
            return _moved(self._opened, self._opened.monotonic_s + end / self._rate_hz)
        if due_s is None:
            return None
        while (left_s := due_s - time.monotonic()) > 0:
            self._wait(left_s)
        return _moved(self._clock.now(), due_s)

    def _listen(self, listener: Listener, block: Block, first: int, at: Instant) -> None:
        self._samples.add(first + block.samples.shape[1], at)
        judged = self._watch.add(block.samples)
        self._tell(listener.take(block.samples, first, at))
        self._listened += block.samples.shape[1]
        if judged:
            self._ail((*self._watch.faults, *listener.faults))
        if time.monotonic() - self._progress_s >= ALIVE_EVERY_S:
            self.say(self._progress(listener))
            self._progress_s = self._said_s

    def _progress(self, listener: Listener) -> Progress:
        return Progress(self._listened, self._watch.overruns, listener.onsets, round(self._watch.level_db, 1))

    def _ail(self, faults: tuple[SoundFault, ...]) -> None:
        codes = tuple(fault.code for fault in faults)
        if codes != self._told:
            self._told = codes
            self.say(Ailing(faults))

    def _forget(self, listener: Listener) -> None:
        self._tell(listener.forget())
        self._samples.reset()
        self._next = None

    def _tell(self, said: Sequence[Said]) -> None:
        for each in said:
            sample, at, sigma_s = self._onsets.get(each.key, (math.nan, None, 0.0))
            if at is None or sample != each.onset:
                at, sigma_s = self._samples.when(each.onset)
            self._onsets[each.key] = each.onset, at, sigma_s
            if each.phase is Phase.END:
                del self._onsets[each.key]
            sigma_ms = 1000 * math.hypot(each.sigma / self._rate_hz, sigma_s)
            bounded_ms = min(max(sigma_ms, _LEAST_SIGMA_MS), _MOST_SIGMA_MS)
            observed = structs.replace(each.observed, onset_sigma_ms=bounded_ms)
            self.say(Heard(at, each.key, each.phase, observed, each.assessed))

    def _wait(self, seconds: float) -> None:
        """Wait at most so long; the agent is heard, and hears that this process is alive."""
        self._hear(min(seconds, ALIVE_EVERY_S))
        if time.monotonic() - self._said_s >= ALIVE_EVERY_S:
            self.say(Alive())

    def _hear(self, timeout_s: float) -> None:
        """Take what the agent has to say: there is one thing that it says."""
        try:
            if self._channel.waiting(timeout_s):
                self._channel.receive()
                raise _AgentGone
        except ChannelError:
            raise _AgentGone from None


def _moved(instant: Instant, to_s: float) -> Instant:
    """The same moment on both clocks, moved to a monotonic second."""
    return Instant(to_s, instant.wall + dt.timedelta(seconds=to_s - instant.monotonic_s))
