"""The page as a reader meets it: whole in every width and scheme, readable, loading nothing, deaf to what names say."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from models.factory.gallery import CAME, EXPECTED, inline_png, with_shapes
from models.factory.gates import Gate, check_gates
from models.factory.report import Report, outlines
from models.factory.statistics import EvaluationError
from tests.models.factory.sample import plate_pictures, sample

pytest.importorskip("matplotlib", reason="the page's plots need matplotlib: make setup-models")

from models.factory.page import page

Scheme: TypeAlias = Literal["light", "dark"]
CONTRAST = (Path(__file__).resolve().parents[2] / "fleet/control_room/contrast.js").read_text("utf-8")
LEAST_CONTRAST = 4.5
"""WCAG 2.2, criterion 1.4.3 (AA)."""
HOSTILE = "$a_b$<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">--></style>\x07"
INSIDE = """() => [...document.querySelectorAll("svg")].every((svg) => {
  const box = svg.getBoundingClientRect();
  return [...svg.querySelectorAll("text")].map((one) => one.getBoundingClientRect()).every((at) =>
    at.left >= box.left - 2 && at.right <= box.right + 2 && at.top >= box.top - 2 && at.bottom <= box.bottom + 2);
})"""
INKS = """() => [...document.querySelectorAll("svg text")].map(one => getComputedStyle(one).fill)"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def written(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(page(report, plate_pictures()), "utf-8")
    return path


def opened(browser: Browser, path: Path, size: tuple[int, int], scheme: Scheme = "light") -> tuple[Page, list[str], list[str]]:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    shown = context.new_page()
    complaints: list[str] = []
    strangers: list[str] = []
    shown.on("console", lambda message: complaints.append(message.text))
    shown.on("pageerror", lambda error: complaints.append(str(error)))
    shown.on("request", lambda request: None if request.url.startswith(("data:", "file:")) else strangers.append(request.url))
    shown.goto(path.as_uri())
    return shown, complaints, strangers


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 900), (390, 844)])
def test_it_is_whole_and_readable(browser: Browser, written: Path, size: tuple[int, int], scheme: Scheme) -> None:
    shown, complaints, strangers = opened(browser, written, size, scheme)
    assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing hangs over the edge"
    texts = shown.evaluate(CONTRAST)
    assert len(texts) > 15
    assert [one for one in texts if one["ratio"] < LEAST_CONTRAST] == []
    inks = set(shown.evaluate(INKS))
    assert inks == {"rgb(26, 33, 41)" if scheme == "light" else "rgb(221, 228, 234)"}, "plots take the page's ink"
    sizes = shown.evaluate("[...document.querySelectorAll('svg text')].map(one => one.getBoundingClientRect().height)")
    assert min(sizes) > 9, "words of plots are not smaller than a phone can show"
    inside = shown.evaluate(INSIDE)
    assert inside, "no word of a plot is cut off"
    assert complaints == []
    assert strangers == []
    shown.context.close()


def test_every_plot_and_picture_is_told_in_words_and_loaded(browser: Browser, written: Path) -> None:
    shown, _, _ = opened(browser, written, (1280, 900))
    told = shown.eval_on_selector_all("[role=img]", "all => all.map(one => one.getAttribute('aria-label'))")
    assert len(told) == 7
    assert "plate-reader.top1 fp32: 0.787" in told[0]
    assert shown.locator("svg:not([aria-hidden=true])").count() == 0
    pictures = shown.eval_on_selector_all("img", "all => all.map(one => [one.alt, one.naturalWidth, one.naturalHeight])")
    assert pictures[0] == ["photo 00: expected 1ABC000, got 1A8C000", 220, 60]
    assert pictures[3][1:] == [480, 160], "long pictures are made small"
    assert shown.locator(".nothing").all_inner_texts() == ["picture not here"]
    ids = shown.eval_on_selector_all("[id]", "all => all.map(one => one.id)")
    assert len(ids) == len(set(ids))
    shown.context.close()


