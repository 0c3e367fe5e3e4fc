"""What the manager says to the box: acknowledgements, desired twins, commands. Everything is untrusted until decoded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec

from edge.explain import twin_refusal
from edge.uplink.config import UplinkConfig
from edge.uplink.session import Session
from protocol.acks import Ack
from protocol.codec import encode_body
from protocol.commands import Command, Reply
from protocol.config import Refusal
from protocol.errors import ProtocolError
from protocol.identifiers import Ordinal
from protocol.limits import PACKET_BYTES
from protocol.topics import Channel, Topic
from protocol.twin import Desired

OnDesired: TypeAlias = Callable[[Desired], None]
OnRefused: TypeAlias = Callable[[int, Refusal], None]
OnCommand: TypeAlias = Callable[[str, Command], Reply]
Answer: TypeAlias = tuple[str, bytes, bytes | None]
"""Response topic, payload, correlation data."""


class _Version(msgspec.Struct):
    """All that need be understood of a desired twin to refuse it by its version."""

    version: Ordinal


_ack = msgspec.json.Decoder(Ack)
_desired = msgspec.json.Decoder(Desired)
_version = msgspec.json.Decoder(_Version)
_command = msgspec.json.Decoder(Command)


class Inbound:
    """Sorts what comes in.

    Args:
        config: who the box is.
        session: takes acknowledgements.
        on_desired: takes a desired twin.
        on_command: answers a command.
        on_refused: takes the version of a desired twin that does not decode, and why: a manager may be newer than the box.
    """

    def __init__(
        self,
        config: UplinkConfig,
        session: Session,
        on_desired: OnDesired,
        on_command: OnCommand,
        on_refused: OnRefused = lambda _version, _refusal: None,
    ) -> None:
        self._config, self._session = config, session
        self._on_desired, self._on_command, self._on_refused = on_desired, on_command, on_refused
        self.refused = 0
        """Messages that were not understood; they change nothing."""

    def take(self, message: Any) -> Answer | None:
        """Take one MQTT message (paho's). Returns the reply to a command."""
        try:
            payload = bytes(message.payload)
            topic = Topic.parse(message.topic)
            if len(payload) > PACKET_BYTES or (topic.fleet, topic.device) != (self._config.fleet, self._config.device):
                self.refused += 1
                return None
            match topic.channel:
                case Channel.ACK:
                    self._session.acknowledged(_ack.decode(payload))
                case Channel.TWIN_DESIRED:
                    if payload:
                        self._desired(payload)
                case Channel.COMMAND:
                    return self._answer(topic.detail, payload, message)
                case _:
                    self.refused += 1
        except (ProtocolError, msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
            self.refused += 1
        return None

    def _desired(self, payload: bytes) -> None:
        try:
            desired = _desired.decode(payload)
        except msgspec.ValidationError as error:
            version = _version.decode(payload).version
            self.refused += 1
            self._on_refused(version, twin_refusal(error, payload))
        else:
            self._on_desired(desired)

    def _answer(self, name: str, payload: bytes, message: Any) -> Answer | None:
        properties = message.properties
        topic = getattr(properties, "ResponseTopic", None)
        reply = self._on_command(name, _command.decode(payload))
        if topic is None:
            return None
        expected = str(Topic(self._config.fleet, self._config.device, Channel.REPLY))
        if topic != expected:
            self.refused += 1
            return None
        return topic, encode_body(reply), getattr(properties, "CorrelationData", None)
