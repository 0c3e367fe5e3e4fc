"""What a person writes is read as meant, or refused with what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.calibrate.clicks import Pair, calibration_of, parse_pair, parse_size, read_pairs, rectangle
from edge.calibrate.errors import CalibrateError

FOUR = [Pair((10, 90), (0, 0)), Pair((90, 90), (4, 0)), Pair((70, 40), (4, 6)), Pair((30, 40), (0, 6))]


@pytest.mark.parametrize("text", ["512,380=4.0,12.5", " 512 , 380 = 4 , 12.5 ", "512;380;4;12.5", "512 380 4 1.25e1"])
def test_a_pair_is_read_however_it_is_written(text: str) -> None:
    assert parse_pair(text) == Pair((512, 380), (4, 12.5))


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,4,5", "1,2=3,x", "nan,1=2,3", "1,inf=2,3"])
def test_what_is_no_pair_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(CalibrateError, match=r"write pixels and metres: 512,380=4\.0,12\.5"):
        parse_pair(text)


@given(st.text(max_size=40))
def test_any_text_is_a_pair_or_refused(text: str) -> None:
    for parse in (parse_pair, parse_size, lambda told: rectangle(told, told)):
        try:
            parse(text)
        except CalibrateError:
            continue


def test_a_file_of_pairs_may_have_a_heading_and_remarks(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text("x,y,east,north\n# the kerb\n512,380,4.0,12.5   # corner\n\n100;200;0;0\n")
    assert read_pairs(path) == [Pair((512, 380), (4, 12.5)), Pair((100, 200), (0, 0))]


def test_a_file_that_is_none_is_refused_by_line(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text("1,2,3,4\n1,2,3\n")
    with pytest.raises(CalibrateError, match="line 2: '1,2,3' is no point"):
        read_pairs(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CalibrateError, match="is no text; is it the right file"):
        read_pairs(path)
    path.write_text("1,2,3,4\n" * 10_000)
    with pytest.raises(CalibrateError, match="is it the right file"):
        read_pairs(path)
    with pytest.raises(
        CalibrateError, match="cannot be read: No such file or directory; name a file with a line for each place"
    ):
        read_pairs(tmp_path / "none.csv")


@pytest.mark.parametrize("text", ["", "\n\n", "x,y,east,north\n", "# the kerb\n"])
def test_a_file_without_points_is_not_taken_for_no_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "points.csv"
    path.write_text(text)
    with pytest.raises(CalibrateError, match="holds no points; write a line for each place: X,Y,EAST,NORTH"):
        read_pairs(path)


def test_a_rectangle_goes_round_as_in_the_picture() -> None:
    """With y upwards on the ground and downwards in the picture: what is clockwise on the screen is so from above."""
    clockwise = rectangle("10,40 90,40 90,90 10,90", "5,2.5")
    assert [pair.metres for pair in clockwise] == [(0, 0), (5, 0), (5, -2.5), (0, -2.5)]
    other = rectangle("10,90 90,90 90,40 10,40", "5 2.5")
    assert [pair.metres for pair in other] == [(0, 0), (5, 0), (5, 2.5), (0, 2.5)]


@pytest.mark.parametrize(("corners", "sides"), [("1,2 3,4", "5,2"), ("1,2 3,4 5,6 7,8", "5"), ("1,2 3,4 5,6 7,8", "5,0")])
def test_what_is_no_rectangle_is_refused(corners: str, sides: str) -> None:
    with pytest.raises(CalibrateError, match=r"in their order around it|write metres"):
        rectangle(corners, sides)


def test_a_calibration_is_in_fractions_of_the_picture() -> None:
    found = calibration_of(FOUR, (100, 100), 2.0)
    assert found.points[1].picture == (0.9, 0.9)
    assert (found.size, found.sigma_px) == ((100, 100), 2.0)


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        (FOUR[:3], "3 points; 4 to 32 are needed"),
        (FOUR * 9, "36 points"),
        ([*FOUR[:3], Pair((101, 5), (0, 0))], "point 4 (101, 5) lies outside the picture of 100 x 100"),
        ([*FOUR[:3], Pair((1, 5), (2e4, 0))], "point 4 is 20000, 0 m from the origin"),
        ([*FOUR, FOUR[1]], "points 2 and 5 are the same; leave one out"),
        (
            [*FOUR, Pair((90, 90), (4, 0.2))],
            "points 2 and 5 are one place in the picture and two on the ground; click them again",
        ),
        ([Pair(each.pixel, (each.metres[0] / 1e3, each.metres[1] / 1e3)) for each in FOUR], "within 0.00721 m of one another"),
    ],
)
def test_what_does_not_fit_is_refused(pairs: list[Pair], words: str) -> None:
    with pytest.raises(CalibrateError) as refused:
        calibration_of(pairs, (100, 100), 3.0)
    assert words in str(refused.value)


def test_a_size_is_width_and_height() -> None:
    assert parse_size("1920x1080") == (1920, 1080)
    for text in ("1920", "0x0", "00x00", "15x1080", "1920x16385"):
        with pytest.raises(CalibrateError, match="16 to 16384 pixels: 1920x1080"):
            parse_size(text)
