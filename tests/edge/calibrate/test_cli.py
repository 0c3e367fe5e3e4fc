"""``lamplighter calibrate``: what a technician sees, what is written, how it ends."""

from __future__ import annotations

import io
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from edge.boxfile import read_box_file
from edge.calibrate.cli import WANTS_MORE, Answer, app
from edge.calibrate.clicks import Pair, calibration_of
from edge.calibrate.table import draw, lines
from edge.calibrate.verdict import judge
from protocol.config import Config, Source
from protocol.twin import Desired
from tests.edge.analytics.ground.cameras import camera

SIZE = (800, 600)
MATRIX = np.array([[80.0, 40.0, 160.0], [0.0, 10.0, 560.0], [0.0, 0.1, 1.0]])
"""From metres to pixels: looks along a street, 0 to 6 m across and to 20 m ahead; the horizon is in row 100."""
ZONE = '[[sources.zones]]\nid = "z"\npolygon = [[0.15, 0.5], [0.7, 0.5], [0.8, 0.95], [0.1, 0.95]]\n'
BOX = f"""[box]
fleet = "city"
device = "post-1"
state = "state"

[[sources]]
id = "square"
uri = "a.mp4"
{ZONE}"""


def pixel(x: float, y: float) -> tuple[float, float]:
    a, b, w = MATRIX @ [x, y, 1]
    return float(a / w), float(b / w)


def option(x: float, y: float, off_px: float = 0.0) -> list[str]:
    u, v = pixel(x, y)
    return ["--point", f"{u + off_px:.1f},{v:.1f}={x},{y}"]


CORNERS = [*option(0, 0), *option(6, 0), *option(6, 12), *option(0, 12)]
MANY = [*CORNERS, *option(3, 0), *option(0, 5), *option(6, 5), *option(3, 12), *option(3, 5)]


@pytest.fixture
def box(tmp_path: Path) -> Path:
    path = tmp_path / "box.toml"
    path.write_text(BOX)
    return path


def run(box: Path, *arguments: str, source: str = "square", typed: str | None = None) -> Result:
    return CliRunner(env={"COLUMNS": "80", "TERM": "dumb"}).invoke(
        app, [source, "--config", str(box), "--size", "800x600", *arguments], input=typed
    )


def test_enough_points_are_good_and_written_where_asked(box: Path) -> None:
    found = run(box, *MANY, "--write", "--sigma-px", "1.5")
    assert found.exit_code == 0, found.output
    assert "Good. Another point would help most near pixel" in found.output
    calibration = read_box_file(box).file.sources[0].calibration
    assert calibration is not None
    assert len(calibration.points) == 9
    assert box.read_text().startswith(BOX)
    again = run(box)
    assert again.exit_code == 0, "what stands in the file is shown"
    assert "square, 9 points" in again.output


def test_too_few_ask_for_one_where_it_helps_and_are_not_written(box: Path) -> None:
    found = run(box, *CORNERS, "--write", "--tolerated", "0.2")
    assert found.exit_code == WANTS_MORE
    assert "4 points: nothing checks them" in found.output
    assert "Add a point near pixel" in found.output
    assert "not written; add points" in found.output
    assert box.read_text() == BOX
    assert run(box, *CORNERS, "--write", "--tolerated", "0.2", "--accept").exit_code == WANTS_MORE
    assert "[sources.calibration]" in box.read_text()


def test_points_are_asked_for_until_it_is_good(box: Path) -> None:
    more = [" ".join(option(x, y)[1:]) for x, y in ((3, 0), (0, 5), (6, 5), (3, 12), (3, 5), (0, 12), (6, 12))]
    found = run(box, *CORNERS, "--ask", "--tolerated", "0.45", typed="\n".join(["nonsense", *more]) + "\n")
    assert found.exit_code == 0, found.output
    assert "'nonsense' is no point" in found.output
    assert found.output.count("Another point, X,Y=EAST,NORTH") >= 2
    stopped = run(box, *CORNERS, "--ask", "--tolerated", "0.05", typed="\n")
    assert stopped.exit_code == WANTS_MORE


def test_a_point_that_contradicts_the_others_is_named(box: Path) -> None:
    found = run(box, *MANY[:-2], *option(3, 5, off_px=60))
    assert found.exit_code == WANTS_MORE
    flat = " ".join(found.output.split())
    assert "They contradict one another. Look at point 9 first" in flat
    assert "Measure and click the wrong point again" in flat


def test_a_rectangle_is_enough_to_begin(box: Path) -> None:
    corners = " ".join(f"{u:.1f},{v:.1f}" for u, v in (pixel(0, 0), pixel(6, 0), pixel(6, 12), pixel(0, 12)))
    found = run(box, "--rectangle", corners, "--sides", "6,12", "--json")
    answer = msgspec.json.decode(found.stdout, type=Answer)
    assert [point.ground for point in answer.calibration.points] == [(0, 0), (6, 0), (6, 12), (0, 12)]
    assert answer.verdict.p90_m is not None
    assert answer.verdict.next is not None
    assert answer.verdict.next.after_m < answer.verdict.next.before_m


