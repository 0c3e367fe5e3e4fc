"""The hit lists of this box: what the manager orders is fetched, believed and used, on a thread of its own.

Rules:

- The last version that was believed is used until the next one is, and they change places at once. What is broken, foreign,
  unsigned or older is refused by name, once for each file, and what was in use goes on.
- A list that is no longer ordered is out of memory when :meth:`Lists.want` returns, and off the disk as soon as the thread has
  seen it. One whose time is over answers nothing, whatever else happens.
- What does not come is asked for again, later each time, up to two minutes; new orders interrupt both fetching and waiting.
- The agent never waits for the thread but at its end, and not long.
"""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edge.lists.believe import Believer, ExpiredError, Used, check_time
from edge.lists.store import ListStore, RottenError
from edge.uplink.backoff import Backoff
from ota.device.disk import RealDisk
from ota.device.errors import FetchError, PausedError
from ota.device.moment import Moment
from ota.device.signers import authorities
from protocol.events import Reason
from protocol.limits import TEXT_CHARACTERS
from protocol.lists import ListError
from protocol.twin import ListOrder

if TYPE_CHECKING:
    from edge.lists.fetch import ListFetch

_END_S = 3.0
_MOST_REFUSED = 31
"""Files beside the last whose refusal is remembered: two for each list that may be ordered."""
_MOST_BYTES = 1 << 16
"""Of the file with the fleet's authority."""


@dataclass(frozen=True)
class Ground:
    """What the lists stand on.

    Attributes:
        fleet: of this box.
        folder: for their files; their own.
        authority: file with the fleet's authority, once enrolled.
        moment: what the box knows of the time now.
        open: makes what fetches, at the first need, by the lists' thread; told how to ask whether to go on.
        changed: called by any thread when there is something to tell.
    """

    fleet: str
    folder: Path
    authority: Path
    moment: Callable[[], Moment]
    open: Callable[[ListStore, Callable[[], bool]], ListFetch]
    changed: Callable[[], None]

    def believer(self) -> Believer:
        """Whom the box believes.

        Raises:
            ListError: the authority cannot be read.
        """
        try:
            with self.authority.open("rb") as file:
                pem = file.read(_MOST_BYTES)
        except OSError as error:
            msg = f"enrol this box: its fleet's authority cannot be read: {error.strerror}: {self.authority}"
            raise ListError(msg) from error
        return Believer(self.fleet, authorities(pem, ListError), self.moment())


