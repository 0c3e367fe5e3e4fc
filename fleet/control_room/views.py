"""What a page is told: small whole objects, encoded once per tick for all pages.

Rules: every object carries its own ``id`` and replaces the one before it; times are milliseconds since 1970 on the manager's
clock, except where a name says that it is the box's; text from boxes is data and stays text.
"""

from __future__ import annotations

from fleet.control_room.basis import EstimateView, View
from fleet.control_room.shot_views import HeldView, ShotsView
from protocol.events import Clock


class ClockView(View, frozen=True):
    """How far a box's time may be trusted."""

    source: str
    synchronised: bool
    sigma_ms: float | None


class ReasonView(View, frozen=True):
    """Why a box is not well."""

    code: str
    subject: str
    detail: str


class DeviceView(View, frozen=True):
    """One box: what it said last, and when."""

    id: str
    label: str
    status: str
    """As the box (or the broker, for it) said: online, degraded, offline. Stale is for the reader of ``last_word`` to see."""
    last_word: int | None
    """When anything came from the box last."""
    silence_limit_s: float
    """A longer silence than this makes whatever it said stale."""
    reasons: tuple[ReasonView, ...] = ()
    lat: float | None = None
    lon: float | None = None
    heading: float | None = None
    fps: float | None = None
    drops: dict[str, int] = {}
    model_ms: float | None = None
    queue: int | None = None
    temperature_c: float | None = None
    clock: ClockView | None = None
    agent: str = ""


class ZoneView(View, frozen=True, omit_defaults=True):
    """People in one zone of one box."""

    id: str
    device: str
    device_label: str
    label: str
    people: EstimateView | None
    as_of: int
    """When it was so, the manager's clock; see :class:`fleet.control_room.things.Stamp`."""
    silence_limit_s: float
    enter_at: float | None
    trusted_to: float | None = None
    """People beyond whom the count is not trusted."""
    density: EstimateView | None = None
    """People per square metre, where the ground of the camera is known."""
    service: str = ""
    """Level of service after Fruin, A to F."""
    moved: bool = False
    """Whether the camera looked elsewhere than when the zone was drawn."""
    series: tuple[tuple[int, float], ...] | None = None
    """Last minutes, in a snapshot only; a page appends to its own."""


class LineView(View, frozen=True):
    """Flow over one line of one box."""

    id: str
    device: str
    device_label: str
    label: str
    forward: EstimateView | None
    backward: EstimateView | None
    window_s: float
    as_of: int
    silence_limit_s: float
    forward_sum: EstimateView
    """Of the last ten minutes; so is ``backward_sum``."""
    backward_sum: EstimateView
    sum_s: float
    """How much of them was looked at."""
    moved: bool = False
    """Whether in any of them the camera looked elsewhere than when the line was drawn."""


class CueView(View, frozen=True):
    """One thing that speaks for an assessment."""

    name: str
    value: float
    unit: str


class ModelView(View, frozen=True):
    """Which model spoke."""

    name: str
    version: str
    digest: str
    operating_point: str


class VerdictView(View, frozen=True):
    """What a person decided."""

    state: str
    by: str
    at: int
    reason: str


class AlternateView(View, frozen=True):
    """One plausible reading; ``matched`` is the one that is on the list."""

    plate: str
    probability: float
    matched: bool


class HitView(View, frozen=True):
    """A plate on a hit list, and the passage. ``plate`` and ``alternates`` are empty for whoever may not ask about plates."""

    plate: str
    list: str
    version: int
    posterior: float
    through: str
    """best, alternate or pattern."""
    alternates: tuple[AlternateView, ...]
    pictures: int
    plate_px: float
    direction: str
    lane: str
    kind: str
    kind_p: float
    colour: str
    colour_p: float


class PlaceView(View, frozen=True):
    """Where a plate was read; ``at`` by the box's clock."""

    device: str
    source: str
    at: int
    lat: float | None
    lon: float | None
    kind: str
    colour: str


