"""What stands for a plate that is on no list: joined within one purpose and one period, and nothing beyond.

Rules: HMAC-SHA256, cut to 128 bits, under a key of the purpose and the period; the plate is folded first, so that two cameras
that tell O from 0 differently agree; a period is at most :data:`MOST_DAYS`; when its key is destroyed nobody can say any more
which plate a pseudonym stands for, the manager included. Pure.
"""

from __future__ import annotations

import hmac
from typing import Annotated

from msgspec import Meta

from protocol.plates import fold

MOST_DAYS = 28
_DOMAIN = b"lamplighter pseudonym 1\n"

PseudonymText = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z", description="Of a plate under a key of purpose and period")]


def pseudonym(key: bytes | memoryview, plate: str) -> str:
    """The pseudonym of a plate.

    Args:
        key: 32 bytes, of a purpose and a period.
        plate: normalised.
    """
    return hmac.digest(key, _DOMAIN + fold(plate).encode(), "sha256")[:16].hex()
