"""FAULTS 39: the types of the wire have no room. Every text, list, map and whole number has its bounds."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from re import _parser as regex_parser  # type: ignore[attr-defined]  # the only place where a pattern's width stands
from typing import Annotated, Any, get_origin

import msgspec
import pytest
from msgspec import Meta
from msgspec import inspect as mi

import protocol
from protocol.basis import Struct
from protocol.catalogue import CATALOGUE, Entry
from protocol.events import BODY, OBSERVED, PRIORITY, EventBody, EventType
from protocol.limits import TEXT_CHARACTERS
from protocol.topics import Channel

LONGEST_TEXT = 8192
LONGEST_LIST = 512
WIDEST = 2**53 - 1

PLAIN = (mi.NoneType, mi.BoolType, mi.FloatType, mi.EnumType, mi.LiteralType, mi.Metadata, mi.UnionType, mi.TupleType)


def walk(info: Any, path: str) -> Iterator[tuple[Any, str]]:
    """A type and all that it is made of, each with its path. A type within itself never ends and raises."""
    yield info, path
    match info:
        case mi.StructType():
            parts = [(field.type, f"{path}.{field.name}") for field in info.fields]
        case mi.UnionType():
            parts = [(option, path) for option in info.types]
        case mi.TupleType():
            parts = [(item, f"{path}[{i}]") for i, item in enumerate(info.item_types)]
        case mi.VarTupleType() | mi.ListType():
            parts = [(info.item_type, f"{path}[]")]
        case mi.DictType():
            parts = [(info.key_type, f"{path}{{}} key"), (info.value_type, f"{path}{{}}")]
        case mi.Metadata():
            parts = [(info.type, path)]
        case _:
            parts = []
    for part, at in parts:
        yield from walk(part, at)


def fault(info: Any, longest: int) -> str | None:
    """What is wrong with one type itself."""
    good, wrong = isinstance(info, PLAIN), f"{type(info).__name__} is no type of the wire"
    match info:
        case mi.StrType(pattern=str(pattern)):
            width = regex_parser.parse(pattern).getwidth()[1]
            good, wrong = width <= longest and bool(re.fullmatch(r"\^.*\\Z", pattern)), f"the pattern {pattern} has no end"
        case mi.StrType():
            good, wrong = (info.max_length or longest + 1) <= longest, "a text without a bound, or a long one"
        case mi.IntType():
            bounds = [abs(b) if b is not None else WIDEST + 1 for b in (info.ge, info.le)]
            good, wrong = max(bounds) <= WIDEST, "a whole number without both bounds"
        case mi.DateTimeType():
            good, wrong = info.tz is True, "a time that may lack its zone"
        case mi.VarTupleType() | mi.DictType():
            good, wrong = (info.max_length or LONGEST_LIST + 1) <= LONGEST_LIST, "a list or map without a bound"
        case mi.StructType():
            config = (get_origin(info.cls) or info.cls).__struct_config__
            good, wrong = config.frozen and config.forbid_unknown_fields, "neither frozen nor strict"
    return None if good else wrong


def loose(kind: Any, longest: int) -> dict[str, str]:
    """What in a type has no bounds, or could hold what must not leave the box, by path."""
    return {path: wrong for info, path in walk(mi.type_info(kind), "") if (wrong := fault(info, longest)) is not None}


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_nothing_on_the_wire_is_without_bounds(entry: Entry) -> None:
    assert loose(entry.type, LONGEST_TEXT) == {}


@pytest.mark.parametrize("kind", EventType, ids=lambda kind: kind.value)
def test_no_text_of_an_event_is_longer_than_a_short_reason(kind: EventType) -> None:
    assert loose(BODY[kind], TEXT_CHARACTERS) == {}


class Inner(msgspec.Struct):
    blob: bytes


def test_the_walk_finds_what_is_loose() -> None:
    class Everything(Struct, frozen=True):
        text: str
        long: Annotated[str, Meta(max_length=9000)]
        open_pattern: Annotated[str, Meta(pattern="^[a-z]+\\Z")]
        dollar: Annotated[str, Meta(pattern="^[a-z]$")]
        anything: Any
        whole: int
        half: Annotated[int, Meta(ge=0)]
        wide: Annotated[int, Meta(ge=0, le=2**60)]
        listed: tuple[float, ...]
        mutable: Annotated[list[float], Meta(max_length=3)]
        keyed: Annotated[dict[str, float], Meta(max_length=3)]
        mapped: dict[Annotated[str, Meta(max_length=3)], float]
        nested: tuple[Inner, Inner] | None
        raw: msgspec.Raw

    found = {re.split(r"[\[{]", path)[0] for path in loose(Everything, LONGEST_TEXT)}
    assert found == {f".{field}" for field in Everything.__struct_fields__}


def test_every_field_says_what_it_means() -> None:
    silent = []
    _, components = msgspec.json.schema_components([entry.type for entry in CATALOGUE], ref_template="{name}")
    for name, schema in components.items():
        if not schema.get("description"):
            silent.append(name)
        for field, properties in schema.get("properties", {}).items():
            options = [properties, *properties.get("anyOf", ())]
            told = any(o.get("description") or components.get(o.get("$ref", ""), {}).get("description") for o in options)
            if not told:
                silent.append(f"{name}.{field}")
    assert silent == []


def test_no_message_is_missing_from_the_catalogue() -> None:
    reached = {
        (get_origin(info.cls) or info.cls)
        for entry in CATALOGUE
        for info, _ in walk(mi.type_info(entry.type), "")
        if isinstance(info, mi.StructType)
    }
    written = {
        kind
        for found in pkgutil.iter_modules(protocol.__path__, "protocol.")
        for kind in vars(importlib.import_module(found.name)).values()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct)
    }
    assert written - {Struct, msgspec.Struct} == reached
    assert {entry.channel for entry in CATALOGUE} == {*Channel, None}
    assert {entry.event for entry in CATALOGUE} == {*EventType, None}
    assert len({entry.name for entry in CATALOGUE}) == len(CATALOGUE)


def test_every_event_type_has_a_body_and_a_priority() -> None:
    assert OBSERVED.keys() == BODY.keys() == PRIORITY.keys() == set(EventType)
    assert len(set(OBSERVED.values())) == len(EventType)
    for kind, observed in OBSERVED.items():
        assert msgspec.json.schema(BODY[kind]) == msgspec.json.schema(EventBody[observed])  # type: ignore[valid-type]
