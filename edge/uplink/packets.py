"""Messages of the contract as paho-mqtt takes them."""

from __future__ import annotations

import msgspec
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.uplink.config import UplinkConfig
from protocol.codec import Message, encode_body
from protocol.topics import RULES, Channel, Topic


def plain(config: UplinkConfig, channel: Channel, body: msgspec.Struct) -> tuple[str, bytes, int, bool]:
    """Topic, payload, QoS and retain flag of what is not an event."""
    rule = RULES[channel]
    return str(Topic(config.fleet, config.device, channel)), encode_body(body), rule.qos, rule.retain


def attributes(message: Message) -> Properties:
    """The attributes of an event, as user properties."""
    properties = Properties(PacketTypes.PUBLISH)
    properties.UserProperty = list(message.properties)
    return properties