def test_a_camera_is_not_opened_for_its_size(box: Path) -> None:
    box.write_text(BOX.replace('uri = "a.mp4"', 'kind = "rtsp"\nuri = "rtsp://10.0.0.4/1"'))
    found = CliRunner().invoke(app, ["square", "--config", str(box), *MANY])
    assert (found.exit_code, "is a camera: say how large the picture is" in found.output) == (1, True)
    assert run(box, *MANY).exit_code in {0, WANTS_MORE}


def test_the_block_is_printed_where_nothing_is_to_be_written(box: Path) -> None:
    found = run(box, *MANY)
    assert "[sources.calibration]\nsize = [800, 600]" in found.output
    assert box.read_text() == BOX


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "is not calibrated yet; give four points or more"),
        (CORNERS[:6], "3 points; 4 to 32 are needed"),
        ((*option(0, 0), *option(3, 0), *option(6, 0), *option(0, 12)), "lie on one line"),
        (("--rectangle", "1,1 2,2", "--sides", "1,1"), "are not four corners"),
        (("--points", "none.csv"), "cannot be read"),
        ((*CORNERS, "--plot", "nowhere/at/all.svg"), "cannot be written"),
    ],
)
def test_what_cannot_be_used_says_what_to_do(arguments: tuple[str, ...], words: str, box: Path) -> None:
    found = run(box, *arguments)
    assert found.exit_code == 1
    assert words in " ".join(found.output.split())


def test_a_source_that_is_not_there_is_told_with_those_that_are(box: Path) -> None:
    found = run(box, *CORNERS, source="roof")
    assert found.exit_code == 2
    assert "there is no source 'roof'; there is square" in found.output


def test_a_calibration_that_is_no_good_is_told_where_its_source_is_missed(box: Path) -> None:
    run(box, *MANY, "--write", "--sigma-px", "1.5")
    box.write_text(box.read_text().replace("ground = [6.0, 0.0]", "ground = [0.0, 12.0]"))
    found = run(box)
    assert found.exit_code == 2
    assert "sources[0].calibration.points" in found.output


def test_where_the_managers_configuration_runs_the_boxs_file_does_not_count(box: Path) -> None:
    desired = Desired(7, Config((Source("roof", "b.mp4"),)))
    (box.parent / "state").mkdir()
    (box.parent / "state" / "desired.json").write_bytes(msgspec.json.encode(desired))
    assert run(box, *MANY).exit_code == 2, "the square is not what runs"
    found = run(box, *MANY, "--write", "--tolerated", "50", source="roof")
    assert found.exit_code == 1
    flat = " ".join(found.output.split())
    assert "version 7 of its manager's configuration, and box.toml does not count" in flat
    assert '"size":[800,600]' in found.output.replace("\n", "")
    assert box.read_text() == BOX
    for broken in (b"{", b'{"version": 7, "config": {"sources": [{"id": "\xff"}]}}'):
        (box.parent / "state" / "desired.json").write_bytes(broken)
        assert run(box, *MANY).exit_code in {0, WANTS_MORE}, "what is broken is not what runs"


def test_without_a_size_the_source_is_asked_and_says_why_it_cannot(box: Path) -> None:
    found = CliRunner().invoke(app, ["square", "--config", str(box), *CORNERS])
    assert found.exit_code == 1
    assert "--size 1920x1080" in found.output


def test_a_drawing_holds_grid_points_and_advice_and_no_picture(box: Path, tmp_path: Path) -> None:
    path = tmp_path / "ground.svg"
    run(box, *MANY, "--plot", str(path))
    root = ET.fromstring(path.read_text())
    kinds = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert {"polyline", "circle", "text", "path"} <= kinds
    assert "image" not in kinds
    assert [element.text for element in root.iter() if element.text in {"1", "9"}] == ["1", "9"]


def test_it_fits_a_terminal_of_80_by_24_whatever_the_camera() -> None:
    random = np.random.default_rng(1)
    for n in (4, 9, 32):
        view = camera(random)
        chosen = view.spread(n, random)
        pairs = [
            Pair((min(max(u, 0.0), view.size[0]), min(max(v, 0.0), view.size[1])), (x, y))
            for (u, v), (x, y) in zip(
                (view.pixels[chosen] + random.normal(0, 8, (n, 2))).tolist(), view.metres[chosen].tolist(), strict=True
            )
        ]
        judged = judge(calibration_of(pairs, view.size, 3.0), [], 0.5)
        console = Console(width=80, file=io.StringIO(), force_terminal=False)
        console.print(draw(judged, f"square, {n} points"))
        assert isinstance(console.file, io.StringIO)
        shown = console.file.getvalue().splitlines()
        assert len(shown) <= 22, "\n".join(shown)
        assert max(map(len, shown)) <= 80
        assert lines(judged.verdict)


def test_a_zone_over_the_horizon_is_never_good() -> None:
    pairs = [Pair(pixel(x, y), (x, y)) for x, y in ((0, 0), (6, 0), (6, 12), (0, 12), (3, 5), (0, 5), (6, 5), (3, 12))]
    calibration = calibration_of(pairs, SIZE, 1.0)
    low, high = ((0.2, 0.6), (0.6, 0.6), (0.6, 0.9), (0.2, 0.9)), ((0.2, 0.02), (0.6, 0.02), (0.6, 0.9), (0.2, 0.9))
    assert judge(calibration, [low], 0.5).verdict.good
    assert not judge(calibration, [high], 0.5).verdict.good
    assert judge(calibration, [high], 0.5).verdict.p90_m is None
