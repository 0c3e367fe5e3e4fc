"""The agent: runtime, analytics, guard, outbox and uplink, in one loop.

What is seen goes through :mod:`edge.agent.pipelines`, what the box says of itself comes from :mod:`edge.agent.account`.

Rules:

- One thread runs the loop; the uplink has its own; everything that can hang is another process.
- The control channel stays up whatever happens to sources, models or configuration.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from edge.agent.account import Account, agent_version
from edge.agent.aiming import Aiming
from edge.agent.condition import Condition
from edge.agent.console import Console, update_line
from edge.agent.contact import SUBJECT
from edge.agent.due import Due
from edge.agent.ears import Ears
from edge.agent.folder import StateFolder
from edge.agent.health import HealthBoard
from edge.agent.link import Link
from edge.agent.pipelines import Pipelines
from edge.agent.plates import Host, Plates
from edge.agent.position import Position
from edge.agent.status import BoxStatus, StatusSocket
from edge.agent.twin import DESIRED, Twin
from edge.agent.voice import Voice
from edge.boxfile import Reading
from edge.capture.scene.post import FOLDER as LANDMARKS
from edge.capture.scene.post import forget_others
from edge.clock import Clock, Instant
from edge.credentials import FOLDER as CREDENTIALS
from edge.errors import StateFolderError
from edge.identity.files import IdentityFiles
from edge.observation import Observation
from edge.outbox.entry import Limits
from edge.outbox.outbox import Outbox
from edge.runtime.hearing import HeardHere
from edge.runtime.planner import BundlePlanner
from edge.runtime.result import FrameResult
from edge.runtime.runtime import Runtime
from edge.runtime.times import read_times
from edge.timefloor import IDENTITY
from edge.updates.outside import SUBJECT as UPDATES
from edge.updates.outside import Outside
from edge.updates.probation import Probation
from hardware.accelerators import detect
from hardware.clock import ClockWatch, KernelClock, read_kernel_clock
from protocol.config import Refusal
from protocol.events import DeviceHealth, EventType, OtaReport, Reason
from protocol.keys import SealedKeys
from protocol.limits import TEXT_CHARACTERS
from protocol.state import State, Telemetry
from protocol.twin import Desired, Reported

if TYPE_CHECKING:
    from edge.updates.updates import Updates

POLL_S = 0.25
SECOND_S = 1.0


class Agent:
    """A box's agent.

    Args:
        reading: the box's file.
        clock: time.
        say: takes a line for whoever looks at the terminal or the journal.
        kernel: what the kernel says of the wall clock.

    Raises:
        StateFolderError: the state folder cannot be used.
    """

    def __init__(
        self,
        reading: Reading,
        clock: Clock,
        say: Callable[[str], None] = lambda _line: None,
        kernel: Callable[[], KernelClock] = read_kernel_clock,
    ) -> None:
        self._box, self._file, self._clock = reading.file.box, reading.file, clock
        self._folder = StateFolder(Path(self._box.state))
        self._board, self._console = HealthBoard(), Console(say)
        self._condition = Condition(self._box, clock, self._board, ClockWatch(kernel))
        self._outbox = Outbox.open(
            self._folder.path / "outbox.sqlite",
            Limits(bytes=self._box.outbox_mb * 1_000_000),
            clock,
            self._box.fleet,
            self._box.device,
        )
        planner = BundlePlanner(self._box.bundles, detect(), times=read_times(self._folder.path))
        self._runtime = Runtime(
            planner,
            clock,
            self._on_frame,
            self._board.replace,
            on_heard=self._on_heard,
            credentials=self._folder.path / CREDENTIALS,
            landmarks=self._folder.path / LANDMARKS,
        )
        self._probation = Probation(self._runtime, self._file.updates.criteria, clock.monotonic())
        self._updates = self._open_updates(planner) if self._file.updates.root else None
        self._twin = Twin(self._folder.path / DESIRED, reading.file.config, reading.refusals, lambda _config: ())
        evaluation = self._twin.config.report.evaluation
        self._link = Link(self._file, self._folder.path / IDENTITY, self._outbox, clock, self, self._runtime.wake)
        self._position = Position(self._file.gnss, clock, self._board)
        self._voice = Voice(
            self._outbox,
            self._board,
            clock,
            self._condition.watch,
            self._link.notify,
            self._position.where,
            evaluation=evaluation,
        )
        self._plates = Plates(Host(self._file, self._outbox.boot, clock, self._condition, self._board, self._runtime.wake))
        self._pipelines = Pipelines(self._runtime, self._voice, self._plates, self._board, clock)
        self._ears = Ears(self._runtime.hearing, self._voice, self._position)
        self._account = Account(
            self._box,
            clock,
            self._board,
            self._condition,
            self._outbox,
            self._runtime,
            self._probation,
            self._updates,
            self._twin,
            self._link,
            self._plates,
            self._pipelines,
        )
        self._telemetry_due = Due(self._twin.config.report.telemetry_interval_s)
        self._second = Due(SECOND_S)
        self._told: tuple[object, ...] | None = None
        self._stop = threading.Event()
        self._status: StatusSocket | None = None
        self._aiming: Aiming | None = None
        try:
            self._status = StatusSocket(Path(self._box.status), self._account.status)
            self._aiming = Aiming(Path(self._box.status).parent, self._runtime, clock.monotonic, self._tell_aiming)
        except StateFolderError as error:
            # A long path would leave no room for the remedy.
            detail = str(error).replace(f"{self._box.status}: ", "").replace(f"{Path(self._box.status).parent}/", "")
            self._board.raise_(Reason("status-socket", "status", detail[:TEXT_CHARACTERS]))

    def run(self, *, until_end: bool = False) -> None:
        """Run until :meth:`stop`.

        Args:
            until_end: also end when every source has played to its end and the manager has acknowledged everything.
        """
        try:
            self._configure()
            if not self._twin.reasons:  # a source that is left out for a fault is not gone
                known = {source.id for source in self._twin.config.sources if source.calibration is not None}
                forget_others(self._folder.path / LANDMARKS, known)
            if self._updates is not None:
                self._updates.run()
            self._position.start()
            self._link.connect()
            while not self._stop.is_set():
                self._runtime.poll(POLL_S)
                self._link.work()
                if self._aiming is not None:
                    self._aiming.look()
                if self._updates is not None:
                    self._updates.errands.work()
                now_s = self._clock.monotonic()
                if self._second.now(now_s):
                    self._each_second(now_s)
                if until_end and self._runtime.ended:
                    self._pipelines.close()
                    self._ears.close()
                    self._outbox.flush()
                    if self._link.idle:
                        break
        finally:
            self._end()

    def stop(self) -> None:
        """End in order; may be called from a signal handler or another thread."""
        self._stop.set()
        self._link.give_up()
        self._runtime.wake()

    def status(self) -> BoxStatus:
        """What `lamplighter watch` shows."""
        return self._account.status()

    def telemetry(self) -> Telemetry:
        """Last values."""
        return self._account.telemetry()

    # updates

    def _open_updates(self, planner: BundlePlanner) -> Updates | None:
        from edge.agent.updating import open_updates  # noqa: PLC0415 - a box without updates does without

        key = IdentityFiles(self._folder.path / IDENTITY).key
        bytes_, wall = self._condition.allowance, self._condition.wall
        outside = Outside(
            self._tell_update, lambda data: key().sign(data), wall, self._console.line, bytes_.spend, bytes_.wait_s
        )
        return open_updates(self._file, self._folder.path, agent_version(), self._runtime, planner, outside, self._board)

    def _tell_update(self, report: OtaReport) -> None:
        self._voice.report(report)
        self._console.line(update_line(report))

    # configuration

    def _configure(self) -> None:
        config = self._twin.config
        work = self._condition.work(config.sources)
        self._pipelines.configure(config.sources, work.rested, config.report)
        self._voice.builder.evaluation = config.report.evaluation
        self._set_pace()
        self._runtime.every = work.every
        self._ears.configure(config.microphones)
        self._runtime.configure(work.sources, config.microphones)
        self._plates.configure(config, self._twin.lists)
        if self._aiming is not None:
            self._aiming.configured({source.id for source in work.sources})
        self._board.replace("configuration", self._twin.reasons)

    def _set_pace(self) -> None:
        """How often to speak, by the configuration and by the bytes that are left."""
        stretch = self._condition.allowance.step.stretch
        self._telemetry_due.every_s = self._twin.config.report.telemetry_interval_s * stretch
        self._pipelines.stretch(stretch)

    def _tell_configuration(self) -> None:
        self._board.replace("configuration", self._twin.reasons)
        self._link.tell_reported()

    def _tell_aiming(self, raised: tuple[Reason, ...], cleared: tuple[Reason, ...]) -> None:
        """Write down that a picture is shown to a technician, or no longer, before anything else is done."""
        change = DeviceHealth(self._board.status.value, raised, cleared)
        self._console.health(change)
        self._voice.say(Observation(EventType.DEVICE_HEALTH, self._clock.now(), change))
        self._outbox.flush()

    def _on_frame(self, result: FrameResult) -> None:
        self._pipelines.take(result)

    def _on_heard(self, heard: HeardHere) -> None:
        self._ears.take(heard)

    # what is done once a second

    def _each_second(self, now_s: float) -> None:
        now = self._clock.now()
        self._outbox.tick()
        self._board.replace("outbox", self._outbox.faults())
        self._board.replace("uplink", self._link.faults())
        line, sources = self._link.status(), self._twin.config.sources
        if self._link.broker is not None:
            self._console.link(line, self._link.broker)
        if self._condition.look(now, line.bytes_out + line.bytes_in, sources):
            self._configure()
        self._set_pace()
        self._pipelines.look()
        self._ears.look()
        self._position.look()
        if self._updates is not None:
            self._board.replace(UPDATES, self._updates.reasons)
        bundles = {*(each.bundle for each in sources), *(each.model for each in self._twin.config.microphones)}
        self._probation.look(bundles, self._board.reasons, self._condition.memory_mb, now_s)
        self._plates.look()
        self._tell_state(now)
        if self._telemetry_due.now(now_s):
            self._link.tell_telemetry()

    def _tell_state(self, now: Instant) -> None:
        change = self._board.changes(now.monotonic_s)
        if change is not None:
            self._console.health(change)
            self._voice.say(Observation(EventType.DEVICE_HEALTH, now, change))
        runs = self._runtime.models, self._twin.reported.version, self._plates.told
        if change is not None or runs != self._told:
            self._told = runs
            self._link.tell_state()

    # what comes in over the line, and what it asks (edge.agent.link.Party)

    def desired(self, desired: Desired) -> None:
        """Run what the manager wants, or say why not."""
        try:
            changed = self._twin.want(desired)
        except OSError as error:
            self._twin.refuse(desired.version, Refusal("", f"cannot be stored on the box: {error.strerror}"))
            changed = False
        if changed:
            self._configure()
        else:
            self._plates.configure(self._twin.config, self._twin.lists)
        self._tell_configuration()
        if desired.orders is not None:
            if self._updates is not None:
                self._updates.take(desired.orders)
            elif not self._file.updates.root:
                detail = "orders for updates came, and this box takes none; give updates.root in its file"
                self._board.replace(UPDATES, (Reason("update-orders", UPDATES, detail),))

    def refused(self, version: int, refusal: Refusal) -> None:
        """Say that what the manager wanted cannot be read."""
        self._twin.refuse(version, refusal)
        self._tell_configuration()

    def restart(self, source: str) -> None:
        """Open a source or microphone anew."""
        self._runtime.restart(source)

    def take_keys(self, sealed: SealedKeys) -> str:
        """Take keys of plates, on the link's thread."""
        return self._plates.take(sealed)

    def identity_changed(self, reason: Reason | None) -> None:
        """Show what stands against the identity."""
        if reason is None:
            self._board.replace(SUBJECT, ())
        else:
            self._board.raise_(reason)

    @property
    def version(self) -> str:
        """Version of the installed agent."""
        return agent_version()

    def uptime_s(self) -> float:
        """Seconds since its start."""
        return self._condition.uptime_s()

    def sources(self) -> list[str]:
        """Names of those that are configured, and of microphones."""
        config = self._twin.config
        return [*(source.id for source in config.sources), *(microphone.id for microphone in config.microphones)]

    def reported(self) -> Reported:
        """What runs, and what was refused."""
        return self._twin.reported

    def birth(self) -> State:
        """How the box is, and what it is."""
        return self._account.birth()

    # the end

    def _end(self) -> None:
        with contextlib.ExitStack() as last:  # each of them, whatever happens to the others
            last.callback(self._folder.close)
            last.callback(self._console.close)
            if self._status is not None:
                last.callback(self._status.close)
            last.callback(self._outbox.close)
            last.callback(self._link.stop)
            last.callback(self._outbox.flush)
            last.callback(self._condition.allowance.keep)
            last.callback(self._runtime.stop)
            if self._updates is not None:
                last.callback(self._updates.stop)
            last.callback(self._plates.stop)
            last.callback(self._position.stop)
            last.callback(self._ears.close)
            if self._aiming is not None:
                last.callback(self._aiming.stop)
            self._pipelines.close()
