"""One microphone as the runtime sees it: its process, its life, its counters.

Rules: health is progress: a process that is alive and listens to nothing has stalled. When it is opened again:
:mod:`edge.runtime.openings`.
"""

from __future__ import annotations

import math
from typing import Protocol

from edge.capture.messages import Alive, Begun, Stop
from edge.capture.sound.faults import SoundFault, SoundFaultCode
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
)
from edge.runtime.attention import Attention
from edge.runtime.child import Watcher
from edge.runtime.meters import Recent
from edge.runtime.openings import InputState, Openings
from edge.runtime.plan import HearingPlan, NoPlan
from edge.runtime.policy import RuntimePolicy
from protocol.config import Microphone
from protocol.events import Reason
from protocol.limits import TEXT_CHARACTERS
from protocol.state import MicrophoneTelemetry

WORKER = "edge.capture.sound.worker:run_microphone"

_UNTIL_THE_FILE_CHANGES = frozenset(
    {
        SoundFaultCode.MISSING,
        SoundFaultCode.UNREADABLE,
        SoundFaultCode.NOT_SOUND,
        SoundFaultCode.CHANNELS,
        SoundFaultCode.RATE,
        SoundFaultCode.TRUNCATED,
        SoundFaultCode.CORRUPT,
    }
)
"""Faults of a recording that another try cannot mend."""

_NOT_ITS_OWN = frozenset({SoundFaultCode.MODEL, SoundFaultCode.CRASHED})
"""Faults of the process that a microphone is in."""


class Listener(Watcher, Protocol):
    """Who is told of it."""

    def now_s(self) -> float:
        """Monotonic seconds."""

    def heard(self, microphone: MicrophoneUnit, heard: Heard) -> None:
        """Something worth saying was heard."""

    def microphone_changed(self, microphone: MicrophoneUnit) -> None:
        """What stands against it has changed."""


