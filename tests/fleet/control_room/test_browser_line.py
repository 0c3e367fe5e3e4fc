"""What a page says and keeps when its line is lost, its session ends, or its manager is another."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from protocol.events import Phase
from tests.fleet.control_room.browser import ControlRoom, card, go, open_card, until, visit

ROWS = 40
"""As many rows as the stream shows while it moves."""


def stream(page: Page) -> list[str]:
    ids: list[str] = page.eval_on_selector_all("[data-event]", "all => all.map(one => one.dataset.event)")
    return ids


def stored(room: ControlRoom) -> list[str]:
    with room.engine.connect() as connection:
        rows = connection.exec_driver_sql(f"SELECT id FROM event ORDER BY row DESC LIMIT {ROWS}")
        return [row.id for row in rows]


def test_a_manager_that_comes_back_finds_its_pages_again_with_nothing_missed_or_doubled(
    browser: Browser, room: ControlRoom
) -> None:
    boxes, typing = room.town.boxes, room.incidents["old"]
    lively = [box for box in boxes.values() if not box.silent]
    with visit(browser, room, "ada") as (page, _seen):
        open_card(page, typing)
        page.click(f"{card(typing)} [data-dismiss]")
        page.fill(f"{card(typing)} [data-reason]", "half a sent")
        page.mouse.move(800, 5)  # off the list, which holds still under the pointer
        room.stop()
        expect(page.locator("[data-lost]")).to_contain_text("No connection to the manager")
        for old in (".live-grid", ".figures"):
            expect(page.locator(old)).to_have_css("filter", re.compile("grayscale"))
        incident = room.town.alert(boxes["fish-3"], Phase.NEW)
        for box in lively[:15]:
            room.town.count(box)
        room.town.flush()
        room.start()
        expect(page.locator("[data-lost]")).to_have_count(0)
        room.town.alert(boxes["fish-3"], Phase.UPDATE)
        for box in lively[15:]:
            room.town.count(box)
        room.town.flush()
        expect(page.locator(card(incident))).to_have_count(1)
        expect(page.locator(f"{card(incident)} .phase")).to_have_text("running")
        until(lambda: stream(page) == stored(room))
        assert page.input_value(f"{card(typing)} [data-reason]") == "half a sent", "the page has not been loaded anew"
    room.town.alert(boxes["fish-3"], Phase.END)
    room.town.flush()


def test_an_ended_session_is_said_and_leads_back_to_where_one_was(browser: Browser, room: ControlRoom) -> None:
    with visit(browser, room, "root") as (page, seen):
        go(page, room, "/device/market-2")
        room.accounts.log_out(room.token("root"))
        page.wait_for_url("**/login?**")
        expect(page.locator("[role=status]")).to_contain_text("session has ended")
        assert page.input_value("[name=next]") == "/device/market-2"
        assert seen.complaints == []


def test_a_page_of_another_build_loads_itself_anew(browser: Browser, room: ControlRoom) -> None:
    with visit(browser, room, "ada") as (page, seen):
        loads: list[str] = []
        page.on("framenavigated", lambda frame: loads.append(frame.url))
        first = iter([True])

        def updated(line: WebSocketRoute) -> None:
            manager, is_other = line.connect_to_server(), next(first, False)
            manager.on_message(lambda text: line.send(str(text).replace('"build":"', '"build":"not-') if is_other else text))

        page.route_web_socket("**/room/live", updated)
        page.reload()
        until(lambda: page.locator("[data-link-state=live]").count() == 1 and len(loads) == 2)
        assert seen.complaints == []
