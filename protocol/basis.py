"""What everything on the wire is made of: strict structs, measured numbers, probabilities, short words."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from protocol.limits import TEXT_CHARACTERS

ShortText = Annotated[str, Meta(max_length=TEXT_CHARACTERS, description="A short reason for people")]
Code = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,47}\Z", description="A machine-readable name")]
EventTypeName = Annotated[str, Meta(pattern=r"^[a-z]{1,24}\.[a-z]{1,24}\Z", description="An event type, known or not")]
Probability = Annotated[float, Meta(ge=0, le=1, description="Calibrated probability")]


class Struct(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of everything on the wire: immutable, strict, compact."""


class Estimate(Struct, frozen=True):
    """A measured number with its interval."""

    value: Annotated[float, Meta(description="Best estimate, in the unit of the field")]
    low: Annotated[float, Meta(description="Lower end of the interval")]
    high: Annotated[float, Meta(description="Upper end of the interval")]
    level: Annotated[float, Meta(gt=0, lt=1, description="Coverage of the interval")] = 0.9
