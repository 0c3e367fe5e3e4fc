"""What the board holds: boxes, their zones and their lines, each with how it is shown. Pure."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from fleet.control_room.basis import EstimateView, estimate_view
from fleet.control_room.views import DeviceView, LineView, PointView, ReasonView, ZoneView, clock_view
from protocol.basis import Estimate
from protocol.config import Config, Line, Zone
from protocol.events import CrowdCount, CrowdDensity, CrowdFlow, Event, Where
from protocol.state import State, Status, Telemetry

SERIES_POINTS = 90
"""Points of a sparkline; as many as it has pixels."""
FLOW_SUM_MS = 10 * 60 * 1000
FLOW_WINDOWS = 1200
"""Most windows of a line that are kept: ten minutes of half seconds."""
MISSED_REPORTS = 2.5
"""So many telemetry intervals without a word make a box stale."""
MISSED_WINDOWS = 3.0
"""So many windows without a count make a zone's number old."""
GRACE_S = 5.0
CONFLICT = ReasonView("identity-conflict", "", "two boxes use this identity: withdraw its certificate and enrol both anew")
"""Until the box is enrolled anew."""
HISTORY_POINTS = 120
"""Telemetry kept per box for its page: two hours at one a minute."""


@dataclass
class BoxOnBoard:
    """One box."""

    id: str
    label: str
    last_word: int | None = None
    state: State | None = None
    telemetry: Telemetry | None = None
    config: Config | None = None
    where: Where | None = None
    conflict: bool = False
    history: deque[PointView] = field(default_factory=lambda: deque(maxlen=HISTORY_POINTS))

    def heard(self, received_at: int | None) -> None:
        """Something came from it; ``None`` = nothing did."""
        if received_at is not None:
            self.last_word = received_at if self.last_word is None else max(self.last_word, received_at)

    def zone(self, name: str) -> Zone | None:
        """The zone as configured, where the box has said so."""
        return next((z for s in (self.config.sources if self.config else ()) for z in s.zones if z.id == name), None)

    def line(self, name: str) -> Line | None:
        """The line as configured, where the box has said so."""
        return next((x for s in (self.config.sources if self.config else ()) for x in s.lines if x.id == name), None)

    def label_of(self, name: str) -> str:
        """Name for people of a zone or line."""
        found = self.zone(name) or self.line(name)
        return (found.label if found is not None else "") or name

    @property
    def silence_limit_s(self) -> float:
        """How long it may be silent before what it said is stale."""
        report = Config().report if self.config is None else self.config.report
        return MISSED_REPORTS * report.telemetry_interval_s + GRACE_S

    def view(self) -> DeviceView:
        """Show it."""
        state, telemetry, where = self.state, self.telemetry, self.where
        drops: dict[str, int] = {}
        for source in telemetry.sources.values() if telemetry is not None else ():
            for reason, n in source.drops.items():
                drops[reason] = drops.get(reason, 0) + n
        speeds = [a.inference_ms for a in telemetry.accelerators.values() if a.inference_ms is not None] if telemetry else []
        status = Status.ONLINE if state is None else state.status
        reasons = tuple(ReasonView(r.code, r.subject, r.detail) for r in state.reasons) if state is not None else ()
        if self.conflict:
            status, reasons = Status.DEGRADED if status is Status.ONLINE else status, (CONFLICT, *reasons)
        return DeviceView(
            id=self.id,
            label=self.label,
            status=status.value,
            last_word=self.last_word,
            silence_limit_s=self.silence_limit_s,
            reasons=reasons,
            lat=where.lat if where is not None else None,
            lon=where.lon if where is not None else None,
            heading=where.heading if where is not None else None,
            fps=round(sum(source.fps for source in telemetry.sources.values()), 2) if telemetry is not None else None,
            drops=drops,
            model_ms=max(speeds) if speeds else None,
            queue=telemetry.outbox.pending if telemetry is not None else None,
            temperature_c=telemetry.temperature_c if telemetry is not None else None,
            clock=clock_view(telemetry.clock) if telemetry is not None else None,
            agent=state.versions.agent if state is not None and state.versions is not None else "",
        )


