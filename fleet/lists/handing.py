"""Keys on their way to boxes: sealed for the lock that a box has offered, signed as orders are, sent as a command.

Rules: an offer counts when the box's own key has signed it for this fleet, this box and this boot; what was withdrawn, is away
or offers no lock gets nothing; each key that is given is in the audit log, with the box, in the transaction that sends it; the
rate is bounded (:mod:`fleet.lists.keys_wanted`) and survives a restart.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, Engine, delete, insert, select

from fleet.audit.log import record
from fleet.ingest.outgoing import ask
from fleet.lists.access import Opened
from fleet.lists.boxes import Box, Boxes
from fleet.lists.errors import KeyGoneError
from fleet.lists.keys_wanted import Given, Handout, after, needs, next_at, wanted
from fleet.lists.keystore import KeyRow
from fleet.lists.ledger import SYSTEM, Version
from fleet.policy.policy import Policy
from fleet.rollouts.signer import OrderSigner
from fleet.store.database import writing
from fleet.store.tables import device, key_handout
from protocol.codec import encode_body
from protocol.commands import Command, CommandName
from protocol.keys import KeyBundle, PlateKey, SealedKeys, offer_bytes, packed, sealed_bytes, unpacked
from protocol.sealing import seal
from protocol.state import State


class Handing:
    """Hands keys out. One at a time in a fleet.

    Args:
        engine: the store.
        fleet: its name.
        boxes: of the fleet.
        policy: of the fleet.
        signer: of orders.
        now: clock, ms.
    """

    def __init__(  # noqa: PLR0913 - see above
        self, engine: Engine, fleet: str, boxes: Boxes, policy: Policy, signer: OrderSigner, now: Callable[[], int]
    ) -> None:
        self._engine, self._fleet, self._boxes, self._policy, self._signer = engine, fleet, boxes, policy, signer
        self._now = now
        self._last: dict[str, Handout | None] = {}
        self._refused: dict[str, str] = {}
        self._waiting: set[str] = set()
        self.faults: list[str] = []
        """Keys that could not be opened in the last :meth:`hand`."""

    def hand(self, names: Iterable[str], active: Mapping[str, Version], keys: Iterable[KeyRow], opened: Opened) -> int:
        """Send keys to boxes that need them. Returns how many were sent.

        Args:
            names: boxes that are looked at; those that wait for their turn are as well.
            active: versions that stand, by list.
            keys: that were not destroyed.
            opened: the key store.

        Raises:
            fleet.identity.authority.KeysError: nothing can be signed.
        """
        now, sent = self._now(), 0
        self.faults = []
        rows = list(keys)
        for name in {*names, *self._waiting}:
            box = self._boxes.known.get(name)
            self._waiting.discard(name)
            if box is None or box.state is None:
                continue
            given = wanted(box, active, rows, self._policy, now)
            last = self._last_of(name)
            if not needs(box, given, last) or not self._offered(box, box.state):
                continue
            if now < next_at(box, given, last):
                self._waiting.add(name)
                continue
            sent += self._send(box, box.state, given, last, opened)
            self._waiting.add(name)  # until it says that it holds them
        return sent

    def _send(self, box: Box, state: State, given: tuple[Given, ...], last: Handout | None, opened: Opened) -> int:
        assert state.lock is not None
        now = self._now()
        moment = _moment(now)
        try:
            secrets = tuple(_key(key, opened.keys.secret(key.id)) for key in given)
            sender, sealed = seal(KeyBundle(self._fleet, box.name, state.boot, secrets), state.lock.lock)
        except KeyGoneError as error:
            self.faults.append(str(error))
            return 0
        except ValueError:
            self._refuse(box.name, state.lock.lock)  # a point of small order opens for anybody
            return 0
        signature = self._signer.signature(sealed_bytes(state.lock.lock, sender, sealed))
        letter = SealedKeys(state.lock.lock, sender, sealed, signature, self._signer.certificate_pem(moment))
        made = after(box, given, last, now)
        with writing(self._engine) as connection:
            standing = select(device.c.public_key).where(device.c.name == box.name, device.c.withdrawn_at.is_(None))
            if connection.execute(standing.with_for_update()).scalar() != box.public_key:
                return 0  # withdrawn or enrolled anew a moment ago
            ask(connection, box.name, CommandName.KEYS.value, encode_body(Command(moment, keys=letter)))
            self._keep(connection, box.name, made, [key.id for key in given])
            for key in given:
                record(connection, SYSTEM, "key.give", f"{key.id} {box.name}", f"{state.boot} {state.lock.lock}")
        self._last[box.name] = made
        return 1

    def _offered(self, box: Box, state: State) -> bool:
        """Whether the lock is this box's own."""
        offer = state.lock
        if offer is None or box.public_key is None or self._refused.get(box.name) == offer.lock:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(box.public_key).verify(
                unpacked(offer.signature), offer_bytes(self._fleet, box.name, state.boot, offer.lock)
            )
        except (InvalidSignature, ValueError):
            self._refuse(box.name, offer.lock)
            return False
        return True

    def _refuse(self, name: str, lock: str) -> None:
        """Note once for a lock that it was not taken."""
        known = self._refused.get(name)
        self._refused[name] = lock
        if known is None:  # once in the life of this process: a box must not be able to fill the log
            with writing(self._engine) as connection:
                record(connection, SYSTEM, "key.refuse", name, lock)

    def _last_of(self, name: str) -> Handout | None:
        if name not in self._last:
            columns = [key_handout.c[field] for field in Handout.__dataclass_fields__]
            with self._engine.connect() as connection:
                row = connection.execute(select(*columns).where(key_handout.c.device == name)).first()
            self._last[name] = None if row is None else Handout(*row)
        return self._last[name]

    @staticmethod
    def _keep(connection: Connection, name: str, made: Handout, ids: list[str]) -> None:
        values: dict[str, Any] = {field: getattr(made, field) for field in Handout.__dataclass_fields__}
        connection.execute(delete(key_handout).where(key_handout.c.device == name))
        connection.execute(insert(key_handout).values(device=name, ids=msgspec.json.encode(ids).decode(), **values))


def _key(given: Given, secret: bytes) -> PlateKey:
    return PlateKey(given.id, given.use, given.purpose, packed(secret), _moment(given.begins), _moment(given.ends))


def _moment(at: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(at / 1000, dt.timezone.utc)
