"""Questions about plates in a real headless Chromium: purpose and reason first, what is old with a decision, all recorded."""

from __future__ import annotations

import datetime as dt
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from fleet.api.app import COOKIE
from fleet.store.anpr import anpr_search
from tests.fleet.control_room.browser import ControlRoom, go, visit
from tests.fleet.control_room.plates import hit, keep, read
from tests.fleet.control_room.town import now_ms

MINUTE_MS, DAY_MS = 60_000, 86_400_000


def asked(room: ControlRoom, reason: str) -> list[Any]:
    """What was recorded of this reason."""
    with room.engine.connect() as connection:
        a = anpr_search.c
        query = select(a.what, a.purpose, a.reason, a.found).where(a.reason.startswith(reason)).order_by(a.row)
        return list(connection.execute(query))


def local(ms: int) -> str:
    """As a field of a date and a time takes it, on this machine's clock."""
    return dt.datetime.fromtimestamp(ms / 1000).strftime("%Y-%m-%dT%H:%M")  # noqa: DTZ006 - it is the desk's


def refused(page: Page, words: str, field: str) -> None:
    """The page says what is missing, and leads to it."""
    page.click("[data-ask-give]")
    expect(page.locator("[data-ask-error]")).to_contain_text(words)
    expect(page.locator(f"#ask-{field}")).to_be_focused()


def test_where_a_plate_was_read(browser: Browser, room: ControlRoom) -> None:
    for name, ago in (("market-1", 9), ("station-2", 4)):
        hit(room.town, room.town.boxes[name], now_ms() - ago * MINUTE_MS, plate="1ASK001")
    keep(room.town)
    with visit(browser, room, "ada") as (page, seen):
        page.click("[data-plates-link]")
        page.wait_for_selector("[data-ask]")
        refused(page, "Give the plate", "plate")
        page.keyboard.type("1-ask-001")
        refused(page, "Choose the purpose", "purpose")
        page.select_option("#ask-purpose", "stolen-vehicles")
        expect(page.locator("[data-purpose-words]")).to_contain_text("Police Function Act")
        refused(page, "Give the reason", "reason")
        assert asked(room, "case 2026/90") == [], "what is missing is no question"
        page.keyboard.type("case 2026/90")
        page.keyboard.press("Enter")
        expect(page.locator("[data-sighting]")).to_have_count(2)
        expect(page.locator("[data-answer-head]")).to_contain_text("2 sightings of 1-ASK-001")
        expect(page.locator("[data-answer-head]")).to_be_focused()
        expect(page.locator("[data-sighting]").first).to_contain_text(room.town.boxes["station-2"].site.label)
        expect(page.locator("[data-path-told]")).to_contain_text("2 sightings")
        expect(page.locator(".path-stop")).to_have_count(2)
        expect(page.locator("[data-path-told]")).to_be_in_viewport()
        expect(page.locator(".path-stop").first).to_be_in_viewport()
        assert "ASK" not in page.url.upper(), "a plate stands in no address"
        assert seen.complaints == []
        assert seen.strangers == []
    assert [tuple(row) for row in asked(room, "case 2026/90")] == [("plate", "stolen-vehicles", "case 2026/90", 2)]


def test_what_was_read_at_boxes_in_a_time(browser: Browser, room: ControlRoom) -> None:
    read(room.town, room.town.boxes["fish-1"], "1ASK002", now_ms() - 30 * MINUTE_MS)
    keep(room.town)
    with visit(browser, room, "ada") as (page, seen):
        go(page, room, "/plates")
        page.check("[data-about='boxes']")
        refused(page, "Choose one box", "boxes")
        page.select_option("#ask-boxes", ["fish-1"])
        page.select_option("#ask-purpose", "travel-times")
        page.fill("#ask-reason", "case 2026/91")
        refused(page, "from when on", "since")
        page.fill("#ask-since", local(now_ms() - 60 * MINUTE_MS))
        page.fill("#ask-until", local(now_ms() - 120 * MINUTE_MS))
        refused(page, "ends before it begins", "until")
        page.fill("#ask-until", local(now_ms() + MINUTE_MS))
        page.click("[data-ask-give]")
        expect(page.locator("[data-sighting]").first).to_contain_text("under a pseudonym")
        assert "1ASK002" not in page.content(), "whoever sees places and times cannot follow a car"
        expect(page.locator("[data-path-told]")).to_have_count(0)
        page.fill("#ask-since", local(now_ms() - 40 * DAY_MS))
        refused(page, "older than 30 days is not shown for this purpose", "since")
        assert seen.complaints == []
    assert [row.what for row in asked(room, "case 2026/91")] == ["place"]


def test_what_is_older_than_a_month_needs_a_prosecutors_decision(browser: Browser, room: ControlRoom) -> None:
    for days in (40, 1):
        hit(room.town, room.town.boxes["market-1"], now_ms() - days * DAY_MS, plate="1ASK003")
    keep(room.town)
    with visit(browser, room, "ada") as (page, seen):
        go(page, room, "/plates")
        page.fill("#ask-plate", "1ASK003")
        page.select_option("#ask-purpose", "stolen-vehicles")
        page.fill("#ask-reason", "case 2026/92")
        expect(page.locator("#ask-decision")).to_have_count(0)
        page.click("[data-ask-give]")
        expect(page.locator("[data-sighting]")).to_have_count(1)
        page.check("[data-ask-older]")
        refused(page, "prosecutor's written decision", "decision")
        page.keyboard.type("BR 2026/50")
        page.click("[data-ask-give]")
        expect(page.locator("[data-sighting]")).to_have_count(2)
        page.select_option("#ask-purpose", "low-emission-zone")
        expect(page.locator("#ask-decision")).to_have_count(0)
        assert seen.complaints == []
    assert [row.reason for row in asked(room, "case 2026/92")] == ["case 2026/92", "case 2026/92; decision BR 2026/50"]


def test_a_role_that_may_not_ask_has_no_such_page(browser: Browser, room: ControlRoom) -> None:
    with visit(browser, room, "vik") as (page, _):
        expect(page.locator("[data-plates-link]")).to_have_count(0)
    for path in ("/plates", "/room/purposes"):
        answers = [httpx.get(room.url + path, cookies={COOKIE: room.token(name)}, trust_env=False) for name in ("vik", "ada")]
        assert [answer.status_code for answer in answers] == [403, 200], path


def test_a_narrow_page_shows_everything(browser: Browser, room: ControlRoom) -> None:
    with visit(browser, room, "ada", size=(700, 900)) as (page, seen):
        go(page, room, "/plates")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, "nothing stands beyond the edge"
        expect(page.locator("[data-ask-give]")).to_be_visible()
        assert seen.complaints == []
