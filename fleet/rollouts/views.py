"""What is shown of rollouts: plain structs, alike for API, page and command line. Times are milliseconds since 1970."""

from __future__ import annotations

from typing import Any

import msgspec


class GroupView(msgspec.Struct, frozen=True):
    """One group: what it asks for, and its boxes by how far they are."""

    name: str
    percent: float
    success_percent: float
    minimum: int
    budget_percent: float
    soak_s: int
    counts: dict[str, int]
    turn: str
    """``passed``, ``now`` or ``later``."""


class ReasonView(msgspec.Struct, frozen=True):
    """Boxes that failed, or were set aside, for one reason."""

    state: str
    reason: str
    detail: str
    count: int
    devices: tuple[str, ...]


class BoxView(msgspec.Struct, frozen=True):
    """One box in a rollout."""

    device: str
    label: str
    group: str
    state: str
    reason: str
    detail: str
    version: str
    ordered_at: int | None
    accepted_at: int | None
    ended_at: int | None
    last_word: int | None
    fetched_bytes: int
    agreement: float | None
    latency_ratio: float | None


class NoteView(msgspec.Struct, frozen=True):
    """What was decided, by whom."""

    at: int
    actor: str
    action: str
    words: str


class RolloutView(msgspec.Struct, frozen=True):
    """A rollout in a list."""

    number: int
    id: str
    bundle: str
    release: int
    version: str
    state: str
    reason: str
    note: str
    open: bool
    back_of: int | None
    planned_by: str
    planned_at: int
    approved_by: str | None
    approved_at: int | None
    started_at: int | None
    ended_at: int | None
    counts: dict[str, int]


class ProgressView(msgspec.Struct, frozen=True):
    """A rollout whole."""

    rollout: RolloutView
    plan: dict[str, Any]
    outlook: str
    groups: tuple[GroupView, ...]
    reasons: tuple[ReasonView, ...]
    versions: dict[str, list[tuple[int, int]]]
    flagged: dict[str, int]
    """Reports that did not count, by why."""
    notes: tuple[NoteView, ...]
    mover: str
    """Why nothing moves though it should; empty when all is well."""
