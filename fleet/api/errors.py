"""Errors of the API.

Rule: every one is ``{"error": code, "message": words}``, and the words say what to do.
"""

from __future__ import annotations

import logging
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, DBAPIError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from fleet.fusion.anpr.errors import ClosedError, DecisionError, PlatesError, PurposeError, UnknownHitError
from fleet.fusion.anpr.errors import NotAllowedError as NotAllowedPlatesError
from fleet.fusion.anpr.errors import ReasonError as NoReasonError
from fleet.fusion.gunshot.errors import GunshotsError, NotHeldError
from fleet.fusion.gunshot.errors import NotAllowedError as NotAllowedGunshotsError
from fleet.fusion.gunshot.errors import ReasonError as NoReasonGunshotsError
from fleet.lists.entries import MOST_BODY
from fleet.lists.errors import (
    EntriesError,
    HitListError,
    KeyGoneError,
    NotLoadedError,
    ReasonError,
    RoleError,
    SecondPersonError,
    StateError,
    UnknownListError,
)
from fleet.oversight.verdicts import NotAllowedError, VerdictError
from fleet.rollouts.errors import (
    CatalogueError,
    ConflictError,
    RolloutError,
    SamePersonError,
    TransitionError,
    UnknownRolloutError,
)
from fleet.rollouts.errors import NotAllowedError as NotAllowedRolloutError
from fleet.services import RefusedError, TwinRefusedError
from fleet.store.database import STORE_FAULTS
from protocol.plates import PlateError

_log = logging.getLogger("lamplighter.web")
_BODY_BYTES = 262_144
_LARGE = {"/api/v1/lists/drafts": MOST_BODY + 8192}
"""Bodies that are read as they come, and how long each may be."""
_OURS = ("/api/", "/login", "/logout")
"""Where bodies are read that strangers send; what else takes one is NiceGUI's own."""
_SHOWN = 5
"""Faults of one request that are named."""


_ROLLOUT_ERRORS: dict[type[RolloutError], tuple[int, str]] = {
    NotAllowedRolloutError: (403, "role"),
    SamePersonError: (403, "second-person"),
    UnknownRolloutError: (404, "unknown"),
    ConflictError: (409, "conflict"),
    TransitionError: (409, "state"),
    CatalogueError: (503, "catalogue"),
    RolloutError: (422, "plan"),
}

_LIST_ERRORS: dict[type[HitListError], tuple[int, str]] = {
    RoleError: (403, "role"),
    SecondPersonError: (403, "second-person"),
    ReasonError: (403, "reason"),
    UnknownListError: (404, "unknown"),
    KeyGoneError: (410, "gone"),
    StateError: (409, "state"),
    NotLoadedError: (409, "not-loaded"),
    EntriesError: (422, "entries"),
    HitListError: (422, "list"),
}


_PLATES_ERRORS: dict[type[PlatesError], tuple[int, str]] = {
    NotAllowedPlatesError: (403, "role"),
    PurposeError: (403, "purpose"),
    NoReasonError: (403, "reason"),
    ClosedError: (403, "closed"),
    DecisionError: (403, "decision"),
    UnknownHitError: (404, "hit"),
    PlatesError: (422, "question"),
}


_GUNSHOTS_ERRORS: dict[type[GunshotsError], tuple[int, str]] = {
    NotAllowedGunshotsError: (403, "role"),
    NoReasonGunshotsError: (403, "reason"),
    NotHeldError: (409, "state"),
    GunshotsError: (422, "time"),
}


