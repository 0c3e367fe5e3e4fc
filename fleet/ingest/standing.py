"""States, telemetry, reported twins, replies: the last value of each, per device. And two boxes under one name."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
from sqlalchemy import Connection, Engine, select, update

from fleet.audit.log import record
from fleet.ingest.known import known_of, stranger
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

_CORRELATION = re.compile(rb"[0-9a-f-]{36}")
"""Nothing else is looked for: PostgreSQL takes no U+0000, and a box must not be able to stop ingest with one."""
_RETURNS = 2
"""A box that restarts goes from one boot to the next; only two boxes come back to the boot before, and again."""
_REMEMBERED = 6


class Conflicts:
    """Notices two boots that alternate under one device name. Pure."""

    def __init__(self, boots: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self._boots = dict(boots or {})

    def saw(self, name: str, boot: str) -> bool:
        """A birth. Returns whether it shows, once more, that two boxes share the name."""
        seen = self._boots.get(name, ())
        if seen and seen[-1] == boot:
            return False
        seen = self._boots[name] = (*seen, boot)[-_REMEMBERED:]
        return sum(seen[i] == seen[i - 2] for i in range(2, len(seen))) >= _RETURNS

    def copy(self) -> Conflicts:
        """What is known so far, to go on from."""
        return Conflicts(self._boots)


@dataclass
class Taken:
    """What became of a batch."""

    born: list[str] = field(default_factory=list)
    """Devices that said that they are there: they want their twin and acknowledgements."""
    conflicts: dict[str, str] = field(default_factory=dict)
    """Names that two boxes seem to share, and the boot that showed it."""
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
        conflicts = self._conflicts.copy()  # a batch that the store does not take is taken again, births and all
        with writing(self._engine) as connection:
            known = known_of(connection, (_sender(message) for message, _ in batch))
            for message, correlation in batch:
                if (name := _sender(message)) and name not in known:
                    refused.append(stranger(name, None, message.topic[:160]))
                    continue
                try:
                    self._one(connection, message, correlation, now, taken, conflicts)
                except (ProtocolError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                    refused.append(_refused(message, error))
            taken.quarantined = self._quarantine.add(connection, refused, now)
            for name, boot in taken.conflicts.items():
                record(connection, "system", "identity.conflict", name, boot)
        self._conflicts = conflicts
        taken.born = list(dict.fromkeys(taken.born))
        return taken

    def _one(  # noqa: PLR0913 - one message, and what it may change
        self,
        connection: Connection,
        message: Message,
        correlation: bytes | None,
        now: int,
        taken: Taken,
        conflicts: Conflicts,
    ) -> None:
        if len(message.payload) > PACKET_BYTES:
            msg = f"message of {len(message.payload)} bytes is over the cap of {PACKET_BYTES}"
            raise TooLargeError(msg)
        topic = Topic.parse(message.topic)
        name = topic.device
        match topic.channel:
            case Channel.STATE:
                self._state(connection, name, message.payload, now, taken, conflicts)
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

    @staticmethod
    def _state(  # noqa: PLR0913 - as above
        connection: Connection, name: str, payload: bytes, now: int, taken: Taken, conflicts: Conflicts
    ) -> None:
        state = _state.decode(payload)
        if state.status is Status.OFFLINE:
            # A will comes from the broker, perhaps long after, perhaps for a boot that another has followed.
            if state.at is None and _boot_of(connection, name) not in {None, state.boot}:
                return
            heard = {} if state.at is None else {"last_word": now}
            _update(connection, name, state=payload, state_at=now, **heard)
            return
        # What a box is stays known while it is away: a will does not say it.
        _update(connection, name, state=payload, birth=payload, state_at=now, last_word=now)
        taken.born.append(name)
        if conflicts.saw(name, state.boot):
            taken.conflicts[name] = state.boot
            _update(connection, name, conflict_at=now)


def _boot_of(connection: Connection, name: str) -> str | None:
    found = connection.execute(select(device.c.state).where(device.c.name == name)).scalar()
    return None if found is None else _state.decode(found).boot


def _replied(connection: Connection, name: str, reply: Reply, correlation: bytes | None, now: int) -> None:
    if correlation is None or _CORRELATION.fullmatch(correlation) is None:
        msg = "a reply without correlation data of ours"
        raise MalformedError(msg)
    connection.execute(
        update(outgoing)
        .where(outgoing.c.correlation == correlation.decode("ascii"), outgoing.c.device == name)
        .where(outgoing.c.replied_at.is_(None))
        .values(reply=msgspec.json.encode(reply).decode(), replied_at=now)
    )


def _update(connection: Connection, name: str, **values: object) -> None:
    connection.execute(update(device).where(device.c.name == name).values(**values, changed=device.c.changed + 1))


def _refused(message: Message, error: Exception) -> Refused:
    reason = error.reason if isinstance(error, ProtocolError) else MalformedError.reason
    data = b"" if isinstance(error, TooLargeError) else message.payload[:KEPT_BYTES]
    return Refused(_sender(message), None, reason, str(error)[:240], message.topic[:160], data)


def _sender(message: Message) -> str:
    try:
        return Topic.parse(message.topic).device
    except ProtocolError:
        return ""
