"""The API: JSON over HTTP, and the live stream as server-sent events.

Rules: everything but enrolment, login and health needs a session (cookie, or ``Authorization: Bearer``); a cookie alone never
changes anything from another site (SameSite=Strict); bodies are bounded; every error is ``{"error": code, "message": words}``.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Annotated, Any

import msgspec
from fastapi import Body, FastAPI, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from fleet.accounts.accounts import SESSION_S, Right
from fleet.api.errors import ApiError, answer_errors
from fleet.api.gunshots import add_gunshots
from fleet.api.lists import add_lists
from fleet.api.plates import add_plates
from fleet.api.rollouts import add_rollouts
from fleet.api.session import COOKIE, Who, current, require, token_of
from fleet.api.stream import MOST_ROW, read_row, tail, view
from fleet.identity.enrolment import EnrolmentError
from fleet.lists.files import ListFiles
from fleet.oversight.verdicts import Decision
from fleet.services import Services
from protocol.commands import CommandName
from protocol.config import Config
from protocol.enrolment import ENROL_PATH, EnrolRequest
from protocol.errors import InvalidNameError

__all__ = ["COOKIE", "ApiError", "current", "make_app", "view"]

ANSWER_S = 10.0
"""A person waits this long for a box's answer."""


class Login(BaseModel):
    """A name and a password."""

    name: str = Field(max_length=64)
    password: str = Field(max_length=1024)


class VerdictIn(BaseModel):
    """A decision about an incident."""

    decision: Decision
    reason: str = Field(default="", max_length=300)


class CommandIn(BaseModel):
    """A request to a box."""

    command: CommandName
    subject: str | None = Field(default=None, max_length=32)


class CodeIn(BaseModel):
    """A box that is to be enrolled."""

    device: str = Field(max_length=32)
    label: str = Field(default="", max_length=80)


