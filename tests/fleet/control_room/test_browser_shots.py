"""Shots in a real headless Chromium: the card, the ellipse on the map, one card for one place, and alerts that are held."""

from __future__ import annotations

import math
import re
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from fleet.accounts.accounts import Person, Role
from fleet.fusion.gunshot.plane import Plane
from fleet.fusion.gunshot.standing import Standing
from fleet.fusion.gunshot.told import BoxHeard, CurveOnMap, EllipseOnMap, PlaceOnMap, Point, SectorOnMap
from fleet.store.tables import audit, verdict
from protocol.events import Phase
from tests.fleet.control_room.browser import ROOT, ControlRoom, card, go, open_card, visit
from tests.fleet.control_room.shots import NEAR, Shot, tell
from tests.fleet.control_room.town import now_ms

CONTRAST = (ROOT / "tests/fleet/control_room/contrast.js").read_text("utf-8")
MARKUP = '<img src=x onerror="document.title=1">'
MODULE = """async (ask) => {
  const entry = await import("lamplighter-room");
  const base = performance.getEntriesByType("resource").map((one) => one.name).find((one) => one.endsWith("/shot_region.js"));
  return ask((await import(base)), (await import(base.replace("shot_region", "shot_groups"))), entry);
}"""
"""The page's own modules, to be asked."""


def region(incident: str) -> str:
    """Where an incident's region is on the map."""
    return f"[data-shot-region='{incident}']"


def place(incident: str) -> str:
    """Its button on the map."""
    return f"[data-shot-place='{incident}']"


def ask(page: Page, question: str) -> Any:
    """Ask the page's own modules: ``(region, groups) => ...``."""
    return page.evaluate(f"({MODULE})({question})")


