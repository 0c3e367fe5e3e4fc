"""The process of lists: publishes, tells boxes, makes and hands out keys, ends what is over.

Rules: it may be killed at any line; everything it knows is in the store and the key store. What cannot be signed waits and
holds up nothing else: an end is an end, and a box gets the keys that there are, whether or not the authority's key is loaded.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from fleet.identity.authority import KeysError
from fleet.lists.access import Access, Opened
from fleet.lists.authority import ListAuthority
from fleet.lists.boxes import Boxes
from fleet.lists.ending import Ending
from fleet.lists.errors import HitListError, NotLoadedError
from fleet.lists.files import ListFiles
from fleet.lists.following import Following
from fleet.lists.handing import Handing
from fleet.lists.keystore import KeyRow, live_keys
from fleet.lists.ledger import active_lists
from fleet.lists.periods import due
from fleet.lists.publishing import Publisher
from fleet.lists.pulse import Pulse, write_pulse
from fleet.policy.policy import Policy
from fleet.rollouts.leader import Leader
from fleet.rollouts.signer import OrderSigner
from fleet.store.database import LIST_LEADER, STORE_FAULTS
from protocol.errors import ProtocolError

IDLE_S = 0.2
"""Between ticks: from approval to the twin on the wire are 2 s, of which this and ingest's 0.1 s are waiting."""
RETRY_S = 2.0
PULSE_S = 2.0
HOUSE_MS = 60_000
"""Between looks for what is over but for lists, which are looked at in every tick."""
_log = logging.getLogger("lamplighter.lists")


class Lists:
    """Does what is due. One thread at a time; one process in a fleet leads.

    Args:
        engine: the store.
        fleet: its name.
        policy: of the fleet.
        access: to the key store.
        authority: opens the list authority.
        signer: of orders.
        files: of lists.
        now: clock, ms.
    """

    def __init__(  # noqa: PLR0913 - see above
        self,
        engine: Engine,
        fleet: str,
        policy: Policy,
        access: Access,
        authority: Callable[[], ListAuthority],
        signer: OrderSigner,
        files: ListFiles,
        now: Callable[[], int],
    ) -> None:
        self._engine, self._policy, self._access, self._open_authority, self._now = engine, policy, access, authority, now
        self._publisher, self._ending = Publisher(engine, fleet, files, now), Ending(engine, files, now)
        self._boxes = Boxes(engine)
        self._following = Following(engine, self._boxes, now)
        self._handing = Handing(engine, fleet, self._boxes, policy, signer, now)
        self._authority: ListAuthority | None = None
        self._house_at: int | None = None
        self._seen: object = None
        self.locked = ""
        """Why nothing can be signed; empty = everything is loaded."""
        self.faults: list[str] = []
        """What could not be done in the last tick, in words."""

    def tick(self) -> None:
        """Do what is due."""
        self.faults = []
        opened = self._load()
        self._ending.expire()
        if opened is not None:
            self._sign(opened)
        changed = self._boxes.look()
        with self._engine.connect() as connection:
            active = active_lists(connection, self._now())
        if opened is not None:
            with self._said():
                self._make_keys(opened)
        keys = self._keys()
        house = self._house_at is None or self._now() - self._house_at >= HOUSE_MS
        seen = (active, keys)
        names = list(self._boxes.known) if house or seen != self._seen else changed
        self._seen = seen
        self._following.follow(names, active)
        if self._following.crowded:
            shown = ", ".join(self._following.crowded[:5])
            self.faults.append(f"the twin of {shown} has no room for its lists: give it fewer zones, lines or lists")
        self._following.note(changed)
        if opened is not None:
            with self._said():
                self._handing.hand(names, active, keys, opened)
                self.faults += self._handing.faults
            if house:
                with self._said():
                    self.clean(opened)
        if house:
            self._house_at = self._now()

    def clean(self, opened: Opened) -> None:
        """End what is over.

        Raises:
            OSError: a file cannot be erased; the rest waits for the next time.
        """
        self._ending.retire(opened)
        self._ending.destroy(opened)
        self._ending.erase(opened)
        self._ending.clear()

    def _load(self) -> Opened | None:
        self.locked = ""
        opened = None
        try:
            opened = self._access.open()
            if self._authority is None:
                self._authority = self._open_authority()
        except NotLoadedError as error:
            self.locked = str(error)
        return opened

    def _sign(self, opened: Opened) -> None:
        if self._authority is None:
            self._publisher.wait(self.locked)
            return
        self._publisher.publish(opened, self._authority)
        self._publisher.rotate(opened, self._authority)
        self.faults += self._publisher.faults

    def _make_keys(self, opened: Opened) -> None:
        """Keys of periods that begin soon, for purposes that some box has."""
        purposes = {name for box in self._boxes.known.values() for name in box.plates.purposes}
        for name in sorted(purposes):
            purpose = self._policy.purposes.get(name)
            if purpose is None or not purpose.pseudonyms:
                continue
            with self._engine.connect() as connection:
                live = live_keys(connection, "pseudonym", purpose=name)
            lost = [key.id for key in live if not opened.keys.holds(key.id)]
            for gone in lost:
                opened.keys.destroy(gone)  # nobody can make or open such a pseudonym any more, and that is what is written down
            ends = [key.ends for key in live if key.ends is not None and key.id not in lost]
            while (period := due(max(ends, default=None), purpose.period_days, self._now())) is not None:
                begins, end = period
                day = time.strftime("%y%m%d", time.gmtime(begins / 1000))
                opened.keys.make(f"p-{name}-{day}-{secrets.token_hex(2)}", "pseudonym", name, begins, end)
                ends.append(end)

    def _keys(self) -> list[KeyRow]:
        with self._engine.connect() as connection:
            return [*live_keys(connection, "list"), *live_keys(connection, "pseudonym")]

    @contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except (HitListError, ProtocolError, KeysError, OSError) as error:
            self.faults.append(str(error))


class Job:
    """Ticks, and says that it lives.

    Args:
        engine: the store.
        lists: does what is due.
    """

    def __init__(self, engine: Engine, lists: Lists) -> None:
        self._engine, self._lists, self._leader = engine, lists, Leader(engine, LIST_LEADER)
        self._said = ""
        self._told_s: float | None = None
        self._told = ""

    def run(self, until: threading.Event) -> None:
        """Work until told to end."""
        pause_s = 0.0
        while not until.wait(pause_s):
            try:
                pause_s = self._turn()
            except STORE_FAULTS as error:
                self._say(f"lists wait: {error.orig}")
                pause_s = RETRY_S
        self._leader.resign()

    def _turn(self) -> float:
        if not self._leader.leads():
            return RETRY_S
        self._lists.tick()
        fault = "; ".join(self._lists.faults)
        self._say(fault or self._lists.locked)
        now_s = time.monotonic()
        news = f"{self._lists.locked} {fault}"
        if self._told_s is None or now_s - self._told_s >= PULSE_S or news != self._told:
            self._told_s, self._told = now_s, news
            write_pulse(self._engine, Pulse(time.time_ns() // 1_000_000, self._lists.locked, fault))
        return IDLE_S

    def _say(self, words: str) -> None:
        if words and words != self._said:
            _log.error("%s", words)
        self._said = words
