"""A detector of the user's own is measured as those that are built here, by what its manifest says of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from models.factory import measure as measuring
from models.factory.adopt import FILE, adopt
from models.factory.cli import app
from models.factory.memory import Memory
from models.factory.report import Report, read_report
from models.recipes.person_vehicle_fast import judge as square
from tests.models.factory.own import NAME, folder_of_the_guide
from tests.models.factory.test_fetch import network

ROOT = Path(__file__).resolve().parents[3]
SEEN = ((96, 152, 8), (160, 176, 16), (96, 288, 32))
"""Where the small network sees people, pixels of its input: centre and side."""
SCALE = 768 / 416
"""Of a whole picture in the letterbox."""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return folder_of_the_guide(tmp_path, network())


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A truth that it tells whole, of whole pictures."""
    rows = [
        f"{frame},{i},{(x - side / 2) * SCALE},{(y - side / 2) * SCALE},{side * SCALE},{side * SCALE},1"
        for frame in range(201, 401)
        for i, (x, y, side) in enumerate(SEEN)
    ]
    folder = tmp_path / "data"
    (folder / "pets").mkdir(parents=True)
    (folder / "pets" / "gt_001_400.txt").write_text("\n".join(rows))
    return folder


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few frames; fresh processes are slow, and measured elsewhere."""
    monkeypatch.setattr(square, "LOOKED_AT", square.LOOKED_AT[::10])
    monkeypatch.setattr(measuring, "measure_memory", lambda variant, *_: Memory(variant, 1.0, 1.0, 1.0, 1))
    monkeypatch.chdir(tmp_path)


def models(*words: str) -> Result:
    return CliRunner(env={"COLUMNS": "100"}).invoke(app, [*words, "--zoo", "models"])


def evaluated(data: Path) -> tuple[Report, Result]:
    done = models("evaluate", NAME, "--data", str(data))
    assert done.exit_code == 0, done.output
    return read_report(Path("artefacts/evaluation") / NAME / "report.json"), done


def test_people_are_found_where_its_letterbox_shows_them(own: Path, data: Path) -> None:
    adopt(own, Path("models"))
    found = {figure.metric.name: figure.metric.value for figure in evaluated(data)[0].figures}
    assert [found["ap50_whole"], found["recall_whole"]] == pytest.approx([1, 1])
    assert found["ap50_tiles"] < 0.5, "they stand elsewhere in tiles"


def test_they_are_counted_at_its_own_operating_point(own: Path, data: Path) -> None:
    text = (own / FILE).read_text("utf-8")
    (own / FILE).write_text(text.replace("person = 0.4", "person = 0.95"), "utf-8")
    adopt(own, Path("models"))
    found = {figure.metric.name: figure.metric.value for figure in evaluated(data)[0].figures}
    assert [found["ap50_whole"], found["recall_whole"]] == pytest.approx([1, 0])


def test_what_is_not_here_is_named(own: Path, tmp_path: Path) -> None:
    adopt(own, Path("models"))
    report, done = evaluated(tmp_path)
    assert {figure.metric.name for figure in report.figures} == {"fp32_ms"}
    assert "whole frames: not here" in " ".join(done.output.split())


def test_it_is_compared_with_another(own: Path, data: Path) -> None:
    adopt(own, Path("models"))
    (own / FILE).write_text((own / FILE).read_text("utf-8").replace(NAME, "another"), "utf-8")
    (own / "yolox_nano.onnx").write_bytes(network(0.6))
    adopt(own, Path("models"))
    done = models("compare", NAME, "another", "--data", str(data))
    assert done.exit_code == 0, done.output
    assert "recall_whole" in done.output


def test_what_has_no_threshold_of_people_says_so(own: Path, data: Path) -> None:
    (own / FILE).write_text(
        (own / FILE).read_text("utf-8").replace("operating_points.default", "operating_points.dusk"), "utf-8"
    )
    adopt(own, Path("models"))
    done = models("evaluate", NAME, "--data", str(data))
    assert (done.exit_code, "has no operating point 'default'" in done.output) == (1, True)


def test_measuring_needs_no_package_that_building_needs() -> None:
    looked = (
        "import sys, models.factory.evaluation, models.factory.rivals; print({'onnx', 'tensorflow', 'torch'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", looked], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "set()"
