"""The AsyncAPI 3.0 document: channels, operations and messages as a device sees them.

Payloads are not repeated: they refer to the schemas that lie beside the document. Where AsyncAPI has no word (the cap of a
channel), the description says it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from protocol.catalogue import CATALOGUE, Entry, cap, expiry_s
from protocol.codec import CONTENT_TYPE, encode_event
from protocol.commands import CommandName
from protocol.events import Event
from protocol.identifiers import NAME_PATTERN
from protocol.json_schema import ATTRIBUTES_NAME, ecma
from protocol.limits import PACKET_BYTES, SCHEMA_MAJOR, SCHEMA_MINOR
from protocol.topics import ROOT, RULES, Channel

_BINDING = "0.2.0"
_SCHEMA_FORMAT = "application/schema+json;version=draft-2020-12"
_PARAMETERS = {
    "fleet": f"Name of the fleet, {ecma(NAME_PATTERN)}",
    "device": "Name of the device: its certificate's common name and its MQTT client id",
}


def asyncapi() -> dict[str, Any]:
    """Make the document."""
    entries = [entry for entry in CATALOGUE if entry.channel is not None]
    return {
        "asyncapi": "3.0.0",
        "id": f"urn:lamplighter:wire:v{SCHEMA_MAJOR}",
        "info": {
            "title": "Lamplighter, the device's side of the wire",
            "version": f"{SCHEMA_MAJOR}.{SCHEMA_MINOR}.0",
            "description": "What a device sends and receives over MQTT 5. Only events leave the box.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {"broker": _server()},
        "channels": {entry.name: _channel(entry) for entry in entries},
        "operations": {entry.name: _operation(entry) for entry in entries if entry.channel is not Channel.REPLY},
        "components": {
            "messages": {entry.name: _message(entry) for entry in entries},
            "parameters": {name: {"description": text} for name, text in _PARAMETERS.items()},
            "securitySchemes": {"certificate": {"type": "X509", "description": "The device's own certificate, mutual TLS"}},
        },
    }


def _server() -> dict[str, Any]:
    return {
        "host": "{host}",
        "protocol": "secure-mqtt",
        "protocolVersion": "5.0",
        "description": "The manager's broker; the device is told its address when it enrols.",
        "variables": {"host": {"description": "Host and port", "examples": ["broker.example:8883"]}},
        "security": [{"$ref": "#/components/securitySchemes/certificate"}],
        "bindings": {"mqtt": {"cleanSession": True, "maximumPacketSize": PACKET_BYTES, "bindingVersion": _BINDING}},
    }


def _channel(entry: Entry) -> dict[str, Any]:
    channel = entry.channel
    assert channel is not None
    parameters: dict[str, Any] = {name: {"$ref": f"#/components/parameters/{name}"} for name in _PARAMETERS}
    address = f"{ROOT}/{{fleet}}/{{device}}/{channel.value}"
    if entry.event is not None:
        address += f"/{entry.event.value}"
    elif RULES[channel].detail:
        address += "/{name}"
        parameters["name"] = {"description": "What is asked", "enum": [name.value for name in CommandName]}
    return {
        "title": entry.title,
        "address": address,
        "description": f"At most {cap(channel)} bytes.",
        "parameters": parameters,
        "messages": {entry.name: {"$ref": f"#/components/messages/{entry.name}"}},
    }


def _operation(entry: Entry) -> dict[str, Any]:
    channel = entry.channel
    assert channel is not None
    rule, expiry = RULES[channel], expiry_s(channel)
    binding: dict[str, Any] = {"qos": rule.qos, "retain": rule.retain, "bindingVersion": _BINDING}
    if expiry is not None:
        binding["messageExpiryInterval"] = expiry
    operation: dict[str, Any] = {
        "action": "send" if rule.from_device else "receive",
        "channel": {"$ref": f"#/channels/{entry.name}"},
        "messages": [{"$ref": f"#/channels/{entry.name}/messages/{entry.name}"}],
        "bindings": {"mqtt": binding},
    }
    if channel is Channel.COMMAND:
        operation["reply"] = {
            "channel": {"$ref": "#/channels/reply"},
            "messages": [{"$ref": "#/channels/reply/messages/reply"}],
        }
    return operation


def _message(entry: Entry) -> dict[str, Any]:
    message: dict[str, Any] = {
        "name": entry.name,
        "title": entry.title,
        "contentType": CONTENT_TYPE,
        "payload": _schema(entry.name),
    }
    example: dict[str, Any] = {"name": "example", "payload": msgspec.json.decode(entry.payload)}
    if isinstance(entry.example, Event):
        message["headers"] = _schema(ATTRIBUTES_NAME)
        example["headers"] = dict(encode_event(entry.example).properties)
    if entry.channel in {Channel.COMMAND, Channel.REPLY}:
        binding: dict[str, Any] = {"correlationData": {"type": "string", "description": "Goes back unchanged with the reply"}}
        if entry.channel is Channel.COMMAND:
            binding["responseTopic"] = f"{ROOT}/{{fleet}}/{{device}}/{Channel.REPLY.value}"
        message["bindings"] = {"mqtt": {**binding, "bindingVersion": _BINDING}}
    message["examples"] = [example]
    return message


def _schema(name: str) -> dict[str, Any]:
    return {"schemaFormat": _SCHEMA_FORMAT, "schema": {"$ref": f"./{name}.json"}}
