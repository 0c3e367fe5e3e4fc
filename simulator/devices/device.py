"""A virtual device: a virtual box with the real guard, outbox and session, on a link."""

from __future__ import annotations

import datetime as dt
import random
import ssl

import msgspec

from edge.clock import Clock, Instant
from edge.guard.builder import EventBuilder
from edge.guard.builder import Origin as EventOrigin
from edge.observation import Observation
from edge.outbox.entry import Limits
from edge.outbox.outbox import Outbox
from edge.uplink.config import UplinkConfig
from protocol.check import check_config
from protocol.commands import Command, CommandName, Reply
from protocol.config import Config, Refusal
from protocol.events import Clock as ClockQuality
from protocol.events import ClockSource, EventType, ModelRef, UpdateStep
from protocol.state import AcceleratorTelemetry, LinkTelemetry, SourceTelemetry, State, Telemetry, Versions
from protocol.topics import Channel
from protocol.twin import Desired, Reported, report
from simulator.devices.box import PICTURES_PER_S, SOURCE, VirtualBox
from simulator.devices.link import VirtualLink
from simulator.devices.updates import Happened, Updater
from simulator.faults.clocks import SteppedClock

MODEL = ModelRef("error-model", "1.0.0", "0" * 64, "default")
"""What a virtual box names as its model, so that nobody takes its numbers for a detector's."""

VERSION = "simulated"
"""Of its agent: no number, so that no release is too new for it."""


def versioned(model: ModelRef, release: int) -> ModelRef:
    """A model as of a release: a virtual box reads no metadata, and names the release's number."""
    return msgspec.structs.replace(model, version=f"1.{release}.0") if release else model


_KEPT = Limits(bytes=4_000_000, count=5_000)


