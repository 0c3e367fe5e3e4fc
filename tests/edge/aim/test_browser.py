"""The page in a real browser: points are clicked and judged, a rectangle too, and nothing is left when it closes."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

from tests.edge.aim.test_server import CODE
from tests.edge.aim.test_server import Page as Served
from tests.fleet.control_room.browser import chromium

PLACES = ((0.25, 0.9, 0, 0), (0.75, 0.9, 6, 0), (0.625, 0.5, 6, 8), (0.375, 0.5, 0, 8), (0.5, 0.65, 3, 4.3))


@pytest.fixture(scope="module")
def browser_page() -> Iterator[tuple[Page, Served, list[str]]]:
    served = Served()
    grey = np.full((600, 800, 3), 90, np.uint8)
    served.seen = bytes(cv2.imencode(".jpg", grey)[1]), (800, 600)
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"http://{served.host}/?code={CODE}")
        yield page, served, errors
        context.close()
    served.close()


def click(page: Page, u: float, v: float) -> None:
    box = page.locator("#picture").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + u * box["width"], box["y"] + v * box["height"])


def test_the_lens_shows_each_new_picture(browser_page: tuple[Page, Served, list[str]]) -> None:
    page, _, _ = browser_page
    page.locator("#view").hover()
    lens = page.locator("#lens").element_handle()
    page.evaluate("lens => lens.getContext('2d').clearRect(0, 0, lens.width, lens.height)", lens)
    page.wait_for_function("lens => lens.getContext('2d').getImageData(40, 40, 1, 1).data[0] === 90", arg=lens)


def test_what_a_technician_does(browser_page: tuple[Page, Served, list[str]]) -> None:
    page, served, errors = browser_page
    expect(page).to_have_url(f"http://{served.host}/")
    expect(page.locator("#wait")).to_be_hidden()
    for number, (u, v, x, y) in enumerate(PLACES, start=1):
        click(page, u, v)
        page.get_by_label(f"x of point {number}, metres").fill(str(x))
        page.get_by_label(f"y of point {number}, metres").fill(str(y))
    expect(page.locator("#words")).to_contain_text("5 points; a click is worth")
    assert page.locator("#drawing polyline").count() > 4, "the ground's grid"
    expect(page.locator("#lens")).to_be_visible()
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Write to box.toml").click()
    assert served.saved == [], "what is not good is not written unless it is accepted"
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Write to box.toml").click()
    expect(page.locator("#words")).to_contain_text("written")
    kept = served.saved[-1].calibration
    assert [point.ground for point in kept.points] == [(x, y) for _, _, x, y in PLACES]
    assert np.allclose([point.picture for point in kept.points], [place[:2] for place in PLACES], atol=0.002)

    wrong = "const x = document.querySelector('#points input'); x.value = '99'; x.dispatchEvent(new Event('input'));"
    assert page.evaluate(f"() => {{ {wrong} return document.querySelector('#save').disabled; }}"), "it was not judged yet"
    expect(page.locator("#words")).not_to_contain_text("Look at point 5 first")
    held: list[Route] = []
    page.route("**/judge", lambda route: route.continue_() if held else held.append(route))
    with page.expect_request("**/judge"):
        page.get_by_label("x of point 1, metres").fill("98")
    page.get_by_label("x of point 1, metres").fill(str(PLACES[0][2]))
    expect(page.locator("#words")).to_contain_text("Look at point 5 first")
    with page.expect_response("**/judge"):
        held[0].continue_()
    page.wait_for_timeout(200)
    expect(page.locator("#words")).to_contain_text("Look at point 5 first")  # an answer that comes late is of other points
    page.unroute("**/judge")

    page.get_by_role("button", name="remove point 5").click()
    page.get_by_label("x of point 3, metres").fill("0")
    page.get_by_label("x of point 4, metres").fill("6")
    expect(page.locator("#words")).to_contain_text("exchanged")
    expect(page.get_by_role("button", name="Write to box.toml")).to_be_disabled()

    page.get_by_role("button", name="Clear").click()
    page.get_by_label("Rectangle of known size").check()
    for u, v, _, _ in PLACES[:4]:
        click(page, u, v)
    page.get_by_label("Side 1 to 2, m").fill("6")
    page.get_by_label("Side 2 to 3, m").fill("8")
    expect(page.locator("#words")).to_contain_text("4 points: nothing checks them")

    with page.expect_response("**/close"):
        page.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator("#wait")).to_have_text("Closed.")
    page.wait_for_timeout(1000)
    assert page.locator("#picture").get_attribute("src") is None
    assert served.desk.left
    assert errors == []
