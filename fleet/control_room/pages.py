"""Serving the control room: pages, the live line, and the few questions that the API does not answer.

Rules:

- Everything but the sign-in page needs a session; a page's live line is asked again for its session while it is open.
- Deciding and commanding go through the API, like anyone else's.
- A content security policy forbids the browser to load or send anything beyond this host.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

import msgspec
import nicegui
import nicegui.elements.echart
import nicegui.elements.leaflet
from fastapi import Depends, FastAPI, Form, Query, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from nicegui import app as nicegui_app
from nicegui import ui
from nicegui.dependencies import register_importmap_override
from nicegui.element import Element

from fleet.accounts.accounts import SESSION_S, Person, Right
from fleet.api.app import COOKIE, ApiError, current
from fleet.control_room.answers import incident_page
from fleet.control_room.lists import add_list_questions
from fleet.control_room.login import NOTICES, login_page, refused_page, safe_next
from fleet.control_room.plan import read_plan
from fleet.control_room.policy import ASSETS, Policy
from fleet.control_room.purposes import add_purposes
from fleet.control_room.room import Room, account_view, now_ms
from fleet.services import Services

_WEB = Path(__file__).parent / "web"
_FONTS = f"/_nicegui/{nicegui.__version__}/static/fonts.css"
SESSION_CHECK_S = 2.0
"""How soon an open page notices that its session has ended."""
_PAGES = {
    "/": "live",
    "/alerts": "alerts",
    "/plates": "plates",
    "/rollouts": "rollouts",
    "/hit-lists": "lists",
    "/audit": "audit",
}
"""Views without a subject, by path."""
_ALERTS, _ROLLOUTS, _LISTS = ("hits.css", "shots.css"), ("rollouts.css",), ("rollouts.css", "hits.css", "lists.css")
_GUARDED = {"audit": "the audit log", "plates": "questions about plates", "lists": "hit lists", "list": "hit lists"}
"""Views that are not everybody's, as a refusal names them."""
_NEEDS = {"audit": Right.READ_AUDIT, "plates": Right.SEARCH_PLATES}
"""Of these, what they need; the others are of whoever keeps lists."""
_SHEETS = {"rollouts": _ROLLOUTS, "rollout": _ROLLOUTS, "lists": _LISTS, "list": _LISTS, "plates": (*_ALERTS, "plates.css")}
"""Style sheets of a view besides the common one; of the others those of alerts."""
_SIGNED_OUT = 4401
_TRY_AGAIN = 1013
Who = Annotated[Person, Depends(current)]
_mounted: list[FastAPI] = []


class RoomPage(Element, component=str(_WEB / "control_room.js")):
    """One view of the control room.

    Args:
        view: live, device, alerts, plates, rollouts, rollout, lists, list or audit.
        fleet: name shown in the header.
        person: who looks.
        device: for the view of one box.
        rollout: for the view of one rollout.
        hit_list: for the view of one hit list.
    """

    def __init__(  # noqa: PLR0913 - one for each kind of subject
        self,
        view: str,
        fleet: str,
        person: Person,
        device: str | None = None,
        rollout: int | None = None,
        hit_list: str | None = None,
    ) -> None:
        super().__init__()
        known = account_view(person)
        self._props["view"] = view
        self._props["fleet"] = fleet
        self._props["account"] = {name: getattr(known, name) for name in known.__struct_fields__}
        self._props["device"] = device
        self._props["rollout"] = rollout
        self._props["hit_list"] = hit_list


