"""Hits of one plate in a real headless Chromium: one card, a verdict for each, a path that grows, and what needs a decision."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import select

from fleet.store.anpr import anpr_search
from fleet.store.tables import verdict
from tests.fleet.control_room.browser import ControlRoom, card, go, open_card, visit
from tests.fleet.control_room.plates import hit, keep
from tests.fleet.control_room.town import now_ms

MINUTE_MS, DAY_MS = 60_000, 86_400_000


def passes(room: ControlRoom, plate: str, *way: tuple[str, int]) -> list[str]:
    """The plate is hit at boxes, so many ms ago; returns the incidents."""
    found = [hit(room.town, room.town.boxes[name], now_ms() - ago, plate=plate) for name, ago in way]
    keep(room.town)
    return found


def card_of(page: Page, plate: str, among: str = "[data-unjudged]") -> Locator:
    """The card of a plate."""
    return page.locator(f"{among} .alert", has=page.locator("[data-plate]", has_text=plate))


def ask_path(page: Page, reason: str) -> None:
    """Ask for the path of the open card and say why; it is not sent yet."""
    page.locator("[data-path-ask]").click()
    page.fill("[data-path-reason]", reason)


def away(page: Page) -> None:
    """Nothing is held back while the pointer is elsewhere."""
    page.mouse.move(page.evaluate("innerWidth / 2"), 5)


def asked(room: ControlRoom, reason: str) -> list[Any]:
    """Of this reason, what was recorded."""
    with room.engine.connect() as connection:
        a = anpr_search.c
        return list(connection.execute(select(a.what, a.reason, a.found).where(a.reason.startswith(reason)).order_by(a.row)))


def test_hits_of_one_plate_are_one_card_with_a_verdict_for_each(browser: Browser, room: ControlRoom) -> None:
    first, second = passes(room, "1RPT001", ("market-1", 9 * MINUTE_MS), ("station-2", 4 * MINUTE_MS))
    with visit(browser, room, "ada") as (page, seen):
        mine = card_of(page, "1RPT001")
        expect(mine.locator("[data-repeats]")).to_contain_text("2 hits since")
        expect(mine.locator(".alert-place")).to_contain_text(room.town.boxes["station-2"].site.label)
        (third,) = passes(room, "1RPT001", ("fish-1", 0))
        expect(mine.locator("[data-repeats]")).to_contain_text("3 hits since")
        expect(mine.locator(".alert-place")).to_contain_text(room.town.boxes["fish-1"].site.label)
        expect(mine).to_have_count(1)
        expect(mine).to_have_attribute("data-incident", third)
        # keys alone: open it, go to the hits, choose the one before, begin a dismissal, go back, confirm
        mine.locator(".alert-head").focus()
        page.keyboard.press("Enter")
        expect(mine.locator("[data-hit]")).to_have_count(3)
        page.keyboard.press("Tab")
        expect(page.locator(f"[data-hit='{third}']")).to_be_focused()
        page.keyboard.press("ArrowDown")
        expect(mine).to_have_attribute("data-incident", second)
        expect(page.locator(f"[data-hit='{second}']")).to_be_focused()
        expect(page.get_by_role("radio", checked=True)).to_have_count(1)
        page.keyboard.press("d")
        expect(page.locator("[data-reason]")).to_be_focused()
        page.keyboard.press("Escape")
        expect(mine.locator(".alert-head")).to_be_focused()
        page.keyboard.press("c")
        expect(page.locator(f"[data-judged] {card(second)} [data-verdict]")).to_contain_text("confirmed by ada")
        expect(mine.locator("[data-repeats]")).to_contain_text("2 hits since")
        expect(mine).to_have_attribute("data-incident", third)
        # on the list of all alerts too, where what waits is never hidden behind what is judged
        go(page, room, "/alerts")
        page.select_option("[data-alert-filter]", "")
        mine = card_of(page, "1RPT001", ".wide-list")
        expect(mine.locator("[data-repeats]")).to_contain_text("3 hits since")
        expect(mine.locator("[data-repeats]")).to_contain_text("2 to judge")
        expect(mine).to_have_attribute("data-incident", third)
        mine.locator(".alert-head").click()
        expect(page.locator(f"[data-hit='{third}']")).to_be_checked()
        page.keyboard.press("c")
        expect(mine.locator("[data-verdict]")).to_contain_text("confirmed by ada")
        expect(mine.locator("[data-repeats]")).to_contain_text("1 to judge")
        page.keyboard.press("Escape")
        expect(mine.locator(".alert-head")).to_be_focused()
        expect(mine).to_have_attribute("data-incident", first)
        assert seen.complaints == []
    with room.engine.connect() as connection:
        of = verdict.c
        judged = connection.execute(select(of.incident, of.decision).where(of.incident.in_([first, second, third])))
        assert sorted(map(tuple, judged)) == sorted([(second, "confirm"), (third, "confirm")])


def test_what_is_typed_about_one_hit_is_kept_for_it_and_never_said_of_another(browser: Browser, room: ControlRoom) -> None:
    first, second = passes(room, "1RPT002", ("market-2", 9 * MINUTE_MS), ("station-3", 4 * MINUTE_MS))
    passes(room, "1RPT003", ("fish-2", MINUTE_MS))
    with visit(browser, room, "ada") as (page, seen):
        mine, above = card_of(page, "1RPT002"), card_of(page, "1RPT003")
        mine.locator(".alert-head").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("d")
        expect(page.locator("[data-reason]")).to_be_focused()
        page.keyboard.type("half a sent")
        # a further hit comes: the card stays where it is, and shows what it showed
        passes(room, "1RPT002", ("church-1", 0))
        expect(mine.locator("[data-repeats]")).to_contain_text("3 hits")
        expect(mine).to_have_attribute("data-incident", second)
        expect(page.locator("[data-reason]")).to_be_focused()
        assert page.input_value("[data-reason]") == "half a sent"
        assert order(page, above) < order(page, mine)
        # another hit of the card is another matter
        page.locator(f"[data-hit='{first}']").check()
        expect(page.locator("[data-reason]")).to_have_count(0)
        page.keyboard.press("d")
        assert page.input_value("[data-reason]") == ""
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        expect(mine.locator("[data-hits]")).to_have_count(0)
        away(page)
        page.wait_for_function("document.querySelector('.alert [data-plate]').textContent === '1RPT002'")
        assert order(page, mine) < order(page, above)
        assert seen.complaints == []


def order(page: Page, one: Locator) -> int:
    """Place of a card in the list."""
    incident = one.get_attribute("data-incident")
    cards = page.locator("[data-unjudged] .alert").evaluate_all("all => all.map((one) => one.dataset.incident)")
    return int(cards.index(incident))


def test_a_path_grows_while_its_card_is_open(browser: Browser, room: ControlRoom) -> None:
    incident = passes(room, "1RPT004", ("market-1", 9 * MINUTE_MS), ("station-2", 4 * MINUTE_MS))[-1]
    with visit(browser, room, "ada") as (page, seen):
        open_card(page, incident)
        ask_path(page, "case 2026/77")
        page.keyboard.press("Enter")
        expect(page.locator("[data-path] li")).to_have_count(2)
        page.click(".map-fit")
        place = page.locator(".path-stop").first.bounding_box()
        passes(room, "1RPT004", ("fish-1", 0))
        expect(page.locator("[data-path] li")).to_have_count(3)
        expect(page.locator(".path-stop")).to_have_count(3)
        expect(page.locator("[data-path-told]")).to_contain_text("3 hits")
        expect(page.locator("[data-path-late]")).to_have_count(0)
        assert page.locator(".path-stop").first.bounding_box() == place, "the map stays where it was looked at"
        # what has come and is not kept yet is told, and comes
        hit(room.town, room.town.boxes["church-1"], plate="1RPT004")
        room.town.flush()
        expect(page.locator("[data-path-late]")).to_contain_text("One hit has come")
        keep(room.town)
        expect(page.locator("[data-path] li")).to_have_count(4)
        # whoever has taken it from the map does not get it back by itself
        page.click("[data-path-forget]")
        passes(room, "1RPT004", ("church-2", 0))
        expect(page.locator("[data-path] li")).to_have_count(5)
        expect(page.locator("[data-path-told]")).to_have_count(0)
        assert seen.complaints == []
    shown = asked(room, "case 2026/77")
    assert {row.what for row in shown} == {"path"}
    assert [shown[0].found, shown[-1].found] == [2, 5], "every showing is recorded"


def test_a_path_that_is_no_longer_followed_says_until_when_it_was(browser: Browser, room: ControlRoom) -> None:
    incident = passes(room, "1RPT005", ("market-1", 9 * MINUTE_MS), ("station-2", 4 * MINUTE_MS))[-1]
    with visit(browser, room, "ada") as (page, seen):
        open_card(page, incident)
        ask_path(page, "case 2026/78")
        page.keyboard.press("Enter")
        expect(page.locator("[data-path-told]")).to_contain_text("2 hits")
        expect(page.locator("[data-path-told]")).not_to_contain_text("until")
        page.click(f"{card(incident)} .alert-head")
        expect(page.locator("[data-path-told]")).to_contain_text("2 hits until")
        assert seen.complaints == []


def test_what_is_older_than_a_month_is_shown_with_a_prosecutors_decision(browser: Browser, room: ControlRoom) -> None:
    old, incident = passes(room, "1RPT006", ("market-1", 40 * DAY_MS), ("station-2", MINUTE_MS))
    with visit(browser, room, "ada") as (page, seen):
        open_card(page, incident)
        ask = page.locator("[data-path-ask]")
        expect(ask).to_have_text("1 hit of this plate in 30 days: show its path…")
        ask.click()
        expect(page.locator("[data-path-decision]")).to_have_count(0)
        page.fill("[data-path-reason]", "case 2026/79")
        page.keyboard.press("Enter")
        expect(page.locator("[data-path] li")).to_have_count(1)
        # what stands beside a hit that is older is not shown either
        page.locator(f"[data-hit='{old}']").check()
        expect(page.locator("[data-hit-error]")).to_contain_text("older than 30 days is not shown for stolen-vehicles")
        assert [text for text in seen.complaints if "403" not in text] == []
    with visit(browser, room, "ada") as (page, seen):
        open_card(page, incident)
        ask_path(page, "case 2026/80")
        page.check("[data-path-older]")
        page.click("[data-path-give]")
        expect(page.locator("[data-path-error]")).to_contain_text("Give the reference of the prosecutor's written decision")
        expect(page.locator("[data-path-decision]")).to_be_focused()
        page.keyboard.type("BR 2026/44")
        page.keyboard.press("Enter")
        expect(page.locator("[data-path] li")).to_have_count(2)
        assert seen.complaints == []
    with visit(browser, room, "ada") as (page, seen):
        go(page, room, "/alerts")
        card_of(page, "1RPT006", ".wide-list").locator(".alert-head").click()
        page.locator(f"[data-hit='{old}']").check()
        page.locator("[data-path-ask]", has_text="prosecutor").click()
        page.fill("[data-path-reason]", "case 2026/81")
        page.keyboard.press("Enter")
        expect(page.locator("[data-path-decision]")).to_be_focused()
        page.keyboard.type("BR 2026/45")
        page.keyboard.press("Enter")
        expect(page.locator("[data-path] li")).to_have_count(2)
        assert [text for text in seen.complaints if "403" not in text] == []
    assert [row.reason for row in asked(room, "case 2026/80")] == ["case 2026/80; decision BR 2026/44"]
    assert [row.reason for row in asked(room, "case 2026/81")] == ["case 2026/81; decision BR 2026/45"]


def test_for_an_administrative_purpose_nothing_older_can_be_asked_for(browser: Browser, room: ControlRoom) -> None:
    old = hit(room.town, room.town.boxes["market-1"], now_ms() - 40 * DAY_MS, plate="1RPT007")
    incident = hit(room.town, room.town.boxes["market-1"], plate="1RPT008")
    keep(room.town, "low-emission-zone")
    with visit(browser, room, "ada") as (page, seen):
        open_card(page, incident)
        expect(page.locator("[data-purpose]")).to_be_visible()
        expect(page.locator("[data-path-ask]")).to_have_count(0)
        open_card(page, old)
        expect(page.locator("[data-hit-error]")).to_have_text("what is older than 30 days is not shown for low-emission-zone")
        expect(page.locator("[data-path-ask]")).to_have_count(0)
        assert [text for text in seen.complaints if "403" not in text] == []
