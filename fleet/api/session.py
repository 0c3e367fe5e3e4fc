"""Who asks: a session, by cookie or by ``Authorization: Bearer``."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header, Request

from fleet.accounts.accounts import Person, Right
from fleet.api.errors import ApiError

COOKIE = "lamplighter_session"


def current(request: Request, authorization: Annotated[str, Header()] = "") -> Person:
    """Who asks.

    Raises:
        ApiError: nobody with a session.
    """
    token = token_of(request, authorization)
    person: Person | None = request.app.state.services.accounts.person(token) if token else None
    if person is None:
        raise ApiError(401, "login", "log in first")
    return person


def token_of(request: Request, authorization: str) -> str:
    """The token that a request carries; empty when it carries none."""
    return authorization.removeprefix("Bearer ") or request.cookies.get(COOKIE, "")


Who = Annotated[Person, Depends(current)]


def require(person: Person, right: Right) -> None:
    """Refuse whoever may not.

    Raises:
        ApiError: the role does not include the right.
    """
    if not person.may(right):
        raise ApiError(403, "role", f"the role {person.role.value} does not include: {right.value}")
