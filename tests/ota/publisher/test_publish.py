"""What goes live: what enough people have signed, whole, and in an order in which readers are served."""

from __future__ import annotations

import json
import multiprocessing
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tuf.api.metadata import Metadata, Root, Timestamp

from ota.publisher.adding import Wishes
from ota.publisher.carried import pack, read_carried
from ota.publisher.disk import Disk
from ota.publisher.errors import (
    BusyError,
    ExpiredError,
    KeyRefusedError,
    PendingError,
    PublisherError,
    SignatureError,
    WorkshopError,
)
from ota.publisher.lock import locked
from ota.publisher.publisher import Publisher, read_trusted
from ota.publisher.roles import KEPT_VERSIONS, ROOT, TARGETS
from ota.publisher.settings import Settings
from ota.publisher.signing import opened, with_signature
from ota.publisher.surroundings import nobody_asked
from tests.ota.publisher.bundles import nudged, weights
from tests.ota.publisher.site import ENGINEERS, Site

SMALL = 600
FILES = 5
"""Of a release: two models, golden vectors, the manifest, and the manifest packed."""


def test_a_reader_gets_what_was_released(site: Site, url: str) -> None:
    reader = site.reader()
    client = reader.refresh(url)
    assert reader.fetch_all(client) == FILES
    assert reader.seen == {"root": 1, "targets": 1, "snapshot": 1, "timestamp": 1}
    site.release("1.0.1")
    client = reader.refresh(url)
    assert reader.fetch_all(client) == 2 * FILES
    assert reader.seen == {"root": 1, "targets": 2, "snapshot": 2, "timestamp": 2}


def test_timestamp_is_the_only_file_that_is_written_over_and_the_last(tmp_path: Path, site: Site) -> None:
    site.add("1.0.1", size=SMALL)
    site.sign(TARGETS, *ENGINEERS)
    before = {path: path.read_bytes() for path in site.public.rglob("*") if path.is_file()}
    done = site.publisher.publish()
    assert done.targets == 2
    assert done.root is None
    assert done.written[-3:] == ("metadata/2.targets.json", "metadata/2.snapshot.json", "metadata/timestamp.json")
    assert all(path.startswith("targets/plate-reader/2/") for path in done.written[:-3])
    changed = {path.name for path, data in before.items() if path.read_bytes() != data}
    assert changed == {"timestamp.json"}


def test_too_few_signatures_publish_nothing_and_say_who_is_missing(site: Site) -> None:
    """Row 1."""
    site.add("1.0.1", size=SMALL)
    with pytest.raises(SignatureError, match=r"targets 2: 0 of 2 needed.*missing: 2 of engineer-1, engineer-2"):
        site.publisher.publish()
    site.sign(TARGETS, "engineer-1")
    with pytest.raises(SignatureError, match=r"1 of 2 needed under root 1 \(engineer-1\); missing: 1 of engineer-2"):
        site.publisher.publish()
    assert site.publisher.status().roles[1].version == 1


def test_somebody_who_has_signed_cannot_sign_for_the_other(site: Site) -> None:
    site.add("1.0.1", size=SMALL)
    site.sign(TARGETS, "engineer-1")
    with pytest.raises(SignatureError, match="engineer-1 has signed targets 2 already"):
        site.sign(TARGETS, "engineer-1")


def test_a_key_of_another_role_does_not_sign(site: Site) -> None:
    """Row 9: online keys authorise no content; root's neither."""
    site.add("1.0.1", size=SMALL)
    for name in ("root-1", "online", "stranger"):
        with pytest.raises(KeyRefusedError, match=r"is none of the keys that may sign this, which are of engineer-1"):
            site.sign(TARGETS, name)


def test_nothing_pending_is_said(site: Site) -> None:
    with pytest.raises(PendingError, match="nothing is pending"):
        site.publisher.publish()


def carry(site: Site, tmp_path: Path, *names: str) -> list[Path]:
    """Copies of the pending targets, each signed by one person on a machine of their own."""
    paths = []
    for name in names:
        path = tmp_path / f"{name}.json"
        path.write_bytes(site.publisher.pending_path(TARGETS).read_bytes())
        carried = read_carried(path)
        signer = opened(carried, str(site.key(name)), nobody_asked)
        path.write_bytes(pack(with_signature(carried, signer, site.clock())))
        paths.append(path)
    return paths


