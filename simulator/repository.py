"""A signed repository in a folder, as the publisher leaves it: real keys, real metadata, files of a few bytes.

Rule: for the simulator, benches and tests; its keys live in memory and its files hold no model.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp

from protocol.release import MANIFEST_FILE, Form, Release, TargetName, to_custom

FAR = dt.datetime(2099, 1, 1, tzinfo=dt.timezone.utc)
_ROLES = ("root", "targets", "snapshot", "timestamp")


@dataclass
class Repository:
    """Publishes into a folder.

    Attributes:
        folder: with ``metadata/`` and ``targets/``; made if it is not there.
        signers: keys by role: two for root and targets, one for the online roles.
        targets: what was added.
        version: of the metadata that were published last.
    """

    folder: Path
    signers: dict[str, list[CryptoSigner]] = field(
        default_factory=lambda: {
            role: [CryptoSigner.generate_ed25519() for _ in range(2 if role in {"root", "targets"} else 1)] for role in _ROLES
        }
    )
    targets: dict[str, TargetFile] = field(default_factory=dict)
    version: int = 0

    def add(  # noqa: PLR0913 - what a release is
        self,
        release: int,
        version: str,
        content: str = "",
        hardware: tuple[str, ...] = (),
        *,
        bundle: str,
        agent: str = "0.1",
    ) -> None:
        """Add a release; the same content makes the same files."""
        forms = (Form("model.onnx", "onnxruntime", "int8"),)
        described = Release(bundle, release, version, (MANIFEST_FILE,), forms, hardware, agent)
        for name in (MANIFEST_FILE, "model.onnx"):
            data = f"{bundle} {name} {content or version}".encode()
            path = TargetName(bundle, release, name).path
            target = TargetFile.from_data(path, data)
            if name == MANIFEST_FILE:
                target.unrecognized_fields["custom"] = to_custom(described)
            self.targets[path] = target
            folder = self.folder / "targets" / bundle / str(release)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{hashlib.sha256(data).hexdigest()}.{name}").write_bytes(data)

    def publish(self, expires: dt.datetime = FAR) -> None:
        """Write metadata of the next version; the timestamp expires when it is said."""
        self.version += 1
        metadata = self.folder / "metadata"
        metadata.mkdir(parents=True, exist_ok=True)
        root = Root(1, expires=FAR, consistent_snapshot=True)
        for role, signers in self.signers.items():
            for signer in signers:
                root.add_key(signer.public_key, role)
            root.roles[role].threshold = len(signers)
        self._write("1.root.json", "root", Metadata(root))
        number = self.version
        self._write(f"{number}.targets.json", "targets", Metadata(Targets(number, expires=FAR, targets=dict(self.targets))))
        snapshot = Snapshot(number, expires=FAR, meta={"targets.json": MetaFile(number)})
        self._write(f"{number}.snapshot.json", "snapshot", Metadata(snapshot))
        timestamp = Timestamp(number, expires=expires, snapshot_meta=MetaFile(number))
        self._write("timestamp.json", "timestamp", Metadata(timestamp))

    def _write(self, name: str, role: str, made: Metadata) -> None:  # type: ignore[type-arg]
        for signer in self.signers[role]:
            made.sign(signer, append=True)
        (self.folder / "metadata" / name).write_bytes(made.to_bytes())