def test_what_was_missed_and_skipped_stands_at_the_top(browser: Browser, written: Path) -> None:
    shown, _, _ = opened(browser, written, (1280, 900))
    top = shown.locator("main > p").all_inner_texts()
    assert "2 of 4 gates missed; the table says which, and why." in top
    assert "Skipped: photos of cars in the US (not here)." in top
    rows = [row.split("\t") for row in shown.locator("section", has_text="Gates").first.locator("tbody tr").all_inner_texts()]
    assert [row[0] for row in rows] == ["reached", "missed", "reached", "missed"]
    assert "not measured" in rows[3][-1]
    shown.context.close()


def test_it_prints_black_on_white_and_cuts_nothing(browser: Browser, written: Path) -> None:
    shown, _, _ = opened(browser, written, (1040, 1400), "dark")
    shown.emulate_media(media="print", color_scheme="dark")
    assert shown.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert shown.evaluate("[...document.querySelectorAll('.scroll')].every(one => one.scrollWidth <= one.clientWidth + 1)")
    shown.context.close()


def test_names_and_texts_are_text_and_nothing_more(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "hostile.html"
    path.write_text(page(sample(HOSTILE), plate_pictures(HOSTILE)), "utf-8")
    shown, complaints, strangers = opened(browser, path, (1280, 900))
    assert shown.locator("script").count() == 0
    assert shown.locator("img[src=x]").count() == 0
    assert shown.locator("h1").inner_text().startswith("plate-reader$a_b$<script>document.title")
    assert "$a_b$" in shown.eval_on_selector("svg", "one => one.textContent"), "no formula is read into a name"
    assert shown.evaluate("document.title").startswith("plate-reader$a_b$<script>")
    assert complaints == []
    assert strangers == []
    shown.context.close()


def test_the_page_forbids_itself_to_load_and_to_run_anything(written: Path) -> None:
    text = written.read_text("utf-8")
    assert "default-src &#x27;none&#x27;" in text
    assert re.findall(r"(?:src|href|url)\s*[=(]\s*[\"']?(?!data:|#|&quot;)[a-z]+:", text) == []
    assert "<script" not in text


def test_the_same_report_gives_the_same_page(report: Report, written: Path) -> None:
    assert page(report, plate_pictures()) == written.read_text("utf-8")


def test_a_report_with_little_in_it_has_a_page_of_what_there_is(report: Report) -> None:
    bare = Report(report.bundle, report.version, report.machine, (), (), report.figures[:1])
    text = page(bare)
    assert "No gates were judged." in text
    assert "Worst failures" not in text
    one = Report(
        report.bundle,
        report.version,
        report.machine,
        (),
        (),
        report.figures[:1],
        check_gates([Gate(report.figures[0].metric.name, report.figures[0].metric.on, at_least=0.1)], report.figures[:1]),
    )
    assert "The gate is reached." in page(one)


def test_boxes_are_told_apart_without_colour() -> None:
    picture = np.full((120, 200, 3), 128, np.uint8)
    expected, came = outlines(np.array([[10, 10, 90, 60]])), outlines(np.array([[110, 20, 190, 110]]))
    marked = with_shapes(picture, expected, (*came, ((20, 100), (60, 100))))
    assert (picture == 128).all()
    assert (marked[10, 10:91] == EXPECTED).all(), "drawn whole"
    assert (marked[10:61, 10] == EXPECTED).all(), "and closed"
    dashes = (marked[20, 110:191] == CAME).all(axis=1)
    assert 0.3 < dashes.mean() < 0.8, "drawn dashed"
    line = (marked[100, 20:61] == CAME).all(axis=1)
    assert 0.3 < line.mean() < 0.8


@pytest.mark.parametrize("shape", [(4, 4), (0, 4, 3), (4, 4, 4)])
def test_what_is_no_picture_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(EvaluationError, match=r"give uint8 \(height, width, 3\), RGB"):
        inline_png(np.zeros(shape, np.uint8))