def mount_room(app: FastAPI, services: Services, plan: Path | None) -> None:
    """See :func:`fleet.control_room.mount`."""
    if _mounted:
        msg = "the control room is mounted already; NiceGUI serves one application per process"
        raise RuntimeError(msg)
    build = _digest_of_web()
    room = Room(services, None if plan is None else read_plan(plan), build)
    _mounted.append(app)
    assets = f"{ASSETS}{build}"
    app.mount(assets, StaticFiles(directory=_WEB), name="room-assets")
    app.add_middleware(Policy)
    _sign_in(app, services, assets)
    _live_line(app, services, room)
    _questions(app, room)
    add_list_questions(app, services)
    add_purposes(app, services)
    _pages(services, assets)
    nicegui_app.on_startup(room.start)
    nicegui_app.on_shutdown(room.stop)
    register_importmap_override("lamplighter-room", f"{assets}/index.js")
    ui.run_with(
        app,
        title="Lamplighter",
        favicon=_WEB / "lamp.svg",
        dark=True,
        tailwind=False,
        show_welcome_message=False,
    )


def _digest_of_web() -> str:
    """Names the assets by their content, so that a browser keeps them until they change."""
    digest = hashlib.sha256()
    for path in sorted(_WEB.iterdir()):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _sign_in(app: FastAPI, services: Services, assets: str) -> None:
    @app.get("/login", include_in_schema=False)
    def show(request: Request, after: Annotated[str, Query(alias="next")] = "/", why: str = "") -> Response:
        if _person(services, request.cookies.get(COOKIE)) is not None:
            return RedirectResponse(safe_next(after), 303)
        notice = NOTICES.get(why, "")
        page = login_page(fleet=services.fleet, assets=assets, fonts=_FONTS, after=safe_next(after), notice=notice)
        return HTMLResponse(page)

    @app.post("/login", include_in_schema=False)
    def sign_in(
        request: Request,
        name: Annotated[str, Form(max_length=64)],
        password: Annotated[str, Form(max_length=1024)],
        after: Annotated[str, Form(alias="next")] = "/",
    ) -> Response:
        found = services.accounts.log_in(name, password)
        if found is None:
            error = "Name or password is wrong, or there were too many attempts. Wait a minute and try again."
            page = login_page(fleet=services.fleet, assets=assets, fonts=_FONTS, after=safe_next(after), name=name, error=error)
            return HTMLResponse(page, 401)
        response = RedirectResponse(safe_next(after), 303)
        secure = request.url.scheme == "https"
        response.set_cookie(COOKIE, found[1], max_age=SESSION_S, httponly=True, samesite="strict", secure=secure)
        return response

    @app.post("/logout", include_in_schema=False)
    def sign_out(request: Request) -> Response:
        token = request.cookies.get(COOKIE)
        if token:
            services.accounts.log_out(token)
        response = RedirectResponse("/login", 303)
        response.delete_cookie(COOKIE)
        return response


def _live_line(app: FastAPI, services: Services, room: Room) -> None:
    @app.websocket("/room/live")
    async def live(socket: WebSocket) -> None:
        token = socket.cookies.get(COOKIE)
        await socket.accept()
        origin = urlsplit(socket.headers.get("origin", "")).netloc
        person = await asyncio.to_thread(_person, services, token)
        if person is None or origin != socket.headers.get("host", ""):
            await socket.close(_SIGNED_OUT)
            return
        if not room.ready.is_set():
            await socket.close(_TRY_AGAIN)
            return
        hub = room.hub
        page = hub.open(account_view(person), now_ms())
        gone = asyncio.create_task(_until_gone(socket))
        try:
            while not gone.done():
                checked = asyncio.get_running_loop().time()
                while asyncio.get_running_loop().time() - checked < SESSION_CHECK_S and not gone.done():
                    message = await page.next()
                    if message is None:
                        await socket.close(_TRY_AGAIN)
                        return
                    await socket.send_text(message.decode())
                if await asyncio.to_thread(_person, services, token) != person:
                    await socket.close(_SIGNED_OUT)
                    return
        except (WebSocketDisconnect, RuntimeError):
            pass  # the page went away while something was sent to it
        finally:
            gone.cancel()
            hub.close(page)


