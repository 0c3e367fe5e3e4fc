"""Fields of a schema in words: one table a type, for the contract's page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_CHOICES = re.compile(r"^\^\(([A-Za-z0-9|-]+)\)\$$")
_WORDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
_EXACT = 2**53 - 1

Schema = Mapping[str, Any]


def table(schema: Schema, named: Mapping[str, Schema], *, without: frozenset[str] = frozenset()) -> Iterator[str]:
    """Lines of a Markdown table of the fields of an object's schema.

    Args:
        schema: of an object.
        named: every type that it may refer to.
        without: fields that are described elsewhere.
    """
    yield "| field | type | bounds | when absent | meaning |"
    yield "|---|---|---|---|---|"
    required = schema.get("required", ())
    for name, field in schema["properties"].items():
        if name not in without:
            absent = "*required*" if name in required else _default(field)
            cells = (f"`{name}`", kind(field, named), bounds(field, named), absent, meaning(field, named))
            yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def kind(field: Schema, named: Mapping[str, Schema]) -> str:
    """The type of a field."""
    field = _without_null(field)
    if "$ref" in field:
        name = _name(field)
        return "text" if "enum" in named[name] else f"[{name}](#{name.lower()})"
    plain = "time" if field.get("format") == "date-time" else _WORDS.get(field.get("type", "string"))
    if plain is not None:
        return plain
    if "prefixItems" in field:
        return "[" + ", ".join(kind(item, named) for item in field["prefixItems"]) + "]"
    if field["type"] == "array":
        return f"list of {kind(field['items'], named)}"
    return f"map of text to {kind(field['additionalProperties'], named)}"


def bounds(field: Schema, named: Mapping[str, Schema]) -> str:
    """What a field admits beyond its type; empty when nothing more is said."""
    field = _without_null(field)
    if "$ref" in field:
        field = named[_name(field)]
        return _one_of(field["enum"]) if "enum" in field else ""
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return _one_of(field["enum"])
    said = [
        _range(field),
        _size(field, "Length", "characters"),
        _size(field, "Items", "entries") if "prefixItems" not in field else "",
        _size(field, "Properties", "entries"),
        _pattern(field),
    ]
    inner = [f"each {text}" for text in _inner(field, named) if text]
    keys = bounds(field["propertyNames"] | {"type": "string"}, named) if "propertyNames" in field else ""
    return "; ".join(filter(None, [*said, f"keys: {keys}" if keys else "", *dict.fromkeys(inner)]))


def meaning(field: Schema, named: Mapping[str, Schema]) -> str:
    """What a field means: its own description, else that of its type."""
    inner = _without_null(field)
    text = field.get("description") or inner.get("description")
    if not text and "$ref" in inner:
        text = named[_name(inner)].get("description", "")
    return prose(text or "").split("\n\n")[0].replace("\n", " ")


def prose(text: str) -> str:
    """A docstring as Markdown."""
    text = re.sub(r":[a-z]+:`~?([^`]*)`", lambda m: f"`{m[1].rpartition('.')[2]}`", text)
    return text.replace("``", "`")


def _inner(field: Schema, named: Mapping[str, Schema]) -> Iterator[str]:
    if "prefixItems" in field:
        for item in field["prefixItems"]:
            yield bounds(item, named)
    elif isinstance(field.get("items"), dict):
        yield bounds(field["items"], named).removeprefix("each ")
    if isinstance(field.get("additionalProperties"), dict):
        yield bounds(field["additionalProperties"], named)


def _default(field: Schema) -> str:
    default = field.get("default")
    match default:
        case None:
            return "`null`"
        case "" | []:
            return "empty"
        case dict():
            return "its defaults" if "$ref" in field else "empty"
        case _:
            return f"`{json.dumps(default)}`"


def _range(field: Schema) -> str:
    low, high = field.get("minimum"), field.get("maximum")
    above, below = field.get("exclusiveMinimum"), field.get("exclusiveMaximum")
    if low is not None and high is not None:
        return f"{_number(low)} to {_number(high)}"
    limits = (("at least", low), ("above", above), ("at most", high), ("below", below))
    return ", ".join(f"{word} {_number(limit)}" for word, limit in limits if limit is not None)


def _size(field: Schema, what: str, unit: str) -> str:
    least, most = field.get(f"min{what}"), field.get(f"max{what}")
    if most is None:
        return "" if least is None else f"at least {least} {unit}"
    return f"at most {most} {unit}" if not least else f"{least} to {most} {unit}"


def _pattern(field: Schema) -> str:
    pattern = field.get("pattern")
    if pattern is None:
        return ""
    choices = _CHOICES.match(pattern)
    return _one_of(choices[1].split("|")) if choices else f"`{pattern}`"


def _one_of(values: list[str]) -> str:
    return "one of " + ", ".join(f"`{value}`" for value in values) if len(values) > 1 else f"`{values[0]}`"


def _number(value: float) -> str:
    return "2^53 - 1" if value == _EXACT else f"{value:,}".replace(",", " ")


def _name(field: Schema) -> str:
    return str(field["$ref"]).rpartition("/")[2]


def _without_null(field: Schema) -> Schema:
    options = [option for option in field.get("anyOf", ()) if option.get("type") != "null"]
    return options[0] if options else field