def make_app(
    services: Services, *, secure_cookie: bool = False, updates: Path | None = None, lists: ListFiles | None = None
) -> FastAPI:
    """Make the application; the control room is mounted on it by whoever serves it.

    Args:
        services: the manager's.
        secure_cookie: whether browsers may send the session over HTTPS only.
        updates: folder of the signed repository of models that is served; ``None`` = none.
        lists: files of hit lists that are served; ``None`` = none.
    """
    app = FastAPI(title="Lamplighter", version="1", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.services = services
    app.state.ending = lambda: False  # whoever serves it knows better
    answer_errors(app)
    _people(app, services, secure_cookie=secure_cookie)
    _boxes(app, services)
    _happenings(app, services)
    add_rollouts(app, services, updates)
    add_lists(app, services, lists)
    add_plates(app, services)
    add_gunshots(app, services)
    return app


def _people(app: FastAPI, services: Services, *, secure_cookie: bool) -> None:
    @app.post("/api/v1/login")
    def log_in(login: Login, response: Response) -> dict[str, str]:
        found = services.accounts.log_in(login.name, login.password)
        if found is None:
            raise ApiError(401, "login", "name or password is wrong, or there were too many attempts; wait a minute")
        person, token = found
        response.set_cookie(COOKIE, token, max_age=SESSION_S, httponly=True, samesite="strict", secure=secure_cookie)
        return {"name": person.name, "role": person.role.value, "token": token}

    @app.post("/api/v1/logout")
    def log_out(
        request: Request, response: Response, _who: Who, authorization: Annotated[str, Header()] = ""
    ) -> dict[str, str]:
        services.accounts.log_out(token_of(request, authorization))
        response.delete_cookie(COOKIE)
        return {}

    @app.get("/api/v1/me")
    def me(who: Who) -> dict[str, str]:
        return {"name": who.name, "role": who.role.value}

    @app.get("/api/v1/openapi.json", include_in_schema=False)
    def schema(_who: Who) -> dict[str, Any]:
        return app.openapi()

    @app.get("/api/v1/audit")
    def audit(who: Who, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> dict[str, Any]:
        require(who, Right.READ_AUDIT)
        checked = services.verify_audit()
        rows = [dict(row._mapping) for row in services.audit_rows(limit)]  # noqa: SLF001 - SQLAlchemy's public name
        return {"rows": rows, "verified": checked.rows, "broken_at": checked.broken_at}


def _boxes(app: FastAPI, services: Services) -> None:
    @app.post(ENROL_PATH)
    async def enrol(request: Request) -> Response:
        try:
            wanted = msgspec.json.decode(await request.body(), type=EnrolRequest)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ApiError(400, "request", f"not an enrolment request: {error}") from None
        address = request.client.host if request.client else ""
        try:
            answer = await asyncio.to_thread(services.enrolment.enrol, wanted, address)
        except EnrolmentError as error:
            raise ApiError(error.status, error.error, error.message) from error
        return Response(msgspec.json.encode(answer), media_type="application/json")

    @app.post("/api/v1/codes")
    def make_code(wanted: CodeIn, who: Who) -> dict[str, str]:
        require(who, Right.ENROL)
        try:
            return {"device": wanted.device, "code": services.enrolment.make_code(wanted.device, who.name, wanted.label)}
        except InvalidNameError as error:
            raise ApiError(422, "name", str(error)) from error
        except EnrolmentError as error:
            raise ApiError(error.status, error.error, error.message) from error

    @app.get("/api/v1/devices")
    def devices(_who: Who) -> list[dict[str, Any]]:
        return [_device(found) for found in services.devices()]

    @app.get("/api/v1/devices/{name}")
    def device(name: str, _who: Who) -> dict[str, Any]:
        found = services.device(name)
        if found is None:
            raise ApiError(404, "device", f"there is no device {name[:32]!r}")
        return _device(found)

    @app.put("/api/v1/devices/{name}/twin")
    def want(name: str, config: Annotated[dict[str, Any], Body()], who: Who) -> dict[str, int]:
        try:
            wanted = msgspec.convert(config, Config)
        except msgspec.ValidationError as error:
            raise ApiError(422, "refused", str(error)) from None
        return {"version": services.want(who, name, wanted).version}

    @app.post("/api/v1/devices/{name}/command")
    async def command(name: str, wanted: CommandIn, who: Who) -> dict[str, Any]:
        correlation = await asyncio.to_thread(services.command, who, name, wanted.command, wanted.subject)
        deadline = time.monotonic() + ANSWER_S
        while time.monotonic() < deadline:
            reply = await asyncio.to_thread(services.reply, correlation)
            if reply is not None:
                return {"ok": reply.ok, "message": reply.message}
            await asyncio.sleep(0.1)
        raise ApiError(504, "no-answer", f"{name} did not answer within {ANSWER_S:g} s; is it online?")


def _happenings(app: FastAPI, services: Services) -> None:
    @app.get("/api/v1/health")
    def health() -> dict[str, Any]:
        return {"fleet": services.fleet, "row": services.last_row()}

    @app.get("/api/v1/events")
    def events(
        _who: Who,
        device: str | None = None,
        type: str | None = None,  # noqa: A002 - the name on the wire
        incident: str | None = None,
        before: Annotated[int | None, Query(ge=0, le=MOST_ROW)] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> list[dict[str, Any]]:
        found = services.events(name=device, kind=type, incident=incident, before=before, limit=limit)
        return [view(stored) for stored in found]

    @app.get("/api/v1/incidents/{incident}")
    def incident_of(incident: str, _who: Who) -> dict[str, Any]:
        found = services.events(incident=incident, limit=1000)
        if not found:
            raise ApiError(404, "incident", "there is no such incident")
        verdicts = services.verdicts.of([incident])
        return {"events": [view(stored) for stored in reversed(found)], "verdicts": [_verdict(v) for v in verdicts]}

    @app.post("/api/v1/incidents/{incident}/verdict")
    def judge(incident: str, wanted: VerdictIn, who: Who) -> dict[str, Any]:
        return _verdict(services.verdicts.give(who, incident, wanted.decision, wanted.reason))

    @app.get("/api/v1/stream")
    async def stream(
        request: Request,
        _who: Who,
        last_event_id: Annotated[str, Header()] = "",
        authorization: Annotated[str, Header()] = "",
    ) -> StreamingResponse:
        row = read_row(last_event_id)
        row = await asyncio.to_thread(services.last_row) if row is None else row
        return StreamingResponse(tail(request, services, row, token_of(request, authorization)), media_type="text/event-stream")


def _device(found: Any) -> dict[str, Any]:
    shown = {name: getattr(found, name) for name in found.__dataclass_fields__}
    for name in ("state", "telemetry", "desired", "reported", "tags", "powered"):
        shown[name] = msgspec.json.decode(shown[name]) if shown[name] else None
    return shown


def _verdict(found: Any) -> dict[str, Any]:
    return {
        "incident": found.incident,
        "decision": found.decision.value,
        "reason": found.reason,
        "account": found.account,
        "at": found.at,
    }