async def _until_gone(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


def _questions(app: FastAPI, room: Room) -> None:
    answers = room.answers

    @app.get("/room/plan", include_in_schema=False)
    def plan(_who: Who) -> Response:
        if room.plan is None:
            return Response(b"null", media_type="application/json")
        return Response(room.plan, media_type="application/geo+json")

    @app.get("/room/events/{row}", include_in_schema=False)
    def event(row: int, _who: Who) -> dict[str, Any]:
        found = answers.event(row)
        if found is None:
            raise ApiError(404, "event", f"event {row} is not in the store any more")
        return found

    @app.get("/room/devices/{name}", include_in_schema=False)
    async def device(name: str, _who: Who) -> dict[str, Any]:
        found = await asyncio.to_thread(answers.device, name)
        if found is None:
            raise ApiError(404, "device", f"there is no box {name[:32]!r}")
        recent = await asyncio.to_thread(answers.recent, name)
        rows = [room.board.row(item.event, item.received_at, item.row) for item in recent]
        return {**found, "history": _plain(room.board.history(name)), "rows": _plain(rows)}

    @app.get("/room/incidents", include_in_schema=False)
    async def incidents(who: Who, state: str = "", before: int | None = None, limit: int = 50) -> dict[str, Any]:
        found = await asyncio.to_thread(answers.incidents, state, before, limit)
        return incident_page(found, room.board, plates=who.may(Right.SEARCH_PLATES))

    @app.get("/room/verdicts", include_in_schema=False)
    def verdicts(who: Who, before: int | None = None, limit: int = 50) -> dict[str, Any]:
        _require(who, Right.READ_AUDIT)
        return answers.verdicts(before, limit)

    @app.get("/room/audit", include_in_schema=False)
    def audit(who: Who, before: int | None = None, limit: int = 50, action: str = "") -> dict[str, Any]:
        _require(who, Right.READ_AUDIT)
        return answers.audit(before, limit, action)


def _show(services: Services, assets: str, request: Request, view: str, **subject: Any) -> Response | None:
    """Put a view on the page that is being made; what is answered instead, where this person may not see it."""
    person = _person(services, request.cookies.get(COOKIE))
    if person is None:
        return RedirectResponse(f"/login?next={quote(request.url.path)}", 303)
    if not _may_see(person, view):
        who = {"name": person.name, "role": person.role.value, "guarded": _GUARDED[view]}
        return HTMLResponse(refused_page(fleet=services.fleet, assets=assets, fonts=_FONTS, **who), 403)
    for sheet in ("style.css", *_SHEETS.get(view, _ALERTS)):
        ui.add_head_html(f'<link rel="stylesheet" href="{assets}/{sheet}">')
    RoomPage(view, services.fleet, person, **subject)
    return None


def _pages(services: Services, assets: str) -> None:
    show = functools.partial(_show, services, assets)

    def add(path: str, view: str) -> None:
        @ui.page(path)
        def page(request: Request) -> Response | None:
            return show(request, view)

    for path, view in _PAGES.items():
        add(path, view)

    @ui.page("/device/{name}")
    def device(request: Request, name: str) -> Response | None:
        return show(request, "device", device=name)

    @ui.page("/rollout/{number}")
    def rollout(request: Request, number: int) -> Response | None:
        return show(request, "rollout", rollout=number)

    @ui.page("/hit-lists/{name}")
    def hit_list(request: Request, name: str) -> Response | None:
        return show(request, "list", hit_list=name)


def _may_see(person: Person, view: str) -> bool:
    if view in _NEEDS:
        return person.may(_NEEDS[view])
    return person.keeps_lists or view not in _GUARDED


def _person(services: Services, token: str | None) -> Person | None:
    return services.accounts.person(token) if token else None


def _require(person: Person, right: Right) -> None:
    if not person.may(right):
        raise ApiError(403, "role", f"the role {person.role.value} does not include: {right.value}")


def _plain(views: Any) -> Any:
    return msgspec.to_builtins(views)
