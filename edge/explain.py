"""A decoder's error in words: where it is, what stands there, and for a misspelt key the nearest known one.

Rule: codes, passwords and whole tables, which may hold them, are never repeated; addresses lose their credentials.
"""

from __future__ import annotations

import difflib
import re
from typing import Any

import msgspec

from protocol.config import Refusal
from protocol.identifiers import NAME_PATTERN, NAME_RULE
from protocol.redact import redact
from protocol.twin import Desired

_SECRET = ("code", "password")


def place(error: msgspec.ValidationError) -> str:
    """Path of what is wrong: ``sources[0].fps``, or of what holds an unknown key; empty for the whole."""
    match = re.search(r"at `\$(.*?)`$", str(error))
    return match[1].lstrip(".") if match else ""


def unknown_key(error: msgspec.ValidationError) -> str | None:
    """The key that nobody knows, if that is what is wrong."""
    match = re.search(r"unknown field `(.*?)`", str(error))
    return match[1] if match else None


def explain(error: msgspec.ValidationError, raw: Any, kind: Any) -> str:
    """Say what is wrong.

    Args:
        error: of decoding ``raw``.
        raw: what was to be decoded, as plain dictionaries and lists.
        kind: type that it should have been.
    """
    text, path, unknown = str(error), place(error), unknown_key(error)
    if unknown is not None:
        known = _known_keys(kind, path)
        near = difflib.get_close_matches(unknown, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(known)}"
        return f"unknown key {unknown!r}{f' in {path}' if path else ''}; {hint}"
    value = _value_at(raw, path)
    hidden = value is None or isinstance(value, dict | list) or any(word in path for word in _SECRET)
    shown = "" if hidden else f" (it is {redact(str(value))[:60]!r})"
    return f"{path or 'value'}: {_wanted(text, _type_at(kind, path)) or text.split(' - at ', maxsplit=1)[0]}{shown}"


def twin_refusal(error: msgspec.ValidationError, payload: bytes) -> Refusal:
    """Why a desired twin does not decode, by the path of the field in its configuration."""
    path = ".".join(filter(None, (place(error), unknown_key(error)))).removeprefix("config").lstrip(".")
    return Refusal(path[:200], explain(error, msgspec.json.decode(payload), Desired)[:400])


def _wanted(text: str, kind: Any) -> str:
    """What may stand there, where the decoder only says that something else does; empty where it says enough."""
    named = re.search(r"matching regex '\^\(([\w|-]+)\)", text)
    values: list[Any] = []
    if named is not None:
        values = named[1].split("|")
    elif text.startswith("Invalid enum value") and kind is not None:
        values = [
            value for option in _options(kind) if isinstance(option, msgspec.inspect.LiteralType) for value in option.values
        ]
    if values:
        return f"give one of {', '.join(map(str, values))}"
    return NAME_RULE if repr(NAME_PATTERN) in text else ""


def _known_keys(kind: Any, path: str) -> list[str]:
    struct = _struct(_type_at(kind, path))
    return [] if struct is None else list(struct.__struct_fields__)


def _type_at(kind: Any, path: str) -> Any:
    for step in re.findall(r"\w+|\[\.\.\.\]|\[\d+\]", path):
        kind = _item(kind) if step.startswith("[") else _field(kind, step)
        if kind is None:
            return None
    return kind


def _options(kind: Any) -> tuple[msgspec.inspect.Type, ...]:
    """What a value may be."""
    info = _bare(msgspec.inspect.type_info(kind))
    return tuple(map(_bare, info.types if isinstance(info, msgspec.inspect.UnionType) else (info,)))


def _struct(kind: Any) -> Any:
    options = () if kind is None else _options(kind)
    return next((option.cls for option in options if isinstance(option, msgspec.inspect.StructType)), None)


def _field(kind: Any, name: str) -> Any:
    struct = _struct(kind)
    if struct is None:
        return None
    return next((field.type for field in msgspec.structs.fields(struct) if field.name == name), None)


def _item(kind: Any) -> Any:
    info = _bare(msgspec.inspect.type_info(kind))
    item = _bare(info.item_type) if isinstance(info, msgspec.inspect.VarTupleType) else None
    return item.cls if isinstance(item, msgspec.inspect.StructType) else None


def _bare(info: msgspec.inspect.Type) -> msgspec.inspect.Type:
    """A type without its description."""
    return info.type if isinstance(info, msgspec.inspect.Metadata) else info


def _value_at(raw: Any, path: str) -> Any:
    value = raw
    for step in re.findall(r"\w+|\[\d+\]", path):
        try:
            value = value[int(step[1:-1])] if step.startswith("[") else value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value
