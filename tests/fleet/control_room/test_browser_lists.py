"""The pages of hit lists in a browser: drafted with bad lines and mended, approved by another, looked at with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import delete, select

from fleet.api.app import COOKIE
from fleet.lists.master import MASTER
from fleet.store.tables import audit, session
from tests.fleet.control_room.browser import ROOT, ControlRoom, go, visit
from tests.fleet.control_room.listing import ADA, Listing
from tests.fleet.control_room.town import now_ms

CONTRAST = (ROOT / "tests/fleet/control_room/contrast.js").read_text("utf-8")
LEAST_CONTRAST = 4.5
"""WCAG 2.2, criterion 1.4.3 (AA)."""
FITS = "document.documentElement.scrollWidth <= innerWidth"
BAD = "plate,comment\n9-ZZZ-001,case 1\n\u0410BC123\n9ZZZ001\n9-ZZZ-001-TOO-LONG\n"


@pytest.fixture(scope="module")
def listing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listing]:
    """A room of its own, whose web process has the master key."""
    room = ControlRoom(tmp_path_factory.mktemp("listing"))
    with pytest.MonkeyPatch.context() as patch:
        try:
            made = Listing(room)
            made.history()
            patch.setenv(MASTER, made.office.environment[MASTER])
            room.start()
            yield made
        finally:
            room.close()


def whole(page: Page) -> None:
    """Nothing is cut off, and every text can be read, at a desk and on a tablet and a phone."""
    for width in (1280, 700, 390):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(FITS), width
        texts = page.evaluate(CONTRAST)
        assert len(texts) > 10
        assert [one for one in texts if one["ratio"] < LEAST_CONTRAST] == [], width
    page.set_viewport_size({"width": 1280, "height": 800})


def test_bad_lines_are_named_and_nothing_of_them_is_lost(browser: Browser, listing: Listing, tmp_path: Path) -> None:
    (tmp_path / "plates.csv").write_text(BAD, "utf-8")
    (tmp_path / "other.csv").write_bytes(b"\xff\xfe1\x00")
    with visit(browser, listing.room, "ada", (1280, 800)) as (page, seen):
        page.click("[data-lists-link]")
        page.click("[data-draft]")
        page.set_input_files("[data-plates-give=whole]", tmp_path / "plates.csv")
        expect(page.locator("[data-plates-text=whole]")).to_have_value(BAD)
        page.click("[data-draft-give]")
        expect(page.locator("[data-draft-error]")).to_contain_text("Name the list")
        page.fill("[data-draft-name]", "fresh")
        page.select_option("[data-draft-purpose]", "wanted-vehicles")
        page.fill("[data-draft-basis]", "warrant 2026/99")
        page.fill("[data-draft-until]", page.get_attribute("[data-draft-until]", "max") or "")
        page.click("[data-draft-give]")
        faults = page.locator("[data-draft-fault]")
        expect(faults).to_have_count(2)
        expect(faults.nth(0)).to_contain_text("cyrillic capital letter a")
        expect(faults.nth(1)).to_contain_text("line 5 9-ZZZ-001-TOO-LONG a plate has 1 to 12")
        expect(page.locator("[data-draft-again]")).to_have_text("line 4 repeats line 2; counted once")
        expect(page.locator("[data-plates-text=whole]")).to_have_value(BAD)
        whole(page)
        faults.nth(1).locator("button").click()
        shown = page.evaluate("document.activeElement.value.slice(document.activeElement.selectionStart)")
        assert shown == "9-ZZZ-001-TOO-LONG\n", "the line is shown where it stands"
        page.set_input_files("[data-plates-give=whole]", tmp_path / "other.csv")
        expect(page.locator("[data-plates-error]")).to_contain_text("other.csv is not text in UTF-8")
        page.fill("[data-plates-text=whole]", "9-ZZZ-001,case 1\n9ZZZ001\n9-YY?-002\n")
        page.click("[data-draft-give]")
        done = page.locator("[data-draft-done]")
        for words in ("2 entries, of which 2 come", "line 2 repeats line 1", "Somebody else has to approve it"):
            expect(done).to_contain_text(words)
        assert all("422" in text for text in seen.complaints)
        assert seen.strangers == []


def test_another_account_approves_what_one_has_drafted(browser: Browser, listing: Listing) -> None:
    room = listing.room
    listing.office.ms = now_ms()
    listing.office.draft("9-ZZZ-001,case 1\n9-YY?-002\n", ADA, "new", purpose="wanted-vehicles")
    with visit(browser, room, "ada", (1280, 800)) as (page, seen):
        go(page, room, "/hit-lists/new")
        expect(page.locator("[data-would]")).to_contain_text("2 entries: 1 exact, 1 partial")
        expect(page.locator("[data-own]")).to_contain_text("somebody else has to approve it")
        expect(page.locator("[data-list-decide]")).to_have_text(["Discard…"])
        assert "ZZZ" not in page.content()
        assert seen.complaints == []
    with visit(browser, room, "ben", (1280, 800)) as (page, seen):
        go(page, room, "/hit-lists")
        expect(page.locator("[data-list=new] [data-waits]")).to_contain_text("you may approve it")
        listing.alive("the list authority's key is not loaded: make it with `lamplighter lists authority init`")
        go(page, room, "/hit-lists/new")
        expect(page.locator("[data-locked] code")).to_have_text("lamplighter lists authority init")
        page.click("[data-list-decide=approve]")
        page.fill("[data-list-reason]", "looked at it")
        page.click("[data-list-give]")
        expect(page.locator("[data-list-error]")).to_contain_text("cannot be activated")
        expect(page.locator("[data-list-reason]")).to_have_value("looked at it")
        listing.alive()
        page.click("[data-list-give]")
        expect(page.locator("[data-unsigned]")).to_contain_text("approved by ben")
        listing.work()
        history = page.locator("[data-version][data-state=active]")
        for words in ("by ada", "by ben", "by the list authority"):
            expect(history).to_contain_text(words)
        expect(page.locator("[data-nothing-waits]")).to_be_visible()
        assert [text for text in seen.complaints if "409" not in text] == []


def test_entries_come_after_a_reason_which_is_recorded_and_who_may_not_sees_none(browser: Browser, listing: Listing) -> None:
    room = listing.room
    with visit(browser, room, "ben", (1280, 800)) as (page, seen):
        go(page, room, "/hit-lists/stolen")
        expect(page.locator("[data-box]")).to_have_count(5)
        steps = page.locator("[data-box]").evaluate_all("all => all.map((one) => one.dataset.step).sort()")
        assert steps == ["fetching", "key-missing", "key-missing", "refused", "uses"]
        waits = page.locator("[data-waiting]")
        waits.locator("[data-entries-ask=changes]").click()
        page.click("[data-entries-give]")
        expect(page.locator("[data-entries-error]")).to_contain_text("say why you look at entries")
        assert "NEW" not in page.content()
        page.fill("[data-entries-reason]", "to approve it")
        page.keyboard.press("Enter")
        expect(page.locator("[data-entry]")).to_have_text(["goes1-QQ*", "comes4-NEW-002case 13"])
        whole(page)
        page.click("[data-entries-hide]")
        assert "NEW" not in page.content()
        assert [text for text in seen.complaints if "403" not in text] == []
    with visit(browser, room, "root", (1280, 800)) as (page, seen):
        go(page, room, "/hit-lists/stolen")
        expect(page.locator("[data-list-decide]").first).to_be_visible()
        assert page.locator("[data-entries], [data-draft], [data-list-decide=approve]").count() == 0
        assert seen.complaints == []
    with visit(browser, room, "vik", (1280, 800)) as (page, _seen):
        assert page.locator("[data-lists-link]").count() == 0
    with httpx.Client(base_url=room.url, trust_env=False, timeout=60) as client:
        assert client.get("/hit-lists/stolen").headers["location"] == "/login?next=/hit-lists/stolen"
        client.cookies.set(COOKIE, room.token("vik"))
        for path in ("/hit-lists", "/hit-lists/stolen", "/room/lists", "/room/lists/stolen"):
            assert client.get(path).status_code == 403
    with room.engine.connect() as connection:
        looks = connection.execute(select(audit.c.actor, audit.c.subject).where(audit.c.action == "list.look")).all()
    assert ("ben", "stolen 5") in [tuple(one) for one in looks]


def test_what_was_typed_outlives_its_session(browser: Browser, listing: Listing) -> None:
    room = listing.room
    with visit(browser, room, "ada", (1280, 800)) as (page, _seen):
        go(page, room, "/hit-lists")
        page.click("[data-draft]")
        page.fill("[data-plates-text=whole]", "9-ZZZ-001\n")
        with room.engine.begin() as connection:
            connection.execute(delete(session).where(session.c.account == "ada"))
        room._tokens.pop("ada")
        expect(page.locator("[data-lost]")).to_contain_text("What you typed stays on this page")
        page.context.add_cookies([{"name": COOKIE, "value": room.token("ada"), "url": room.url}])
        page.wait_for_selector("[data-link-state=live]")
        expect(page.locator("[data-plates-text=whole]")).to_have_value("9-ZZZ-001\n")
