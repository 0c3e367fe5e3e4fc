"""The client that a conformance suite drives: what it asks for, what it keeps, what it refuses, by its exit status."""

from __future__ import annotations

import datetime as dt
import functools
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import DelegatedRole, Delegations, MetaFile, TargetFile, Targets

from ota.conformance import main
from ota.deltafile import Content
from simulator.updates.repository import Repository, key, read, sign
from tests.ota.server import Server, honest, serving

NOW = dt.datetime.now(dt.timezone.utc).replace(microsecond=0)
DAY = dt.timedelta(days=1)
ROOT, TIMESTAMP, SNAPSHOT, TARGETS = "root.json", "timestamp.json", "snapshot.json", "targets.json"


class Suite:
    """Drives the client as a suite does: by its command line, and by what it leaves in its folders."""

    def __init__(self, folder: Path, repository: Repository, server: Server) -> None:
        self.repository, self.server = repository, server
        self.metadata, self.targets = folder / "metadata", folder / "targets"
        self.first = folder / "initial_root.json"
        for made in (self.metadata, self.targets):
            made.mkdir()

    def init(self, root: bytes | None = None) -> int:
        self.first.write_bytes(self.repository.first_root if root is None else root)
        return main(["--metadata-dir", str(self.metadata), "init", str(self.first)])

    def refresh(self) -> int:
        return main(["--metadata-url", f"{self.server.url}metadata", "--metadata-dir", str(self.metadata), "refresh"])

    def download(self, name: str) -> int:
        return main([
            "--metadata-url", f"{self.server.url}metadata", "--metadata-dir", str(self.metadata), "--target-name", name,
            "--target-dir", str(self.targets), "--target-base-url", f"{self.server.url}targets", "download",
        ])  # fmt: skip

    @property
    def asked(self) -> list[str]:
        paths = [request.path for request in self.server.asked]
        self.server.asked.clear()
        return paths

    @property
    def trusted(self) -> dict[str, int]:
        return {path.name: read(path.read_bytes()).signed.version for path in self.metadata.glob("*.json")}

    @property
    def fetched(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted(self.targets.rglob("*"))]


@pytest.fixture
def suite(tmp_path: Path) -> Iterator[Suite]:
    repository = Repository(NOW)
    with serving(honest(repository.files)) as server:
        yield Suite(tmp_path, repository, server)


@pytest.fixture
def begun(suite: Suite) -> Suite:
    assert suite.init() == 0
    return suite


def test_a_root_to_begin_from(suite: Suite) -> None:
    assert suite.init() == 0
    assert suite.asked == []
    assert suite.trusted == {ROOT: 1}


def test_a_refresh_asks_for_what_it_needs_and_keeps_it_to_the_byte(begun: Suite) -> None:
    assert begun.refresh() == 0
    assert begun.asked == [
        "/metadata/2.root.json", "/metadata/timestamp.json", "/metadata/1.snapshot.json", "/metadata/1.targets.json",
    ]  # fmt: skip
    served = begun.repository.files
    assert {path.name: path.read_bytes() for path in begun.metadata.glob("*.json")} == {
        ROOT: served["metadata/1.root.json"],
        TIMESTAMP: served["metadata/timestamp.json"],
        SNAPSHOT: served["metadata/1.snapshot.json"],
        TARGETS: served["metadata/1.targets.json"],
    }
    assert begun.refresh() == 0
    assert begun.asked == ["/metadata/2.root.json", "/metadata/timestamp.json"]


def test_a_download_refreshes_first(begun: Suite) -> None:
    assert begun.download("not there") == 1
    assert len(begun.asked) == 4
    assert begun.trusted == {ROOT: 1, TIMESTAMP: 1, SNAPSHOT: 1, TARGETS: 1}


@pytest.mark.parametrize("change", ["no version", "no signature", "another signature", "nonsense"])
def test_what_is_no_root_leads_nowhere(suite: Suite, change: str) -> None:
    root = json.loads(suite.repository.first_root)
    match change:
        case "no version":
            del root["signed"]["version"]
        case "no signature":
            root["signatures"].clear()
        case "another signature":
            root["signatures"][0]["sig"] = "00" * 64
    assert suite.init(b"{" if change == "nonsense" else json.dumps(root).encode()) == 1
    assert suite.refresh() == 1
    assert suite.asked == []