def test_two_copies_signed_apart_come_together(site: Site, tmp_path: Path) -> None:
    site.add("1.0.1", size=SMALL)
    first, second = carry(site, tmp_path, *ENGINEERS)
    with pytest.raises(SignatureError, match="1 of 2"):
        site.publisher.publish([first])
    assert site.publisher.publish([second]).targets == 2, "the first one's signature was kept"
    with pytest.raises(PendingError, match="it was published or discarded"):
        site.publisher.publish([first])


def test_what_was_carried_before_it_changed_does_not_count(site: Site, tmp_path: Path) -> None:
    site.add("1.0.1", size=SMALL)
    copies = carry(site, tmp_path, *ENGINEERS)
    site.add("1.0.2", size=SMALL)
    with pytest.raises(PendingError, match="is another targets 2 than the one that is pending, which was changed since"):
        site.publisher.publish(copies)


def test_a_pending_file_of_an_older_version_is_refused(site: Site, tmp_path: Path) -> None:
    site.add("1.0.1", size=SMALL)
    old = carry(site, tmp_path, "engineer-1")
    site.sign(TARGETS, *ENGINEERS)
    stale = site.publisher.pending_path(TARGETS).read_bytes()
    site.publisher.publish()
    site.add("1.0.2", size=SMALL)
    with pytest.raises(PendingError, match="is version 2 of targets, and 3 is pending"):
        site.publisher.publish(old)
    site.publisher.pending_path(TARGETS).write_bytes(stale.replace(b'"version":2', b'"version":1'))
    with pytest.raises(PendingError, match=r"pending is targets 1, and 2 is in force already.*discard targets"):
        site.publisher.publish()


def test_what_comes_back_unsigned_or_signed_by_a_stranger_is_said(site: Site, tmp_path: Path) -> None:
    site.add("1.0.1", size=SMALL)
    path = tmp_path / "back.json"
    path.write_bytes(site.publisher.pending_path(TARGETS).read_bytes())
    with pytest.raises(SignatureError, match="came back without a signature that counts; it takes one of engineer-1"):
        site.publisher.publish([path])
    (signed,) = carry(site, tmp_path, "engineer-1")
    forged = signed.read_bytes().replace(b'"sig":"', b'"sig":"00', 1)
    path.write_bytes(forged)
    with pytest.raises(SignatureError, match="without a signature that counts"):
        site.publisher.publish([path])


def test_of_root_and_targets_that_which_is_signed_goes_live_and_the_other_waits(site: Site, url: str) -> None:
    site.publisher.renew(ROOT)
    site.add("1.0.1", size=SMALL)
    site.sign(TARGETS, *ENGINEERS)
    done = site.publisher.publish()
    assert (done.root, done.targets) == (None, 2)
    assert "root 2: 0 of 2 needed under root 1; missing: 2 of root-1, root-2, root-3" in done.waiting[0]
    site.sign(ROOT, "root-2", "root-3")
    assert site.publisher.publish().root == 2
    assert site.reader().refresh(url)


def test_what_is_signed_too_late_is_refused(site: Site) -> None:
    site.add("1.0.1", size=SMALL)
    site.sign(TARGETS, "engineer-1")
    site.clock.advance(days=93)
    with pytest.raises(ExpiredError, match=r"targets 2 expired on .* no box takes it; .*renew targets"):
        site.sign(TARGETS, "engineer-2")
    site.clock.advance(days=-93)
    site.sign(TARGETS, "engineer-2")
    site.clock.advance(days=93)
    with pytest.raises(ExpiredError, match="renew targets"):
        site.publisher.publish()
    site.publisher.renew(TARGETS)
    site.sign(TARGETS, *ENGINEERS)
    assert site.publisher.publish().targets == 3, "2 was signed, and is never signed again as something else"


def test_an_expired_root_is_told_with_what_is_published(site: Site) -> None:
    site.clock.advance(days=366)
    site.publisher.renew(TARGETS)
    site.sign(TARGETS, *ENGINEERS)
    done = site.publisher.publish()
    assert [text.split(" expired")[0] for text in done.expired] == ["root 1"]


def test_a_release_that_is_removed_is_gone_with_its_files(site: Site, url: str) -> None:
    site.release("1.0.1")
    site.publisher.remove("plate-reader", 1)
    assert (site.public / "targets/plate-reader/1").is_dir(), "until it is published"
    site.sign(TARGETS, *ENGINEERS)
    site.publisher.publish()
    assert not (site.public / "targets/plate-reader/1").exists()
    client = site.reader().refresh(url)
    assert client.get_targetinfo("plate-reader/1/manifest.json") is None


