"""Every fault of a public folder is found, with the file that has it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from tuf.api.metadata import MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp

from ota.publisher.carried import fingerprint
from ota.publisher.document import Document, new, read_root
from ota.publisher.public import PublicFolder
from ota.publisher.roles import ROOT, TARGETS
from ota.publisher.signatures import keys_of
from ota.publisher.signers import open_signer
from ota.publisher.surroundings import nobody_asked
from ota.publisher.verification import Verified, verify
from protocol.release import Difference, to_custom
from tests.ota.publisher.bundles import weights
from tests.ota.publisher.site import ENGINEERS, Site


def model(site: Site) -> Path:
    return next((site.public / "targets").rglob("*.int8.onnx"))


def meta(site: Site, name: str) -> Path:
    return site.public / "metadata" / name


FAULTS: dict[str, tuple[Callable[[Site], object], str, str]] = {
    "a file gone": (lambda s: model(s).unlink(), ".int8.onnx", "is missing, or is not what is signed"),
    "a file changed": (lambda s: model(s).write_bytes(bytes(600)), ".int8.onnx", "is not what is signed"),
    "a file longer": (lambda s: model(s).write_bytes(model(s).read_bytes() + b"x"), ".int8.onnx", "is not what is signed"),
    "a file more": (lambda s: (s.public / "targets/x").write_text("x"), "targets/x", "is named by nothing that is signed"),
    "a key": (lambda s: (s.public / "online.pem").write_text("x"), "online.pem", "is named by nothing that is signed"),
    "a half-written file": (
        lambda s: meta(s, ".timestamp.json.new").write_text("x"),
        "metadata/.timestamp.json.new",
        "nothing",
    ),
    "no timestamp": (lambda s: meta(s, "timestamp.json").unlink(), "metadata/timestamp.json", "is missing"),
    "timestamp damaged": (lambda s: meta(s, "timestamp.json").write_text("{"), "metadata/timestamp.json", "cannot be read"),
    "no snapshot": (lambda s: meta(s, "1.snapshot.json").unlink(), "metadata/1.snapshot.json", "is missing"),
    "no targets": (lambda s: meta(s, "1.targets.json").unlink(), "metadata/1.targets.json", "is missing"),
    "another root 1": (
        lambda s: meta(s, "1.root.json").write_text("x"),
        "metadata/1.root.json",
        "is not the root that is trusted",
    ),
    "no root 1": (lambda s: meta(s, "1.root.json").unlink(), "metadata/1.root.json", "is missing"),
    "a root of nobody": (lambda s: meta(s, "2.root.json").write_bytes(new(Root(2)).data), "metadata/2.root.json", "too few"),
    "a root that is none": (lambda s: meta(s, "2.root.json").write_text("["), "metadata/2.root.json", "cannot be read"),
    "too large": (lambda s: meta(s, "timestamp.json").write_bytes(bytes(6_000_000)), "metadata/timestamp.json", "more than"),
    "targets with a space": (
        lambda s: meta(s, "1.targets.json").write_bytes(meta(s, "1.targets.json").read_bytes() + b" "),
        "metadata/1.targets.json",
        "is not the file that is signed as current",
    ),
    "time": (lambda s: s.clock.advance(days=400), "metadata/1.targets.json", "expired on "),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_found(site: Site, fault: str) -> None:
    assert site.publisher.verify().findings == ()
    make, path, said = FAULTS[fault]
    make(site)
    found = site.publisher.verify().findings
    assert [f for f in found if f.path.endswith(path) and said in f.fault], found


def test_what_it_counts(site: Site) -> None:
    found = site.publisher.verify()
    size = sum(path.stat().st_size for path in (site.public / "targets").rglob("*") if path.is_file())
    assert (found.roots, found.releases, found.files, found.bytes) == (1, 1, 5, size)


def test_all_faults_not_only_the_first(site: Site) -> None:
    site.release("1.0.1")
    for path in (site.public / "targets").rglob("*.onnx"):
        path.unlink()
    meta(site, "7.root.json").write_text("x")
    assert len(site.publisher.verify().findings) == 5


def test_without_a_workshop_from_any_root_that_is_trusted(site: Site) -> None:
    for _ in range(2):
        site.publisher.renew(ROOT)
        site.sign(ROOT, "root-1", "root-2")
        site.publisher.publish()
    for version in (1, 2, 3):
        trusted = read_root(meta(site, f"{version}.root.json").read_bytes(), "root")
        found = verify(PublicFolder(site.public), trusted, site.clock())
        assert found.findings == ()
        assert found.roots == 4 - version
        assert len(fingerprint(trusted)) == 64


def forge(site: Site, change: Callable[[Targets], object]) -> Verified:
    """Metadata that are signed by everybody they need, with what this publisher would not write."""
    live = site.publisher._workshop.live()
    assert live is not None
    root = live.root.signed

    def sign(document: Document, role: str, *names: str) -> Document:  # type: ignore[type-arg]
        for name in names:
            document = document.signed_by(open_signer(str(site.key(name)), keys_of(root, role), nobody_asked))
        return document

    change(live.targets.signed)
    targets = sign(new(live.targets.signed), TARGETS, *ENGINEERS)
    expires = live.snapshot.expires
    snapshot = sign(new(Snapshot(1, expires=expires, meta={"targets.json": targets.meta_file()})), "snapshot", "online")
    timestamp = sign(new(Timestamp(1, expires=expires, snapshot_meta=snapshot.meta_file())), "timestamp", "online")
    for document in (targets, snapshot, timestamp):
        meta(site, document.name).write_bytes(document.data)
    return verify(PublicFolder(site.public), live.roots[0], site.clock())


def manifest(targets: Targets) -> TargetFile:
    return targets.targets["plate-reader/1/manifest.json"]


def add_target(path: str, custom: object = None) -> Callable[[Targets], None]:
    def change(targets: Targets) -> None:
        fields = {} if custom is None else {"custom": custom}
        targets.targets[path] = TargetFile(1, {"sha256": hashlib.sha256(b"x").hexdigest()}, path, fields)

    return change


def both_hashes(targets: Targets) -> None:
    manifest(targets).hashes["sha512"] = "0" * 128


def without_manifest(targets: Targets) -> None:
    del targets.targets["plate-reader/1/manifest.json"]


_BASE = "ab" * 32
FORGED: dict[str, tuple[Callable[[Targets], object], str]] = {
    "a path that leads out": (add_target("../../etc/cron.d/x"), "is no file of a release"),
    "a path that is absolute": (add_target("/etc/passwd"), "is no file of a release"),
    "a path of Unicode": (add_target("plate-reader/\u0661/x"), "is no file of a release"),
    "a number with a nought": (add_target("plate-reader/01/x"), "is not spelt as"),
    "a path with a folder": (add_target("plate-reader/1/a/b"), "is no file of a release"),
    "a backslash": (add_target("plate-reader/1/..\\x"), "is no file of a release"),
    "a file that the release does not name": (add_target("plate-reader/1/x"), "and its targets differ in x"),
    "a release without a manifest": (without_manifest, "has no manifest that says what it is"),
    "another hash too": (both_hashes, "is not named by its SHA-256 alone"),
    "no custom": (lambda t: manifest(t).unrecognized_fields.clear(), "has no manifest that says what it is"),
    "another number": (lambda t: manifest(t).custom["release"].update(release=2), "says that it is 2 of plate-reader"),
    "a form that is not there": (
        lambda t: (
            manifest(t).custom["release"]["forms"].append({"file": "z.onnx", "runtime": "onnxruntime", "precision": "int8"})
        ),
        "differ in z.onnx",
    ),
    "another version": (lambda t: manifest(t).custom["release"].update(version="9.0.0"), "and signed as plate-reader 9.0.0"),
    "another precision": (
        lambda t: manifest(t).custom["release"]["forms"][0].update(precision="fp16"),
        "names other variants than are signed",
    ),
    "a delta without words": (
        add_target(f"plate-reader/1/golden.npz.from-{_BASE[:16]}.delta"),
        "the metadata say nothing of a delta",
    ),
    "a delta of another base": (
        add_target("plate-reader/1/golden.npz.from-0123456789abcdef.delta", to_custom(Difference(_BASE, _BASE, 1))),
        "is called by another base",
    ),
    "a delta to another file": (
        add_target(f"plate-reader/1/golden.npz.from-{_BASE[:16]}.delta", to_custom(Difference(_BASE, _BASE, 1))),
        "makes no file of its release",
    ),
}


@pytest.mark.parametrize("what", FORGED)
def test_what_somebody_signed_that_this_publisher_does_not_make(site: Site, what: str) -> None:
    """Row 13, and what boxes would stumble over."""
    change, said = FORGED[what]
    found = forge(site, change)
    assert [f for f in found.findings if said in f.fault], found.findings


def test_a_manifest_that_names_another_model(site: Site) -> None:
    data = weights(3, 600)

    def change(targets: Targets) -> None:
        path = "plate-reader/1/plate-reader.int8.onnx"
        targets.targets[path] = TargetFile(600, {"sha256": hashlib.sha256(data).hexdigest()}, path)
        PublicFolder(site.public).path(targets.targets[path]).write_bytes(data)

    found = forge(site, change)
    assert [f.fault for f in found.findings if "names another plate-reader.int8.onnx" in f.fault]


def test_a_delta_whose_file_says_something_else(site: Site) -> None:
    live = site.publisher._workshop.live()
    assert live is not None
    path = next(path for path in live.targets.signed.targets if path.endswith(".delta"))
    data = bytes(120)

    def change(targets: Targets) -> None:
        custom = targets.targets[path].unrecognized_fields
        targets.targets[path] = TargetFile(120, {"sha256": hashlib.sha256(data).hexdigest()}, path, custom)
        PublicFolder(site.public).path(targets.targets[path]).write_bytes(data)

    assert [f.fault for f in forge(site, change).findings if "not a delta" in f.fault]


def test_mixed_sets_are_found(site: Site) -> None:
    """Row 7."""
    old = meta(site, "1.snapshot.json").read_bytes()
    site.release("1.0.1")
    meta(site, "2.snapshot.json").write_bytes(old)
    assert [f.path for f in site.publisher.verify().findings] == ["metadata/2.snapshot.json"]


def test_a_snapshot_that_names_no_targets(site: Site) -> None:
    live = site.publisher._workshop.live()
    assert live is not None
    signer = open_signer(str(site.key("online")), keys_of(live.root.signed, "snapshot"), nobody_asked)
    snapshot = new(Snapshot(1, expires=live.snapshot.expires, meta={"other.json": MetaFile(1)})).signed_by(signer)
    timestamp = new(Timestamp(1, expires=live.snapshot.expires, snapshot_meta=snapshot.meta_file())).signed_by(signer)
    for document in (snapshot, timestamp):
        meta(site, document.name).write_bytes(document.data)
    assert "names no targets" in site.publisher.verify().findings[0].fault
