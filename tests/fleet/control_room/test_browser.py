"""The operator's work in a real headless Chromium: sign in, see an alert arrive, decide, read it back."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, expect

from fleet.audit.log import verify
from protocol.events import Phase
from protocol.state import Status
from tests.fleet.control_room.browser import PASSWORD, ROOT, ControlRoom, card, go, open_card, visit


def test_an_alert_arrives_is_confirmed_another_is_dismissed_and_both_are_read_back(browser: Browser, room: ControlRoom) -> None:
    box, ended = room.town.boxes["fish-1"], room.incidents["ended"]
    with visit(browser, room, "ada") as (page, seen):
        # it arrives: stored by the real sink while the page is open
        incident = room.town.alert(box, Phase.NEW)
        room.town.flush()
        expect(page.locator(f"{card(incident)} .phase")).to_have_text("new")
        room.town.alert(box, Phase.UPDATE)
        room.town.flush()
        expect(page.locator(f"{card(incident)} .phase")).to_have_text("running")
        assert page.title().startswith("(")
        # running alarms stand above ended ones; keys alone are enough to judge
        page.keyboard.press("j")
        expect(page.locator(f"{card(incident)}.open .alert-head")).to_be_focused()
        body = page.locator(f"{card(incident)} .alert-body")
        for word in ("Observed", "±", "Assessed", "people-in-zone", "person-vehicle-fast", "Limits", "clock ntp ± 4 ms"):
            expect(body).to_contain_text(word)
        expect(page.locator(".box.a-alarm .tag").first).to_be_visible()
        page.evaluate("document.fonts.ready.then(() => null)")
        (ROOT / "artefacts").mkdir(exist_ok=True)
        page.screenshot(path=ROOT / "artefacts" / "control-room.png")
        page.keyboard.press("c")
        expect(page.locator(f"[data-judged] {card(incident)} [data-verdict]")).to_contain_text("confirmed by ada")
        # a dismissal needs a reason
        open_card(page, ended)
        page.keyboard.press("d")
        page.click(f"{card(ended)} [data-give]")
        expect(page.locator(f"{card(ended)} [data-error]")).to_contain_text("needs a reason")
        page.fill(f"{card(ended)} [data-reason]", "A procession, announced")
        page.keyboard.press("Enter")
        expect(page.locator(f"[data-judged] {card(ended)} [data-verdict]")).to_contain_text("dismissed by ada")
        # it is the store that knows, not the page
        page.reload()
        expect(page.locator(f"[data-judged] {card(incident)} [data-verdict]")).to_contain_text("confirmed by ada")
        expect(page.locator(f"[data-judged] {card(ended)} [data-verdict] q")).to_have_text("A procession, announced")
        go(page, room, "/audit")
        expect(page.locator(f"[data-verdict-row='{incident}']")).to_contain_text("confirm")
        expect(page.locator(f"[data-verdict-row='{ended}']")).to_contain_text("A procession, announced")
        for judged in (incident, ended):
            expect(page.locator("[data-entry^=verdict]", has_text=judged)).to_have_count(1)
        expect(page.locator("[data-chain]")).to_contain_text("whole")
        assert seen.complaints == []
        assert seen.strangers == []
    assert verify(room.engine).broken_at is None


def test_whoever_may_only_look_cannot_judge(browser: Browser, room: ControlRoom) -> None:
    incident = room.incidents["running"]
    with visit(browser, room, "vik") as (page, seen):
        open_card(page, incident)
        expect(page.locator(f"{card(incident)} [data-may-not]")).to_contain_text("may look, not judge")
        assert page.locator(f"{card(incident)} [data-confirm], {card(incident)} [data-dismiss]").count() == 0
        assert page.locator("a[href='/audit']").count() == 0
        assert seen.complaints == []
        # nor by asking the manager directly
        status = page.evaluate(
            """async (id) => (await fetch(`/api/v1/incidents/${id}/verdict`, {method: "POST",
               headers: {"Content-Type": "application/json"}, body: JSON.stringify({decision: "confirm"})})).status""",
            incident,
        )
        assert status == 403


def test_whoever_opens_a_page_that_is_not_theirs_is_told_who_they_are_and_where_to_go(
    browser: Browser, room: ControlRoom
) -> None:
    with visit(browser, room) as (page, _):
        page.goto(f"{room.url}/audit")
        page.fill("#name", "vik")
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_have_text("Your role does not include the audit log.")
        expect(page.locator("main")).to_contain_text("signed in as vik, viewer")
        page.get_by_role("button", name="Go to the live page").click()
        expect(page.locator("[data-link-state=live]")).to_be_visible()
        page.goto(f"{room.url}/audit")
        page.get_by_role("button", name="Sign in as somebody else").click()
        expect(page.locator("#name")).to_be_focused()


def test_a_wrong_password_says_so_and_the_right_one_leads_where_one_wanted_to_go(browser: Browser, room: ControlRoom) -> None:
    with visit(browser, room) as (page, seen):
        page.goto(f"{room.url}/device/market-1")
        assert "/login" in page.url, "nothing is shown to whoever is not signed in"
        page.fill("#name", "ada")
        page.fill("#password", "wrong")
        page.keyboard.press("Enter")
        expect(page.locator("[role=alert]")).to_contain_text("wrong")
        assert page.input_value("#name") == "ada"
        expect(page.locator("#password")).to_be_focused()
        assert [text for text in seen.complaints if "401" not in text] == []
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_contain_text("Grote Markt 1")
        page.click("[data-logout]")
        page.wait_for_url("**/login")
        page.goto(f"{room.url}/")
        assert "/login" in page.url, "signed out is signed out"
        assert seen.strangers == []


def test_the_list_of_all_alerts_grows_while_it_is_open(browser: Browser, room: ControlRoom) -> None:
    with visit(browser, room, "ada") as (page, seen):
        go(page, room, "/alerts")
        expect(page.locator(card(room.incidents["old"]))).to_be_visible()
        incident = room.town.alert(room.town.boxes["church-2"], Phase.NEW)
        room.town.flush()
        expect(page.locator(card(incident))).to_be_visible()
        page.select_option("[data-alert-filter]", "confirmed")
        expect(page.locator(card(incident))).to_have_count(0)
        assert seen.complaints == []
    room.town.alert(room.town.boxes["church-2"], Phase.END)
    room.town.flush()


def test_an_event_opens_as_it_was_stored_and_escape_closes_it(browser: Browser, room: ControlRoom) -> None:
    with visit(browser, room, "ada") as (page, seen):
        page.select_option("[data-filter-type]", "crowd.count")
        page.click("[data-hold]")
        page.locator(".event-list button").first.focus()
        page.keyboard.press("Enter")
        expect(page.locator("[data-observed]")).to_contain_text('"high"')
        expect(page.locator("[data-rest]")).to_contain_text('"boot"')
        page.keyboard.press("Escape")
        expect(page.locator("[data-event-dialog]")).to_be_hidden()
        assert seen.complaints == []


def test_density_level_and_a_count_beyond_trust_stand_with_the_zone(browser: Browser, room: ControlRoom) -> None:
    box = room.town.boxes["fish-1"]
    with visit(browser, room, "vik") as (page, seen):
        room.town.density(box, 1.4, 20.0)
        room.town.flush()
        zone = page.locator(f"[data-zone='fish-1/{box.site.zone}']")
        expect(zone.locator("[data-density]")).to_have_text("1.4/m² · level E")
        expect(zone.locator("[data-beyond]")).to_have_text("or more")
        assert seen.complaints == []


def test_a_crush_that_may_come_shows_how_close_people_stand_and_what_is_not_trusted(
    browser: Browser, room: ControlRoom
) -> None:
    with visit(browser, room, "vik", (1280, 800)) as (page, seen):
        incident = room.town.crush(room.town.boxes["market-1"])
        room.town.flush()
        expect(page.locator(f"{card(incident)} .alert-title")).to_have_text("A crush may be coming")
        figures = page.locator(f"{card(incident)} .alert-figures")
        expect(figures).to_have_text(re.compile(r"^3.9 ± 0.4 /m²60 ± 9 peoplefor 0:\d\d$"))
        assert figures.evaluate("one => one.scrollWidth <= one.clientWidth"), "nothing is cut off"
        open_card(page, incident)
        expect(page.locator(f"{card(incident)} [data-crush]")).to_contain_text(
            "3.9 ± 0.4 people per square metre in Grote Markt"
        )
        expect(page.locator(f"{card(incident)} [data-beyond]")).to_contain_text("Trusted up to 50 people")
        expect(page.locator(f"{card(incident)} .cues")).to_contain_text("1/m²/min")
        assert seen.complaints == []


def test_a_camera_that_looks_elsewhere_stands_with_what_it_counts_and_on_its_page_with_what_to_do(
    browser: Browser, room: ControlRoom
) -> None:
    box = room.town.boxes["fish-2"]
    with visit(browser, room, "vik") as (page, seen):
        room.town.density(box, 1.4, 20.0)
        room.town.flush()
        zone = page.locator(f"[data-zone='fish-2/{box.site.zone}']")
        expect(zone.locator("[data-density]")).to_be_visible()
        expect(zone.locator("[data-moved]")).to_have_count(0)
        incident = room.town.look_elsewhere(box)
        room.town.flush()
        expect(zone.locator("[data-moved]")).to_have_text("camera moved")
        expect(zone.locator("[data-density]")).to_have_count(0)
        expect(page.locator(f"[data-line='fish-2/{box.site.line}'] [data-moved]")).to_have_text("camera moved")
        expect(page.locator(f"{card(incident)} .alert-figures")).to_contain_text("camera moved")
        open_card(page, incident)
        expect(page.locator(f"{card(incident)} [data-moved]")).to_contain_text("An end is no all-clear")
        go(page, room, "/device/fish-2")
        reasons = page.locator(".device-state .reasons li")
        expect(reasons.first).to_contain_text("scene-moved source cam moved by 4.2% of its width")
        expect(reasons.first).to_contain_text("turn it back or calibrate anew")
        expect(reasons.nth(1)).to_contain_text("scene-dark source cam uncover the lens")
        box.status, box.reasons = Status.ONLINE, ()
        room.town.birth(box)
        room.town.flush()
        expect(reasons).to_have_count(0)
        assert seen.complaints == []
