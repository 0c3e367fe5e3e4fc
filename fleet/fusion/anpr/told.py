"""What the manager says of one plate at two places: body of the event that it makes."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from protocol.basis import Struct


class Place(Struct, frozen=True):
    """Where a plate was read."""

    device: str
    source: str
    at: Annotated[int, Meta(description="ms, the box's clock")]
    lat: float | None = None
    lon: float | None = None
    kind: str = "unknown"
    colour: str = "unknown"


class CloneSeen(Struct, frozen=True):
    """One pseudonym was read at two places that no drive can join. The plate is not known here.

    Attributes:
        purpose, key: of the pseudonym, which itself stays out of the event.
        first, second: the clearest contradiction.
        took_s, needs_s: time between them, and what the quickest drive takes.
        contradictions: how many there are by now.
        wrong: readings that would have to be wrong if there were one car.
        last_at: of the latest contradiction, ms.
    """

    purpose: str
    key: str
    first: Place
    second: Place
    took_s: float
    needs_s: float
    contradictions: int
    wrong: int
    last_at: int
