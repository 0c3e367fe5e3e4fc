"""The live stream: a tail of the store by row, as server-sent events.

Rules: what was stored is told in the order of the store, once, each with its row as the id; who comes back with the last id
that was read misses nothing; a stream ends with the session that began it.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from fastapi import Request

from fleet.fusion.anpr.withheld import withhold
from fleet.ingest.sort import SCHEMA
from fleet.services import Services, StoredEvent

TAIL_S = 0.05
"""Between looks at the store: a fifth of the 250 ms within which an event must be on a screen."""
QUIET_S = 15.0
"""Proxies close what is silent for longer."""
SESSION_LOOK_S = 2.0
"""Between looks at the session."""
MOST_ROW = 2**53 - 1


def read_row(text: str) -> int | None:
    """The row of a ``Last-Event-ID``; ``None`` for what is none."""
    return min(int(text), MOST_ROW) if text.isascii() and text.isdecimal() and len(text) <= 16 else None  # noqa: PLR2004 - 2**53


def view(stored: StoredEvent) -> dict[str, Any]:
    """An event as the API shows it: attributes, and the body as it came, without plates."""
    shown = {name: getattr(stored, name) for name in StoredEvent.__dataclass_fields__ if name != "body"}
    try:
        shown["body"] = msgspec.json.decode(stored.body)
    except msgspec.DecodeError:
        shown["body"] = {"base64": base64.b64encode(stored.body).decode()}
    shown["body"] = withhold(stored.type, stored.schema == SCHEMA, shown["body"])
    return shown


async def tail(request: Request, services: Services, row: int, token: str) -> AsyncIterator[bytes]:
    """Tell what is stored after a row, until the reader, the session or the server is gone."""
    told = looked = time.monotonic()
    yield b": tail of the store\n\n"
    ending = request.app.state.ending
    while not (ending() or await request.is_disconnected()):
        now = time.monotonic()
        if now - looked > SESSION_LOOK_S:
            looked = now
            if await asyncio.to_thread(services.accounts.person, token) is None:
                return
        found = await asyncio.to_thread(services.events_after, row)
        if found:
            row, told = found[-1].row, now
            yield b"".join(b"id: %d\ndata: %s\n\n" % (e.row, msgspec.json.encode(view(e))) for e in found)
        elif now - told > QUIET_S:
            told = now
            yield b": still here\n\n"
        await asyncio.sleep(TAIL_S)