def test_without_init_nothing_is_done(suite: Suite, capsys: pytest.CaptureFixture[str]) -> None:
    assert suite.refresh() == 1
    assert "run init first" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("role", "kept"),
    [
        ("root", {ROOT: 2, TIMESTAMP: 1, SNAPSHOT: 1, TARGETS: 1}),
        ("timestamp", {ROOT: 2, TIMESTAMP: 1, SNAPSHOT: 1, TARGETS: 1}),
        ("snapshot", {ROOT: 2, TIMESTAMP: 2, SNAPSHOT: 1, TARGETS: 1}),
        ("targets", {ROOT: 2, TIMESTAMP: 2, SNAPSHOT: 2, TARGETS: 1}),
    ],
)
def test_expired_metadata_are_refused_and_what_came_before_is_kept(begun: Suite, role: str, kept: dict[str, int]) -> None:
    assert begun.refresh() == 0
    repository = begun.repository
    for name in ("root", "targets", "snapshot", "timestamp"):
        signed = repository.signed[name]
        signed.version += 1
        signed.expires = NOW - DAY if name == role else NOW + DAY
        repository.serve(name)
    assert begun.refresh() == 1
    assert begun.trusted == kept


def test_versions_do_not_fall(begun: Suite) -> None:
    old = dict(begun.repository.files)
    begun.repository.publish()
    assert begun.refresh() == 0
    begun.repository.files["metadata/timestamp.json"] = old["metadata/timestamp.json"]
    assert begun.refresh() == 1
    assert begun.trusted[TIMESTAMP] == 2


def test_another_content_under_the_same_version_is_not_taken(begun: Suite) -> None:
    assert begun.refresh() == 0
    begun.repository.timestamp.snapshot_meta.version = 100
    begun.repository.serve("timestamp")
    assert begun.refresh() == 0
    kept = read((begun.metadata / TIMESTAMP).read_bytes()).signed
    assert kept.snapshot_meta.version == 1


def test_a_snapshot_that_is_not_there(begun: Suite) -> None:
    begun.repository.snapshot.version = 2
    begun.repository.serve("timestamp")
    begun.repository.timestamp.snapshot_meta.version = 2
    begun.repository.serve("timestamp")
    assert begun.refresh() == 1
    assert begun.trusted == {ROOT: 1, TIMESTAMP: 1}


def test_after_a_rotation_versions_may_begin_anew(begun: Suite) -> None:
    repository = begun.repository
    repository.snapshot.version = repository.timestamp.version = 99_999
    repository.publish(["snapshot", "timestamp"])
    assert begun.refresh() == 0
    assert begun.trusted[TIMESTAMP] == 100_000
    for role in ("snapshot", "timestamp"):
        repository.rotate(role)
        repository.signed[role].version = 0
    repository.publish(["snapshot", "timestamp"])
    assert begun.refresh() == 0
    assert begun.trusted == {ROOT: 3, TIMESTAMP: 1, SNAPSHOT: 1, TARGETS: 1}


KEYS: dict[str, Callable[[], CryptoSigner]] = {
    "rsassa-pss": CryptoSigner.generate_rsa,
    "rsa-pkcs1v15": functools.partial(CryptoSigner.generate_rsa, scheme="rsa-pkcs1v15-sha256"),
    "ecdsa": CryptoSigner.generate_ecdsa,
    "ed25519": CryptoSigner.generate_ed25519,
}


@pytest.mark.parametrize("kind", KEYS)
def test_kinds_of_keys(begun: Suite, kind: str) -> None:
    signers = [KEYS[kind](), KEYS[kind]()]
    for role in ("root", "snapshot"):
        begun.repository.rotate(role, signers)
    begun.repository.publish()
    assert begun.refresh() == 0
    assert begun.trusted == {ROOT: 3, TIMESTAMP: 2, SNAPSHOT: 2, TARGETS: 2}
    begun.repository.snapshot.version = 3
    begun.repository.serve("snapshot", signers[:1])
    begun.repository.timestamp.version = 3
    begun.repository.serve("timestamp")
    assert begun.refresh() == 1, "one of two is not enough"
    assert begun.trusted[SNAPSHOT] == 2


def test_fields_that_nobody_knows_are_signed_too(begun: Suite) -> None:
    begun.repository.root.unrecognized_fields["x-new"] = {"a": [1, 2]}
    begun.repository.publish(["root"])
    assert begun.refresh() == 0
    assert begun.trusted[ROOT] == 2


@pytest.mark.parametrize(
    "name", ["file.txt", "path/to/a/file.txt", "a file", "ü.txt", "question?.txt", "hash#.txt", "100%.txt"]
)
def test_a_file_is_fetched_to_its_name(begun: Suite, name: str) -> None:
    begun.repository.put(name, b"content")
    begun.repository.publish()
    assert begun.download(name) == 0
    assert {path.name: path.read_bytes() for path in begun.targets.iterdir()} == {quote(name, ""): b"content"}
    folder, slash, last = name.rpartition("/")
    assert begun.asked[-1] == f"/targets/{folder}{slash}{Content.of(b'content').sha256}.{last}"