class VirtualDevice:
    """Speaks for one box.

    Args:
        box: what it has to say.
        config: where the broker is.
        tls: from its own key.
        seed: of the scenario.
        updates: how it updates; ``None`` = it follows no orders.
    """

    def __init__(
        self, box: VirtualBox, config: UplinkConfig, tls: ssl.SSLContext | None, seed: int, updates: Updater | None = None
    ) -> None:
        self.box, self._config, self._tls, self._updates = box, config, tls, updates
        self.clock = SteppedClock()
        self._rng = random.Random(f"device/{seed}/{box.site.device}")
        self._second = 0
        self._version, self._wanted, self._refusals = 0, box.config, tuple[Refusal, ...]()
        self._refused: int | None = None
        self.emitted: dict[str, int] = {}
        """Last sequence number by boot: all that it ever said."""
        self.room = True
        """Whether its outbox has room."""
        self._silent = False
        self.wants_restart = False
        """Whether it starts again by itself now: whoever runs it calls :meth:`restart`."""
        self._start()

    def _start(self) -> None:
        clock: Clock = self.clock
        site = self.box.site
        self.outbox = Outbox.open(None, _KEPT, clock, self._config.fleet, site.device)
        self._builder = EventBuilder(evaluation=False)
        self._started_s = clock.monotonic()
        self.link = VirtualLink(
            self._config,
            self._tls,
            self.outbox,
            self.birth,
            self.reported,
            self._on_desired,
            self._on_command,
            clock,
            self._rng,
        )

    async def run(self) -> None:
        """Keep the link up until :meth:`stop`."""
        await self.link.run()

    def restart(self) -> None:
        """Begin again under a new boot; what the old one had not sent is gone with its memory. Run :meth:`run` again."""
        self.link.stop()
        self.wants_restart = False
        self._start()

    def live(self, second: int) -> int:
        """Live on up to and with a second of the scenario. Returns how many events that made."""
        self._second = second
        if self._silent:
            if not self.outbox.status().pending:
                self.link.cut()  # its last word has arrived
            return 0
        said = self.box.live(second)
        self._say(said)
        if self._updates is not None:
            now = self.clock.now()
            self._happened(self._updates.live(now.monotonic_s, now.wall))
        if second % self.box.group.telemetry_interval_s == 0:
            self.link.publish(Channel.TELEMETRY, self.telemetry())
        if any(o.source is None for o in said):
            self.link.publish(Channel.STATE, self.birth())
        self.outbox.tick()
        return len(said)

    def leave(self) -> None:
        """End in order: running incidents end, the link says farewell."""
        self._say(self.box.leave(self._second))
        self.outbox.flush()
        self._note()

    def birth(self) -> State:
        """The birth certificate."""
        return State(
            status=self.box.status,
            boot=self.outbox.boot,
            at=self.clock.now().wall,
            reasons=self.box.health.reasons,
            versions=Versions(VERSION, "", "", "virtual"),
            capabilities=("crowd",),
            models=self._models(),
            where=self.box.where(self._second),
            config_version=self._version,
        )

    def telemetry(self) -> Telemetry:
        """Last values, plausible ones."""
        degraded = bool(self.box.health.reasons)
        source = SourceTelemetry("running", float(PICTURES_PER_S), self._second, self._second, {}, 35.0)
        return Telemetry(
            at=self.clock.now().wall,
            uptime_s=round(self.clock.monotonic() - self._started_s, 1),
            clock=self._quality(),
            load=round(0.4 + 0.2 * self._rng.random() + 0.5 * degraded, 2),
            memory_mb=round(180 + 20 * self._rng.random(), 1),
            disk_free_mb=7_400.0,
            temperature_c=round(44 + 4 * self._rng.random() + 12 * degraded, 1),
            sources={SOURCE: source},
            accelerators={"virtual": AcceleratorTelemetry("ready", MODEL.name, 12.0)},
            outbox=self.outbox.status(),
            link=LinkTelemetry(connected=self.link.connected, connections=self.link.connections),
        )

    def _say(self, said: list[Observation]) -> None:
        for observation in said:
            self._note()
            if not self.room:
                continue
            where = self.box.where(int(observation.at.monotonic_s))
            origin = EventOrigin(where=where, model=self._models()[0] if observation.source else None)
            body = self._builder.build(observation, self._quality(), origin)
            self.outbox.append(observation.type, body)
        self._note()
        if said:
            self.link.notify()

    def _happened(self, what: Happened) -> None:
        """What came of an order, said as a box says it."""
        now = self.clock.now()
        at = Instant(float(self._second), now.wall)
        self._say([Observation(EventType.OTA_REPORT, at, report) for report in what.reports])
        if any(report.step is UpdateStep.SUCCEEDED for report in what.reports):
            self.link.publish(Channel.STATE, self.birth())
        self.wants_restart |= what.restarts
        self._silent |= what.falls_silent

    def _models(self) -> tuple[ModelRef, ...]:
        """What it says that it runs: its error model, as of the release that it was given last, and other bundles."""
        releases = {} if self._updates is None else self._updates.releases
        first = versioned(MODEL, releases.get(MODEL.name, 0))
        others = (versioned(ModelRef(name, "", "0" * 64, "default"), release) for name, release in sorted(releases.items()))
        return (first, *(one for one in others if one.name != MODEL.name))

    def _note(self) -> None:
        self.emitted[self.outbox.boot] = self.outbox.last_seq

    def _quality(self) -> ClockQuality:
        step = self.clock.offset_s
        if step:
            return ClockQuality(ClockSource.FREE, synchronised=False)
        return ClockQuality(ClockSource.NTP, synchronised=True, offset_ms=0.3, sigma_ms=4.0)

    def _on_desired(self, desired: Desired) -> None:
        if desired.version > self._version and desired.version != self._refused:
            faults = check_config(desired.config)
            if faults:
                self._refused, self._refusals = desired.version, faults[:32]
            else:
                self._version, self._wanted, self._refused, self._refusals = desired.version, desired.config, None, ()
        if self._updates is not None and desired.orders is not None:
            now = self.clock.now()
            self._happened(self._updates.take(desired.orders, now.monotonic_s, now.wall))
        self.link.publish(Channel.TWIN_REPORTED, self.reported())

    def reported(self) -> Reported:
        """What it runs. A virtual box keeps to its scenario whatever it is told, and says which version it heard."""
        config: Config = self._wanted
        return report(self._version, config, self._refused, self._refusals)

    def _on_command(self, name: str, _command: Command) -> Reply:
        if name == CommandName.PING.value:
            return Reply(name, ok=True, message=f"up {self.clock.monotonic() - self._started_s:.0f} s")
        if name == CommandName.REPORT.value:
            self.link.publish(Channel.TELEMETRY, self.telemetry())
            self.link.publish(Channel.TWIN_REPORTED, self.reported())
            return Reply(name, ok=True, message="sent")
        return Reply(name, ok=False, message=f"a virtual box does not know {name!r}"[:200])


def first_moment(now: dt.datetime) -> dt.datetime:
    """Wall clock of a scenario's second zero when it is played live."""
    return now.replace(microsecond=0)
