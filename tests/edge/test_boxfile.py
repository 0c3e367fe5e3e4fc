"""box.toml: who the box is must be right; what it does is taken source by source."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from edge.boxfile import MAX_BYTES, MOST_MICROPHONES, MOST_SOURCES, read_box_file
from edge.errors import ConfigurationError
from protocol.config import Config

HEAD = '[box]\nfleet = "city"\ndevice = "post-1"\nstate = "state"\n'
EAR = '[[microphones]]\nid = "roof"\nuri = "roof.wav"\n'
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
        (GOOD.replace("cam", "two") + 'kind = "usb"\n', "sources[1]", ["kind: give one of", "rtsp", "v4l2", "it is 'usb'"]),
        (GOOD.replace("cam", "two") + 'credential = "gate 7"\n', "sources[1]", ["credential: use 1-32 of a-z", "'gate 7'"]),
        (
            GOOD.replace("cam", "two") + 'where = { lat = 1, lon = 1, frame = "van" }\n',
            "sources[1]",
            ["where.frame: give one of fixed, vehicle, person"],
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


def test_a_microphone_is_a_file_beside_it_or_a_device_by_name(tmp_path: Path) -> None:
    file = read_box_file(
        write(tmp_path, HEAD + EAR + EAR.replace("roof.wav", "hw:1,0").replace("roof", "mast") + 'kind = "alsa"\n')
    ).file
    assert [(m.id, m.uri, m.kind) for m in file.microphones] == [
        ("roof", str(tmp_path / "roof.wav"), "file"),
        ("mast", "hw:1,0", "alsa"),
    ]
    assert file.config.microphones == file.microphones


@pytest.mark.parametrize(
    ("bad", "path", "words"),
    [
        (EAR.replace("roof", "two") + "rate = 16000\n", "microphones[1]", ["'rate'", "did you mean 'rate_hz'"]),
        (EAR.replace("roof", "two") + "rate_hz = 8000\n", "microphones[1]", ["rate_hz", "8000"]),
        (EAR, "microphones[1].id", ["'roof'", "twice"]),
        (EAR.replace("roof", "cam"), "microphones[1].id", ["'cam'", "name of a source"]),
        (
            EAR.replace("roof", "two") + "channels = 2\npositions = [[0, 0, 0]]\n",
            "microphones[1].positions",
            ["1 positions for 2"],
        ),
    ],
)
def test_a_bad_microphone_is_named_and_the_rest_goes_on(tmp_path: Path, bad: str, path: str, words: list[str]) -> None:
    last = EAR.replace("roof", "three")
    reading = read_box_file(write(tmp_path, HEAD + GOOD + EAR + bad + last))
    assert [source.id for source in reading.file.sources] == ["cam"]
    assert [microphone.id for microphone in reading.file.microphones] == ["roof", "three"]
    assert path in [refusal.path for refusal in reading.refusals]
    said = " ".join(refusal.message for refusal in reading.refusals)
    for word in words:
        assert word in said


def test_more_than_a_configuration_holds_are_left_out_and_named(tmp_path: Path) -> None:
    ears = "".join(EAR.replace('"roof"', f'"roof-{i}"') for i in range(MOST_MICROPHONES + 2))
    cameras = "".join(GOOD.replace('"cam"', f'"cam-{i}"') for i in range(MOST_SOURCES + 1))
    reading = read_box_file(write(tmp_path, HEAD + ears + cameras))
    assert (len(reading.file.microphones), len(reading.file.sources)) == (MOST_MICROPHONES, MOST_SOURCES)
    assert [refusal.path for refusal in reading.refusals] == ["sources[16]", "microphones[4]", "microphones[5]"]
    assert "at most 4 microphones" in reading.refusals[-1].message
    contract = msgspec.json.schema(Config)["$defs"]["Config"]["properties"]
    assert (contract["sources"]["maxItems"], contract["microphones"]["maxItems"]) == (MOST_SOURCES, MOST_MICROPHONES)
