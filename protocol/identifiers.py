r"""Names that both ends of the wire spell alike: fleets, devices, boots, and UUIDv7.

Rules:

- A fleet or device name is 1-32 characters of ``a-z 0-9 -`` and starts with a letter, so that it is at once an MQTT topic
  level, an MQTT client id, a certificate common name and a file name, with nothing to escape.
- A *boot* names one start of one agent: 12 random characters. It is random, not a counter, because a replaced SD card would
  start the counter again and the manager would take new events for old ones.
- Randomness and time are handed in.
- Whole numbers on the wire are bounded by 2**53 - 1: exact in JSON everywhere, in SQL's 64 bits, and too small to hide in.
- Patterns end in ``\Z``: Python's ``$`` would let a trailing newline through.
"""

from __future__ import annotations

import re
import secrets
import uuid
from typing import Annotated

from msgspec import Meta

from protocol.errors import InvalidNameError

NAME_PATTERN = r"^[a-z][a-z0-9-]{0,31}\Z"
NAME_RULE = "use 1-32 of a-z, 0-9 and '-', starting with a letter"
BOOT_PATTERN = r"^[a-z2-7]{12}\Z"
EVENT_ID_PATTERN = r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z"
_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"

Name = Annotated[str, Meta(pattern=NAME_PATTERN, title="Name", description="1-32 of a-z 0-9 -, starting with a letter")]
Boot = Annotated[str, Meta(pattern=BOOT_PATTERN, title="Boot", description="12 random characters naming one agent start")]
Seq = Annotated[int, Meta(ge=1, le=2**53 - 1, title="Sequence", description="1, 2, 3 ... within one boot")]
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Ordinal = Annotated[int, Meta(ge=1, le=2**53 - 1)]
EventId = Annotated[
    str,
    Meta(
        pattern=EVENT_ID_PATTERN,
        title="Event id",
        description="UUID version 7 (RFC 9562) in lower-case text form",
    ),
]

_NAME = re.compile(NAME_PATTERN)


def check_name(value: str, what: str) -> str:
    """Return ``value`` if it is a valid name.

    Raises:
        InvalidNameError: naming ``what`` (for example "device"), the value and the rule.
    """
    if _NAME.fullmatch(value) is None:
        msg = f"{what} name {value[:64]!r} is not valid: {NAME_RULE}"
        raise InvalidNameError(msg)
    return value


def new_boot() -> str:
    """Draw a boot name (60 random bits)."""
    return "".join(secrets.choice(_BASE32) for _ in range(12))


def uuid7(unix_ms: int, random_bytes: bytes | None = None) -> str:
    """Make a UUIDv7 (RFC 9562, section 5.7).

    Args:
        unix_ms: wall clock, milliseconds since 1970; clipped to 48 bits.
        random_bytes: 10 bytes; drawn from the operating system when absent.
    """
    rand = secrets.token_bytes(10) if random_bytes is None else random_bytes
    value = (max(0, unix_ms) & ((1 << 48) - 1)) << 80 | int.from_bytes(rand, "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return str(uuid.UUID(int=value))
