"""States, telemetry, reported twins, replies: the last value of each, per device. And two boxes under one name."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
from sqlalchemy import Connection, Engine, select, update

from fleet.audit.log import record
from fleet.ingest.quarantine import Quarantine
from fleet.ingest.sort import KEPT_BYTES, Refused
from fleet.store.database import writing
from fleet.store.tables import device, outgoing
from protocol.codec import Message
from protocol.commands import Reply
from protocol.errors import MalformedError, ProtocolError, TooLargeError
from protocol.limits import PACKET_BYTES
from protocol.state import State, Status, Telemetry
from protocol.topics import Channel, Topic
from protocol.twin import Reported

_state = msgspec.json.Decoder(State)
_telemetry = msgspec.json.Decoder(Telemetry)
_reported = msgspec.json.Decoder(Reported)
_reply = msgspec.json.Decoder(Reply)

_RETURNS = 2
"""A box that restarts goes from one boot to the next; only two boxes come back to the boot before, and again."""
_REMEMBERED = 6


class Conflicts:
    """Notices two boots that alternate under one device name. Pure."""

    def __init__(self) -> None:
        self._boots: dict[str, deque[str]] = {}

    def saw(self, name: str, boot: str) -> bool:
        """A birth. Returns whether it shows, once more, that two boxes share the name."""
        seen = self._boots.setdefault(name, deque(maxlen=_REMEMBERED))
        if seen and seen[-1] == boot:
            return False
        seen.append(boot)
        return sum(seen[i] == seen[i - 2] for i in range(2, len(seen))) >= _RETURNS


@dataclass
class Taken:
    """What became of a batch."""

    born: list[str] = field(default_factory=list)
    """Devices that said that they are there: they want their twin and acknowledgements."""
    conflicts: list[str] = field(default_factory=list)
    """Names that two boxes seem to share."""
    quarantined: int = 0


class Standing:
    """Takes what is not an event. One thread at a time.

    Args:
        engine: the store.
        quarantine: where refused messages go.
    """

    def __init__(self, engine: Engine, quarantine: Quarantine) -> None:
        self._engine = engine
        self._quarantine = quarantine
        self._conflicts = Conflicts()

    def take(self, batch: Sequence[tuple[Message, bytes | None]]) -> Taken:
        """Store a batch of messages with the correlation data that came with each."""
        taken = Taken()
        refused: list[Refused] = []
        now = time.time_ns() // 1_000_000
        with writing(self._engine) as connection:
            for message, correlation in batch:
                try:
                    self._one(connection, message, correlation, now, taken)
                except (ProtocolError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                    refused.append(_refused(message, error))
            taken.quarantined = self._quarantine.add(connection, refused, now)
        taken.born = list(dict.fromkeys(taken.born))
        return taken

    def _one(self, connection: Connection, message: Message, correlation: bytes | None, now: int, taken: Taken) -> None:
        if len(message.payload) > PACKET_BYTES:
            msg = f"message of {len(message.payload)} bytes is over the cap of {PACKET_BYTES}"
            raise TooLargeError(msg)
        topic = Topic.parse(message.topic)
        name = topic.device
        match topic.channel:
            case Channel.STATE:
                self._state(connection, name, message.payload, now, taken)
            case Channel.TELEMETRY:
                _telemetry.decode(message.payload)
                _update(connection, name, telemetry=message.payload, telemetry_at=now, last_word=now)
            case Channel.TWIN_REPORTED:
                _reported.decode(message.payload)
                _update(connection, name, reported=message.payload, last_word=now)
            case Channel.REPLY:
                _replied(connection, name, _reply.decode(message.payload), correlation, now)
            case _:
                msg = f"channel {topic.channel.value!r} is not for boxes to speak on"
                raise MalformedError(msg)

    def _state(self, connection: Connection, name: str, payload: bytes, now: int, taken: Taken) -> None:
        state = _state.decode(payload)
        if state.status is Status.OFFLINE:
            # A will comes from the broker, perhaps long after, perhaps for a boot that another has followed.
            if state.at is None and _boot_of(connection, name) not in {None, state.boot}:
                return
            heard = {} if state.at is None else {"last_word": now}
            _update(connection, name, state=payload, state_at=now, **heard)
            return
        _update(connection, name, state=payload, state_at=now, last_word=now)
        taken.born.append(name)
        if self._conflicts.saw(name, state.boot):
            taken.conflicts.append(name)
            _update(connection, name, conflict_at=now)
            record(connection, "system", "identity.conflict", name, state.boot)


def _boot_of(connection: Connection, name: str) -> str | None:
    found = connection.execute(select(device.c.state).where(device.c.name == name)).scalar()
    return None if found is None else _state.decode(found).boot


def _replied(connection: Connection, name: str, reply: Reply, correlation: bytes | None, now: int) -> None:
    if correlation is None:
        msg = "a reply without correlation data"
        raise MalformedError(msg)
    connection.execute(
        update(outgoing)
        .where(outgoing.c.correlation == correlation.decode("ascii", "replace")[:36], outgoing.c.device == name)
        .where(outgoing.c.replied_at.is_(None))
        .values(reply=msgspec.json.encode(reply).decode(), replied_at=now)
    )


def _update(connection: Connection, name: str, **values: object) -> None:
    connection.execute(update(device).where(device.c.name == name).values(**values, changed=device.c.changed + 1))


def _refused(message: Message, error: Exception) -> Refused:
    reason = error.reason if isinstance(error, ProtocolError) else MalformedError.reason
    try:
        name = Topic.parse(message.topic).device
    except ProtocolError:
        name = ""
    data = b"" if isinstance(error, TooLargeError) else message.payload[:KEPT_BYTES]
    return Refused(name, None, reason, str(error)[:240], message.topic[:160], data)
