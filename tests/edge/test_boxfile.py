"""box.toml: who the box is must be right; what it does is taken source by source."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.boxfile import MAX_BYTES, read_box_file
from edge.errors import ConfigurationError

HEAD = '[box]\nfleet = "city"\ndevice = "post-1"\nstate = "state"\n'
GOOD = '[[sources]]\nid = "cam"\nuri = "clip.mp4"\n'
ZONE = '[[sources.zones]]\nid = "z"\npolygon = [[0, 0], [1, 0], [1, 1]]\n'


def write(folder: Path, text: str) -> Path:
    path = folder / "box.toml"
    path.write_text(text)
    return path


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    file = read_box_file(write(tmp_path, HEAD + GOOD + ZONE)).file
    assert file.box.state == str(tmp_path / "state")
    assert file.box.status == str(tmp_path / "state" / "status.sock")
    assert file.sources[0].uri == str(tmp_path / "clip.mp4")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD.replace("[box]", "[bax]"), ["unknown key 'bax'", "did you mean 'box'"]),
        (HEAD.replace('"post-1"', '"Post 1"'), ["box.device", "'Post 1'"]),
        (HEAD.replace('device = "post-1"\n', ""), ["device", "box"]),
        (HEAD + '[manager]\nurl = "http://x"\ncode = "guess"\n', ["manager.code", "XXXX-XXXX-XXXX"]),
        (HEAD + "[report]\ncount_interval_s = -1\n", ["report.count_interval_s", ">= 0"]),
        (HEAD + "[sources]\n", ["[[sources]]", "two brackets"]),
        ("box = [", ["not valid TOML"]),
        ("#" * (MAX_BYTES + 1), ["at most"]),
    ],
)
def test_a_box_that_does_not_know_who_it_is_does_not_start(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_box_file(write(tmp_path, text))
    for word in ["box.toml", *words]:
        assert word in str(caught.value)


def test_a_missing_file_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="lamplighter edge example"):
        read_box_file(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("bad", "path", "words"),
    [
        (GOOD.replace("cam", "two") + "fsp = 7\n", "sources[1]", ["'fsp'", "did you mean 'fps'"]),
        (GOOD.replace("cam", "two") + ZONE.replace("polygon", "poligon"), "sources[1]", ["'poligon'", "'polygon'", "zones[0]"]),
        (GOOD.replace("cam", "two") + ZONE.replace("[1, 0]", "[2, 0]"), "sources[1].zones[0].polygon", ["outside the picture"]),
        (
            GOOD.replace("cam", "two") + '[[sources.zones]]\nid = "z"\npolygon = [[0, 0], [1, 1], [1, 0], [0, 1]]\n',
            "sources[1].zones[0].polygon",
            ["crosses", "in order"],
        ),
        (GOOD, "sources[1].id", ["'cam'", "twice"]),
        (
            GOOD.replace("cam", "two") + ZONE + "alarm = { enter_at = 3, leave_at = 3 }\n",
            "sources[1].zones[0].alarm.leave_at",
            ["below enter_at"],
        ),
    ],
)
def test_a_bad_source_is_named_and_the_rest_goes_on(tmp_path: Path, bad: str, path: str, words: list[str]) -> None:
    last = GOOD.replace("cam", "three")
    reading = read_box_file(write(tmp_path, HEAD + GOOD + bad + last))
    assert [source.id for source in reading.file.sources] == ["cam", "three"]
    (refusal,) = reading.refusals
    assert refusal.path == path
    for word in words:
        assert word in refusal.message


def test_paths_of_refusals_count_all_sources_of_the_file(tmp_path: Path) -> None:
    broken = GOOD + "fsp = 7\n"
    outside = GOOD.replace("cam", "two") + ZONE.replace("[1, 0]", "[2, 0]")
    reading = read_box_file(write(tmp_path, HEAD + broken + outside))
    assert [refusal.path for refusal in reading.refusals] == ["sources[0]", "sources[1].zones[0].polygon"]


def test_secrets_are_never_repeated(tmp_path: Path) -> None:
    text = HEAD + '[broker]\nhost = "h"\npassword_file = 7\n[manager]\ncode = 1234567\n'
    with pytest.raises(ConfigurationError) as caught:
        read_box_file(write(tmp_path, text))
    assert "1234567" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        '[manager]\ncode = "ABCD-EFGH-JKMN"\n',
        HEAD + '[[sources]]\nuri = "rtsp://me:ABCD-EFGH@camera/1"\n',
        HEAD + '[[sources]]\nid = "cam"\nuri = "rtsp://me:ABCD-EFGH@camera/1?%s"\n' % ("x" * 600),
        HEAD + '[[sources]]\nid = "rtsp://me:ABCD-EFGH@camera/1"\nuri = "a.mp4"\n',
    ],
)
def test_secrets_in_what_surrounds_a_fault_are_never_repeated(tmp_path: Path, text: str) -> None:
    try:
        told = str(read_box_file(write(tmp_path, text)).refusals)
    except ConfigurationError as error:
        told = str(error)
    assert told != "()"
    assert "ABCD" not in told


def test_a_file_may_be_named_as_an_address(tmp_path: Path) -> None:
    text = (
        HEAD + GOOD.replace('"clip.mp4"', '"file:///media/clip.mp4"') + GOOD.replace("cam", "b").replace("clip", "file://clip")
    )
    assert [source.uri for source in read_box_file(write(tmp_path, text)).file.sources] == [
        "/media/clip.mp4",
        str(tmp_path / "clip.mp4"),
    ]
