"""The contract's page and the AsyncAPI document: what they show is what the software does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from protocol.asyncapi import asyncapi
from protocol.catalogue import CATALOGUE, Entry, cap
from protocol.check import check_config
from protocol.codec import Message, decode_event
from protocol.commands import EXPIRY_S, CommandName
from protocol.events import BODY, EventType
from protocol.examples import DEVICE, EVENTS, FLEET, MANIFEST, REPORTED
from protocol.limits import EVENT_BYTES, PACKET_BYTES
from protocol.manifest import check_manifest
from protocol.page import page
from protocol.topics import RULES, Channel, Topic

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "protocol" / "schemas"
PAGE = page()
DOCUMENT = asyncapi()

_EVENT = re.compile(r"^```\n(lamplighter/\S+)\n((?:\w+: [^\n]*\n)+)```\n\n```json\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
_OTHER = re.compile(r"^### (\S+)\n(?:(?!^#).)*?^Example(?:, on `(\S+)`)?:\n\n```json\n(.*?)\n```$", re.MULTILINE | re.DOTALL)


def test_the_example_of_every_event_type_decodes_as_it_stands_on_the_page() -> None:
    found = {}
    for topic, lines, payload in _EVENT.findall(PAGE):
        properties = [tuple(line.split(": ", 1)) for line in lines.splitlines()]
        event = decode_event(topic, payload.encode(), properties)
        found[event.type] = event
    assert found == EVENTS


def test_the_example_of_every_other_message_decodes_as_it_stands_on_the_page() -> None:
    found = {name: (topic, payload) for name, topic, payload in _OTHER.findall(PAGE)}
    others = [entry for entry in CATALOGUE if entry.event is None]
    assert list(found) == [entry.name for entry in others]
    for entry in others:
        topic, payload = found[entry.name]
        assert msgspec.json.decode(payload, type=entry.type) == entry.example
        assert bool(topic) == (entry.channel is not None)
        if topic:
            assert Topic.parse(topic).channel is entry.channel
            assert (Topic.parse(topic).fleet, Topic.parse(topic).device) == (FLEET, DEVICE)


def test_the_examples_are_such_as_the_software_takes() -> None:
    assert check_config(REPORTED.config) == ()
    check_manifest(MANIFEST)


def test_every_example_stays_under_its_cap_with_room_to_spare() -> None:
    for entry in CATALOGUE:
        if entry.channel is not None:
            assert len(entry.payload) < cap(entry.channel) / 2


@pytest.mark.parametrize("channel", Channel, ids=lambda channel: channel.value)
def test_every_channel_has_its_line(channel: Channel) -> None:
    rule = RULES[channel]
    line = next(line for line in PAGE.splitlines() if re.match(rf"\| `{channel.value}(/<\w+>)?` \|", line))
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[1:] == [
        "from the device" if rule.from_device else "to the device",
        str(rule.qos),
        "yes" if rule.retain else "no",
        f"after {EXPIRY_S} s" if channel is Channel.COMMAND else "never",
        f"{EVENT_BYTES if channel is Channel.EVENT else PACKET_BYTES} bytes",
    ]
    assert ("/<" in cells[0]) == rule.detail


def test_every_link_on_the_page_leads_somewhere() -> None:
    headings = [
        re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)
    ]
    assert len(set(headings)) == len(headings), "two headings of one name make one link ambiguous"
    for target in re.findall(r"\]\(([^)]+)\)", PAGE):
        if target.startswith("#"):
            assert target[1:] in headings
        else:
            assert (ROOT / "docs" / target).exists()


def test_every_table_is_whole() -> None:
    blocks = re.findall(r"(?:^\|.*\|\n)+", PAGE, re.MULTILINE)
    assert len(blocks) > 40
    for block in blocks:
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
        assert len(widths) == 1, block


def test_no_word_of_another_markup_is_left() -> None:
    prose = re.sub(r"^```.*?^```$", "", PAGE, flags=re.MULTILINE | re.DOTALL)
    assert not re.search(r"``|:\w+:`|<function|object at 0x|\bNone\b", prose)
    assert not re.search(r"<(?!!--)", re.sub(r"`[^`\n]*`", "", prose)), "would be taken for HTML"


# AsyncAPI


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        for item in part.values():
            yield from references(item)
    elif isinstance(part, list):
        for item in part:
            yield from references(item)


def follow(reference: str) -> Any:
    file, _, path = reference.partition("#")
    target = json.loads((SCHEMAS / file).read_text("utf-8")) if file else DOCUMENT
    for step in filter(None, path.split("/")):
        target = target[step]
    return target


def test_every_reference_leads_somewhere() -> None:
    found = set(references(DOCUMENT))
    assert len(found) > 40
    for reference in found:
        assert follow(reference)


def test_operations_messages_and_channels_belong_together() -> None:
    for operation in DOCUMENT["operations"].values():
        channel = follow(operation["channel"]["$ref"])
        for message in operation["messages"]:
            assert message["$ref"].startswith(operation["channel"]["$ref"] + "/messages/")
        assert set(re.findall(r"\{(\w+)\}", channel["address"])) == set(channel["parameters"])
    assert set(DOCUMENT["components"]["messages"]) == {entry.name for entry in CATALOGUE if entry.channel is not None}


@pytest.mark.parametrize("entry", [e for e in CATALOGUE if e.channel is not None], ids=lambda entry: entry.name)
def test_every_message_travels_as_its_channel_says(entry: Entry) -> None:
    assert entry.channel is not None
    rule = RULES[entry.channel]
    channel = DOCUMENT["channels"][entry.name]
    address = channel["address"].format(fleet=FLEET, device=DEVICE, name="ping")
    topic = Topic.parse(address)
    assert topic.channel is entry.channel
    assert str(cap(entry.channel)) in channel["description"]
    if entry.channel is Channel.REPLY:
        operation = DOCUMENT["operations"]["command"]["reply"]
        assert operation["channel"]["$ref"] == "#/channels/reply"
        return
    operation = DOCUMENT["operations"][entry.name]
    assert operation["action"] == ("send" if rule.from_device else "receive")
    binding = operation["bindings"]["mqtt"]
    assert (binding["qos"], binding["retain"]) == (rule.qos, rule.retain)
    assert binding.get("messageExpiryInterval") == (EXPIRY_S if entry.channel is Channel.COMMAND else None)


@pytest.mark.parametrize("kind", EventType, ids=lambda kind: kind.value)
def test_the_example_of_an_event_decodes_from_the_document(kind: EventType) -> None:
    name = f"event.{kind.value}"
    address = DOCUMENT["channels"][name]["address"].format(fleet=FLEET, device=DEVICE)
    (example,) = DOCUMENT["components"]["messages"][name]["examples"]
    message = Message(address, json.dumps(example["payload"]).encode(), tuple(example["headers"].items()))
    assert decode_event(message.topic, message.payload, message.properties) == EVENTS[kind]
    assert msgspec.convert(example["payload"], BODY[kind]) == EVENTS[kind].body


def test_a_command_can_only_be_one_that_there_is() -> None:
    assert DOCUMENT["channels"]["command"]["parameters"]["name"]["enum"] == [name.value for name in CommandName]
