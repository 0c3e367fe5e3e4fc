"""What must never leave a box."""

from __future__ import annotations

import base64
import random
from typing import Any

import msgspec

from protocol.basis import Struct
from protocol.events import EventBody

PICTURE = random.Random("picture").randbytes(32 * 32)
"""A grey picture of 32 x 32."""

BASE64 = base64.b64encode(PICTURE).decode()


class Smuggled(Struct, frozen=True):
    """A struct of the contract's kind that nobody put on the list."""

    zone: str
    thumbnail: str


def replaced(body: EventBody[Any], **fields: Any) -> EventBody[Any]:
    """A body whose observation has other values."""
    return msgspec.structs.replace(body, observed=msgspec.structs.replace(body.observed, **fields))
