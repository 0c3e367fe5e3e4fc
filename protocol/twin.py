"""The device twin: what the manager wants of a box, and what the box says it runs.

Rules: ``version`` only rises; a box applies a desired twin whole or not at all; whatever it refuses it reports with the
field's path and keeps running its last good configuration.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from protocol.basis import Struct
from protocol.config import Config, Refusal
from protocol.identifiers import Count, Name, Ordinal
from protocol.limits import PACKET_BYTES
from protocol.lists import MOST_BYTES
from protocol.manifest import Sha256
from protocol.orders import SignedOrders

MOST_REFUSALS = 32
_ENVELOPE_BYTES = 512
"""Room for an MQTT packet's header, topic and properties."""


class ListChange(Struct, frozen=True):
    """A file that leads from an earlier version of a list."""

    base: Annotated[Ordinal, Meta(description="Version that must be there")]
    digest: Annotated[Sha256, Meta(description="Of the file, under which it is served")]
    size: Annotated[int, Meta(ge=1, le=MOST_BYTES, description="Bytes")]


class ListOrder(Struct, frozen=True):
    """A hit list that should be used. What it is, its own signed header says."""

    list: Name
    version: Annotated[Ordinal, Meta(description="Of the list, as its header says")]
    digest: Annotated[Sha256, Meta(description="Of the whole file, under which it is served")]
    size: Annotated[int, Meta(ge=1, le=MOST_BYTES, description="Bytes")]
    changes: Annotated[tuple[ListChange, ...], Meta(max_length=4, description="The last ones, newest base first")] = ()


class Desired(Struct, frozen=True):
    """What the manager wants."""

    version: Annotated[Ordinal, Meta(description="Rises with every change")]
    config: Config
    orders: Annotated[SignedOrders, Meta(description="Which releases of models should run")] | None = None
    lists: Annotated[tuple[ListOrder, ...], Meta(max_length=16, description="Hit lists that should be used; no other is")] = ()


class Reported(Struct, frozen=True):
    """What the box runs."""

    version: Annotated[Count, Meta(description="Version of the desired twin that runs; 0 = the box's own file")]
    config: Config
    refused_version: Annotated[Count, Meta(description="Latest version that was refused")] | None = None
    refusals: Annotated[tuple[Refusal, ...], Meta(max_length=MOST_REFUSALS, description="Why, by the path of the field")] = ()


def report(version: int, config: Config, refused_version: int | None = None, refusals: Sequence[Refusal] = ()) -> Reported:
    """State what a box runs. Of the refusals it takes as many, from the first, as fit a packet."""
    kept = tuple(refusals[:MOST_REFUSALS])
    while True:
        reported = Reported(version, config, refused_version, kept)
        if not kept or len(msgspec.json.encode(reported)) <= PACKET_BYTES - _ENVELOPE_BYTES:
            return reported
        kept = kept[:-1]
