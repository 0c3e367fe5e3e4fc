"""The desired twin of a box: its parts as they stand, and the next one.

Rules: whoever changes one part keeps the others as they are, byte for byte, and the version rises past everything that the box
has heard or said. What does not fit a packet is never written: a twin that cannot be sent would silence the box for ever.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, update

from fleet.ingest.outgoing import TWIN, ask
from fleet.store.tables import device
from protocol.config import Config
from protocol.limits import PACKET_BYTES
from protocol.orders import SignedOrders
from protocol.twin import ListOrder

LARGEST = PACKET_BYTES - 512
"""Bytes of a twin; the rest is for an MQTT packet's header, topic and properties."""


class _Stored(msgspec.Struct, omit_defaults=True):
    """A desired or a reported twin, as far as it must be understood here."""

    version: int
    config: msgspec.Raw
    orders: SignedOrders | None = None
    lists: tuple[ListOrder, ...] = ()


_stored = msgspec.json.Decoder(_Stored)
_encoder = msgspec.json.Encoder()


@dataclass(frozen=True)
class Twin:
    """What the manager wants of a box, with what the box says that it runs.

    Attributes:
        version: the highest that either names.
        config: JSON: what is wanted, or, where nothing is, what runs; ``None`` when neither is known.
        orders: that stand.
        lists: hit lists that stand.
    """

    version: int
    config: bytes | None
    orders: SignedOrders | None
    lists: tuple[ListOrder, ...] = ()

    def next(
        self,
        config: Config | None = None,
        orders: SignedOrders | None = None,
        lists: tuple[ListOrder, ...] | None = None,
    ) -> bytes | None:
        """The twin that follows, with another part; ``None`` when it would not fit a packet.

        Args:
            config: another configuration; ``None`` keeps the one that stands.
            orders: other orders; likewise.
            lists: other hit lists; likewise, and ``()`` = none should be used.

        Raises:
            ValueError: no configuration is known.
        """
        wanted = self.config if config is None else _encoder.encode(config)
        if wanted is None:
            msg = "a twin without a configuration cannot be made"
            raise ValueError(msg)
        kept = self.lists if lists is None else lists
        payload = _encoder.encode(_Stored(self.version + 1, msgspec.Raw(wanted), orders or self.orders, kept))
        return payload if len(payload) <= LARGEST else None


def read_twin(desired: bytes | None, reported: bytes | None) -> Twin:
    """Read both twins of a box as stored."""
    wanted, runs = (None if data is None else _stored.decode(data) for data in (desired, reported))
    known = [part for part in (wanted, runs) if part is not None]
    version = max((part.version for part in known), default=0)
    config = bytes(known[0].config) if known else None
    return Twin(version, config, wanted.orders if wanted else None, wanted.lists if wanted else ())


def write_desired(connection: Connection, name: str, payload: bytes, **values: object) -> None:
    """Store a twin and queue it to its box, in the caller's writing transaction.

    Args:
        connection: a writing transaction.
        name: of the box.
        payload: of :meth:`Twin.next`.
        **values: other columns of the box's row that change with it.
    """
    changed = update(device).where(device.c.name == name)
    connection.execute(changed.values(desired=payload, changed=device.c.changed + 1, **values))
    ask(connection, name, TWIN, payload)
