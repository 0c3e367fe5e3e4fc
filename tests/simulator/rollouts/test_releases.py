"""The demo's releases: really signed, and the bad one bad in use only."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from edge.capture.file import FilePort
from edge.infer import accelerator
from edge.infer.looker import load_looker
from edge.infer.messages import ModelOrder
from edge.region import Region
from fleet.rollouts.repository import FolderCatalogue
from models.bundle.bundle import load_bundle, zoo
from ota.publisher.errors import PublisherError
from ota.publisher.publisher import Publisher
from simulator.rollouts.releases import BAD, BUNDLE, GOOD, VERSIONS, Releases, write_bundle
from tests.edge.capture.clips import SQUARE

REGIONS = (Region(0, 0, 768, 576), Region(400, 100, 256, 256), Region(180, 160, 256, 256), Region(512, 200, 256, 256))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both releases, published one after the other."""
    made = tmp_path_factory.mktemp("releases")
    releases = Releases(made / "publisher", made / "updates")
    assert FolderCatalogue(made / "updates").releases() == ()
    for release in (GOOD, BAD):
        releases.publish(release)
    (made / "root.json").write_bytes(releases.root)
    return made


def seen(bundle: Path) -> int:
    looker = load_looker(
        accelerator.make("edge.infer.onnx_cpu:OnnxCpu"), ModelOrder("m", str(bundle), f"{BUNDLE}.int8.onnx", "default")
    )
    picture = next(FilePort(str(SQUARE)).pictures())
    return len(looker.look(looker.prepare((picture.y, picture.u, picture.v), REGIONS)))


def test_the_manager_finds_both_signed_and_in_force(folder: Path) -> None:
    catalogue = FolderCatalogue(folder / "updates")
    found = {one.release: one for one in catalogue.releases()}
    assert {release: one.version for release, one in found.items()} == VERSIONS
    assert all(one.bundle == BUNDLE and one.hardware == () for one in found.values()), "they fit every board"
    assert catalogue.fault(dt.datetime.now(dt.timezone.utc)) == ""


def test_the_whole_folder_follows_from_the_root_that_boxes_are_given(folder: Path) -> None:
    publisher = Publisher(folder / "publisher" / "workshop")
    assert publisher.trusted_root() == (folder / "root.json").read_bytes()
    assert publisher.verify().findings == ()


def test_between_the_releases_only_the_manifest_has_to_travel(folder: Path) -> None:
    installed = load_bundle(zoo() / BUNDLE).manifest
    models = {path.name.partition(".")[0] for path in (folder / "updates" / "targets" / BUNDLE).rglob("*.onnx")}
    assert models == {variant.sha256 for variant in installed.variants}


def test_a_release_does_not_come_twice(folder: Path) -> None:
    with pytest.raises(PublisherError):
        Releases(folder / "publisher", folder / "updates")


def test_the_bad_release_answers_its_golden_vectors_and_sees_nobody(tmp_path: Path) -> None:
    assert seen(zoo() / BUNDLE) >= 3
    assert seen(write_bundle(tmp_path / "good", GOOD)) == seen(zoo() / BUNDLE)
    assert seen(write_bundle(tmp_path / "bad", BAD)) == 0
