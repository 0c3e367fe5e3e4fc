"""Commands from the manager and their replies.

Rules: a command carries MQTT 5 response topic, correlation data and message expiry; a stale one dies at the broker. A box
answers every command it receives exactly once per delivery, unknown ones with ``ok = false``.
"""

from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated

from msgspec import Meta

from protocol.basis import Struct
from protocol.identifiers import Name
from protocol.keys import SealedKeys

EXPIRY_S = 30
"""Message expiry of a command, seconds: a person waits for the answer."""


class CommandName(str, enum.Enum):
    """What a box can be asked to do."""

    PING = "ping"
    REPORT = "report"
    RESTART_SOURCE = "restart-source"
    KEYS = "keys"


class Command(Struct, frozen=True):
    """One request; its name is the topic's last level."""

    issued_at: Annotated[dt.datetime, Meta(tz=True, description="When it was asked, the manager's clock")]
    subject: Annotated[Name, Meta(description="What it applies to, for example a source")] | None = None
    keys: Annotated[SealedKeys, Meta(description="Of the command keys")] | None = None


class Reply(Struct, frozen=True):
    """The answer; the correlation data of the request travels with it."""

    command: Annotated[str, Meta(max_length=64, description="Name of the command that it answers")]
    ok: Annotated[bool, Meta(description="Whether it was done")]
    message: Annotated[str, Meta(max_length=200, description="The answer, or why it was not done")] = ""
