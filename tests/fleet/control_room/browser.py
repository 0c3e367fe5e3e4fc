"""A control room in a process of its own, with a lively store behind it, and a real Chromium in front."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright
from sqlalchemy import update

from fleet.accounts.accounts import Accounts, Role
from fleet.api.app import COOKIE
from fleet.store.database import migrate, open_engine, url_for
from fleet.store.tables import device as device_table
from fleet.store.tables import event as event_table
from simulator.loopback import HOST, free_port
from tests.fleet.control_room.day import ordinary_day
from tests.fleet.control_room.town import Town, now_ms, write_plan

ROOT = Path(__file__).resolve().parents[3]
PASSWORD = "lamps are lit at dusk"
PEOPLE = {"ada": Role.OPERATOR, "vik": Role.VIEWER, "root": Role.ADMIN, "ellen": Role.ENGINEER, "sam": Role.ENGINEER}
STALE = "church-3"
"""Said a day ago that it was online, and nothing since."""
OFFLINE = "molenstraat-2"
TELEMETRY_S = 600.0
"""Between telemetry of the other boxes: they stay alive through the tests in silence, on however slow a machine."""
PATIENCE_S = 40.0

expect.set_options(timeout=PATIENCE_S * 1000)


@dataclass
class Seen:
    """What a page complained of, and whom it asked."""

    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)


class ControlRoom:
    """Store, town, web process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.engine = open_engine(url_for(folder))
        migrate(self.engine)
        self.accounts = Accounts(self.engine)
        for name, role in PEOPLE.items():
            self.accounts.add(name, role, PASSWORD)
        self.town = Town(self.engine, telemetry_s=TELEMETRY_S)
        self.town.register()
        for name in (STALE, OFFLINE):
            self.town.boxes[name].silent = True
        self.incidents = ordinary_day(self.town)
        self.town.will(self.town.boxes[OFFLINE])
        self.town.flush()
        yesterday = dict.fromkeys(("last_word", "state_at", "telemetry_at"), now_ms() - 86_400_000)
        with self.engine.begin() as connection:
            # What was said in the last minutes came as it was said, not all at once when this town was made.
            connection.execute(update(event_table).values(received=event_table.c.time // 1000 + 30))
            connection.execute(update(device_table).where(device_table.c.name == STALE).values(**yesterday))
        self.plan = write_plan(folder / "plan.geojson")
        (folder / "register.csv").write_text("plate,make,kind,colour,status\n1-XYZ-088,Opel,car,white,stolen\n", "utf-8")
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        self._tokens: dict[str, str] = {}

    def start(self) -> float:
        """Start the web process; returns seconds to its first page."""
        began = time.monotonic()
        command = [sys.executable, "-m", "tests.fleet.control_room.server", str(self.folder), str(self.port), str(self.plan)]
        self._process = subprocess.Popen(command, cwd=ROOT)
        until(self._serves)
        return time.monotonic() - began

    def stop(self) -> None:
        """End the web process."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE_S)

    def close(self) -> None:
        """End everything."""
        self.stop()
        self.engine.dispose()

    def token(self, name: str) -> str:
        """A session of one of :data:`PEOPLE`, begun at the first call."""
        if name not in self._tokens:
            found = self.accounts.log_in(name, PASSWORD)
            assert found is not None
            self._tokens[name] = found[1]
        return self._tokens[name]

    def _serves(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, "the web process has ended"
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self.url}/login", trust_env=False, timeout=PATIENCE_S).is_success
        return False


def until(holds: Callable[[], bool]) -> None:
    """Wait for something that will come to hold."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"not within {PATIENCE_S} s"
        time.sleep(0.05)


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextlib.contextmanager
def visit(
    browser: Browser,
    room: ControlRoom,
    name: str | None = None,
    size: tuple[int, int] = (1600, 900),
    timezone: str | None = None,
) -> Iterator[tuple[Page, Seen]]:
    """A fresh browser profile; signed in and on the live page where a name is given."""
    seen = Seen()

    def asked(request: Request) -> None:
        if not request.url.startswith((room.url, "data:", "blob:")):
            seen.strangers.append(request.url)

    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, timezone_id=timezone)
    if name is not None:
        context.add_cookies([{"name": COOKIE, "value": room.token(name), "url": room.url}])
    page = context.new_page()
    page.set_default_timeout(PATIENCE_S * 1000)
    page.on("request", asked)
    page.on(
        "websocket", lambda line: None if line.url.startswith(f"ws://{HOST}:{room.port}/") else seen.strangers.append(line.url)
    )
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on("console", lambda message: seen.complaints.append(message.text) if message.type == "error" else None)
    if name is not None:
        for box in room.town.boxes.values():
            if not box.silent:
                room.town.count(box)
        room.town.flush()
        go(page, room, "/")
    yield page, seen
    context.close()


def go(page: Page, room: ControlRoom, path: str) -> None:
    """Open a page of the room and wait until it lives."""
    page.goto(room.url + path)
    page.wait_for_selector("[data-link-state=live]")


def card(incident: str) -> str:
    """Where an incident is."""
    return f"[data-incident='{incident}']"


def open_card(page: Page, incident: str) -> None:
    """As a person does."""
    page.click(f"{card(incident)} .alert-head")
    page.wait_for_selector(f"{card(incident)}.open")
