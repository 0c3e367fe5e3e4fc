"""One tail per process, fanned out to every open page.

Rules:

- A tick encodes what changed once, and once more without plates where somebody looks who may not ask about them; every page is
  handed the same bytes.
- A page that cannot keep up is not waited for: when its queue is full it is cut off and comes back to a whole snapshot.
- Something is said at least once a second, so that a page knows silence from calm.
"""

from __future__ import annotations

import asyncio

import msgspec

from fleet.control_room.board import Board
from fleet.control_room.plates import without_plates
from fleet.control_room.views import AccountView, Message

TICK_S = 0.25
"""Four changes a second: as fast as a person reads a number."""
HEARTBEAT_S = 1.0
QUEUE_MESSAGES = 40
"""Ten seconds of ticks; a page further behind than that is better off with a snapshot."""

_encoder = msgspec.json.Encoder()


class Subscription:
    """One page's queue; ``None`` in it means: too slow, come back."""

    def __init__(self, first: bytes, *, plates: bool = True) -> None:
        self.plates = plates
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._queue.put_nowait(first)
        self._is_cut = False

    def offer(self, message: bytes) -> bool:
        """Hand over a message; ``False`` when the page is cut off."""
        if self._is_cut:
            return False
        if self._queue.qsize() >= QUEUE_MESSAGES:
            self.cut()
            return False
        self._queue.put_nowait(message)
        return True

    def cut(self) -> None:
        """End it: what is queued is let go, and the reader is told."""
        self._is_cut = True
        while not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(None)

    async def next(self) -> bytes | None:
        """The next message; ``None`` when the page was cut off."""
        return await self._queue.get()


class Hub:
    """Pages that are open, and what they are told. Runs on one event loop; none of its methods block.

    Args:
        board: the process's board.
        build: which pages this process serves.
    """

    def __init__(self, board: Board, build: str = "") -> None:
        self._board, self._build = board, build
        self._pages: set[Subscription] = set()
        self._said_at = 0

    def open(self, account: AccountView, now: int) -> Subscription:
        """Begin a page: its first message is a snapshot with who looks."""
        self.tick(now, force=True)  # whatever is pending belongs to the pages before this one and is in the snapshot
        snapshot = msgspec.structs.replace(self._board.snapshot(now), account=account, build=self._build)
        plates = account.may_search_plates
        page = Subscription(_encoder.encode(snapshot if plates else _without_plates(snapshot)), plates=plates)
        self._pages.add(page)
        return page

    def close(self, page: Subscription) -> None:
        """End a page."""
        self._pages.discard(page)

    def cut_all(self) -> None:
        """End every page's line; they come back by themselves."""
        for page in self._pages:
            page.cut()
        self._pages.clear()

    def tick(self, now: int, *, force: bool = False) -> None:
        """Tell every page what changed; ``now`` in ms."""
        message = self._board.take(now)
        if not force and not _says_something(message) and now - self._said_at < HEARTBEAT_S * 1000:
            return
        self._said_at = now
        if not self._pages:
            return
        encoded = _encoder.encode(message)
        hits = any(incident.hit is not None for incident in message.incidents)
        bare = _encoder.encode(_without_plates(message)) if hits else encoded
        for page in tuple(self._pages):
            if not page.offer(encoded if page.plates else bare):
                self._pages.discard(page)


def _without_plates(message: Message) -> Message:
    return msgspec.structs.replace(message, incidents=without_plates(message.incidents))


def _says_something(message: Message) -> bool:
    quiet = Message(message.t, totals=message.totals)
    return message != quiet
