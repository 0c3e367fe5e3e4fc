"""The control room of one process: the board, its tail and the pages that are open.

Rules:

- One loop looks at the store four times a second; looking is done in a thread, the board is touched on the event loop only.
- When the store cannot be read, nothing is said: pages take silence for loss and say so, instead of looking calm.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time

from fleet.accounts.accounts import Person, Right
from fleet.control_room.answers import Answers
from fleet.control_room.board import Board
from fleet.control_room.hub import TICK_S, Hub
from fleet.control_room.models_known import known_limits
from fleet.control_room.tail import LOOK_ROWS, Tail
from fleet.control_room.views import AccountView
from fleet.services import Services

_RETRY_S = 1.0
_log = logging.getLogger(__name__)


class Room:
    """What pages and requests are served from.

    Args:
        services: the manager's.
        plan: GeoJSON of the city, or ``None``.
        build: which pages this process serves.
    """

    def __init__(self, services: Services, plan: bytes | None, build: str) -> None:
        limits = known_limits()
        self.services, self.plan, self._build = services, plan, build
        self.answers = Answers(services, limits)
        self._limits = limits
        self.board = Board(limits)
        self.hub = Hub(self.board, build)
        self.ready = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look at the store; on the event loop."""
        self._task = asyncio.create_task(self._run(), name="control room")

    async def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            try:
                await self._follow()
            except Exception:  # noqa: BLE001 - whatever it was: say nothing to the pages, log it, begin again
                _log.exception("the control room cannot read the store; its pages say that they are cut off")
                self.ready.clear()
                self.hub.cut_all()
                await asyncio.sleep(_RETRY_S)

    async def _follow(self) -> None:
        tail = Tail(self.services)
        board = Board(self._limits)
        for item in await asyncio.to_thread(tail.begin, now_ms()):
            item.put(board)
        board.take(now_ms())
        self.board, self.hub = board, Hub(board, self._build)
        self.ready.set()
        while True:
            started = time.monotonic()
            news = await asyncio.to_thread(tail.look, now_ms())
            for item in news:
                item.put(board)
            self.hub.tick(now_ms())
            if len(news) < LOOK_ROWS:
                await asyncio.sleep(max(0.01, TICK_S - (time.monotonic() - started)))


def account_view(person: Person) -> AccountView:
    """What a page may know of who looks."""
    judge = person.may(Right.JUDGE)
    return AccountView(
        name=person.name,
        role=person.role.value,
        may_judge=judge,
        may_command=person.may(Right.COMMAND),
        may_audit=person.may(Right.READ_AUDIT),
        may_roll_out=person.may(Right.ROLL_OUT),
        may_approve=person.may(Right.APPROVE_ROLLOUT),
        may_halt=person.may(Right.HALT_ROLLOUT),
        may_search_plates=person.may(Right.SEARCH_PLATES),
        keeps_lists=person.keeps_lists,
        may_draft_list=person.may(Right.DRAFT_LIST),
        may_approve_list=person.may(Right.APPROVE_LIST),
        may_withdraw_list=person.may(Right.WITHDRAW_LIST),
        may_see_entries=person.may(Right.SEE_ENTRIES),
        may_rotate_keys=person.may(Right.ROTATE_KEYS),
        may_hold=person.may(Right.HOLD_ALERTS),
        why_not_judge="" if judge else f"The role {person.role.value} may look, not judge; an operator may.",
    )


def now_ms() -> int:
    """The manager's clock, ms since 1970."""
    return time.time_ns() // 1_000_000
