"""The pages of rollouts in a browser: planned, approved by another, watched, halted; whole and readable at any width."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from fleet.rollouts.job import Pulse, write_pulse
from protocol.events import Reason, UpdateStep
from simulator.updates.bundles import files_of
from tests.fleet.control_room.browser import ROOT, ControlRoom, go, visit
from tests.fleet.control_room.rolling import Rolling

CONTRAST = (ROOT / "tests/fleet/control_room/contrast.js").read_text("utf-8")
LEAST_CONTRAST = 4.5
"""WCAG 2.2, criterion 1.4.3 (AA)."""
FITS = "document.documentElement.scrollWidth <= innerWidth"


@pytest.fixture(scope="module")
def rolling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rolling]:
    """A room of its own: what is rolled out here must not surprise the other tests."""
    room = ControlRoom(tmp_path_factory.mktemp("rolling"))
    try:
        made = Rolling(room)
        made.history()
        made.field()
        room.start()
        yield made
    finally:
        room.close()


def decide(page: Page, verb: str, reason: str = "") -> None:
    page.click(f"[data-decide={verb}]")
    expect(page.locator("[data-decision-dialog]")).to_be_visible()
    page.fill("[data-decision-reason]", reason)
    page.click("[data-decision-give]")
    expect(page.locator("[data-decision-dialog]")).to_be_hidden()


@pytest.mark.parametrize("size", [(1440, 900), (800, 900), (390, 844)])
def test_every_page_is_whole_and_readable(browser: Browser, rolling: Rolling, size: tuple[int, int]) -> None:
    with visit(browser, rolling.room, "ellen", size) as (page, seen):
        for path in ("/rollouts", "/rollout/1", "/rollout/2", "/rollout/3"):
            go(page, rolling.room, path)
            if path == "/rollouts":
                expect(page.locator("[data-rollout]")).to_have_count(3)
                page.click("[data-plan]")
                expect(page.locator("[data-plan-release] option")).to_have_count(4)
            else:
                expect(page.locator("[data-quality]")).to_be_visible()
            assert page.evaluate(FITS), path
            texts = page.evaluate(CONTRAST)
            assert len(texts) > 10, path
            assert [one for one in texts if one["ratio"] < LEAST_CONTRAST] == [], path
        assert seen.complaints == []
        assert seen.strangers == []


def test_what_goes_on_is_on_one_page(browser: Browser, rolling: Rolling) -> None:
    with visit(browser, rolling.room, "vik", (1440, 900)) as (page, seen):
        go(page, rolling.room, "/rollout/2")
        expect(page.locator("[data-succeeded]")).to_have_text("6")
        expect(page.locator("[data-outlook]")).to_have_text("group half: 4 of at least 5 came to an end")
        turns = page.locator("[data-group]").evaluate_all("all => all.map((one) => [one.dataset.group, one.dataset.turn])")
        assert turns == [["canary", "passed"], ["half", "now"], ["rest", "later"]]
        expect(page.locator("[data-failure=too-slow]")).to_contain_text("3 times the time")
        expect(page.locator("[data-flagged]")).to_have_text("1 is not signed with the key of its box")
        expect(page.locator("[data-behind]")).to_have_count(24)
        expect(page.locator("[data-behind]").first).to_contain_text("failed too-slow")
        expect(page.locator(".versions canvas")).to_be_visible()
        expect(page.locator("[data-quality]")).to_contain_text("1.2.0 (new)")
        expect(page.locator("[data-note=group]")).to_contain_text("group half begins")
        expect(page.locator("[data-decide]")).to_have_count(0)
        assert seen.complaints == []


def test_whoever_planned_cannot_approve_and_another_sees_what_it_would_do(browser: Browser, rolling: Rolling) -> None:
    with visit(browser, rolling.room, "ellen", (1440, 900)) as (page, _seen):
        go(page, rolling.room, "/rollout/3")
        expect(page.locator("[data-own]")).to_have_text("You planned it: a second person approves it.")
        expect(page.locator("[data-decide=approve]")).to_be_disabled()
        expect(page.locator("[data-plan-preview]")).to_contain_text("all 30 boxes")
    with visit(browser, rolling.room, "ada", (1440, 900)) as (page, _seen):
        go(page, rolling.room, "/rollout/3")
        names = page.locator("[data-decide]").evaluate_all("all => all.map((one) => one.dataset.decide)")
        assert names == ["abort"], "an operator may halt, and no more"
    with visit(browser, rolling.room, "sam", (1440, 900)) as (page, seen):
        go(page, rolling.room, "/rollout/3")
        expect(page.locator("[data-plan-preview]")).to_contain_text("all 30 boxes")
        decide(page, "approve", "looked at it")
        expect(page.locator(".state-line")).to_have_attribute("data-state", "approved")
        page.click("[data-decide=start]")
        page.click("[data-decision-give]")
        expect(page.locator("[data-decision-error]")).to_contain_text("rollout 2 of person-vehicle-fast is not done with")
        assert seen.complaints == ["Failed to load resource: the server responded with a status of 409 (Conflict)"]


def test_a_rollout_by_the_page_alone_until_it_stops_itself(browser: Browser, rolling: Rolling) -> None:
    """Rows 10 and 25 on a screen: planned, seen, approved, started, stopped at the canary, taken back."""
    city, room = rolling.city, rolling.room
    for release, content in ((7, 3), (8, 2), (6, 2)):
        rolling.repository.add(files_of("another-model", content), release)
    rolling.publish()
    with visit(browser, room, "ellen", (1440, 900)) as (page, seen):
        go(page, room, "/rollouts")
        page.click("[data-plan]")
        page.select_option("[data-plan-bundle]", "another-model")
        page.select_option("[data-plan-release]", "7")
        page.fill("[data-plan-canary]", "tram-1, tram-2")
        page.fill("[data-plan-percent]", "")
        page.fill("[data-plan-budget]", "50")
        page.fill("[data-plan-note]", "<b>bold</b> new weights")
        page.fill("[data-plan-opens]", "25:00")
        page.click("[data-plan-look]")
        expect(page.locator("[data-plan-error]")).to_contain_text("A window needs both of its hours")
        page.fill("[data-plan-opens]", "")
        page.click("[data-plan-look]")
        expect(page.locator("[data-plan-preview]")).to_contain_text("canary 2 boxes tram-1, tram-2")
        page.click("[data-plan-give]")
        page.wait_for_url("**/rollout/4")
        expect(page.locator(".facts")).to_contain_text("<b>bold</b> new weights")
        assert seen.complaints == []
    with visit(browser, room, "sam", (1440, 900)) as (page, seen):
        go(page, room, "/rollout/4")
        decide(page, "approve")
        decide(page, "start", "now")
        expect(page.locator(".state-line")).to_have_attribute("data-state", "running")
        rolling.work()
        expect(page.locator("[data-group=canary]")).to_contain_text("0 of 2")
        hostile = "<img src=x onerror=document.title='owned'>"
        order = city.orders("tram-1")
        assert order is not None
        mine = next(one for one in order.orders if one.bundle == "another-model")
        for step in (UpdateStep.ACCEPTED, UpdateStep.ROLLED_BACK):
            reason = Reason("nonsense", "model", hostile) if step is UpdateStep.ROLLED_BACK else None
            of: dict[str, Any] = {"bundle": mine.bundle, "release": 7, "nonce": mine.nonce, "counter": order.counter}
            city.report("tram-1", step, running=6, reason=reason, **of)
        rolling.work()
        expect(page.locator(".state-line")).to_have_attribute("data-state", "stopped")
        expect(page.locator("[data-reason]")).to_contain_text("1 of 2 failed, which reaches the budget of 50%")
        expect(page.locator("[data-failure=nonsense]")).to_contain_text(hostile)
        assert page.title() != "owned"
        assert page.locator("img[src=x]").count() == 0
        decide(page, "back", "goes wrong")
        page.wait_for_url("**/rollout/5")
        expect(page.locator("h1")).to_contain_text("another-model release 8")
        expect(page.locator(".facts")).to_contain_text("rollout 4")
        assert seen.complaints == []


def test_a_page_says_when_nobody_moves_rollouts_forward(browser: Browser, rolling: Rolling) -> None:
    with visit(browser, rolling.room, "ellen", (1440, 900)) as (page, _seen):
        go(page, rolling.room, "/rollout/2")
        expect(page.locator("[data-outlook]")).to_be_visible()
        expect(page.locator("[data-mover]")).to_have_count(0)
        write_pulse(rolling.room.engine, Pulse(1))
        expect(page.locator("[data-mover]")).to_contain_text("that moves rollouts forward does not answer")
        rolling.alive()
        expect(page.locator("[data-mover]")).to_have_count(0)
        go(page, rolling.room, "/rollout/99")
        expect(page.locator("[data-error]")).to_contain_text("there is no rollout 99")
