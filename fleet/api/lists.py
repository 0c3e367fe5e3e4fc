"""Hit lists over HTTP: drafts, decisions, what boxes use, keys; and the files themselves.

Rules: who may is checked where it is decided; a draft's body is read as it comes, in bounded memory, and nothing of it is kept
unless all of it was good; entries are answered to who may see them, with a reason, and to nobody's cache; files are content
that anybody may fetch by its digest, and there is nothing else to fetch.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi import Path as PathParameter
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from fleet.api.errors import ApiError
from fleet.api.session import Who
from fleet.lists.decisions import MOST_SHOWN
from fleet.lists.drafting import Drafting, Outcome, Wanted
from fleet.lists.errors import EntriesError, UnknownListError
from fleet.lists.files import ListFiles
from fleet.lists.views import view
from fleet.services import Services

LISTS_PATH = "/lists"
_MOST_NUMBER = 2**53 - 1
_MOST_HEAD = 4096
"""Bytes of the first line of a draft."""
_HEADERS = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
_PRIVATE = {"Cache-Control": "no-store"}
_KIND = "application/octet-stream"

Number = Annotated[int, PathParameter(ge=1, le=_MOST_NUMBER)]
ListName = Annotated[str, PathParameter(max_length=32)]
KeyId = Annotated[str, PathParameter(max_length=64)]


class ReasonIn(BaseModel):
    """Why."""

    reason: str = Field(default="", max_length=200)


class LookIn(ReasonIn):
    """Which entries, and why."""

    after: int = Field(default=0, ge=0, le=_MOST_NUMBER)
    limit: int = Field(default=MOST_SHOWN, ge=1, le=MOST_SHOWN)


class WhoIn(ReasonIn):
    """Which plate, and why."""

    plate: str = Field(min_length=1, max_length=96)


def add_lists(app: FastAPI, services: Services, files: ListFiles | None) -> None:
    """Add the routes.

    Args:
        app: the application.
        services: the manager's.
        files: of lists; ``None`` = none are served.
    """
    _drafts(app, services)
    _decisions(app, services)
    _entries(app, services)
    _answers(app, services)
    if files is not None:
        _files(app, files)


def _files(app: FastAPI, files: ListFiles) -> None:
    @app.get(LISTS_PATH + "/{digest}", include_in_schema=False)
    def fetch(digest: str) -> Response:
        path = files.path(digest)
        if path is None:
            raise ApiError(404, "unknown", "there is no list of this digest; the twin names those that there are")
        return FileResponse(path, media_type=_KIND, headers=_HEADERS)


def _drafts(app: FastAPI, services: Services) -> None:
    @app.post("/api/v1/lists/drafts")
    async def draft(request: Request, who: Who) -> dict[str, Any]:
        if request.headers.get("content-type", "").partition(";")[0].strip() != _KIND:
            raise ApiError(422, "request", f"send a draft as {_KIND}: a line of JSON, then the entries, one a line")
        head, pieces = await _head(request.stream())
        wanted = _wanted(head)
        drafting = await asyncio.to_thread(services.lists.begin, who, wanted)
        return await _draft(drafting, pieces)


async def _draft(drafting: Drafting, pieces: AsyncIterator[bytes]) -> dict[str, Any]:
    try:
        async for piece in pieces:
            await asyncio.to_thread(drafting.feed, piece)
        outcome: Outcome = await asyncio.to_thread(drafting.end)
    except EntriesError as error:
        # Who corrects a file is told of all that is wrong with it, what stands twice included.
        said = {"faults": msgspec.to_builtins(error.faults), "total": error.total, "repetitions": _again(drafting.repetitions)}
        raise ApiError(422, "entries", str(error), said) from error
    finally:
        await asyncio.shield(asyncio.to_thread(drafting.leave))
    again = _again(outcome.repetitions)
    return {**_plain(view(outcome.version)), "repeated": outcome.repeated, "repetitions": again}


def _again(repetitions: list[tuple[int, int]]) -> list[dict[str, int]]:
    return [{"line": line, "before": before} for line, before in repetitions]


async def _head(stream: AsyncIterator[bytes]) -> tuple[bytes, AsyncIterator[bytes]]:
    """The first line, and the rest."""
    held = b""
    async for piece in stream:
        held += piece
        if b"\n" in held or len(held) > _MOST_HEAD:
            break
    head, found, rest = held.partition(b"\n")
    if not found or len(head) > _MOST_HEAD:
        raise ApiError(422, "request", f"a draft begins with a line of JSON of at most {_MOST_HEAD} bytes")

    async def pieces() -> AsyncIterator[bytes]:
        if rest:
            yield rest
        async for piece in stream:
            yield piece

    return head, pieces()


def _wanted(head: bytes) -> Wanted:
    try:
        return msgspec.json.decode(head, type=Wanted)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ApiError(422, "request", f"the first line of a draft: {error}") from None


def _decisions(app: FastAPI, services: Services) -> None:
    @app.post("/api/v1/lists/drafts/{number}/approve")
    def approve_list(number: Number, wanted: ReasonIn, who: Who) -> dict[str, Any]:
        return _plain(view(services.lists.approve(who, number, wanted.reason)))

    @app.post("/api/v1/lists/drafts/{number}/withdraw")
    def discard(number: Number, wanted: ReasonIn, who: Who) -> dict[str, Any]:
        return _plain(view(services.lists.discard(who, number, wanted.reason)))

    @app.post("/api/v1/lists/{list}/withdraw")
    def withdraw(list: ListName, wanted: ReasonIn, who: Who) -> dict[str, Any]:  # noqa: A002 - the name on the wire
        return _plain(view(services.lists.withdraw(who, list, wanted.reason)))

    @app.post("/api/v1/lists/{list}/rotate")
    def rotate(list: ListName, wanted: ReasonIn, who: Who) -> dict[str, Any]:  # noqa: A002
        return {"list": list, "key": services.lists.rotate(who, list, wanted.reason)}


def _entries(app: FastAPI, services: Services) -> None:
    @app.post("/api/v1/lists/drafts/{number}/entries")
    def entries(number: Number, wanted: LookIn, who: Who, response: Response) -> dict[str, Any]:
        response.headers.update(_PRIVATE)
        seen = services.lists.look(who, number, wanted.reason, wanted.after, wanted.limit)
        return {
            "number": number,
            "list": seen.version.list,
            "entries": _said(seen.entries),
            "draft": _plain(view(seen.version)),
        }

    @app.post("/api/v1/lists/drafts/{number}/changes")
    def changes(number: Number, wanted: LookIn, who: Who, response: Response) -> dict[str, Any]:
        response.headers.update(_PRIVATE)
        seen = services.lists.changes(who, number, wanted.reason, wanted.after, wanted.limit)
        return {"number": number, "list": seen.version.list, "changes": msgspec.to_builtins(seen.rows)}

    @app.post("/api/v1/lists/drafts/{number}/who")
    def who_is(number: Number, wanted: WhoIn, who: Who, response: Response) -> dict[str, Any]:
        response.headers.update(_PRIVATE)
        seen = services.lists.who(who, number, wanted.plate, wanted.reason)
        return {"number": number, "list": seen.version.list, "entries": _said(seen.entries)}


def _answers(app: FastAPI, services: Services) -> None:
    @app.get("/api/v1/lists")
    def lists(_who: Who) -> list[dict[str, Any]]:
        return [_plain(one) for one in services.list_views.lists()]

    @app.get("/api/v1/lists/keys")
    def keys(_who: Who) -> list[dict[str, Any]]:
        return [_plain(one) for one in services.list_views.known_keys()]

    @app.get("/api/v1/lists/keys/{id}")
    def proof(id: KeyId, _who: Who) -> dict[str, Any]:  # noqa: A002 - the name on the wire
        found = services.list_views.proof(id)
        return {**_plain(found), "shown": found.shown}

    @app.get("/api/v1/lists/drafts/{number}")
    def draft_of(number: Number, _who: Who) -> dict[str, Any]:
        return _plain(services.list_views.version(number))

    @app.get("/api/v1/lists/{list}")
    def list_of(list: ListName, _who: Who) -> dict[str, Any]:  # noqa: A002 - the name on the wire
        found = services.list_views.of(list)
        if found is None:
            msg = f"there is no list {list!r}; `lamplighter lists list` names those that there are"
            raise UnknownListError(msg)
        return _plain(found)


def _said(entries: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"plate": text, "comment": comment} for text, comment in entries]


def _plain(found: Any) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(found)
    return plain
