"""Shots over HTTP: incidents that people were told of and those that they were not, boxes, alerts held to high confidence."""

from __future__ import annotations

import time
from typing import Annotated, Any

import msgspec
from fastapi import FastAPI, Query
from pydantic import BaseModel, Field

from fleet.accounts.accounts import Right
from fleet.api.session import Who, require
from fleet.fusion.gunshot.job import read_pulse
from fleet.fusion.gunshot.listing import MOST_PAGE
from fleet.services import Services

_MOST_MS = 2**53 - 1


class ReasonIn(BaseModel):
    """Why."""

    reason: str = Field(default="", max_length=300)


class HoldIn(ReasonIn):
    """Why, and until when, ms since 1970."""

    until: int = Field(ge=0, le=_MOST_MS)


def add_gunshots(app: FastAPI, services: Services) -> None:
    """Add the routes."""

    @app.get("/api/v1/gunshots/incidents")
    def incidents(
        who: Who,
        before: Annotated[str | None, Query(max_length=36)] = None,
        limit: Annotated[int, Query(ge=1, le=MOST_PAGE)] = MOST_PAGE,
        raised: Annotated[bool | None, Query()] = None,
    ) -> Any:
        require(who, Right.SEE)
        return msgspec.to_builtins(services.gunshots.incidents(before, limit, raised=raised))

    @app.get("/api/v1/gunshots/boxes")
    def boxes(who: Who) -> Any:
        require(who, Right.SEE)
        found = msgspec.to_builtins(services.gunshots.boxes(_now()))
        return {"boxes": found, "process": msgspec.to_builtins(read_pulse(services.engine))}

    @app.get("/api/v1/gunshots/standard")
    def standard(who: Who) -> Any:
        require(who, Right.SEE)
        return _standard(services)

    @app.post("/api/v1/gunshots/standard")
    def hold(wanted: HoldIn, who: Who) -> Any:
        services.standing.hold(who, wanted.reason, wanted.until, _now())
        return _standard(services)

    @app.post("/api/v1/gunshots/standard/release")
    def release(wanted: ReasonIn, who: Who) -> Any:
        services.standing.release(who, wanted.reason, _now())
        return _standard(services)


def _standard(services: Services) -> dict[str, Any]:
    now = _now()
    return {"standard": services.standing.now(now).value, "held": msgspec.to_builtins(services.standing.read(now))}


def _now() -> int:
    return time.time_ns() // 1_000_000
