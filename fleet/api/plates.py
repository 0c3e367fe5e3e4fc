"""Plates over HTTP: searches with purpose and reason, a hit's facts and path, clones, how right cameras are.

Rules: what is asked for travels in the body and stands in no address; who may, for what and why is checked and noted where the
answer is read.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import FastAPI
from fastapi import Path as PathParameter
from pydantic import BaseModel, Field

from fleet.accounts.accounts import Right
from fleet.api.errors import ApiError
from fleet.api.session import Who, require
from fleet.fusion.anpr.disclosing import Asked
from fleet.services import Services

_MOST_MS = 2**53 - 1
Incident = Annotated[str, PathParameter(max_length=36)]
Moment = Annotated[int, Field(ge=0, le=_MOST_MS, description="ms since 1970")]


class WhyIn(BaseModel):
    """Why, and by which decision of a prosecutor what is older than a month."""

    reason: str = Field(default="", max_length=300)
    decision: str = Field(default="", max_length=80)


class AskIn(WhyIn):
    """For which purpose, and why."""

    purpose: str = Field(default="", max_length=64)


class SpanIn(AskIn):
    """In which time."""

    since: Moment | None = None
    until: Moment | None = None


class SearchIn(SpanIn):
    """A plate, or boxes and a time."""

    plate: str | None = Field(default=None, max_length=96)
    devices: list[Annotated[str, Field(max_length=32)]] | None = Field(default=None, max_length=50)


def add_plates(app: FastAPI, services: Services) -> None:
    """Add the routes."""
    plates = services.plates

    @app.post("/api/v1/anpr/search")
    def search(wanted: SearchIn, who: Who) -> Any:
        asked = Asked(who, wanted.purpose, wanted.reason, wanted.decision)
        if (wanted.plate is None) == (wanted.devices is None):
            raise ApiError(422, "question", "ask for a plate, or for boxes and a time")
        if wanted.plate is not None:
            return _plain(plates.plate(asked, wanted.plate, wanted.since, wanted.until))
        if wanted.since is None or wanted.until is None:
            raise ApiError(422, "question", "say from when to when: since and until, ms since 1970")
        return _plain(plates.place(asked, wanted.devices or [], wanted.since, wanted.until))

    @app.post("/api/v1/anpr/hits")
    def hits(wanted: SpanIn, who: Who) -> Any:
        return _plain(plates.hits(Asked(who, wanted.purpose, wanted.reason, wanted.decision), wanted.since, wanted.until))

    @app.get("/api/v1/anpr/hits/{incident}")
    def hit(incident: Incident, who: Who) -> Any:
        return _plain(plates.hit(who, incident))

    @app.post("/api/v1/anpr/hits/{incident}/path")
    def path(incident: Incident, wanted: WhyIn, who: Who) -> Any:
        return _plain(plates.path(who, incident, wanted.reason, wanted.decision))

    @app.post("/api/v1/anpr/clones")
    def clones(wanted: AskIn, who: Who) -> Any:
        return _plain(plates.clones(Asked(who, wanted.purpose, wanted.reason, wanted.decision)))

    @app.get("/api/v1/anpr/cameras")
    def cameras(who: Who) -> Any:
        require(who, Right.SEE)
        return _plain(plates.cameras())


def _plain(found: Any) -> Any:
    return msgspec.to_builtins(found)
