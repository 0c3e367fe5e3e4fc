"""The page of the wire contract: what a person needs to write the other end.

Rules: everything that the code knows (channels, sizes, fields, reasons, examples) is read from it; what is written here is only
what ties it together. The rules of a message are those at the top of its module.
"""

from __future__ import annotations

import importlib
import inspect
import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from protocol.catalogue import CATALOGUE, Entry, cap, expiry_s
from protocol.codec import encode_event
from protocol.commands import CommandName
from protocol.errors import ProtocolError
from protocol.events import OBSERVED, PRIORITY, Event
from protocol.examples import DEVICE, FLEET
from protocol.fields import Schema, prose, table
from protocol.json_schema import attributes_schema, components
from protocol.limits import CONFIG_BYTES, EVENT_BYTES, PACKET_BYTES, SCHEMA_MAJOR, SCHEMA_MINOR, TEXT_CHARACTERS
from protocol.topics import ROOT, RULES, Channel, Topic

_WIDTH = 100
"""Of examples, characters."""

_HEAD = """\
<!-- Made by `make generated` from the types in protocol/. Change those. -->

# The wire contract

Version {version}. What a device and its manager say to one another: the topics, every message, every field with its unit and
range, and one example of each as the software writes it. Messages travel as MQTT 5 over TLS with a certificate of the
device's own; payloads are strict JSON in UTF-8. The JSON Schemas and an AsyncAPI 3.0 document lie in
[protocol/schemas](../protocol/schemas).

What can leave a box is what this page lists. No field holds bytes, pictures, sound, embeddings or templates, no list, map or
text is without a bound, and no free text of an event is longer than {text} characters.
"""

_CHANNELS = """\
## Channels

A topic is `{root}/<fleet>/<device>/<channel>`. Fleet and device are 1 to 32 of `a-z`, `0-9` and `-` and start with a letter;
the device's name is also its certificate's common name and its MQTT client id, and the broker lets it publish on its own
topics only.
"""

_AFTER_CHANNELS = """\
An event's size is its payload and its user properties, each property counted with 5 bytes more. The largest MQTT packet of any
channel is {packet} bytes: broker and clients announce it, and what is larger is neither carried nor read. A configuration is at
most {config} bytes of JSON, so that a twin always fits a packet with the reasons of a refusal.
"""

_DECODING = """\
## Decoding

Both ends refuse the same; nothing is mended on the way.

- A field that is not of the type, a value out of its bounds, a missing required field: refused. Text is not taken for a number
  nor a number for text.
- Numbers are finite. Whole numbers are at most 2^53 - 1, exact in every JSON reader. Times carry their time zone.
- In an event, a key stands once in an object and no text holds U+0000. The attributes are exactly those listed.
- An event of a later minor version is not decoded: the manager keeps its bytes and acknowledges it, so that a mixed fleet
  loses nothing. Another major version is refused.
- A refused event is kept in quarantine with its reason and its sender. Where its `boot` and `seq` can be read it counts as
  accounted for, so that it is not sent for ever.

| reason | when |
|---|---|
"""

_EVENTS = """\
## Events

CloudEvents 1.0 in the MQTT binding's binary mode: the attributes are MQTT 5 user properties, the payload is the body.
`(device, boot, seq)` identifies an event in the store; `id` is for people and other systems.

"""


def page() -> str:
    """Make the page."""
    return "\n".join([*_front(), *_events(), *_messages(), *_types()]).rstrip() + "\n"


def _front() -> Iterator[str]:
    yield _HEAD.format(version=f"{SCHEMA_MAJOR}.{SCHEMA_MINOR}", text=TEXT_CHARACTERS)
    yield _CHANNELS.format(root=ROOT)
    yield "| channel | direction | QoS | retained | expires | at most |"
    yield "|---|---|---|---|---|---|"
    for channel in Channel:
        rule, expiry = RULES[channel], expiry_s(channel)
        level = {Channel.EVENT: "/<type>", Channel.COMMAND: "/<name>"}.get(channel, "")
        yield (
            f"| `{channel.value}{level}` | {'from the device' if rule.from_device else 'to the device'} | {rule.qos} | "
            f"{'yes' if rule.retain else 'no'} | {'never' if expiry is None else f'after {expiry} s'} | {cap(channel)} bytes |"
        )
    yield ""
    yield _AFTER_CHANNELS.format(packet=PACKET_BYTES, config=CONFIG_BYTES)
    yield _DECODING.rstrip()
    for error in sorted(ProtocolError.__subclasses__(), key=lambda e: e.reason):
        if error.__module__ == ProtocolError.__module__:
            yield f"| `{error.reason}` | {prose(inspect.getdoc(error) or '').rstrip('.')} |"
    yield ""