class CloneView(View, frozen=True):
    """One pseudonym at two places that no drive can join."""

    purpose: str
    first: PlaceView
    second: PlaceView
    took_s: float
    needs_s: float
    contradictions: int
    wrong: int


class IncidentView(View, frozen=True, kw_only=True):
    """One incident through its life, with the verdict once there is one.

    ``people`` and what belongs to it are of crowds, ``hit`` of plates on a list, ``clone`` of plates at two places, and
    ``shots`` of shots.
    """

    id: str
    title: str
    what: str
    device: str
    device_label: str
    zone: str
    zone_label: str
    phase: str
    raised_at: int
    """Capture time of its first event, the box's clock; so are ``updated_at`` and ``ended_at``."""
    updated_at: int
    heard_at: int
    """When its latest event arrived, the manager's clock."""
    ended_at: int | None
    duration_s: float
    probability: float | None
    cues: tuple[CueView, ...]
    model: ModelView | None
    can: str
    cannot: str
    sensor: str
    reference: str
    lat: float | None
    lon: float | None
    clock: ClockView | None
    verdict: VerdictView | None
    people: EstimateView | None = None
    peak: float | None = None
    enter_at: float | None = None
    leave_at: float | None = None
    density: EstimateView | None = None
    """People per square metre, where the alarm is one of density."""
    trusted_to: float | None = None
    """People up to whom the numbers are trusted."""
    moved: bool = False
    """Whether the camera looked elsewhere than when the zone was drawn, when it said so last."""
    hit: HitView | None = None
    clone: CloneView | None = None
    shots: ShotsView | None = None


class RowView(View, frozen=True):
    """One event in the tail."""

    n: int
    id: str
    type: str
    device: str
    device_label: str
    time: int
    lag_ms: float | None
    """From its making to its arrival; ``None`` where the box did not know the time."""
    phase: str
    text: str


class PointView(View, frozen=True):
    """Telemetry at one moment, for a box's page."""

    t: int
    fps: float | None
    model_ms: float | None
    queue: int | None
    temperature_c: float | None
    memory_mb: float | None


class TotalsView(View, frozen=True):
    """Figures of the header."""

    events: int
    rate: float
    p50_ms: float | None
    p95_ms: float | None
    unjudged: int
    quarantined: int
    """Messages that the manager refused and kept."""
    held: HeldView | None = None
    """Whether alerts of shots are held to high confidence now."""


class AccountView(View, frozen=True):
    """Who looks, and what that person may do; the manager checks again at every request."""

    name: str
    role: str
    may_judge: bool
    may_command: bool
    may_audit: bool
    may_roll_out: bool = False
    may_approve: bool = False
    may_halt: bool = False
    may_search_plates: bool = False
    keeps_lists: bool = False
    may_draft_list: bool = False
    may_approve_list: bool = False
    may_withdraw_list: bool = False
    may_see_entries: bool = False
    may_rotate_keys: bool = False
    may_hold: bool = False
    """Say how sure alerts of shots have to be."""
    why_not_judge: str = ""


class Message(View, frozen=True, omit_defaults=True):
    """One message to a page: a snapshot, or what changed since the message before."""

    t: int
    snapshot: bool = False
    build: str = ""
    """Which pages the manager serves, in a snapshot: an open page of another build loads itself anew."""
    account: AccountView | None = None
    devices: tuple[DeviceView, ...] = ()
    zones: tuple[ZoneView, ...] = ()
    lines: tuple[LineView, ...] = ()
    incidents: tuple[IncidentView, ...] = ()
    gone: tuple[str, ...] = ()
    """Incidents that left the board; they stay in the store."""
    withdrawn: tuple[str, ...] = ()
    """Boxes that no longer belong to the fleet."""
    rows: tuple[RowView, ...] = ()
    totals: TotalsView | None = None


def clock_view(clock: Clock | None) -> ClockView | None:
    """Show a clock's quality."""
    return None if clock is None else ClockView(clock.source.value, clock.synchronised, clock.sigma_ms)
