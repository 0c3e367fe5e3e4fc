"""What a box holds that reads plates: the lock that it offers, its keys, the lists it uses, and what it lacks of them.

Rules:

- Only where a source reads plates is a lock offered, a list fetched and a key held; where none does any more all of it goes.
- What a box lacks it says: a key by ``keys-missing``, a list that a source wants by ``list-missing``, until it comes.
- The process that may hold keys leaves no core dump, from before it offers its lock.
"""

from __future__ import annotations

import datetime as dt
import ssl
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from edge.agent.plates import LISTS, Host
from edge.agent.status import HeldList, PlatesStatus
from edge.identity.files import IdentityError, IdentityFiles
from edge.lists.believe import Used
from edge.lists.keyring import Keyring, Place
from edge.lists.lists import Ground, Lists
from edge.lists.matching import Matching
from edge.lists.store import ListStore
from edge.lists.times import Times
from edge.lists.tpm import look
from edge.lists.vault import refuse_dumps
from edge.timefloor import IDENTITY
from ota.device.moment import Moment
from protocol.config import Config
from protocol.events import Reason
from protocol.keys import KeyOffer, KeysError, SealedKeys
from protocol.limits import TEXT_CHARACTERS
from protocol.lists import ListError
from protocol.twin import ListOrder

if TYPE_CHECKING:
    from edge.lists.fetch import ListFetch

_KEYS = "keys"
"""What reasons about keys speak of."""