class ApiError(Exception):
    """An answer with an error."""

    def __init__(self, status: int, error: str, message: str, extra: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status, self.error, self.message, self.extra = status, error, message, extra or {}


def answer_errors(app: FastAPI) -> None:
    """Turn what goes wrong into answers, and refuse bodies over the cap."""

    @app.exception_handler(ApiError)
    async def _api(_request: Request, error: ApiError) -> JSONResponse:
        return JSONResponse({"error": error.error, "message": error.message, **error.extra}, error.status)

    @app.exception_handler(RefusedError)
    async def _refused(_request: Request, error: RefusedError) -> JSONResponse:
        extra = {"refusals": msgspec.to_builtins(error.refusals)} if isinstance(error, TwinRefusedError) else {}
        status = 422 if extra else 403
        return JSONResponse({"error": "refused", "message": str(error), **extra}, status)

    @app.exception_handler(VerdictError)
    async def _verdict(_request: Request, error: VerdictError) -> JSONResponse:
        status = 403 if isinstance(error, NotAllowedError) else 422
        return JSONResponse({"error": "verdict", "message": str(error)}, status)

    @app.exception_handler(RolloutError)
    async def _rollout(_request: Request, error: RolloutError) -> JSONResponse:
        status, code = next(answer for kind, answer in _ROLLOUT_ERRORS.items() if isinstance(error, kind))
        return JSONResponse({"error": code, "message": str(error)}, status)

    @app.exception_handler(HitListError)
    async def _list(_request: Request, error: HitListError) -> JSONResponse:
        status, code = next(answer for kind, answer in _LIST_ERRORS.items() if isinstance(error, kind))
        extra = {"faults": msgspec.to_builtins(error.faults), "total": error.total} if isinstance(error, EntriesError) else {}
        return JSONResponse({"error": code, "message": str(error), **extra}, status)

    @app.exception_handler(PlatesError)
    async def _plates(_request: Request, error: PlatesError) -> JSONResponse:
        status, code = next(answer for kind, answer in _PLATES_ERRORS.items() if isinstance(error, kind))
        return JSONResponse({"error": code, "message": str(error)}, status)

    @app.exception_handler(GunshotsError)
    async def _gunshots(_request: Request, error: GunshotsError) -> JSONResponse:
        status, code = next(answer for kind, answer in _GUNSHOTS_ERRORS.items() if isinstance(error, kind))
        return JSONResponse({"error": code, "message": str(error)}, status)

    @app.exception_handler(PlateError)
    async def _plate(_request: Request, error: PlateError) -> JSONResponse:
        return JSONResponse({"error": "plate", "message": str(error)}, 422)

    @app.exception_handler(HTTPException)
    async def _http(_request: Request, error: HTTPException) -> JSONResponse:
        return JSONResponse({"error": "http", "message": str(error.detail)}, error.status_code, error.headers)

    @app.exception_handler(RequestValidationError)
    async def _request(_request: Request, error: RequestValidationError) -> JSONResponse:
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()[:_SHOWN]]
        return JSONResponse({"error": "request", "message": "; ".join(faults)[:500]}, 422)

    @app.exception_handler(DataError)
    async def _data(_request: Request, _error: DataError) -> JSONResponse:
        # PostgreSQL takes no U+0000, for example; nothing in a request that is meant well holds it.
        return JSONResponse({"error": "request", "message": "a value of the request cannot be stored; correct it"}, 422)

    async def _store(_request: Request, error: DBAPIError) -> JSONResponse:
        _log.error("the store does not answer: %s", error.orig)
        message = "the store does not answer; nothing was changed: try again, and see the manager's log"
        return JSONResponse({"error": "store", "message": message}, 503)

    for fault in STORE_FAULTS:
        app.exception_handler(fault)(_store)

    app.add_middleware(Bounded)


class Bounded:
    """Refuses bodies over the cap before they are read. Plain ASGI, so that it never stands between a stream and its end."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or refuse."""
        if scope["type"] == "http" and scope["method"] in {"POST", "PUT"} and scope["path"].startswith(_OURS):
            length = Headers(scope=scope).get("content-length", "")
            most = _LARGE.get(scope["path"], _BODY_BYTES)
            if not (length.isascii() and length.isdecimal()) or int(length) > most:
                content = {"error": "too-large", "message": f"a body of at most {most} bytes, please"}
                await JSONResponse(content, 413)(scope, receive, send)
                return
        await self._app(scope, receive, send)
