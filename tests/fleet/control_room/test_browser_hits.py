"""Hits and clones in a real headless Chromium: the plate, what matched, the register's hint, the verdict, and the path."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, expect
from sqlalchemy import select

from fleet.store.anpr import anpr_search
from tests.fleet.control_room.browser import ROOT, ControlRoom, card, go, open_card, visit
from tests.fleet.control_room.plates import OTHER, PLATE, clone, hit, keep
from tests.fleet.control_room.town import now_ms

WAY = ("market-1", "station-2", "fish-1", "church-1")


def test_a_hit_comes_is_looked_at_followed_and_judged(browser: Browser, room: ControlRoom) -> None:
    town = room.town
    with visit(browser, room, "ada") as (page, seen):
        for minutes, name in zip((14, 9, 4), WAY, strict=False):
            hit(town, town.boxes[name], now_ms() - minutes * 60_000)
        incident = hit(town, town.boxes[WAY[3]])
        keep(town)
        expect(page.locator(f"{card(incident)} [data-plate]")).to_have_text(PLATE)
        expect(page.locator(f"{card(incident)} [data-posterior]")).to_have_text("46 %")
        expect(page.locator(f"{card(incident)} [data-through]")).to_have_text("matched through an alternate")
        open_card(page, incident)
        body = page.locator(f"{card(incident)} .alert-body")
        expect(body.locator("[data-purpose]")).to_have_text("Stolen vehicles and plates")
        expect(body.locator("[data-readings] li")).to_have_count(2)
        expect(body.locator("[data-readings] li.matched .plate")).to_have_text(PLATE)
        expect(body.locator("[data-readings] li.matched [data-matched]")).to_be_visible()
        expect(body.locator("[data-readings] li").first).to_contain_text(OTHER)
        for words in (
            "red car, towards the camera, lane inner",
            "Look at the vehicle",
            "version 118",
            "No hit of this camera",
            "0.46",
        ):
            expect(body).to_contain_text(words)
        expect(body.locator("[data-register]")).to_contain_text("a hint, not a verdict")
        expect(body.locator("[data-register]")).to_contain_text("another colour")
        # its path needs a reason, which is recorded
        body.locator("[data-path-ask]").click()
        page.keyboard.press("Enter")
        expect(body.locator("[data-path-error]")).to_contain_text("say why")
        page.fill(f"{card(incident)} [data-path-reason]", "case 2026/1234")
        page.keyboard.press("Enter")
        expect(body.locator("[data-path] li")).to_have_count(4)
        expect(page.locator("[data-path-told]")).to_contain_text("4 hits")
        expect(page.locator(".path-stop")).to_have_count(4)
        expect(page.locator(".path-stop time").first).to_have_text(re.compile(r"^\d\d:\d\d:\d\d"))
        page.evaluate("document.fonts.ready.then(() => null)")
        (ROOT / "artefacts").mkdir(exist_ok=True)
        page.screenshot(path=ROOT / "artefacts" / "hit.png")
        page.click("[data-path-forget]")
        expect(page.locator(".path-stop")).to_have_count(0)
        # judged as any alert
        body.locator("[data-dismiss]").click()
        expect(body.locator(".chips")).to_contain_text("Plate was misread")
        page.keyboard.press("Escape")
        page.click(f"{card(incident)} [data-confirm]")
        expect(page.locator(f"[data-judged] {card(incident)} [data-verdict]")).to_contain_text("confirmed by ada")
        page.reload()
        page.wait_for_selector("[data-link-state=live]")
        open_card(page, incident)
        expect(page.locator(f"{card(incident)} [data-precision]")).to_contain_text("1 judged")
        assert [text for text in seen.complaints if "403" not in text] == []
        assert seen.strangers == []
    with room.engine.connect() as connection:
        asked = connection.execute(select(anpr_search.c.what, anpr_search.c.account, anpr_search.c.reason)).all()
    assert ("path", "ada", "case 2026/1234") in asked
    assert ("hit", "ada", f"alert {incident}") in asked


def test_whoever_may_not_ask_about_plates_sees_the_alert_without_the_plate(browser: Browser, room: ControlRoom) -> None:
    """Nor which alerts are one vehicle."""
    again = hit(room.town, room.town.boxes["fish-3"])
    incident = hit(room.town, room.town.boxes["fish-1"])
    keep(room.town)
    for name in ("vik", "root"):
        with visit(browser, room, name) as (page, seen):
            expect(page.locator(card(again))).to_be_visible()
            expect(page.locator("[data-repeats]")).to_have_count(0)
            open_card(page, incident)
            expect(page.locator(f"{card(incident)} [data-no-plate]")).to_be_visible()
            assert PLATE not in page.content()
            assert page.locator("[data-path-ask], [data-readings]").count() == 0
            go(page, room, "/alerts")
            expect(page.locator(f"{card(incident)} [data-no-plate]")).to_be_visible()
            assert PLATE not in page.content()
            assert seen.complaints == []


def test_a_clone_says_where_when_and_how_it_may_be_wrong(browser: Browser, room: ControlRoom) -> None:
    incident = clone(room.town, room.town.boxes["market-2"], room.town.boxes["station-1"])
    with visit(browser, room, "ada") as (page, seen):
        open_card(page, incident)
        body = page.locator(f"{card(incident)} .alert-body")
        for words in ("4 times", "the quickest drive takes", "would have to be wrong", "as a pseudonym", "No model"):
            expect(body).to_contain_text(words)
        page.evaluate("document.fonts.ready.then(() => null)")
        page.screenshot(path=ROOT / "artefacts" / "clone.png")
        body.locator("[data-dismiss]").click()
        page.fill(f"{card(incident)} [data-reason]", "Two trailers, one number")
        page.keyboard.press("Enter")
        expect(page.locator(f"[data-judged] {card(incident)} [data-verdict]")).to_contain_text("dismissed by ada")
        assert seen.complaints == []
