"""Which releases there are, as the signed repository says, and what is wrong with a folder that says nothing."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.rollouts.catalogue import find_release
from fleet.rollouts.errors import CatalogueError, UnknownRolloutError
from fleet.rollouts.repository import FolderCatalogue
from simulator.updates.bundles import GOLDEN_FILE, files_of
from simulator.updates.repository import VALID, Repository, key
from tests.fleet.rollouts.fleet import BUNDLE

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.timezone.utc)


@pytest.fixture
def repository() -> Repository:
    made = Repository(NOW)
    made.add(files_of(BUNDLE, 0), 1, hardware=("Raspberry Pi",))
    made.add(files_of(BUNDLE, 1), 2, agent="0.2")
    made.add(files_of(BUNDLE, 0), 3)
    made.add(files_of("another", 9), 1)
    return made


@pytest.fixture
def folder(repository: Repository, tmp_path: Path) -> Path:
    publish(repository, tmp_path)
    return tmp_path


def publish(repository: Repository, folder: Path) -> None:
    repository.publish()
    repository.write_to(folder)


def test_releases_are_read_by_bundle_and_number(folder: Path) -> None:
    catalogue = FolderCatalogue(folder)
    found = catalogue.releases()
    assert [(one.bundle, one.release, one.version) for one in found] == [
        ("another", 1, "1.9.0"),
        (BUNDLE, 1, "1.0.0"),
        (BUNDLE, 2, "1.1.0"),
        (BUNDLE, 3, "1.0.0"),
    ]
    first = find_release(found, BUNDLE, 1)
    assert (first.hardware, first.agent) == (("Raspberry Pi",), "0.1")
    files = files_of(BUNDLE, 0)
    assert first.size == sum(len(files[name]) for name in ("manifest.json", GOLDEN_FILE, f"{BUNDLE}.int8.onnx")), (
        "a form of two"
    )
    assert first.content == find_release(found, BUNDLE, 3).content != find_release(found, BUNDLE, 2).content
    assert catalogue.fault(NOW) == ""


def test_what_is_added_is_there_when_it_is_published(repository: Repository, folder: Path) -> None:
    catalogue = FolderCatalogue(folder)
    assert len(catalogue.releases()) == 4
    repository.add(files_of(BUNDLE, 2), 4)
    repository.write_to(folder)
    assert len(catalogue.releases()) == 4
    publish(repository, folder)
    os.utime(folder / "metadata" / "timestamp.json", ns=(1, 1))
    assert len(catalogue.releases()) == 5


def test_a_release_that_is_not_there_is_told_with_those_that_are(folder: Path) -> None:
    found = FolderCatalogue(folder).releases()
    with pytest.raises(UnknownRolloutError, match=r"no bundle 'nothing' is published; published are: another, person"):
        find_release(found, "nothing", 1)
    with pytest.raises(UnknownRolloutError, match=r"has no release 9; published are: 1, 2, 3"):
        find_release(found, BUNDLE, 9)
    with pytest.raises(UnknownRolloutError, match="none yet"):
        find_release((), BUNDLE, 9)


def test_a_folder_in_which_nothing_was_published_is_empty_and_says_so(tmp_path: Path) -> None:
    catalogue = FolderCatalogue(tmp_path / "nowhere")
    assert catalogue.releases() == ()
    assert "nothing was published here yet" in catalogue.fault(NOW)


def test_what_expired_is_told_before_a_box_finds_it(repository: Repository, folder: Path) -> None:
    repository.now = NOW - VALID["timestamp"]
    publish(repository, folder)
    fault = FolderCatalogue(folder).fault(NOW)
    assert "timestamp expired on 2026-03-01 00:00 UTC, boxes refuse it" in fault
    assert FolderCatalogue(folder).fault(NOW - dt.timedelta(seconds=1)) == ""


@pytest.mark.parametrize("name", ["timestamp.json", "2.snapshot.json", "2.targets.json"])
def test_one_signature_of_a_stranger_is_found(folder: Path, name: str) -> None:
    path = folder / "metadata" / name
    said = json.loads(path.read_text("utf-8"))
    said["signed"]["x-note"] = "changed"
    path.write_text(json.dumps(said), "utf-8")
    with pytest.raises(CatalogueError, match=f"{name}: not signed as the root asks for"):
        FolderCatalogue(folder).releases()


def test_one_of_two_signatures_is_not_enough(repository: Repository, folder: Path) -> None:
    repository.signers["targets"][1] = key("a stranger's", 0)
    publish(repository, folder)
    with pytest.raises(CatalogueError, match="not signed as the root asks for"):
        FolderCatalogue(folder).releases()


@pytest.mark.parametrize("name", ["1.root.json", "2.snapshot.json", "2.targets.json"])
def test_a_file_that_is_not_there_is_named(folder: Path, name: str) -> None:
    (folder / "metadata" / name).unlink()
    with pytest.raises(CatalogueError, match=r"root\.json is there|" + name):
        FolderCatalogue(folder).releases()


def test_a_release_without_description_is_named(repository: Repository, folder: Path) -> None:
    repository.targets.targets[f"{BUNDLE}/2/manifest.json"].unrecognized_fields.clear()
    publish(repository, folder)
    with pytest.raises(CatalogueError, match=f"{BUNDLE}/2/manifest.json: the metadata say nothing of a release"):
        FolderCatalogue(folder).releases()


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pristine")
    made = Repository(NOW)
    made.add(files_of(BUNDLE, 0), 1)
    publish(made, folder)
    return folder


@given(
    name=st.sampled_from(["timestamp.json", "1.root.json", "2.snapshot.json", "2.targets.json"]),
    at=st.floats(0, 1, exclude_max=True),
    cut=st.booleans(),
    put=st.binary(max_size=40) | st.sampled_from([b"{" * 20_000, b"[" * 20_000, b"\x00", b'"', b"null", b"1e999"]),
)
def test_whatever_a_file_holds_it_is_read_or_refused(pristine: Path, name: str, at: float, cut: bool, put: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(pristine, copy)
        path = copy / "metadata" / name
        data = path.read_bytes()
        place = int(at * len(data))
        path.write_bytes(data[:place] + put + (b"" if cut else data[place + len(put) :]))
        try:
            found = FolderCatalogue(copy).releases()
        except CatalogueError:
            return
        assert [one.version for one in found] == ["1.0.0"]