class Holding:
    """For the agent's loop, but for :meth:`take`, which is for any thread.

    Args:
        host: the agent.

    Attributes:
        matching: what the analytics are given: hit lists and pseudonyms.
        reads: whether a source reads plates now.
    """

    def __init__(self, host: Host) -> None:
        self._file, self._clock, self._board = host.file, host.clock, host.board
        self._spend, condition = host.condition.allowance.spend, host.condition
        self._identity = host.state / IDENTITY
        self._times = Times(condition.floor.at, lambda: condition.wall() is not None)
        self._ring = Keyring(Place(host.file.box.fleet, host.file.box.device, host.boot))
        self._ground = Ground(
            host.file.box.fleet, host.state / LISTS, self._identity / "ca.crt", self._moment, self._open, host.wake
        )
        self._lists = Lists(self._ground)
        self.matching = Matching(self._ring, lambda: self._lists.used, self._times)
        self._config = Config()
        self.reads = False
        self._subjects: set[str] = set()
        self._holder, self._lacks = "", tuple[str, ...]()

    def configure(self, config: Config, orders: tuple[ListOrder, ...]) -> None:
        """Work by a configuration and the lists that go with it."""
        reads = any(source.anpr is not None for source in config.sources)
        if reads and not self._holder:
            self._lacks, self._holder = (*refuse_dumps(), *self._ring.lacks), look().why
        if self.reads and not reads:
            self._ring.clear()
        self._config, self.reads = config, reads
        self._lists.want(orders if reads else ())
        self.look()

    def look(self) -> None:
        """Forget what has ended, and say what is lacking; once a second."""
        now = self._moment()
        self._ring.forget(now)
        found = {reason.subject: (reason,) for reason in self._absent(now)}
        found |= {reason.subject: (reason,) for reason in self._lists.reasons(now)}
        missing = self.missing
        if missing:
            detail = f"no key of {', '.join(missing)}; the manager is asked for it"
            found[_KEYS] = (Reason("keys-missing", _KEYS, detail[:TEXT_CHARACTERS]),)
        for subject in self._subjects | found.keys():
            self._board.replace(subject, found.get(subject, ()))
        self._subjects = set(found)

    def take(self, sealed: SealedKeys) -> str:
        """Take keys that the manager has sent; returns what to answer.

        Raises:
            KeysError: they are not taken.
        """
        try:
            believer = self._ground.believer()
        except ListError as error:
            raise KeysError(str(error)) from error
        return f"holds {len(self._ring.take(sealed, believer.trusted, believer.time))} keys"

    def stop(self) -> None:
        """End, and forget every key."""
        self._lists.stop()
        self._ring.clear()

    # what the box says of it

    @property
    def told(self) -> tuple[object, ...]:
        """What the manager has to be told anew when it changes."""
        return self.reads, self._ring.lock, self.keys, tuple(self.versions.items())

    def lock(self) -> KeyOffer | None:
        """The lock that the box offers, signed; none where nothing reads plates or the box has no identity to sign with."""
        if not self.reads:
            return None
        try:
            return self._ring.offer(IdentityFiles(self._identity).key().sign)
        except (IdentityError, OSError):  # what is wrong with it is told by whoever connects
            return None

    @property
    def keys(self) -> tuple[str, ...]:
        """Ids of the keys that are held."""
        return self._ring.ids

    @property
    def versions(self) -> dict[str, int]:
        """Of the lists that are used."""
        return self._lists.versions(self._moment())

    @property
    def missing(self) -> tuple[str, ...]:
        """What there is no key for, in words."""
        now = self._moment()
        lists = [
            f"list {name} ({used.header.key})"
            for name, used in sorted(self._lists.used.items())
            if used.header.expires > now.now and not self._has("list", used.header.purpose, now, used.header.key)
        ]
        purposes = {source.anpr.purpose for source in self._config.sources if source.anpr is not None and source.anpr.purpose}
        return (
            *lists,
            *(f"pseudonyms of {purpose}" for purpose in sorted(purposes) if not self._has("pseudonym", purpose, now)),
        )

    def status(self) -> PlatesStatus | None:
        """What `lamplighter watch` shows."""
        if not self.reads:
            return None
        return PlatesStatus(
            lists=tuple(_held(used) for _, used in sorted(self._lists.used.items())),
            keys=self.keys,
            missing=self.missing,
            holder="; ".join((self._holder, *self._lacks)),
        )

    def _moment(self) -> Moment:
        return self._times.at(self._clock.now().wall)

    def _has(self, use: str, purpose: str, now: Moment, name: str | None = None) -> bool:
        return self._ring.find(use, purpose, now, name) is not None

    def _absent(self, now: Moment) -> list[Reason]:
        """Lists that a source wants and that are not used."""
        wanted = {name for source in self._config.sources if source.anpr is not None for name in source.anpr.lists}
        absent = sorted(wanted - self._lists.versions(now).keys())
        detail = "a source asks for it and it is not used: it is still being fetched, or the manager orders none of this name"
        return [Reason("list-missing", f"list {name}", detail) for name in absent]

    def _open(self, store: ListStore, go_on: Callable[[], bool]) -> ListFetch:
        """Make what fetches. What it needs (HTTP) is imported here, by the thread of the lists."""
        from edge.lists.fetch import ListFetch, manager_of  # noqa: PLC0415 - see above
        from ota.device.errors import FetchError  # noqa: PLC0415 - likewise
        from ota.device.fetch import Fetch  # noqa: PLC0415 - likewise
        from ota.device.http import HttpTransport  # noqa: PLC0415 - likewise
        from ota.device.limits import Bucket  # noqa: PLC0415 - likewise
        from ota.device.metered import Metered  # noqa: PLC0415 - likewise
        from ota.device.transport import Pace  # noqa: PLC0415 - likewise

        manager = self._file.manager
        if not manager.url:
            msg = "lists are fetched from the manager, and manager.url is not in this box's file; give it"
            raise FetchError(msg)
        try:
            tls = ssl.create_default_context(cafile=manager.ca) if manager.ca else None
        except OSError as error:  # also what is not a certificate
            msg = f"mend manager.ca: {error.strerror}: {error.filename or manager.ca}"
            raise FetchError(msg) from error
        transport = Metered(HttpTransport("lamplighter", tls), self._spend)
        bucket = Bucket(None, time.monotonic, time.sleep)
        fetch = Fetch(transport, Pace(), bucket, lambda: 0.0, go_on, time.monotonic)
        return ListFetch(store, fetch, manager_of(manager.url))


def _held(used: Used) -> HeldList:
    header = used.header
    return HeldList(header.list, header.version, header.entries, header.expires.astimezone(dt.timezone.utc))