def test_old_metadata_go_after_a_while_roots_never(site: Site) -> None:
    for _ in range(KEPT_VERSIONS + 2):
        site.publisher.refresh(force=True)
    kept = sorted(int(path.name.split(".")[0]) for path in (site.public / "metadata").glob("*.snapshot.json"))
    assert kept == list(range(4, KEPT_VERSIONS + 4))
    assert (site.public / "metadata/1.root.json").exists()
    assert len(list((site.workshop / "metadata").glob("*.timestamp.json"))) == KEPT_VERSIONS


def test_files_that_others_put_there_stay(site: Site) -> None:
    mine = [site.public / "index.html", site.public / "metadata" / "README", site.public / "targets" / "notes.txt"]
    for path in mine:
        path.write_text("mine")
    site.release("1.0.1")
    assert all(path.exists() for path in mine)


def test_nothing_secret_is_public_nor_in_the_workshop(site: Site) -> None:
    secrets = [path.read_text().split("\n")[1] for path in (site.folder / "keys").glob("*.pem")]
    assert len(secrets) == 6
    for folder in (site.public, site.workshop):
        for path in folder.rglob("*"):
            data = path.read_bytes() if path.is_file() else b""
            assert b"PRIVATE" not in data
            assert not any(secret.encode() in data for secret in secrets), path
    for path in site.public.rglob("*"):
        text = path.read_text("latin-1") if path.is_file() else ""
        assert str(site.folder) not in text, "nor where things lie"


def test_public_files_are_readable_by_a_web_server(site: Site) -> None:
    for path in site.public.rglob("*"):
        assert path.stat().st_mode & 0o044 == 0o044, path
    assert site.workshop.stat().st_mode & 0o777 == 0o700


def _hold(folder: str, held: object, release: object) -> None:
    with locked(Path(folder)):
        held.set()  # type: ignore[attr-defined]
        release.wait(30)  # type: ignore[attr-defined]


def test_a_second_publisher_is_locked_out_and_told_by_whom(site: Site) -> None:
    context = multiprocessing.get_context("spawn")
    held, release = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(str(site.workshop), held, release))
    other.start()
    try:
        assert held.wait(30)
        calls: dict[str, Callable[[], object]] = {
            "publish": site.publisher.publish,
            "refresh": site.publisher.refresh,
            "add": lambda: site.add("1.0.1", size=SMALL),
            "status": site.publisher.status,
        }
        for call in calls.values():
            with pytest.raises(BusyError, match=rf"another publisher works here \(process {other.pid}\); wait"):
                call()
    finally:
        release.set()
        other.join(30)
    assert site.publisher.status().releases


