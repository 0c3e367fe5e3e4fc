"""Values of any type of the wire, drawn from the type itself: whatever a field admits, and nothing else."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from msgspec import inspect as mi

from protocol.events import BODY, Event, EventType
from protocol.identifiers import BOOT_PATTERN, EVENT_ID_PATTERN, NAME_PATTERN

EXACT = 2**53 - 1

_TIMES = st.one_of(
    st.datetimes(timezones=st.just(dt.timezone.utc)),
    st.datetimes(
        dt.datetime(1970, 1, 1),  # noqa: DTZ001 - the time zone comes from the next argument
        dt.datetime(2100, 1, 1),  # noqa: DTZ001
        timezones=st.integers(-14 * 60, 14 * 60).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes))),
    ),
)
_CHARACTERS = st.characters(exclude_characters="\0", codec="utf-8")


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Values that a type of the wire admits."""
    return _values(mi.type_info(kind))


def events(*kinds: EventType) -> st.SearchStrategy[Event]:
    """Whole events, of some types or of any."""
    return st.sampled_from(kinds or tuple(EventType)).flatmap(
        lambda kind: st.builds(
            Event,
            fleet=_matching(NAME_PATTERN),
            device=_matching(NAME_PATTERN),
            id=_matching(EVENT_ID_PATTERN),
            type=st.just(kind),
            time=_TIMES,
            boot=_matching(BOOT_PATTERN),
            seq=st.integers(1, EXACT),
            body=values(BODY[kind]),
        )
    )


@functools.cache
def _matching(pattern: str) -> st.SearchStrategy[str]:
    return st.from_regex(pattern, alphabet=st.characters(codec="ascii"))


def _values(info: Any) -> st.SearchStrategy[Any]:
    return _BY_KIND[type(info)](info)


def _text(info: mi.StrType) -> st.SearchStrategy[str]:
    if info.pattern is not None:
        return _matching(info.pattern)
    return st.text(_CHARACTERS, min_size=info.min_length or 0, max_size=info.max_length)


def _listed(info: mi.VarTupleType) -> st.SearchStrategy[list[Any]]:
    return st.lists(_values(info.item_type), min_size=info.min_length or 0, max_size=min(info.max_length or 4, 4))


def _mapped(info: mi.DictType) -> st.SearchStrategy[dict[Any, Any]]:
    return st.dictionaries(
        _values(info.key_type), _values(info.value_type), min_size=info.min_length or 0, max_size=min(info.max_length or 3, 3)
    )


def _floats(info: mi.FloatType) -> st.SearchStrategy[float]:
    low, high = info.ge if info.ge is not None else info.gt, info.le if info.le is not None else info.lt
    return st.floats(
        low,
        high,
        exclude_min=info.gt is not None,
        exclude_max=info.lt is not None,
        allow_nan=False,
        allow_infinity=False,
    )


def _struct(info: mi.StructType) -> st.SearchStrategy[Any]:
    required = {field.name: _values(field.type) for field in info.fields if field.required}
    optional = {field.name: _values(field.type) for field in info.fields if not field.required}
    return st.fixed_dictionaries(required, optional=optional).map(lambda fields: info.cls(**fields))


_BY_KIND: dict[type, Callable[[Any], st.SearchStrategy[Any]]] = {
    mi.Metadata: lambda info: _values(info.type),
    mi.NoneType: lambda _: st.none(),
    mi.BoolType: lambda _: st.booleans(),
    mi.IntType: lambda info: st.integers(info.ge, info.le),
    mi.FloatType: _floats,
    mi.StrType: _text,
    mi.DateTimeType: lambda _: _TIMES,
    mi.EnumType: lambda info: st.sampled_from(list(info.cls)),
    mi.LiteralType: lambda info: st.sampled_from(info.values),
    mi.UnionType: lambda info: st.one_of([_values(option) for option in info.types]),
    mi.TupleType: lambda info: st.tuples(*[_values(item) for item in info.item_types]),
    mi.VarTupleType: lambda info: _listed(info).map(tuple),
    mi.DictType: _mapped,
    mi.StructType: _struct,
}
"""A kind that is not here is not one of the wire."""
