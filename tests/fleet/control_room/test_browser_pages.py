"""Every page, as it looks: whole, readable, honest about what is not known, and deaf to what a box calls itself."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Browser, Route, WebSocketRoute, expect
from sqlalchemy import update

from fleet.store.tables import device as device_table
from tests.fleet.control_room.browser import OFFLINE, ROOT, STALE, ControlRoom, card, go, open_card, visit
from tests.fleet.control_room.town import now_ms

PAGES = ("/", "/alerts", "/rollouts", "/audit", "/device/market-1")
SIZES = ((1600, 900), (1280, 800))
NARROW = ((1024, 768), (390, 844))
CONTRAST = (ROOT / "tests/fleet/control_room/contrast.js").read_text("utf-8")
FITS = """document.documentElement.scrollWidth <= innerWidth && [...document.querySelectorAll("main, .figure, .who")]
  .every((one) => one.getBoundingClientRect().right <= innerWidth + 1)"""
VOID = "column => column.offsetHeight - [...column.children].reduce((sum, one) => sum + one.offsetHeight, 0)"
LISTS = ("devices", "zones", "lines", "incidents", "rows")
LEAST_CONTRAST = 4.5
"""WCAG 2.2, criterion 1.4.3 (AA)."""


@pytest.mark.parametrize("size", SIZES)
def test_every_page_is_whole_and_readable(browser: Browser, room: ControlRoom, size: tuple[int, int]) -> None:
    with visit(browser, room, "ada", size) as (page, seen):
        for path in PAGES:
            go(page, room, path)
            if path == "/":
                expect(page.locator(".box .tag").first).to_be_visible()
                open_card(page, room.incidents["running"])
            if path.startswith("/device"):
                expect(page.locator(".chart canvas")).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
            texts = page.evaluate(CONTRAST)
            assert len(texts) > 10, path
            assert [one for one in texts if one["ratio"] < LEAST_CONTRAST] == [], path
        assert seen.complaints == []
        assert seen.strangers == []


@pytest.mark.parametrize("size", NARROW)
def test_a_tablet_and_a_phone_show_every_page_in_one_column(browser: Browser, room: ControlRoom, size: tuple[int, int]) -> None:
    with visit(browser, room, size=size) as (page, _seen):
        page.goto(f"{room.url}/login")
        assert page.evaluate(FITS), "login"
    with visit(browser, room, "ada", size) as (page, seen):
        for path in PAGES:
            go(page, room, path)
            expect(page.locator(".panel").last).to_be_visible()
            assert page.evaluate(FITS), path
            narrow = page.evaluate(
                "[...document.querySelectorAll('.panel')].filter((one) => one.offsetWidth < innerWidth - 2).length"
            )
            assert narrow == 0, path
            if path == "/":
                expect(page.locator(".zone").first).to_be_visible()
                void = page.eval_on_selector(".people-column", VOID)
                assert void < 5, "nothing lies empty between zones and lines"
        assert seen.complaints == []


def test_a_wide_page_cuts_nothing_of_what_a_box_says_of_its_parts(browser: Browser, room: ControlRoom) -> None:
    with visit(browser, room, "ada", (1280, 720)) as (page, _seen):

        def busy(route: Route) -> None:
            answer = route.fetch()
            found = answer.json()
            for source in found["telemetry"]["sources"].values():
                source["drops"] = {"accelerator-down": 9, "no-slot": 12_345, "superseded": 941_000, "timed-out": 31}
            route.fulfill(response=answer, json=found)

        page.route("**/room/devices/market-1", busy)
        go(page, room, "/device/market-1")
        expect(page.locator(".parts").first).to_contain_text("superseded")
        assert page.eval_on_selector(".device-state .scroll", "one => one.scrollWidth <= one.clientWidth")


@pytest.mark.parametrize("width", [1280, 1110, 700, 390])
def test_the_models_of_a_part_are_named_in_full(browser: Browser, room: ControlRoom, width: int) -> None:
    names = (
        "person-vehicle-fast, plate-detector-second-edition, plate-read"  # with what cannot be broken, and a cut that is told
    )
    with visit(browser, room, "ada", (width, 800)) as (page, _seen):

        def busy(route: Route) -> None:
            answer = route.fetch()
            found = answer.json()
            part = {"state": "backing-off", "inference_ms": 1234.0, "restarts": 12, "timeouts": 345}
            found["telemetry"]["accelerators"] = {"edgetpu-usb-0": part | {"model": names.ljust(64, "e")}}
            route.fulfill(response=answer, json=found)

        page.route("**/room/devices/market-1", busy)
        go(page, room, "/device/market-1")
        expect(page.locator(".part-models")).to_have_text(f"runs {names.ljust(64, 'e')}…")
        line = page.evaluate("parseFloat(getComputedStyle(document.querySelector('.part-models')).lineHeight)")
        box = page.locator(".part-models").bounding_box()
        assert box is not None
        assert box["height"] < 4 * line, "words, not a column of letters"
        assert page.eval_on_selector(".device-state .scroll", "one => one.scrollWidth <= one.clientWidth")


def test_a_manager_without_boxes_says_how_to_bring_the_first(browser: Browser, room: ControlRoom) -> None:
    with visit(browser, room, "ada") as (page, seen):

        def emptied(line: WebSocketRoute) -> None:
            manager = line.connect_to_server()
            manager.on_message(lambda text: line.send(json.dumps({**json.loads(text), **{key: [] for key in LISTS}})))

        page.route_web_socket("**/room/live", emptied)
        go(page, room, "/")
        for command in ("lamplighter fleet code", "lamplighter edge example", "lamplighter edge run"):
            expect(page.locator("[data-begin]")).to_contain_text(command)
        expect(page.locator("[data-nowhere]")).to_be_visible()
        expect(page.locator(".stream .empty")).to_have_text("No event has come yet.")
        assert seen.complaints == []
    with visit(browser, room, "ada") as (page, _seen):
        expect(page.locator("[data-device]").first).to_be_visible()
        expect(page.locator("[data-begin], [data-nowhere]")).to_have_count(0)


def test_times_name_their_zone_and_no_probability_is_a_certainty(browser: Browser, room: ControlRoom) -> None:
    with visit(browser, room, "ada", timezone="America/St_Johns") as (page, seen):
        expect(page.locator(".clock")).to_contain_text(re.compile(r"UTC\u2212[23]:30"))
        words = page.evaluate(
            """async () => {
               const { dateTime, percent, zone } = await import(performance.getEntriesByType("resource").map((one) => one.name)
                 .find((name) => name.endsWith("/format.js")));
               return [zone(Date.UTC(2026, 0, 1)), zone(Date.UTC(2026, 6, 1)), dateTime(Date.UTC(2026, 0, 1, 12)),
                 ...[0, 0.004, 0.5, 0.996, 1].map(percent)] }"""
        )
        assert words == [
            "UTC\u22123:30",
            "UTC\u22122:30",
            "2026-01-01 08:30:00 UTC\u22123:30",
            "below 1 %",
            "below 1 %",
            "50 %",
            "above 99 %",
            "above 99 %",
        ]
        assert seen.complaints == []


def test_the_map_has_streets_squares_and_water_and_every_box_in_sight(browser: Browser, room: ControlRoom) -> None:
    with visit(browser, room, "ada") as (page, seen):
        expect(page.locator(".box")).to_have_count(len(room.town.boxes))
        for name in (".k-square span", ".k-water span"):
            expect(page.locator(name).first).to_be_visible()
        pixels = page.eval_on_selector(
            ".map-host canvas",
            """canvas => { const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
               const seen = {}; for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255) {
                 const key = [data[i], data[i + 1], data[i + 2]].join(); seen[key] = (seen[key] ?? 0) + 1; }
               return Object.values(seen).filter((n) => n > 500).length }""",
        )
        assert pixels >= 5, "water, green, streets, squares and buildings"
        inside = page.evaluate(
            """() => { const map = document.querySelector(".map-host").getBoundingClientRect();
               return [...document.querySelectorAll(".box .shape")].filter((one) => { const at = one.getBoundingClientRect();
                 return at.left >= map.left && at.right <= map.right && at.top >= map.top && at.bottom <= map.bottom;
               }).length }"""
        )
        assert inside == len(room.town.boxes)
        assert seen.complaints == []


def test_numbers_carry_their_uncertainty_and_say_of_when_they_are(browser: Browser, room: ControlRoom) -> None:
    box = room.town.boxes["market-2"]
    with visit(browser, room, "ada") as (page, seen):
        zone, line = page.locator("[data-zone^='market-2/']"), page.locator("[data-line^='market-2/']")
        room.town.count(box)
        room.town.flow(box)
        room.town.flush()
        expect(zone.locator("[data-age]")).to_have_count(0)
        expect(zone.locator(".zone-count")).to_contain_text("±")
        for cell in ("[data-forward]", "[data-backward]", "[data-forward-sum]", "[data-backward-sum]"):
            assert re.search(r"[±+]", line.locator(cell).inner_text()), cell
        # a sum over less than ten minutes says over how much
        expect(line.locator("[data-partly]")).to_contain_text("of 10 min were looked at")
        # what arrives now and was seen five minutes ago is five minutes old
        room.town.count(box, now_ms() - 300_000)
        room.town.flow(box, now_ms() - 300_000)
        room.town.flush()
        expect(zone).to_have_class(re.compile(r"\bstale\b"))
        expect(zone.locator("[data-age]")).to_have_text("last count 5 min ago")
        expect(line.locator("[data-age]")).to_have_text("5 min ago")
        expect(line.locator("[data-forward-sum]")).to_have_count(0)
        assert seen.complaints == []


def test_a_silent_box_and_one_that_is_gone_do_not_look_alive(browser: Browser, room: ControlRoom) -> None:
    with visit(browser, room, "ada") as (page, seen):
        stale, offline = page.locator(f"[data-device={STALE}]"), page.locator(f"[data-device={OFFLINE}]")
        expect(stale).to_have_attribute("data-health", "stale")
        expect(stale).to_contain_text("no word for 1 d; said online")
        expect(offline).to_have_attribute("data-health", "offline")
        for state in ("stale", "offline"):
            expect(page.locator(f"[data-figure={state}] dd")).to_have_text("1")
            expect(page.locator(f".box.h-{state}")).to_have_count(1)
        expect(page.locator(".box.h-stale .age")).to_have_text("1 d")
        expect(page.locator("[data-health=degraded]").first).to_contain_text("no new picture for 40 s")
        # the broker's will arrives while the page is open, and the box comes back
        box = room.town.boxes["market-3"]
        room.town.will(box)
        room.town.flush()
        expect(page.locator("[data-device=market-3]")).to_have_attribute("data-health", "offline")
        expect(page.locator("[data-figure=offline] dd")).to_have_text("2")
        room.town.birth(box)
        room.town.flush()
        expect(page.locator("[data-device=market-3]")).to_have_attribute("data-health", "online")
        go(page, room, f"/device/{STALE}")
        expect(page.locator(".state-line")).to_contain_text("what stands below is old")
        assert seen.complaints == []


def test_what_a_box_calls_itself_is_text_and_nothing_more(browser: Browser, room: ControlRoom) -> None:
    hostile = "<script>document.title='owned'</script><img src=x onerror=document.title='owned'>"
    with room.engine.begin() as connection:
        values = {"label": hostile, "changed": device_table.c.changed + 1}
        connection.execute(update(device_table).where(device_table.c.name == "market-1").values(**values))
    with visit(browser, room, "ada") as (page, seen):
        expect(page.locator("[data-device=market-1] a")).to_have_text(hostile)
        expect(page.locator(f"{card(room.incidents['running'])} .alert-place")).to_contain_text("<script>")
        expect(page.locator(".box.a-alarm .name", has_text="<script>")).to_have_count(1)
        for path in ("/device/market-1", "/alerts"):
            go(page, room, path)
            expect(page.locator("body")).to_contain_text("<script>document.title")
            assert "owned" not in page.title()
            assert page.locator("img[src=x]").count() == 0
        assert seen.complaints == []
    with room.engine.begin() as connection:
        values = {"label": room.town.boxes["market-1"].site.label, "changed": device_table.c.changed + 1}
        connection.execute(update(device_table).where(device_table.c.name == "market-1").values(**values))
