"""The calibration gets into the file, and nothing else in it changes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.boxfile import read_box_file
from edge.calibrate.boxtoml import block, with_calibration, write
from edge.calibrate.errors import CalibrateError
from protocol.config import Calibration, GroundPoint

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

GROUND = Calibration(
    (
        GroundPoint((0.2, 0.9), (0.0, 0.0)),
        GroundPoint((0.8, 0.9), (6.0, 0.0)),
        GroundPoint((0.65, 0.5), (6.0, 8.0)),
        GroundPoint((0.35, 0.5), (0.0, 8.0)),
    ),
    (800, 600),
)
OTHER = msgspec.structs.replace(GROUND, sigma_px=1.5, size=(1920, 1440))

FILE = """# my box
[box]
fleet = "city"
device = "post-1"     # a remark
state = "state"

[[sources]]
id = "square"
uri = "a.mp4"

# the zone
[[sources.zones]]
id = "z"
polygon = [[0, 0], [1, 0], [1, 1]]

# another camera
[[sources]]
id = "gate"
uri = "b.mp4"

[report]
count_interval_s = 30
"""


@pytest.mark.parametrize("source", ["square", "gate"])
def test_all_else_stays_line_by_line(source: str, tmp_path: Path) -> None:
    path = tmp_path / "box.toml"
    path.write_text(FILE)
    path.chmod(0o640)
    write(path, source, GROUND)
    text = path.read_text()
    rest = text.replace(block(GROUND), "")
    assert [line for line in rest.splitlines() if line] == [line for line in FILE.splitlines() if line]
    reading = read_box_file(path)
    assert reading.refusals == ()
    assert {one.id: one.calibration for one in reading.file.sources} == {"square": None, "gate": None} | {source: GROUND}
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_was_written_elsewhere_and_is_linked_stays_both(tmp_path: Path) -> None:
    kept, path = tmp_path / "data.toml", tmp_path / "box.toml"
    kept.write_bytes(FILE.replace("\n", "\r\n").encode())
    path.symlink_to(kept)
    write(path, "square", GROUND)
    assert path.is_symlink()
    assert kept.read_bytes() == with_calibration(FILE, "square", GROUND).replace("\n", "\r\n").encode()
    assert read_box_file(path).file.sources[0].calibration == GROUND


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_what_a_technician_changes_as_root_stays_its_owners(tmp_path: Path) -> None:
    path = tmp_path / "box.toml"
    path.write_text(FILE)
    path.chmod(0o600)
    os.chown(path, 1234, 1235)
    write(path, "square", GROUND)
    assert (path.stat().st_uid, path.stat().st_gid, path.stat().st_mode & 0o777) == (1234, 1235, 0o600)


def test_a_calibration_is_replaced_and_remarks_stay_with_what_they_speak_of() -> None:
    once = with_calibration(FILE, "square", GROUND)
    assert with_calibration(once, "square", GROUND) == once
    twice = with_calibration(once, "square", OTHER)
    assert twice == once.replace(block(GROUND), block(OTHER))
    assert "\n# another camera\n[[sources]]\n" in twice
    both = with_calibration(twice, "gate", GROUND)
    assert both.count("[sources.calibration]") == 2


def test_one_written_as_tables_is_replaced_too() -> None:
    rows = "".join(f"[[sources.calibration.points]]\npicture = [0.{i}, 0.5]\nground = [{i}, 2]\n" for i in range(1, 5))
    old = FILE.replace("# the zone", f"[sources.calibration]\nsize = [1, 1]\n{rows}\n# the zone")
    assert tomllib.loads(with_calibration(old, "square", GROUND)) == tomllib.loads(with_calibration(FILE, "square", GROUND))


@pytest.mark.parametrize(
    "text",
    [
        'sources = [{id = "square", uri = "a"}]\n',
        FILE.replace('uri = "a.mp4"', 'uri = "a.mp4"\ncalibration = {size = [1, 1], points = []}'),
        FILE.replace('uri = "a.mp4"', 'uri = """\n[[sources]]\n"""'),
    ],
    ids=["inline sources", "an inline calibration", "a header within a text"],
)
def test_a_file_that_cannot_be_changed_safely_is_left_alone(text: str, tmp_path: Path) -> None:
    path = tmp_path / "box.toml"
    path.write_text(text)
    with pytest.raises(CalibrateError, match="put the block in by hand"):
        write(path, "square", GROUND)
    assert path.read_text() == text


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    path = tmp_path / "box.toml"
    with pytest.raises(CalibrateError, match="cannot be changed"):
        write(path, "square", GROUND)
    path.write_text(FILE)
    with pytest.raises(CalibrateError, match="there is no source 'roof'"):
        write(path, "roof", GROUND)
    path.write_text("[[")
    with pytest.raises(CalibrateError, match="cannot be changed"):
        write(path, "square", GROUND)


@settings(max_examples=80, deadline=None)
@given(st.permutations(["zones", "remark", "report", "gate", "empty", "lines"]))
def test_however_the_file_is_laid_out(order: list[str]) -> None:
    parts = {
        "zones": '[[sources.zones]]\nid = "z"\npolygon = [[0, 0], [1, 0], [1, 1]]\n',
        "lines": '[[sources.lines]]\nid = "l"\nstart = [0, 0]\nend = [1, 1]\n',
        "remark": "# a remark\n",
        "report": "[report]\ncount_interval_s = 30\n",
        "gate": '[[sources]]\nid = "gate"\nuri = "b"\n',
        "empty": "\n\n",
    }
    text = '[[sources]]\nid = "square"\nuri = "a"\n' + "".join(parts[name] for name in order)
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    read = tomllib.loads(with_calibration(text, "square", GROUND))
    assert read["sources"][0].pop("calibration") == msgspec.to_builtins(GROUND, builtin_types=()) | {
        "sigma_px": 3.0, "size": [800, 600],
        "points": [{"picture": list(p.picture), "ground": list(p.ground)} for p in GROUND.points],
    }  # fmt: skip
    assert read == tomllib.loads(text)
