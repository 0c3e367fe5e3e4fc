"""Rollouts over HTTP: what can be rolled out, plans, decisions, progress; and the signed repository itself.

Rules: every click of a page and every verb of the command line is one of these requests; who may is checked where it is
decided; the repository is static files that anybody may fetch, for what is in them is signed and boxes trust nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import msgspec
from fastapi import Body, FastAPI, Query
from fastapi import Path as PathParameter
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, Field

from fleet.accounts.accounts import Person
from fleet.api.errors import ApiError
from fleet.api.session import Who
from fleet.rollouts.feasibility import Preview
from fleet.rollouts.hours import Hours
from fleet.rollouts.ledger import Rollout
from fleet.rollouts.plan import Plan, Tag
from fleet.rollouts.progress import MOST_BOXES
from fleet.services import Services

UPDATES_PATH = "/updates"
"""Where the repository is served: ``metadata/`` and ``targets/`` are below it."""
_MOST_NUMBER = 2**53 - 1

Number = Annotated[int, PathParameter(ge=1, le=_MOST_NUMBER)]


class RepositoryFiles(StaticFiles):
    """The folder, which need not be there before something is published."""

    async def check_config(self) -> None:
        """A folder that is not there has no files."""


class DecisionIn(BaseModel):
    """A decision about a rollout, and why."""

    reason: str = Field(default="", max_length=200)


class BackIn(DecisionIn):
    """Taking a rollout back."""

    release: int | None = Field(default=None, ge=1, le=_MOST_NUMBER)


class _Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What people say of a box."""

    site: Annotated[str, msgspec.Meta(pattern=r"^([a-z0-9][a-z0-9-]{0,31})?\Z")] = ""
    tags: Annotated[tuple[Tag, ...], msgspec.Meta(max_length=16)] = ()
    powered: Hours | None = None


def add_rollouts(app: FastAPI, services: Services, updates: Path | None) -> None:
    """Add the routes.

    Args:
        app: the application.
        services: the manager's.
        updates: folder of the repository; ``None`` = none is served.
    """
    _catalogue(app, services)
    _plans(app, services)
    _decisions(app, services)
    _answers(app, services)
    if updates is not None:
        app.mount(UPDATES_PATH, RepositoryFiles(directory=updates, check_dir=False), name="updates")


def _catalogue(app: FastAPI, services: Services) -> None:
    @app.get("/api/v1/releases")
    def releases(_who: Who) -> list[dict[str, Any]]:
        return [_plain(one) for one in services.catalogue.releases()]

    @app.put("/api/v1/devices/{name}/place")
    def place(name: str, wanted: Annotated[dict[str, Any], Body()], who: Who) -> dict[str, Any]:
        said = _convert(wanted, _Place)
        services.place(who, name, said.site, said.tags, said.powered)
        return {"site": said.site, "tags": sorted(set(said.tags)), "powered": _plain(said.powered)}


def _plans(app: FastAPI, services: Services) -> None:
    @app.post("/api/v1/rollouts/preview")
    def preview(wanted: Annotated[dict[str, Any], Body()], _who: Who) -> dict[str, Any]:
        plan = _convert(wanted, Plan)
        return _preview(plan, services.rollouts.preview(plan))

    @app.get("/api/v1/rollouts/{number}/preview")
    def preview_of(number: Number, _who: Who) -> dict[str, Any]:
        return _preview(*services.rollouts.preview_of(number))

    @app.post("/api/v1/rollouts")
    def plan(wanted: Annotated[dict[str, Any], Body()], who: Who) -> dict[str, Any]:
        return _rollout(services.rollouts.plan(who, _convert(wanted, Plan)))

    @app.post("/api/v1/rollouts/{number}/back")
    def back(number: Number, wanted: BackIn, who: Who) -> dict[str, Any]:
        return _rollout(services.rollouts.back(who, number, wanted.release, wanted.reason))


def _decisions(app: FastAPI, services: Services) -> None:
    def add(verb: str, decide: Callable[[Person, int, str], Rollout]) -> None:
        @app.post(f"/api/v1/rollouts/{{number}}/{verb}", name=verb)
        def decided(number: Number, wanted: DecisionIn, who: Who) -> dict[str, Any]:
            return _rollout(decide(who, number, wanted.reason))

    rollouts = services.rollouts
    add("approve", rollouts.approve)
    add("start", rollouts.start)
    add("pause", rollouts.pause)
    add("resume", rollouts.resume)
    add("abort", rollouts.abort)


def _answers(app: FastAPI, services: Services) -> None:
    @app.get("/api/v1/rollouts")
    def rollouts(
        _who: Who,
        before: Annotated[int | None, Query(ge=1, le=_MOST_NUMBER)] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 50,
    ) -> list[dict[str, Any]]:
        return [_plain(one) for one in services.progress.listed(before, limit)]

    @app.get("/api/v1/rollouts/{number}")
    def rollout(number: Number, _who: Who) -> dict[str, Any]:
        found: dict[str, Any] = _plain(services.progress.of(number))
        return found

    @app.get("/api/v1/rollouts/{number}/devices")
    def boxes(
        number: Number,
        _who: Who,
        state: Annotated[str, Query(max_length=16)] = "",
        after: Annotated[str, Query(max_length=32)] = "",
        limit: Annotated[int, Query(ge=1, le=MOST_BOXES)] = MOST_BOXES,
    ) -> list[dict[str, Any]]:
        return [_plain(one) for one in services.progress.boxes(number, state, after, limit)]

    @app.get("/api/v1/rollouts/{number}/quality")
    def quality(number: Number, _who: Who) -> dict[str, Any]:
        found: dict[str, Any] = _plain(services.quality.of(number))
        return found


def _preview(plan: Plan, seen: Preview) -> dict[str, Any]:
    groups = []
    for number, group in enumerate(plan.groups):
        names = sorted(name for name, stage in seen.placed.items() if stage == number)
        groups.append({"name": group.name, "boxes": len(names), "devices": names[:50]})
    return {
        "release": _plain(seen.published),
        "groups": groups,
        "left_out": dict(seen.left_out),
        "windows": [_plain(window) for window in seen.windows],
    }


def _rollout(found: Rollout) -> dict[str, Any]:
    return {
        "number": found.number,
        "id": found.id,
        "state": found.state.value,
        "bundle": found.bundle,
        "release": found.release,
        "planned_by": found.planned_by,
        "approved_by": found.approved_by,
    }


def _convert(wanted: dict[str, Any], kind: type[Any]) -> Any:
    try:
        return msgspec.convert(wanted, kind)
    except msgspec.ValidationError as error:
        raise ApiError(422, "request", str(error)) from None


def _plain(found: Any) -> Any:
    return msgspec.to_builtins(found)