def middle(page: Page, selector: str) -> tuple[float, float]:
    """Middle of something on the page, pixels."""
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_shots_come_are_looked_at_improve_and_are_judged_by_keys(browser: Browser, room: ControlRoom) -> None:
    shot = Shot(room.town)
    with visit(browser, room, "ada", (1280, 800)) as (page, seen):
        incident = tell(room.town, shot.told(NEAR[:3], shot.ellipse(60.0, 30.0)))
        label = room.town.boxes["market-1"].site.label
        expect(page.locator(f"{card(incident)} .alert-title")).to_have_text(f"Shots near {label}")
        expect(page.locator(f"{card(incident)} [data-shots]")).to_have_text("3 +1 shots, a burst")
        expect(page.locator(region(incident))).to_have_count(1)
        # by the keyboard alone, from the map to the card
        page.locator(place(incident)).focus()
        page.keyboard.press("Enter")
        expect(page.locator(f"{card(incident)}.open .alert-head")).to_be_focused()
        body = page.locator(f"{card(incident)} [data-shots-body]")
        for words in (
            "There is nothing to listen to",
            "620 ± 30 a minute",
            "120 m long and 60 m wide",
            "its longer axis at 30°",
        ):
            expect(body).to_contain_text(words)
        expect(body.locator("[data-fired]")).to_have_text(re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC"))
        expect(body.locator("[data-confuser]")).to_contain_text("fireworks, 8 %")
        expect(page.locator("[data-shots-told]")).to_contain_text("3 believed")
        expect(page.locator(".shot-line")).to_have_count(3)
        expect(page.locator(region(incident))).to_have_attribute(
            "aria-label", re.compile("Shots near .*90% ellipse 120 by 60 m")
        )
        # it improves: the same card, another ellipse
        before = page.locator(region(incident)).get_attribute("d")
        tell(room.town, shot.told(), incident, Phase.UPDATE)
        expect(body).to_contain_text("24 m long and 10 m wide")
        expect(page.locator(region(incident))).not_to_have_attribute("d", str(before))
        expect(page.locator(region(incident))).to_have_count(1)
        expect(page.locator(f"{card(incident)} .alert-head")).to_be_focused()
        expect(body.locator("[data-box-heard]")).to_have_count(6)
        late = body.locator(".doubted")
        expect(late).to_have_count(1)
        expect(late.locator("[data-why]")).to_contain_text("around a corner or off a wall")
        expect(late.locator(".unseen")).to_have_text("not believed:")
        expect(late).to_contain_text("+61 ms")
        expect(page.locator(".shot-line.doubted")).to_have_count(1)
        dash = "getComputedStyle(document.querySelector('.shot-line.doubted')).strokeDasharray"
        assert page.evaluate(dash) != "none", "not by colour alone"
        assert page.evaluate(dash.replace("doubted", "believed")) == "none"
        expect(body.locator("[data-air]")).to_contain_text("sound at 341 m/s, wind 1.5 m/s from the west")
        href = body.locator("[data-box-heard='market-1'] a").get_attribute("href")
        assert href == "/device/market-1"
        (ROOT / "artefacts").mkdir(exist_ok=True)
        page.screenshot(path=ROOT / "artefacts" / "shots.png")
        page.keyboard.press("d")
        page.locator(".chip", has_text="Fireworks").click()
        page.locator("[data-reason]").focus()
        page.keyboard.press("Enter")
        expect(page.locator(f"[data-judged] {card(incident)} [data-verdict]")).to_contain_text("dismissed by ada")
        page.keyboard.press("Escape")
        expect(page.locator(region(incident))).to_have_count(0)
        assert seen.complaints == []
        assert seen.strangers == []
    with room.engine.connect() as connection:
        decided = connection.execute(select(verdict.c.decision, verdict.c.reason).where(verdict.c.incident == incident))
        assert list(map(tuple, decided)) == [("dismiss", "Fireworks")]


@pytest.mark.parametrize(("lat", "turn"), [(50.85, 30.0), (-33.9, 120.0), (68.4, 0.0)])
def test_an_ellipse_has_its_true_axes_at_any_latitude(browser: Browser, room: ControlRoom, lat: float, turn: float) -> None:
    with visit(browser, room, "ada") as (page, _seen):
        there = {
            "type": "ellipse",
            "lat": lat,
            "lon": 4.3,
            "major_m": 180.0,
            "minor_m": 40.0,
            "orientation_deg": turn,
            "level": 0.9,
        }
        line = ask(page, f"({{ outline }}) => outline({msgspec.json.encode(there).decode()})")
    points = [Plane(lat, 4.3).metres(*point) for point in line["points"]]
    away = [math.hypot(east, north) for east, north in points]
    assert max(away) == pytest.approx(180.0, rel=1e-3)
    assert min(away) == pytest.approx(40.0, rel=1e-3)
    east, north = points[away.index(max(away))]
    off = (math.degrees(math.atan2(east, north)) - turn + 90) % 180 - 90
    assert abs(off) < 0.1
    assert line["closed"]


def test_what_lies_in_an_ellipse_lies_in_it_here_too(browser: Browser, room: ControlRoom) -> None:
    plane, there = Plane(50.85, 4.35), EllipseOnMap(50.85, 4.35, 30.0, 8.0, 60.0, 0.9)
    along = (math.sin(math.radians(60)), math.cos(math.radians(60)))
    probes = [(29.0, 0.0), (31.0, 0.0), (0.0, 7.5), (0.0, 8.5)]
    points = [
        dict(zip(("lat", "lon"), plane.degrees(a * along[0] + b * along[1], a * along[1] - b * along[0]), strict=True))
        for a, b in probes
    ]
    with visit(browser, room, "ada") as (page, _seen):
        asked = f"{msgspec.json.encode(points).decode()}.map((one) => lies(one, {msgspec.json.encode(there).decode()}))"
        assert ask(page, f"(_, {{ lies }}) => {asked}") == [True, False, True, False]


def test_what_is_no_place_is_a_line_a_sector_or_a_disc(browser: Browser, room: ControlRoom) -> None:
    town = room.town
    where = town.boxes["fish-1"].where(0)
    near = Plane(where.lat, where.lon)
    line = tuple(Point(*near.degrees(100 + i * i / 8, 20.0 * i)) for i in range(-20, 21))
    shot = Shot(town, by="fish-1")
    incidents = {
        "A curve: two boxes": tell(town, shot.told(("fish-1", "fish-2"), CurveOnMap(line, 14.0))),
        "A bearing: one box": tell(town, shot.told(("fish-1",), SectorOnMap(where.lat, where.lon, 212.0, 8.0, 1500.0))),
        "Within hearing of one box": tell(town, Shot(town).disc("church-1")),
    }
    with visit(browser, room, "ada", (1280, 800)) as (page, seen):
        for words, incident in incidents.items():
            open_card(page, incident)
            expect(page.locator(f"{card(incident)} [data-located]")).to_contain_text(words)
            expect(page.locator(region(incident))).to_have_class(re.compile("open"))
            expect(page.locator(".shot-line")).to_have_count(0)
            inside = page.locator(".map-host").bounding_box()
            drawn = page.locator(region(incident)).bounding_box()
            assert inside is not None
            assert drawn is not None
            assert drawn["x"] >= inside["x"]
            assert drawn["y"] + drawn["height"] <= inside["y"] + inside["height"], "the view is fitted to it"
            page.keyboard.press("c")
            expect(page.locator(f"[data-judged] {card(incident)}")).to_have_count(1)
            page.keyboard.press("Escape")
        assert seen.complaints == []


def test_more_than_one_place_is_named_with_its_probability(browser: Browser, room: ControlRoom) -> None:
    shot, other = Shot(room.town, by="station-2"), Shot(room.town, 120.0, -80.0, by="station-2")
    places = (PlaceOnMap(*shot.place, 0.62), PlaceOnMap(*other.place, 0.33))
    incident = tell(room.town, shot.told(NEAR[:3], shot.ellipse(160.0, 90.0), places=places))
    with visit(browser, room, "ada") as (page, seen):
        open_card(page, incident)
        expect(page.locator(f"{card(incident)} [data-places] li")).to_have_text(
            [re.compile("^A .*62 %$"), re.compile("^B .*33 %$")]
        )
        expect(page.locator(place(incident))).to_have_text("A")
        expect(page.locator(".shot-other")).to_have_text("B")
        page.keyboard.press("c")
        expect(page.locator(f"[data-judged] {card(incident)}")).to_have_count(1)
        assert seen.complaints == []


def test_shots_at_one_place_within_minutes_are_one_card_with_a_verdict_for_each(browser: Browser, room: ControlRoom) -> None:
    town, now = room.town, now_ms()
    first = tell(town, Shot(town, 300.0, 10.0, by="station-3", at=now - 200_000).told(NEAR[:3]))
    second = tell(town, Shot(town, 303.0, 12.0, by="station-3", at=now - 100_000).told(NEAR[:3]))
    elsewhere = tell(town, Shot(town, 360.0, 10.0, by="station-3", at=now - 100_000).told(NEAR[:3]))
    long_ago = tell(town, Shot(town, 300.0, 10.0, by="station-3", at=now - 900_000).told(NEAR[:3]))
    with visit(browser, room, "ada") as (page, seen):
        mine = page.locator(card(second))
        expect(mine.locator("[data-repeats]")).to_contain_text("2 incidents since")
        for alone in (elsewhere, long_ago):
            expect(page.locator(f"{card(alone)} [data-repeats]")).to_have_count(0)
        mine.locator(".alert-head").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("d")
        page.fill("[data-reason]", "half a sent")
        # what is said anew of the open one, and lies elsewhere now, moves nothing under a person's hands
        moved = Shot(town, 360.0, 12.0, by="station-3", at=now - 100_000)
        tell(town, moved.told(NEAR[:4]), second, Phase.UPDATE)
        expect(mine.locator("[data-box-heard]")).to_have_count(4)
        expect(mine.locator("[data-repeats]")).to_contain_text("2 incidents")
        assert page.input_value("[data-reason]") == "half a sent"
        page.keyboard.press("Escape")
        page.locator(f"[data-hit='{first}']").check()
        page.keyboard.press("c")
        expect(page.locator(f"[data-judged] {card(first)} [data-verdict]")).to_contain_text("confirmed by ada")
        expect(page.locator(f"[data-unjudged] {card(second)}")).to_have_count(1)
        assert seen.complaints == []
    with room.engine.connect() as connection:
        judged = connection.execute(
            select(verdict.c.incident).where(verdict.c.incident.in_([first, second, elsewhere, long_ago]))
        )
        assert [row.incident for row in judged] == [first]


def test_what_became_part_of_another_leads_there(browser: Browser, room: ControlRoom) -> None:
    shot = Shot(room.town, 20.0, 500.0, by="station-3")
    whole = tell(room.town, shot.told())
    part = tell(room.town, shot.told(NEAR[:3], became=whole), phase=Phase.END)
    with visit(browser, room, "ada") as (page, seen):
        mine = page.locator(f"{card(whole)}, {card(part)}")
        expect(mine.locator("[data-repeats]")).to_contain_text("2 incidents")
        mine.locator(".alert-head").click()
        page.locator(f"[data-hit='{part}']").check()
        expect(mine.locator("[data-other]")).to_contain_text("turned out to be part of another")
        page.click("[data-show-other]")
        expect(page.locator(f"{card(whole)}.open .alert-head")).to_be_focused()
        expect(page.locator(region(part))).to_have_count(0)
        assert seen.complaints == []


def test_names_are_text_and_boxes_are_bounded(browser: Browser, room: ControlRoom) -> None:
    shot = Shot(room.town, by="church-1")
    heard = shot.heard(("church-1",))[0]
    evil = msgspec.structs.replace(heard, device=MARKUP, source=MARKUP, event=MARKUP, rejected=MARKUP)
    boxes: tuple[BoxHeard, ...] = (evil, heard) * 50
    incident = tell(room.town, shot.told(boxes=boxes))
    with visit(browser, room, "ada", (1280, 800)) as (page, seen):
        open_card(page, incident)
        expect(page.locator(f"{card(incident)} [data-box-heard]")).to_have_count(64)
        expect(page.locator(f"{card(incident)} [data-more-boxes]")).to_have_text("36 more boxes heard it, farther away.")
        expect(page.locator(f"{card(incident)} .alert-title")).to_have_text(f"Shots near {MARKUP}")
        expect(page.locator(".shot-line")).to_have_count(64)
        assert page.locator("img").count() == 0
        assert page.title() != "1"
        wide = page.locator(f"{card(incident)} [data-boxes]").evaluate("(one) => one.scrollWidth <= one.clientWidth + 1")
        assert wide, "a long name breaks, and pushes nothing aside"
        page.keyboard.press("c")
        expect(page.locator(f"[data-judged] {card(incident)}")).to_have_count(1)
        assert seen.complaints == []


def test_alerts_are_held_to_high_confidence_and_let_go_by_an_operator(browser: Browser, room: ControlRoom) -> None:
    with visit(browser, room, "ada", (1280, 800)) as (page, seen):
        page.locator("[data-hold-alerts]").focus()
        page.keyboard.press("Enter")
        expect(page.locator("[data-hold-reason]")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("[data-hold-error]")).to_contain_text("Say why")
        page.fill("[data-hold-reason]", f"New Year's Eve {MARKUP}")
        page.fill("[data-hold-until]", "2020-01-01T00:00")
        page.click("[data-hold-give]")
        expect(page.locator("[data-hold-error]")).to_contain_text("still to come")
        page.keyboard.press("Escape")
        page.click("[data-hold-alerts]")
        page.fill("[data-hold-reason]", f"New Year's Eve {MARKUP}")
        page.keyboard.press("Enter")
        held = page.locator("[data-alerts-held]")
        for words in ("held to high confidence until", "more real shots are missed", "ada", MARKUP):
            expect(held).to_contain_text(words)
        expect(page.locator("[data-hold-alerts]")).to_have_count(0)
        page.click("[data-release]")
        page.keyboard.press("Enter")
        expect(page.locator("[data-release-error]")).to_contain_text("Say why")
        page.fill("[data-release-reason]", "The fireworks are over")
        page.keyboard.press("Enter")
        expect(held).to_have_count(0)
        expect(page.locator("[data-hold-alerts]")).to_be_visible()
        assert seen.complaints == []
    with room.engine.connect() as connection:
        noted = connection.execute(
            select(audit.c.actor, audit.c.action).where(audit.c.action.startswith("gunshot.")).order_by(audit.c.row)
        )
        assert list(map(tuple, noted))[:2] == [("ada", "gunshot.hold"), ("ada", "gunshot.release")]


def test_while_alerts_are_held_every_page_says_so_to_everybody(browser: Browser, room: ControlRoom) -> None:
    now = now_ms()
    standing, ada = Standing(room.engine), Person("ada", Role.OPERATOR)
    standing.hold(ada, "New Year's Eve", now + 3_600_000, now)
    try:
        with visit(browser, room, "vik", (700, 800)) as (page, _seen):
            for path in ("/", "/device/market-1"):
                if path != "/":
                    go(page, room, path)
                expect(page.locator("[data-alerts-held]")).to_contain_text("more real shots are missed")
                expect(page.locator("[data-release], [data-hold-alerts]")).to_have_count(0)
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    finally:
        standing.release(ada, "over", now_ms())


@pytest.mark.parametrize("width", [1280, 700])
def test_a_card_of_shots_fits_and_can_be_read(browser: Browser, room: ControlRoom, width: int) -> None:
    incident = tell(room.town, Shot(room.town, 30.0, -400.0, by="fish-2").told())
    with visit(browser, room, "ada", (width, 800)) as (page, _seen):
        open_card(page, incident)
        expect(page.locator(f"{card(incident)} [data-boxes]")).to_be_visible()
        assert page.eval_on_selector(".alerts .scroll", "one => one.scrollWidth <= one.clientWidth")
        dim = [one for one in page.evaluate(CONTRAST) if one["ratio"] < 4.5]
        assert dim == []
        page.keyboard.press("c")
        expect(page.locator(f"[data-judged] {card(incident)}")).to_have_count(1)