def _events() -> Iterator[str]:
    named = components()
    entries = [entry for entry in CATALOGUE if entry.event is not None]
    yield _EVENTS + _rules("protocol.events") + "\n"
    yield "### Attributes\n"
    yield from table(attributes_schema(), named)
    yield "\n### Body\n"
    yield "The same for every type, but for `observed`.\n"
    yield from table(_body(entries[0], named), named, without=frozenset({"observed"}))
    for entry in entries:
        assert entry.event is not None
        observed = named[OBSERVED[entry.event].__name__]
        yield f"\n### {entry.event.value}\n"
        yield f"{prose(observed['description'])} Priority: {PRIORITY[entry.event].name.lower()}. `observed`:\n"
        yield from table(observed, named)
        yield ""
        yield from _example(entry)


def _messages() -> Iterator[str]:
    named = components()
    others = [entry for entry in CATALOGUE if entry.event is None]
    for module, group in itertools.groupby(others, key=lambda entry: str(entry.type.__module__)):
        entries = list(group)
        titles = [entries[0].title, *(entry.title[0].lower() + entry.title[1:] for entry in entries[1:])]
        yield f"\n## {' and '.join(titles)}\n"
        yield _rules(module)
        for entry in entries:
            yield f"\n### {entry.name}\n"
            way = entry.otherwise or f"Channel `{entry.channel.value if entry.channel else ''}`"
            yield f"{prose(named[entry.type.__name__]['description'])} {way}.\n"
            yield from table(named[entry.type.__name__], named)
            yield ""
            yield from _example(entry)


def _types() -> Iterator[str]:
    named = components()
    shown = {observed.__name__ for observed in OBSERVED.values()} | {entry.type.__name__ for entry in CATALOGUE}
    yield "\n## Types\n"
    yield "What the fields above refer to, by name."
    for name, schema in sorted(named.items()):
        if name not in shown and schema.get("type") == "object" and not name.startswith("EventBody_"):
            yield f"\n### {name}\n\n{prose(schema['description'])}\n"
            yield from table(schema, named)


def _example(entry: Entry) -> Iterator[str]:
    if isinstance(entry.example, Event):
        message = encode_event(entry.example)
        yield f"Example, {message.size} of {EVENT_BYTES} bytes:\n\n```\n{message.topic}"
        yield from (f"{name}: {value}" for name, value in message.properties)
        yield "```"
    else:
        yield "Example:" if entry.channel is None else f"Example, on `{_topic(entry.channel)}`:"
    yield f"\n```json\n{_pretty(msgspec.json.decode(entry.payload))}\n```"


def _pretty(value: Any, indent: str = "") -> str:
    """JSON on few lines: what fits on one stays on one."""
    line = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(line) <= _WIDTH or not isinstance(value, (dict, list)) or not value:
        return line
    deeper = indent + "  "
    if isinstance(value, dict):
        items = [f"{json.dumps(key)}: {_pretty(item, deeper)}" for key, item in value.items()]
    else:
        items = [_pretty(item, deeper) for item in value]
    first, last = "{}" if isinstance(value, dict) else "[]"
    return f"{first}\n{deeper}" + f",\n{deeper}".join(items) + f"\n{indent}{last}"


def _topic(channel: Channel) -> Topic:
    return Topic(FLEET, DEVICE, channel, CommandName.PING.value if RULES[channel].detail else "")


def _body(entry: Entry, named: Mapping[str, Schema]) -> Schema:
    assert entry.event is not None
    return named[f"EventBody_{OBSERVED[entry.event].__name__}_"]


def _rules(module: str) -> str:
    """What the module says of its messages, after its first line."""
    text = inspect.getdoc(importlib.import_module(module)) or ""
    return prose(text.partition("\n\n")[2]).strip()
