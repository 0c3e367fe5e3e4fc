"""A signed repository in memory, in the layout of the publisher's: static files, by path.

Rules:

- What a test changes, it signs: every method leaves metadata that are right by themselves, or says which rule it breaks.
- Nothing is served before :meth:`Repository.publish`. What was published stays, as on a web server.
- For those who read a folder, :meth:`Repository.write_to` puts down what is served, as the publisher leaves it.
- Two people sign root and targets; snapshot and timestamp have one key each.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp

from ota.deltafile import Content
from ota.publisher.deltas import candidates, chosen
from protocol.release import Difference, Release, TargetName, to_custom
from simulator.faults.clocks import EPOCH
from simulator.updates.bundles import release_of

ROLES = ("root", "targets", "snapshot", "timestamp")
KEYS = {"root": 2, "targets": 2, "snapshot": 1, "timestamp": 1}
VALID = {
    "root": dt.timedelta(days=365),
    "targets": dt.timedelta(days=90),
    "snapshot": dt.timedelta(days=7),
    "timestamp": dt.timedelta(days=1),
}


class Repository:
    """Makes itself, with one version of each role, published.

    Args:
        now: moment of signing.
        keys: another number for another fleet's.

    Attributes:
        files: what is served, by path: ``metadata/...``, ``targets/...``.
        now: moment of signing from now on.
        signers: who signs, by role.
        signed: what is signed next, by role.
    """

    def __init__(self, now: dt.datetime = EPOCH, keys: int = 0) -> None:
        self.now = now
        self.files: dict[str, bytes] = {}
        self.signers = {role: [key(role, keys * 10_000 + number) for number in range(count)] for role, count in KEYS.items()}
        self.root = Root(consistent_snapshot=True)
        self.targets, self.snapshot, self.timestamp = Targets(), Snapshot(), Timestamp()
        for role, signers in self.signers.items():
            for signer in signers:
                self.root.add_key(signer.public_key, role)
            self.root.roles[role].threshold = len(signers)
        self._contents: dict[str, bytes] = {}
        self._rotations = 0
        self.publish(ROLES, first=True)

    @property
    def signed(self) -> dict[str, Any]:
        """What is signed next, by role."""
        return {"root": self.root, "targets": self.targets, "snapshot": self.snapshot, "timestamp": self.timestamp}

    @property
    def first_root(self) -> bytes:
        """As an installation brings it."""
        return self.files["metadata/1.root.json"]

    def add(self, files: Mapping[str, bytes], release: int, **said: Any) -> Release:
        """Add a release; ``said`` goes to :func:`simulator.updates.bundles.release_of`."""
        what = release_of(files, release, **said)
        for file, data in files.items():
            custom = to_custom(what) if file == "manifest.json" else None
            self.put(TargetName(what.bundle, release, file).path, data, custom)
        return what

    def add_deltas(self, bundle: str, release: int, base: Mapping[str, bytes]) -> list[str]:
        """Add a delta of each file that has changed, where it is shorter; returns their paths."""
        made = []
        for file, before in base.items():
            name = TargetName(bundle, release, file)
            after = self._contents.get(name.path)
            if after is None or after == before:
                continue
            delta = chosen(candidates(before, after)).data
            if len(delta) < len(after):
                difference = Difference(Content.of(before).sha256, Content.of(after).sha256, len(after))
                made.append(name.delta_from(difference.base))
                self.put(made[-1], delta, to_custom(difference))
        return made

    def put(self, path: str, data: bytes, custom: object = None, *, serve: bytes | None = None) -> None:
        """Sign a file, and serve it, or something else in its place."""
        target = TargetFile.from_data(path, data, ["sha256"])
        if custom is not None:
            target.unrecognized_fields["custom"] = custom
        self.targets.targets[path] = target
        self._contents[path] = data
        folder, slash, name = path.rpartition("/")
        self.files[f"targets/{folder}{slash}{target.hashes['sha256']}.{name}"] = data if serve is None else serve

    def publish(self, roles: Iterable[str] = ("targets", "snapshot", "timestamp"), *, first: bool = False) -> None:
        """Sign new versions and serve them, in an order in which readers can follow."""
        for role in ROLES:
            if role in roles:
                signed = self.signed[role]
                signed.version += 0 if first else 1
                signed.expires = self.now + VALID[role]
                self.serve(role)

    def serve(self, role: str, signers: Iterable[CryptoSigner] | None = None) -> bytes:
        """Sign a role as it stands, with these keys instead of its own if some are given, and serve it.

        What refers to it, refers to it as it is now.
        """
        signed = self.signed[role]
        data = sign(signed, self.signers[role] if signers is None else signers)
        self.files[f"metadata/{role}.json" if role == "timestamp" else f"metadata/{signed.version}.{role}.json"] = data
        meta = MetaFile(signed.version, len(data), {"sha256": Content.of(data).sha256})
        if role == "targets":
            self.snapshot.meta["targets.json"] = meta
        elif role == "snapshot":
            self.timestamp.snapshot_meta = meta
        return data

    def write_to(self, folder: Path) -> None:
        """Put down what is served, over what lies there."""
        for path, data in self.files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)

    def rotate(self, role: str, signers: Iterable[CryptoSigner] | None = None) -> None:
        """Give a role new keys, these if some are given; a root's are introduced by the old ones and by themselves."""
        before = self.signers[role]
        for signer in before:
            self.root.revoke_key(signer.public_key.keyid, role)
        self._rotations += 1
        made = [key(role, number + 100 * self._rotations) for number in range(KEYS[role])]
        self.signers[role] = made if signers is None else list(signers)
        self.root.roles[role].threshold = len(self.signers[role])
        for signer in self.signers[role]:
            self.root.add_key(signer.public_key, role)
        self.root.version += 1
        self.root.expires = self.now + VALID["root"]
        self.serve("root", [*before, *self.signers["root"]] if role == "root" else None)


def sign(signed: Any, signers: Iterable[CryptoSigner]) -> bytes:
    """Sign metadata, whatever they say."""
    metadata = Metadata(signed)
    for signer in signers:
        metadata.sign(signer, append=True)
    return metadata.to_bytes()


@functools.cache
def key(role: str, number: int) -> CryptoSigner:
    """A key, the same one throughout the process."""
    assert number >= 0, role
    return CryptoSigner.generate_ed25519()


def read(data: bytes) -> Metadata[Any]:
    """Read metadata without believing them."""
    return Metadata.from_bytes(data)
