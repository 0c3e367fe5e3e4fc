"""A validator of JSON Schema draft 2020-12 for the words that our schemas use; a word that it does not know is an error.

Patterns are matched by ``re`` as ECMA 262 would: ``$`` admits no newline.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Any

Schema = Mapping[str, Any]
Check = Callable[[Any, Any, Schema, Schema], bool]

SILENT = {"$schema", "$id", "$defs", "title", "description", "default", "required", "additionalProperties", "examples"}
TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}


def conforms(value: Any, schema: Schema, root: Schema) -> bool:
    """Whether a decoded JSON value is what a schema describes.

    Args:
        value: as ``json.loads`` gives it.
        schema: to hold it against.
        root: where ``$ref`` points into.
    """
    return all(CHECKS[word](value, said, schema, root) for word, said in schema.items() if word not in SILENT)


def _reference(value: Any, said: str, _schema: Schema, root: Schema) -> bool:
    target: Any = root
    for step in said.removeprefix("#/").split("/"):
        target = target[step]
    return conforms(value, target, root)


def _properties(value: Any, said: Mapping[str, Schema], schema: Schema, root: Schema) -> bool:
    return (
        all(conforms(value[name], part, root) for name, part in said.items() if name in value)
        and all(name in value for name in schema.get("required", ()))
        and (schema.get("additionalProperties", True) is not False or value.keys() <= said.keys())
    )


def _type(value: Any, said: str, schema: Schema, root: Schema) -> bool:
    if not TYPES[said](value):
        return False
    rest = schema.get("additionalProperties")
    if said != "object" or not isinstance(rest, dict):
        return True
    return all(conforms(item, rest, root) for name, item in value.items() if name not in schema.get("properties", {}))


def _items(value: Any, said: Any, schema: Schema, root: Schema) -> bool:
    rest = value[len(schema.get("prefixItems", ())) :]
    return not rest if said is False else all(conforms(item, said, root) for item in rest)


def _format(value: Any, said: str, _schema: Schema, _root: Schema) -> bool:
    assert said == "date-time"
    try:
        return dt.datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        return False


def _ecma(pattern: str) -> str:
    assert r"\Z" not in pattern
    return pattern.removesuffix("$") + r"\Z" if pattern.endswith("$") else pattern


CHECKS: dict[str, Check] = {
    "$ref": _reference,
    "type": _type,
    "properties": _properties,
    "items": _items,
    "format": _format,
    "anyOf": lambda value, said, _, root: any(conforms(value, option, root) for option in said),
    "prefixItems": lambda value, said, _, root: all(conforms(v, s, root) for v, s in zip(value, said, strict=False)),
    "propertyNames": lambda value, said, _, root: all(conforms(name, said, root) for name in value),
    "enum": lambda value, said, *_: value in said,
    "const": lambda value, said, *_: value == said,
    "pattern": lambda value, said, *_: re.search(_ecma(said), value) is not None,
    "minimum": lambda value, said, *_: value >= said,
    "maximum": lambda value, said, *_: value <= said,
    "exclusiveMinimum": lambda value, said, *_: value > said,
    "exclusiveMaximum": lambda value, said, *_: value < said,
    "minLength": lambda value, said, *_: len(value) >= said,
    "maxLength": lambda value, said, *_: len(value) <= said,
    "minItems": lambda value, said, *_: len(value) >= said,
    "maxItems": lambda value, said, *_: len(value) <= said,
    "minProperties": lambda value, said, *_: len(value) >= said,
    "maxProperties": lambda value, said, *_: len(value) <= said,
}