@dataclass(frozen=True)
class Stamp:
    """Of when a number speaks.

    Attributes:
        boot: of the box.
        seq: of the event within the boot.
        at: capture time, the box's clock, ms.
        as_of: the same by the manager's clock as well as it can be known, ms: what a synchronised box says, but never later
            than the arrival; the arrival where a box does not know the time.
    """

    boot: str
    seq: int
    at: int
    as_of: int

    def is_before(self, other: Stamp) -> bool:
        """Whether it was made earlier: by number within a boot, since clocks are set back; by time across boots."""
        return self.seq < other.seq if self.boot == other.boot else self.at < other.at


def stamp(event: Event, received_at: int) -> Stamp:
    """Of when an event speaks that arrived at ``received_at`` (ms)."""
    at = round(event.body.captured_at.timestamp() * 1000)
    return Stamp(event.boot, event.seq, at, min(at, received_at) if event.body.clock.synchronised else received_at)


@dataclass
class ZoneOnBoard:
    """People in one zone of one box."""

    device: str
    zone: str
    count: CrowdCount
    stamp: Stamp
    enter_at: float | None = None
    """Limit that an alert named, for boxes that have not reported their configuration."""
    density: CrowdDensity | None = None
    dense_at: int = 0
    """Capture time of the density, the box's clock, ms."""
    series: deque[tuple[int, float]] = field(default_factory=lambda: deque(maxlen=SERIES_POINTS))

    @property
    def silence_limit_s(self) -> float:
        """How long nothing may be told of it before what was is stale."""
        return MISSED_WINDOWS * self.count.window_s + GRACE_S

    def view(self, box: BoxOnBoard, *, whole: bool) -> ZoneView:
        """Show it; ``whole`` with the last minutes. A density that counts have outrun is told no more."""
        density = self.density if self.stamp.at - self.dense_at <= 1000 * self.silence_limit_s else None
        configured = box.zone(self.zone)
        alarm = configured.alarm if configured is not None else None
        return ZoneView(
            id=f"{self.device}/{self.zone}",
            device=self.device,
            device_label=box.label,
            label=box.label_of(self.zone),
            people=estimate_view(self.count.people),
            as_of=self.stamp.as_of,
            silence_limit_s=self.silence_limit_s,
            enter_at=alarm.enter_at if alarm is not None else self.enter_at,
            trusted_to=self.count.trusted_to,
            density=estimate_view(density.density) if density is not None else None,
            service=density.service.value if density is not None else "",
            moved=self.count.moved,
            series=tuple(self.series) if whole else None,
        )


@dataclass
class LineOnBoard:
    """Flow over one line of one box."""

    device: str
    line: str
    flow: CrowdFlow
    stamp: Stamp
    windows: deque[tuple[int, CrowdFlow]] = field(default_factory=lambda: deque(maxlen=FLOW_WINDOWS))

    def view(self, box: BoxOnBoard, now: int) -> LineView:
        """Show it, with the sums of the last ten minutes at ``now`` (ms)."""
        recent = [flow for as_of, flow in self.windows if as_of >= now - FLOW_SUM_MS]
        return LineView(
            id=f"{self.device}/{self.line}",
            device=self.device,
            device_label=box.label,
            label=box.label_of(self.line),
            forward=estimate_view(self.flow.forward),
            backward=estimate_view(self.flow.backward),
            window_s=self.flow.window_s,
            as_of=self.stamp.as_of,
            silence_limit_s=MISSED_WINDOWS * self.flow.window_s + GRACE_S,
            forward_sum=_sum(flow.forward for flow in recent),
            backward_sum=_sum(flow.backward for flow in recent),
            sum_s=round(sum(flow.window_s for flow in recent), 1),
            moved=any(flow.moved for flow in (self.flow, *recent)),
        )


def _sum(windows: Iterable[Estimate]) -> EstimateView:
    """Sum of what was counted in windows: whoever was missed in one says nothing of another, so half-widths add as squares."""
    value = down = up = 0.0
    level = Estimate(0, 0, 0).level
    for one in windows:
        value, level = value + one.value, one.level
        down += (one.value - one.low) ** 2
        up += (one.high - one.value) ** 2
    return EstimateView(round(value, 2), round(value - math.sqrt(down), 2), round(value + math.sqrt(up), 2), level)