class Lists:
    """Use :meth:`want` as often as there are orders, and :meth:`stop` once.

    Args:
        ground: what they stand on.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._orders: tuple[ListOrder, ...] | None = None
        self._working: tuple[ListOrder, ...] = ()
        self._used: Mapping[str, Used] = {}
        self._troubles: Mapping[str, Reason] = {}
        self._refused: dict[str, Reason] = {}
        self._guard = threading.Lock()
        self._awake, self._ending = threading.Event(), threading.Event()
        self._store: ListStore | None = None
        self._fetch: ListFetch | None = None
        self._backoff = Backoff(random.random)
        self._thread = threading.Thread(target=self._live, name="lists", daemon=True)

    @property
    def used(self) -> Mapping[str, Used]:
        """Lists that are here and were believed, by name; whether their time is over the caller looks at. Any thread."""
        return self._used

    def versions(self, time: Moment) -> dict[str, int]:
        """What is in use."""
        return {name: used.header.version for name, used in sorted(self._used.items()) if used.header.expires > time.now}

    def reasons(self, time: Moment) -> tuple[Reason, ...]:
        """What stands against them. Any thread."""
        found = dict(self._troubles)
        for name, used in self._used.items():
            try:
                check_time(used.header, time)
            except ExpiredError as error:
                found.setdefault(name, _reason("list-expired", name, error))
        return tuple(found[name] for name in sorted(found))

    def want(self, orders: Sequence[ListOrder]) -> None:
        """Use these and no others; by one thread. The first time begins the thread."""
        with self._guard:
            if self._orders == tuple(orders):
                return
            begins, self._orders = self._orders is None, tuple(orders)
            names = {order.list for order in orders}
            self._used = {name: used for name, used in self._used.items() if name in names}
            self._troubles = {name: reason for name, reason in self._troubles.items() if name in names}
        if begins:
            self._thread.start()
        self._awake.set()

    def stop(self) -> None:
        """End."""
        self._ending.set()
        self._awake.set()
        if self._thread.is_alive():
            self._thread.join(_END_S)

    # the thread

    def _live(self) -> None:
        while not self._ending.is_set():
            self._awake.clear()
            wait_s: float | None
            try:
                wait_s = self._look()
            except Exception as error:  # noqa: BLE001 - an error of ours must not end it for good
                sys.excepthook(type(error), error, error.__traceback__)
                wait_s = self._backoff.failed()
            self._awake.wait(wait_s)

    def _look(self) -> float | None:
        """Do what has been ordered as far as it can be done now; returns seconds until it is worth trying again."""
        orders, troubles, failed = self._orders or (), dict[str, Reason](), False
        self._working = orders
        if not orders and not (self._ground.folder / "objects").exists():
            return None
        try:
            believer = self._ground.believer() if orders else None
            store = self._opened(believer, orders)
            self._collect(store, orders)
        except (ListError, OSError) as error:
            code = "list-refused" if isinstance(error, ListError) else "list-disk"
            self._tell(orders, {order.list: _reason(code, order.list, _words(error)) for order in orders})
            return self._backoff.failed()
        for order in sorted(orders, key=lambda order: order.size):
            assert believer is not None
            trouble = self._one(store, order, orders, believer)
            if trouble is not None:
                troubles[order.list] = trouble
                failed = failed or order.digest not in self._refused
            self._tell(orders, troubles, done=order.list)
        self._collect(store, orders)
        if failed:
            return self._backoff.failed()
        self._backoff.worked()
        return None

    def _one(self, store: ListStore, order: ListOrder, orders: Sequence[ListOrder], believer: Believer) -> Reason | None:
        """Use one list; returns what stands against it."""
        used = self._used.get(order.list)
        if sum(other.list == order.list for other in orders) > 1:
            return _reason("list-refused", order.list, f"list {order.list} was ordered twice; neither is used")
        if used is not None and used.digest == order.digest and used.header.version == order.version:
            return None
        if order.digest not in self._refused:
            try:
                return self._bring(store, order, used, believer)
            except ListError as error:
                code = "list-expired" if isinstance(error, ExpiredError) else "list-refused"
                self._refused = {
                    order.digest: _reason(code, order.list, error),
                    **dict([*self._refused.items()][:_MOST_REFUSED]),
                }
        return self._refused[order.digest]

    def _bring(self, store: ListStore, order: ListOrder, used: Used | None, believer: Believer) -> Reason | None:
        """Fetch a list and use it; returns why not now.

        Raises:
            ListError: it is not to be used, now or later.
        """
        try:
            self._fetcher(store).bring(order, used, believer)
            self._use(order, store.take(believer, order))
        except PausedError:
            return self._troubles.get(order.list)
        except (FetchError, RottenError) as error:
            return _reason("list-fetch", order.list, error)
        except OSError as error:
            return _reason("list-disk", order.list, _words(error))
        return None

    def _use(self, order: ListOrder, used: Used) -> None:
        with self._guard:
            if order in (self._orders or ()):
                self._used = {**self._used, order.list: used}
        self._ground.changed()

    def _opened(self, believer: Believer | None, orders: Sequence[ListOrder]) -> ListStore:
        """Open the store, and use what lies there until what was ordered is here."""
        if self._store is None:
            store = ListStore(RealDisk(self._ground.folder))
            found = {} if believer is None else store.recover(believer, {order.list for order in orders})
            for order in orders:
                if order.list in found and found[order.list].header.version <= order.version:
                    self._use(order, found[order.list])
            self._store = store
        return self._store

    def _fetcher(self, store: ListStore) -> ListFetch:
        if self._fetch is None:
            self._fetch = self._ground.open(store, self._goes_on)
        return self._fetch

    def _goes_on(self) -> bool:
        return not self._ending.is_set() and self._orders == self._working

    def _collect(self, store: ListStore, orders: Sequence[ListOrder]) -> None:
        wanted = {order.digest for order in orders} | {change.digest for order in orders for change in order.changes}
        store.collect(wanted - self._refused.keys() | {used.digest for used in self._used.values()})

    def _tell(self, orders: Sequence[ListOrder], troubles: Mapping[str, Reason], done: str | None = None) -> None:
        """Let what was found stand, where it was not ordered otherwise meanwhile; those not yet looked at keep theirs."""
        with self._guard:
            if self._orders != tuple(orders):
                return
            before = {name: reason for name, reason in self._troubles.items() if done is not None and name != done}
            self._troubles = {**before, **troubles}
        self._ground.changed()


def _words(error: Exception) -> str:
    return f"{error.strerror or error}: {error.filename or 'the disk'}" if isinstance(error, OSError) else str(error)


def _reason(code: str, name: str, why: object) -> Reason:
    return Reason(code, f"list {name}", str(why)[:TEXT_CHARACTERS])