DAMAGES: dict[str, Callable[[Path], object]] = {
    "timestamp gone": lambda p: (p / "metadata/timestamp.json").unlink(),
    "timestamp garbage": lambda p: (p / "metadata/timestamp.json").write_bytes(b"{"),
    "timestamp of nobody": lambda p: (p / "metadata/timestamp.json").write_bytes(
        Metadata(Timestamp(9)).to_bytes(),
    ),
    "snapshot cut": lambda p: (p / "metadata/1.snapshot.json").write_bytes(b'{"signed'),
    "targets gone": lambda p: (p / "metadata/1.targets.json").unlink(),
    "root exchanged": lambda p: (p / "metadata/1.root.json").write_bytes(Metadata(Root(1)).to_bytes()),
    "a root that nobody signed": lambda p: (p / "metadata/2.root.json").write_bytes(Metadata(Root(2)).to_bytes()),
    "half a file": lambda p: (p / "metadata/.timestamp.json.new").write_bytes(b"{"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_public_folder_is_repaired_from_the_workshop(site: Site, url: str, damage: str) -> None:
    DAMAGES[damage](site.public)
    assert site.publisher.verify().findings
    site.publisher.refresh()
    assert not site.publisher.verify().findings
    assert site.reader().refresh(url)


def test_a_file_that_is_lost_is_named_and_stops_nothing(site: Site, url: str) -> None:
    """Boxes that do not want it must not be frozen by it."""
    path = next((site.public / "targets").rglob("*.int8.onnx"))
    path.unlink()
    done = site.publisher.refresh(force=True)
    assert len(done.lost) == 1
    assert "int8.onnx: cannot be read (No such file or directory); restore it from a backup" in done.lost[0]
    site.reader().refresh(url)
    assert site.release("1.0.1", weights(2, SMALL)).lost == done.lost
    site.publisher.remove("plate-reader", 1)
    site.sign(TARGETS, *ENGINEERS)
    assert site.publisher.publish().lost == ()
    assert not site.publisher.verify().findings


def test_a_new_release_whose_file_is_lost_is_not_published(site: Site) -> None:
    site.add("1.0.1", weights(2, SMALL))
    site.sign(TARGETS, *ENGINEERS)
    for path in (site.workshop / "pending/content").iterdir():
        path.write_bytes(b"x")
    before = (site.workshop / "state.json").read_bytes()
    with pytest.raises(WorkshopError, match=r"plate-reader/2/.* cannot be read"):
        site.publisher.publish()
    assert (site.workshop / "state.json").read_bytes() == before


def test_a_base_that_was_changed_makes_no_delta(site: Site) -> None:
    path = next((site.public / "targets").rglob("*.int8.onnx"))
    path.write_bytes(bytes(path.stat().st_size))
    with pytest.raises(WorkshopError, match="is not what is signed"):
        site.add("1.0.1", nudged(weights(1, SMALL), 2), Wishes(bases=(1,)))


def other_workshop(site: Site, tmp_path: Path) -> Site:
    """The same workshop, copied before it went on."""
    copied = Site(tmp_path / "copy")
    (tmp_path / "copy").mkdir()
    for name in ("workshop", "keys"):
        shutil.copytree(site.folder / name, copied.folder / name)
    settings = copied.workshop / "workshop.json"
    settings.write_text(settings.read_text().replace("../public", str(site.public)))
    return copied


def test_a_copy_of_a_workshop_that_was_left_behind_publishes_nothing(site: Site, tmp_path: Path) -> None:
    old = other_workshop(site, tmp_path)
    site.release("1.0.1")
    before = {path: path.read_bytes() for path in site.public.rglob("*") if path.is_file()}
    with pytest.raises(WorkshopError, match=r"timestamp 2 there is rightly signed, but not from this workshop, which is at 1"):
        old.publisher.refresh(force=True)
    with pytest.raises(WorkshopError, match="not from this workshop"):
        old.release("1.0.2")
    assert before == {path: path.read_bytes() for path in site.public.rglob("*") if path.is_file()}


def test_a_lost_workshop_is_made_again_from_the_public_folder(site: Site, url: str, tmp_path: Path) -> None:
    site.release("1.0.1")
    site.publisher.renew(ROOT)
    site.sign(ROOT, "root-1", "root-2")
    site.publisher.publish()
    reader = site.reader()
    reader.refresh(url)
    (site.public / "index.html").write_text("mine")
    kept = tmp_path / "1.root.json"
    kept.write_bytes((site.public / "metadata/1.root.json").read_bytes())
    shutil.rmtree(site.workshop)
    settings = Settings("../public", signers={"online": site.signer("online")})
    Publisher.restore(site.workshop, settings, read_trusted(kept), site.surroundings())
    site.release("1.0.2")
    assert reader.fetch_all(reader.refresh(url)) == 3 * FILES
    assert reader.seen["targets"] == 3


def test_disk_full_is_told_and_nothing_is_half_done(site: Site, url: str) -> None:
    class Full(Disk):
        def _write(self, path: Path, data: bytes, mode: int) -> None:
            if "public" in path.parts:
                raise OSError(28, "No space left on device", str(path))
            super()._write(path, data, mode)

    site.add("1.0.1", size=SMALL)
    site.sign(TARGETS, *ENGINEERS)
    site.disk = Full()
    with pytest.raises(OSError, match="No space left"):
        site.publisher.publish()
    assert site.reader().refresh(url)
    assert "behind what was committed to" in " ".join(site.publisher.status().warnings)
    site.disk = Disk()
    site.publisher.publish()
    reader = site.reader()
    assert reader.fetch_all(reader.refresh(url)) == 2 * FILES


def test_settings_that_were_damaged_are_named(site: Site) -> None:
    path = site.workshop / "workshop.json"
    path.write_text(json.dumps({"public": "x", "format": 9}))
    with pytest.raises(WorkshopError, match=r"workshop\.json: cannot be used .*restore it from a backup"):
        site.publisher.status()
    path.unlink()
    with pytest.raises(PublisherError, match="there is no workshop; make one with"):
        site.publisher.status()
