"""What the operator's hands do: keys on both lists of alerts, nothing moves under them, every decision is read back at once."""

from __future__ import annotations

import json

from playwright.sync_api import Browser, WebSocketRoute, expect

from protocol.events import Phase
from tests.fleet.control_room.browser import ControlRoom, card, go, open_card, visit


def test_the_list_of_all_alerts_is_judged_with_the_same_keys(browser: Browser, room: ControlRoom) -> None:
    box = room.town.boxes["fish-1"]
    incident = room.town.alert(box, Phase.NEW)
    room.town.flush()
    with visit(browser, room, "ada") as (page, seen):
        go(page, room, "/alerts")
        expect(page.locator(card(incident))).to_be_visible()
        page.keyboard.press("j")
        expect(page.locator(f"{card(incident)}.open .alert-head")).to_be_focused()
        page.keyboard.press("d")
        expect(page.locator("[data-reason]")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator("[data-reason]")).to_have_count(0)
        expect(page.locator(f"{card(incident)}.open .alert-head")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator(".alert.open")).to_have_count(0)
        page.keyboard.press("j")
        page.keyboard.press("c")
        expect(page.locator(f"{card(incident)} [data-verdict]")).to_contain_text("confirmed by ada")
        assert seen.complaints == []
    room.town.alert(box, Phase.END)
    room.town.flush()


def test_what_was_decided_last_is_said_on_top_and_the_form_is_in_sight(browser: Browser, room: ControlRoom) -> None:
    box = room.town.boxes["fish-3"]
    incident = room.town.alert(box, Phase.NEW)
    room.town.flush()
    with visit(browser, room, "ada", (1280, 720)) as (page, seen):
        expect(page.locator(card(incident))).to_be_visible()
        page.keyboard.press("j")
        page.keyboard.press("d")
        expect(page.locator("[data-give]")).to_be_in_viewport(ratio=1)
        page.fill("[data-reason]", "A rehearsal")
        page.keyboard.press("Enter")
        expect(page.locator("[data-decided-last]")).to_have_text(f"dismissed: {box.site.label}")
        page.click("[data-decided-last]")
        expect(page.locator(f"[data-judged] {card(incident)}")).to_be_in_viewport()
        page.keyboard.press("j")
        expect(page.locator("[data-decided-last]")).to_have_count(0)
        assert seen.complaints == []
    room.town.alert(box, Phase.END)
    room.town.flush()


def test_an_alert_that_comes_while_another_is_judged_moves_nothing(browser: Browser, room: ControlRoom) -> None:
    box, typing = room.town.boxes["church-2"], room.incidents["old"]
    with visit(browser, room, "ada") as (page, seen):
        go(page, room, "/alerts")
        open_card(page, typing)
        page.click(f"{card(typing)} [data-dismiss]")
        page.fill(f"{card(typing)} [data-reason]", "half a sent")
        place = page.locator(f"{card(typing)} [data-give]").bounding_box()
        incident = room.town.alert(box, Phase.NEW)
        room.town.flush()
        expect(page.locator("[data-newcomers]")).to_have_text("1 new: show")
        expect(page.locator(card(incident))).to_have_count(0)
        assert page.locator(f"{card(typing)} [data-give]").bounding_box() == place
        page.click("[data-newcomers]")
        expect(page.locator(card(incident))).to_be_visible()
        assert page.input_value(f"{card(typing)} [data-reason]") == "half a sent"
        assert seen.complaints == []
    room.town.alert(box, Phase.END)
    room.town.flush()


def test_a_verdict_on_an_alert_that_the_board_has_forgotten_is_read_back(browser: Browser, room: ControlRoom) -> None:
    box = room.town.boxes["church-2"]
    incident = room.town.alert(box, Phase.NEW)
    room.town.alert(box, Phase.END)
    room.town.flush()
    with visit(browser, room, "ada") as (page, seen):

        def forgotten(line: WebSocketRoute) -> None:
            def without(text: str | bytes) -> None:
                message = json.loads(text)
                message["incidents"] = [one for one in message.get("incidents", []) if one["id"] != incident]
                line.send(json.dumps(message))

            line.connect_to_server().on_message(without)

        page.route_web_socket("**/room/live", forgotten)
        go(page, room, "/alerts")
        open_card(page, incident)
        page.keyboard.press("c")
        expect(page.locator(f"{card(incident)} [data-verdict]")).to_contain_text("confirmed by ada")
        expect(page.locator(f"{card(incident)} [data-confirm]")).to_have_count(0)
        assert seen.complaints == []
