r"""JSON Schemas (draft 2020-12) of every message, from the types.

Rules:

- Deterministic: keys sorted, nothing of the machine or the day in it.
- Patterns are translated: Python's ``\Z`` is ``$`` in ECMA 262, the dialect of JSON Schema, where ``$`` admits no newline.
- A schema says what the types say. What else the codec refuses is said in words on the contract's page.
"""

from __future__ import annotations

from typing import Any

import msgspec

from protocol.catalogue import CATALOGUE, Entry
from protocol.events import EventType
from protocol.identifiers import BOOT_PATTERN, EVENT_ID_PATTERN, NAME_PATTERN
from protocol.limits import SCHEMA_MAJOR, SCHEMA_MINOR

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ATTRIBUTES_NAME = "event-attributes"


def message_schema(entry: Entry) -> dict[str, Any]:
    """The schema of one message's payload; what it refers to stands in its ``$defs``."""
    (top,), found = msgspec.json.schema_components([entry.type], ref_template="#/$defs/{name}")
    parts = _translated_all(found)
    schema = parts.pop(top["$ref"].rpartition("/")[2])
    schema |= {"$schema": DIALECT, "$id": _id(entry.name), "title": entry.title}
    if parts:
        schema["$defs"] = parts
    return schema


def attributes_schema() -> dict[str, Any]:
    """The schema of an event's attributes: MQTT 5 user properties, all of them texts."""
    texts: dict[str, dict[str, Any]] = {
        "specversion": {"const": "1.0", "description": "Version of CloudEvents"},
        "id": {"pattern": EVENT_ID_PATTERN, "description": "UUID version 7 (RFC 9562) of this event"},
        "source": {
            "pattern": rf"^/{_level(NAME_PATTERN)}/{_level(NAME_PATTERN)}\Z",
            "description": "`/<fleet>/<device>`, as in the topic",
        },
        "type": {"enum": [e.value for e in EventType], "description": "Event type, as in the topic"},
        "time": {"format": "date-time", "description": "When the box made the event, RFC 3339 in UTC"},
        "boot": {"pattern": BOOT_PATTERN, "description": "Which start of the agent made it: 12 random characters"},
        "seq": {"pattern": r"^[1-9][0-9]{0,15}\Z", "description": "1, 2, 3 ... within one boot, at most 2^53 - 1"},
        "schema": {"const": f"{SCHEMA_MAJOR}.{SCHEMA_MINOR}", "description": "Version of this contract, `<major>.<minor>`"},
    }
    return {
        "$schema": DIALECT,
        "$id": _id(ATTRIBUTES_NAME),
        "title": "Attributes of an event",
        "description": "CloudEvents attributes of an event; each is one MQTT 5 user property and stands once.",
        "type": "object",
        "properties": _translated_all({name: {"type": "string", **rest} for name, rest in texts.items()}),
        "required": list(texts),
        "additionalProperties": False,
    }


def all_schemas() -> dict[str, dict[str, Any]]:
    """Every schema by name."""
    return {ATTRIBUTES_NAME: attributes_schema(), **{entry.name: message_schema(entry) for entry in CATALOGUE}}


def components() -> dict[str, dict[str, Any]]:
    """Every named type of the wire, by the name of its class."""
    _, found = msgspec.json.schema_components([entry.type for entry in CATALOGUE], ref_template="#/$defs/{name}")
    return _translated_all(found)


def ecma(pattern: str) -> str:
    """A pattern of ours in the dialect of ECMA 262."""
    return pattern.removesuffix(r"\Z") + "$" if pattern.endswith(r"\Z") else pattern


def _id(name: str) -> str:
    return f"urn:lamplighter:wire:{SCHEMA_MAJOR}.{SCHEMA_MINOR}:{name}"


def _level(pattern: str) -> str:
    return pattern.removeprefix("^").removesuffix(r"\Z")


def _translated_all(schemas: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: _translated(schema) for name, schema in schemas.items()}


def _translated(schema: Any) -> Any:
    match schema:
        case dict():
            return {
                key: ecma(value) if key == "pattern" and isinstance(value, str) else _translated(value)
                for key, value in schema.items()
            }
        case list():
            return [_translated(item) for item in schema]
        case _:
            return schema