class MicrophoneUnit:
    """One configured microphone.

    Args:
        config: what it is.
        plan: what listens, or why nothing does.
        policy: time limits.
        listener: is told what happens.
    """

    def __init__(self, config: Microphone, plan: HearingPlan | NoPlan, policy: RuntimePolicy, listener: Listener) -> None:
        self.config, self.plan = config, plan
        self.faults: tuple[SoundFault, ...] = ()
        self._policy, self._listener = policy, listener
        self._openings = Openings(WORKER, FromMicrophone, listener, policy.source_backoff, self._heard, self._died)
        self._process = self._openings.process
        self._sign_s = self._progress_s = 0.0
        """Until when there must be a sign of life, and of progress."""
        self._heard_at_s = -math.inf
        """When its process said something."""
        self._before = Progress(0, 0, 0, 0.0)
        """Counts of earlier openings."""
        self._now: Progress | None = None
        self._heard_s = self._failures = 0
        self._waits = isinstance(plan, NoPlan)
        """Whether it is there, or was a moment ago, and is not listened to."""
        self._onsets = Recent()

    @property
    def state(self) -> InputState:
        """Where its life stands."""
        return self._openings.state

    @property
    def opening(self) -> int:
        """How many times it has been opened."""
        return self._openings.number

    @property
    def subject(self) -> str:
        """What its reasons speak of."""
        return f"microphone {self.config.id}"[:64]

    @property
    def next_s(self) -> float | None:
        """Monotonic second at which :meth:`tick` has something to do."""
        return min(self._sign_s, self._progress_s) if self._process.running else self._openings.retry_s

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """All that stands against it."""
        if isinstance(self.plan, NoPlan):
            return (Reason(self.plan.code, self.subject, self.plan.detail[:TEXT_CHARACTERS]),)
        return tuple(fault.reason(self.config.id) for fault in self.faults)

    @property
    def attention(self) -> Attention:
        """How well it is listened to, since what listens was chosen. Any thread may ask."""
        return Attention(self._heard_s, self._failures, int(self._waits))

    def telemetry(self, now_s: float) -> MicrophoneTelemetry:
        """Counters since the boot, and rates now. Any thread may ask."""
        before, now = self._before, self._now
        return MicrophoneTelemetry(
            state=self.state.value,
            samples=before.samples + (now.samples if now else 0),
            overruns=before.overruns + (now.overruns if now else 0),
            onsets_a_minute=self._onsets.sum(now_s),
            level_db=now.level_db if now else None,
        )

    def start(self) -> None:
        """Open it in a new process, if there is something to listen with."""
        if isinstance(self.plan, NoPlan):
            self._openings.state = InputState.FAILED
            self._listener.microphone_changed(self)
            return
        config, policy = self.config, self._policy
        port = policy.sound_ports[config.kind]
        order = HearOrder(config, port, policy.listener, self.plan.model, policy.sound_watch)
        self._openings.open(f"microphone {config.id}", order)
        self._expect_within(policy.start_s)

    def tick(self, now_s: float) -> None:
        """Do what is due."""
        if self._process.running:
            if now_s < min(self._sign_s, self._progress_s):
                return
            if now_s - self._heard_at_s >= self._policy.silence_s / 2:  # one that lives says so every second
                words = "no sign of life from its process; it hangs: look at the device, its cable or its storage"
                self._broke(SoundFault(SoundFaultCode.STALLED, words), unheard=self._waits or self.state is InputState.RUNNING)
            else:
                words = "it is open, and nothing of it is listened to; look at the device and its cable"
                self._broke(SoundFault(SoundFaultCode.STALLED, words), unheard=False)
        elif self._openings.is_due(now_s):
            self.start()

    def restart(self) -> None:
        """Open it anew now, in a new process, whatever it was doing."""
        self.stop(0.0)
        self.faults = ()
        self._openings.state = InputState.STARTING
        self.start()
        self._listener.microphone_changed(self)

    def ask_to_stop(self) -> None:
        """Tell the process to end in order."""
        self._process.send(Stop())

    def stop(self, patience_s: float) -> None:
        """End the process."""
        self._openings.end(patience_s)
        self._add_up()

    def _heard(self, message: FromMicrophone) -> None:
        now_s = self._listener.now_s()
        self._heard_at_s, self._sign_s = now_s, now_s + self._policy.silence_s
        match message:
            case Progress():
                self._progress(message, now_s)
            case Heard():
                self._listener.heard(self, message)
            case Ailing(faults):
                self.faults = faults
                self._listener.microphone_changed(self)
            case Lost(fault):
                self._broke(fault, unheard=fault.code in _NOT_ITS_OWN)
            case Played():
                self._openings.ended()
                self._add_up()
                self._waits = False
                self._listener.microphone_changed(self)
            case Begun() | Listening():
                self._progress_s = self._sign_s
            case MicrophoneOpened():
                self._expect_within(self._policy.start_s)  # what listens is imported and loaded now
                self._waits = True
            case Alive():
                pass

    def _progress(self, progress: Progress, now_s: float) -> None:
        self._progress_s = now_s + self._policy.silence_s
        before = self._now or Progress(0, 0, 0, 0.0)
        self._onsets.add(max(0, progress.onsets - before.onsets), now_s)
        lost = progress.overruns > before.overruns
        self._heard_s, self._failures, self._waits = self._heard_s + (not lost), self._failures + lost, False
        self._now = progress
        if self._openings.works(now_s):
            self.faults = ()
            self._listener.microphone_changed(self)

    def _expect_within(self, seconds: float) -> None:
        self._sign_s = self._progress_s = self._listener.now_s() + seconds

    def _broke(self, fault: SoundFault, *, unheard: bool) -> None:
        """Be without it; ``unheard`` says whether sound was there that is not listened to now."""
        waits_for_file = self.config.kind == "file" and fault.code in _UNTIL_THE_FILE_CHANGES
        self._openings.broke(self._listener.now_s(), self.config.uri if waits_for_file else None)
        self._add_up()
        self.faults = (fault,)
        self._failures, self._waits = self._failures + unheard, unheard
        self._listener.microphone_changed(self)

    def _died(self, how: str) -> None:
        self._broke(SoundFault(SoundFaultCode.CRASHED, f"its process died{how}; it is started again"), unheard=True)

    def _add_up(self) -> None:
        """An opening has ended: its counts are those of an earlier one."""
        if self._now is not None:
            before, now = self._before, self._now
            self._before = Progress(before.samples + now.samples, before.overruns + now.overruns, 0, 0.0)
            self._now = None
