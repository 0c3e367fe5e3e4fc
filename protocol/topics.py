"""Topics: ``lamplighter/v1/<fleet>/<device>/<channel>[/<detail>]``.

Rules: a :class:`Topic` cannot exist invalid. The device level is the certificate's common name and the MQTT client id, so
the broker's access list needs no table. ``DEVICE_PUBLISHES`` is the whole of what a device may send.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from protocol.errors import InvalidTopicError
from protocol.identifiers import check_name

ROOT = "lamplighter/v1"
_DETAIL_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-_")


class Channel(str, enum.Enum):
    """What a topic carries; direction, quality of service and retention follow from it."""

    EVENT = "event"
    ACK = "ack"
    STATE = "state"
    TELEMETRY = "telemetry"
    TWIN_DESIRED = "twin/desired"
    TWIN_REPORTED = "twin/reported"
    COMMAND = "command"
    REPLY = "reply"


@dataclass(frozen=True)
class ChannelRule:
    """How a channel travels."""

    from_device: bool
    qos: int
    retain: bool
    detail: bool
    """Whether one more level follows (the event's type, the command's name)."""


RULES: dict[Channel, ChannelRule] = {
    Channel.EVENT: ChannelRule(from_device=True, qos=1, retain=False, detail=True),
    Channel.ACK: ChannelRule(from_device=False, qos=1, retain=False, detail=False),
    Channel.STATE: ChannelRule(from_device=True, qos=1, retain=True, detail=False),
    Channel.TELEMETRY: ChannelRule(from_device=True, qos=0, retain=False, detail=False),
    Channel.TWIN_DESIRED: ChannelRule(from_device=False, qos=1, retain=True, detail=False),
    Channel.TWIN_REPORTED: ChannelRule(from_device=True, qos=1, retain=True, detail=False),
    Channel.COMMAND: ChannelRule(from_device=False, qos=1, retain=False, detail=True),
    Channel.REPLY: ChannelRule(from_device=True, qos=1, retain=False, detail=False),
}

DEVICE_PUBLISHES = frozenset(channel for channel, rule in RULES.items() if rule.from_device)


@dataclass(frozen=True)
class Topic:
    """One concrete topic.

    Raises:
        InvalidNameError: for a fleet or device name that is not one.
        InvalidTopicError: for a detail that is missing, not wanted, or not of ``a-z 0-9 . - _`` (1-64 characters).
    """

    fleet: str
    device: str
    channel: Channel
    detail: str = ""

    def __post_init__(self) -> None:
        check_name(self.fleet, "fleet")
        check_name(self.device, "device")
        if RULES[self.channel].detail != bool(self.detail):
            state = "needs a further level" if RULES[self.channel].detail else f"has no level {self.detail[:64]!r}"
            msg = f"channel {self.channel.value!r} {state}"
            raise InvalidTopicError(msg)
        if len(self.detail) > 64 or not _DETAIL_CHARACTERS.issuperset(self.detail):  # noqa: PLR2004 - documented above
            msg = f"topic level {self.detail[:64]!r} is not valid: 1-64 of a-z, 0-9, '.', '-' and '_'"
            raise InvalidTopicError(msg)

    def __str__(self) -> str:
        base = f"{ROOT}/{self.fleet}/{self.device}/{self.channel.value}"
        return f"{base}/{self.detail}" if self.detail else base

    @classmethod
    def parse(cls, text: str) -> Topic:
        """Read a topic as received.

        Raises:
            InvalidTopicError: when it is not one of ours.
            InvalidNameError: when its fleet or device is not a name.
        """
        if len(text) > 256 or not text.startswith(ROOT + "/"):  # noqa: PLR2004 - longest valid topic is 155
            msg = f"topic {text[:80]!r} does not start with {ROOT!r}"
            raise InvalidTopicError(msg)
        levels = text[len(ROOT) + 1 :].split("/")
        if len(levels) < 3:  # noqa: PLR2004 - fleet, device, channel
            msg = f"topic {text[:80]!r} lacks a fleet, device or channel"
            raise InvalidTopicError(msg)
        fleet, device, *rest = levels
        for size in (2, 1):
            name = "/".join(rest[:size])
            if name in _CHANNELS:
                topic = cls(fleet, device, _CHANNELS[name], "/".join(rest[size:]))
                if str(topic) == text:  # an empty last level would be a second spelling
                    return topic
        msg = f"topic {text[:80]!r} names no channel of this contract"
        raise InvalidTopicError(msg)


_CHANNELS = {channel.value: channel for channel in Channel}


def device_subscriptions(fleet: str, device: str) -> tuple[str, ...]:
    """Topic filters that a device subscribes to: acknowledgements, desired twin, commands."""
    base = f"{ROOT}/{check_name(fleet, 'fleet')}/{check_name(device, 'device')}"
    return (f"{base}/ack", f"{base}/twin/desired", f"{base}/command/+")


def manager_subscriptions(fleet: str) -> tuple[str, ...]:
    """Topic filters that the manager's ingest subscribes to, for all devices of a fleet."""
    base = f"{ROOT}/{check_name(fleet, 'fleet')}/+"
    return (f"{base}/event/+", f"{base}/state", f"{base}/telemetry", f"{base}/twin/reported", f"{base}/reply")
