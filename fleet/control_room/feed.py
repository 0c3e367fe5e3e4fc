"""News: what the manager tells the control room, each of which puts itself on the board.

Rules: news arrive in any order and may repeat; the board sorts it out. Whoever finds them (the store's tail, a test) is not
known here. Times are milliseconds since 1970 by the manager's clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from fleet.control_room.board import Board
from fleet.control_room.shot_views import HeldView
from fleet.control_room.views import RowView, VerdictView
from fleet.control_room.wording import made_line
from fleet.fusion.made import DEVICE, MadeBody
from protocol.config import Config
from protocol.events import Event
from protocol.state import State, Telemetry


class News(Protocol):
    """Something that the board should know."""

    def put(self, board: Board) -> None:
        """Put it on the board."""


@dataclass(frozen=True)
class DeviceKnown:
    """A box is registered, and spoke last at ``last_word``."""

    device: str
    label: str
    last_word: int | None
    conflict: bool = False
    """Whether two boxes seem to share its identity."""

    def put(self, board: Board) -> None:
        """Put it on the board."""
        board.device(self.device, self.label, self.last_word, conflict=self.conflict)


@dataclass(frozen=True)
class DeviceGone:
    """A box was withdrawn."""

    device: str

    def put(self, board: Board) -> None:
        """Put it on the board."""
        board.withdraw(self.device)


@dataclass(frozen=True)
class EventStored:
    """An event was stored; ``row`` is its place in the store, which only rises."""

    row: int
    event: Event
    received_at: int

    def put(self, board: Board) -> None:
        """Put it on the board."""
        board.event(self.event, self.received_at, self.row)


@dataclass(frozen=True)
class EventKept:
    """An event of a contract newer than this manager's was kept as it came."""

    row: int
    device: str
    id: str
    type: str
    time: int
    """Made on the box, its clock, ms."""
    received_at: int
    schema: str

    def put(self, board: Board) -> None:
        """Put it on the board."""
        view = RowView(
            n=self.row,
            id=self.id,
            type=self.type,
            device=self.device,
            device_label=self.device,
            time=self.time,
            lag_ms=max(0.0, self.received_at - self.time),
            phase="",
            text=f"contract {self.schema} is newer than this manager's: kept as it came",
        )
        board.kept(view, self.received_at)


@dataclass(frozen=True)
class AlertMade:
    """The manager itself made an alert, of what several boxes said; times as in :class:`EventKept`."""

    row: int
    id: str
    type: str
    body: MadeBody[Any]
    made_at: int

    def put(self, board: Board) -> None:
        """Put it on the board."""
        view = RowView(
            n=self.row,
            id=self.id,
            type=self.type,
            device=DEVICE,
            device_label=DEVICE,
            time=self.made_at,
            lag_ms=None,
            phase=self.body.phase.value,
            text=made_line(self.body.observed),
        )
        board.made(view, self.body, self.made_at)


@dataclass(frozen=True)
class StateChanged:
    """A birth or a will arrived."""

    device: str
    state: State
    received_at: int

    def put(self, board: Board) -> None:
        """Put it on the board."""
        board.state(self.device, self.state, self.received_at)


@dataclass(frozen=True)
class TelemetryCame:
    """Last values arrived."""

    device: str
    telemetry: Telemetry
    received_at: int

    def put(self, board: Board) -> None:
        """Put it on the board."""
        board.telemetry(self.device, self.telemetry, self.received_at)


@dataclass(frozen=True)
class TwinReported:
    """What a box runs."""

    device: str
    config: Config

    def put(self, board: Board) -> None:
        """Put it on the board."""
        board.config(self.device, self.config)


@dataclass(frozen=True)
class VerdictGiven:
    """A person decided."""

    incident: str
    verdict: VerdictView

    def put(self, board: Board) -> None:
        """Put it on the board."""
        board.verdict(self.incident, self.verdict)


@dataclass(frozen=True)
class Quarantined:
    """How many messages the manager has refused and kept."""

    count: int

    def put(self, board: Board) -> None:
        """Put it on the board."""
        board.quarantined(self.count)


@dataclass(frozen=True)
class Unjudged:
    """How many incidents in the store wait for a verdict."""

    count: int

    def put(self, board: Board) -> None:
        """Put it on the board."""
        board.unjudged(self.count)


@dataclass(frozen=True)
class AlertsHeld:
    """Whether alerts of shots are held to high confidence; ``None`` = they are not."""

    held: HeldView | None

    def put(self, board: Board) -> None:
        """Put it on the board."""
        board.held(self.held)
