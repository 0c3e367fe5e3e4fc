"""What the pages of hit lists ask: which there are, and one of them whole.

Rules: only whoever keeps hit lists is answered; no plate is in any answer. Drafts, decisions and entries go through the API,
which asks for a reason before it shows an entry, and records it.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import Depends, FastAPI, Response
from fastapi import Path as PathParameter

from fleet.accounts.accounts import Person
from fleet.api.app import ApiError, current
from fleet.services import Services

_PRIVATE = {"Cache-Control": "no-store"}


def add_list_questions(app: FastAPI, services: Services) -> None:
    """Add the routes."""

    @app.get("/room/lists", include_in_schema=False)
    def lists(_who: Annotated[Person, Depends(_keeper)], response: Response) -> dict[str, Any]:
        response.headers.update(_PRIVATE)
        return _plain(services.list_overviews.all())

    @app.get("/room/lists/{name}", include_in_schema=False)
    def one(
        name: Annotated[str, PathParameter(max_length=32)], _who: Annotated[Person, Depends(_keeper)], response: Response
    ) -> dict[str, Any]:
        response.headers.update(_PRIVATE)
        return _plain(services.list_overviews.of(name))


def _keeper(who: Annotated[Person, Depends(current)]) -> Person:
    if not who.keeps_lists:
        raise ApiError(403, "role", f"the role {who.role.value} does not include hit lists; an operator or administrator may")
    return who


def _plain(views: Any) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(views)
    return plain