def test_a_file_that_is_here_is_not_fetched_again(begun: Suite) -> None:
    begun.repository.put("file.txt", b"content")
    begun.repository.publish()
    assert begun.download("file.txt") == 0
    assert len([path for path in begun.asked if path.startswith("/targets")]) == 1
    (begun.targets / "file.txt").unlink()
    assert begun.download("file.txt") == 0
    assert [path for path in begun.asked if path.startswith("/targets")] == []
    assert begun.fetched == [b"content"]


def test_a_file_whose_content_changes_keeps_its_name(begun: Suite) -> None:
    for number in range(3):
        begun.repository.put("file.txt", f"content {number}".encode())
        begun.repository.publish()
        assert begun.download("file.txt") == 0
        assert begun.fetched == [f"content {number}".encode()]


@pytest.mark.parametrize("served", [b"malicious", b"content and more", b"", b"conten"])
def test_a_file_that_is_not_the_signed_one_is_not_stored(begun: Suite, served: bytes) -> None:
    begun.repository.put("file.txt", b"content", serve=served)
    begun.repository.publish()
    assert begun.download("file.txt") == (0 if served.startswith(b"content") else 1)
    assert begun.fetched == ([b"content"] if served.startswith(b"content") else [])


def test_without_consistent_snapshots_names_are_plain(suite: Suite) -> None:
    repository = suite.repository
    repository.root.consistent_snapshot = False
    repository.files["metadata/1.root.json"] = sign(repository.root, repository.signers["root"])
    repository.put("path/file.txt", b"content")
    repository.publish()
    files = repository.files
    files["targets/path/file.txt"] = b"content"
    for role in ("snapshot", "targets"):
        files[f"metadata/{role}.json"] = files[f"metadata/2.{role}.json"]
    assert suite.init() == 0
    assert suite.download("path/file.txt") == 0
    assert suite.asked == [
        "/metadata/2.root.json", "/metadata/timestamp.json", "/metadata/snapshot.json", "/metadata/targets.json",
        "/targets/path/file.txt",
    ]  # fmt: skip
    assert suite.fetched == [b"content"]


@pytest.mark.parametrize("role", ["delegated", "?", "#", "/delegated", "../delegated", ".."])
def test_delegated_roles_of_any_name(begun: Suite, role: str) -> None:
    """They are no part of this project's repositories, and the client follows them all the same."""
    repository = begun.repository
    signer = key(role, 1)
    made = Targets(version=1, expires=NOW + DAY)
    made.targets["file.txt"] = TargetFile.from_data("file.txt", b"content", ["sha256"])
    delegations = Delegations({}, roles={role: DelegatedRole(role, [], 1, terminating=False, paths=["*"])})
    repository.targets.delegations = delegations
    repository.targets.add_key(signer.public_key, role)
    repository.snapshot.meta[f"{role}.json"] = MetaFile(1)
    quoted = quote(role, "")
    repository.files[f"metadata/1.{role}.json"] = sign(made, [signer])
    repository.files[f"targets/{made.targets['file.txt'].hashes['sha256']}.file.txt"] = b"content"
    repository.publish()
    assert begun.download("file.txt") == 0
    assert begun.fetched == [b"content"]
    assert len(begun.trusted) == 5
    assert f"{quoted}.json" in begun.trusted
    assert begun.download("nothing") == 1


def test_a_metadata_folder_that_is_gone(suite: Suite) -> None:
    suite.metadata.rmdir()
    assert suite.init() == 0, "it is made"
    assert suite.refresh() == 0


def test_as_a_program(suite: Suite) -> None:
    """As a suite starts it, in a process of its own."""
    suite.repository.put("file.txt", b"content")
    suite.repository.publish()
    suite.first.write_bytes(suite.repository.first_root)
    program = [sys.executable, "-W", "error", "-m", "ota.conformance", "--metadata-dir", str(suite.metadata)]
    url = ["--metadata-url", f"{suite.server.url}metadata"]
    target = ["--target-dir", str(suite.targets), "--target-base-url", f"{suite.server.url}targets", "--target-name"]
    commands = (
        ["init", str(suite.first)],
        [*url, "refresh"],
        [*url, *target, "file.txt", "download"],
        [*url, *target, "x", "download"],
    )
    done = [subprocess.run([*program, *command], check=False, capture_output=True, text=True) for command in commands]
    assert [run.returncode for run in done] == [0, 0, 0, 1], [run.stderr for run in done]
    assert done[3].stderr == "TrustError: x: no such target is signed\n"
    assert suite.fetched == [b"content"]
