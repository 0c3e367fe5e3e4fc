"""Row 55: the last good configuration runs, the refusal is reported with its path."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from edge.agent.twin import Twin
from protocol.config import Config, Refusal, Report, Source, Zone
from protocol.twin import Desired, Reported

OWN = Config(sources=(Source(id="own", uri="a.mp4"),))
WANTED = Config(sources=(Source(id="wanted", uri="b.mp4"),))
CROSSED = Config(
    sources=(Source(id="bad", uri="c.mp4", zones=(Zone(id="z", polygon=((0, 0), (1, 1), (1, 0), (0, 1))),)),),
)


def no_further_check(_config: Config) -> tuple[Refusal, ...]:
    return ()


def twin(folder: Path) -> Twin:
    return Twin(folder / "desired.json", OWN, (), no_further_check)


def test_the_own_file_runs_until_the_manager_wants_another(tmp_path: Path) -> None:
    box = twin(tmp_path)
    assert box.config == OWN
    assert box.reported.version == 0
    assert box.want(Desired(3, WANTED))
    assert box.config == WANTED
    assert twin(tmp_path).config == WANTED, "it is on disk and runs after a restart without a link"


@pytest.mark.parametrize("version", [1, 2, 3])
def test_an_older_or_equal_version_changes_nothing(tmp_path: Path, version: int) -> None:
    box = twin(tmp_path)
    box.want(Desired(3, WANTED))
    assert not box.want(Desired(version, OWN))
    assert box.config == WANTED


def test_a_bad_one_is_refused_with_its_path_and_the_last_good_runs(tmp_path: Path) -> None:
    box = twin(tmp_path)
    box.want(Desired(1, WANTED))
    assert not box.want(Desired(2, CROSSED))
    assert box.config == WANTED
    reported = box.reported
    assert (reported.version, reported.refused_version) == (1, 2)
    assert reported.refusals[0].path == "sources[0].zones[0].polygon"
    assert twin(tmp_path).config == WANTED
    assert box.want(Desired(3, OWN))
    assert box.reported.refusals == ()


def test_what_the_box_itself_cannot_do_is_refused_too(tmp_path: Path) -> None:
    def no_model(config: Config) -> tuple[Refusal, ...]:
        return tuple(Refusal(f"sources[{i}].model", "not here") for i, _ in enumerate(config.sources))

    box = Twin(tmp_path / "desired.json", OWN, (), no_model)
    assert not box.want(Desired(1, WANTED))
    assert box.reported.refusals == (Refusal("sources[0].model", "not here"),)


@pytest.mark.parametrize(
    "stored", [b"", b"\xff\xfe", b'{"version":1,"config":{"colour":1}}', msgspec.json.encode(Desired(9, CROSSED))]
)
def test_a_stored_one_that_is_no_longer_accepted_is_set_aside(tmp_path: Path, stored: bytes) -> None:
    (tmp_path / "desired.json").write_bytes(stored)
    box = twin(tmp_path)
    assert box.config == OWN
    assert box.reported.refusals
    assert (tmp_path / "desired.refused").exists()
    assert box.want(Desired(1, Config(report=Report(count_interval_s=5)))), "the control channel still works"
    assert twin(tmp_path).config.report.count_interval_s == 5


def test_a_stored_one_of_another_version_is_named_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "desired.json").write_bytes(b'{"version":1,"config":{"sources":[{"id":"a","uri":"a.mp4","colour":1}]}}')
    (refusal,) = twin(tmp_path).reported.refusals
    assert refusal.path == "sources[0].colour"


def test_one_that_could_not_be_stored_is_taken_when_it_comes_again(tmp_path: Path) -> None:
    """A manager's wish is retained: it comes with each connection, and the disk may have room by then."""
    box = twin(tmp_path)
    box.refuse(4, Refusal("", "cannot be stored on the box: No space left on device"))
    assert box.reported.refused_version == 4
    assert box.want(Desired(4, WANTED))
    assert box.reported == Reported(4, WANTED)


def test_a_full_disk_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box = twin(tmp_path)

    def full(_fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        box.want(Desired(1, WANTED))
    assert box.config == OWN
    assert box.reported.version == 0
