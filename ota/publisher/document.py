"""One metadata file: its bytes as they lie on a disk, and what they mean.

Rules: bytes are kept as they were signed and published, because hashes of them stand in other metadata; bytes from outside are
bounded, and whatever they are, they are read or refused with :class:`MetadataError`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Generic

from securesystemslib.signer import Signer
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, T, Targets, Timestamp, UnsignedMetadataError
from tuf.api.serialization import DeserializationError, SerializationError

from ota.publisher.errors import ExpiredError, KeyRefusedError, MetadataError, PendingError
from ota.publisher.roles import LARGEST, ROOT, SNAPSHOT, TARGETS, TIMESTAMP


@dataclass(frozen=True)
class Document(Generic[T]):
    """A metadata file. What is inside is never changed; changing makes another."""

    metadata: Metadata[T]
    data: bytes

    @property
    def signed(self) -> T:
        """What is signed."""
        return self.metadata.signed

    @property
    def role(self) -> str:
        """Whose it is."""
        return self.metadata.signed.type

    @property
    def version(self) -> int:
        """Its version."""
        return self.metadata.signed.version

    @property
    def expires(self) -> dt.datetime:
        """From when no box takes it."""
        return self.metadata.signed.expires

    @property
    def name(self) -> str:
        """Of its file in the public folder."""
        return "timestamp.json" if self.role == TIMESTAMP else f"{self.version}.{self.role}.json"

    @cached_property
    def payload(self) -> bytes:
        """The bytes that signatures are over."""
        return self.metadata.signed_bytes

    def meta_file(self) -> MetaFile:
        """As snapshot and timestamp name it: version, length and hash, so that nothing can be mixed."""
        return MetaFile.from_data(self.version, self.data, ["sha256"])

    def check_fresh(self, now: dt.datetime, remedy: str) -> None:
        """Refuse what has expired.

        Raises:
            ExpiredError: saying since when, and the remedy.
        """
        if self.signed.is_expired(now):
            msg = f"{self.role} {self.version} expired on {self.expires:%Y-%m-%d %H:%M} UTC, and no box takes it; {remedy}"
            raise ExpiredError(msg)

    def signed_by(self, signer: Signer) -> Document[T]:
        """Add a signature.

        Raises:
            KeyRefusedError: when the signer fails.
        """
        metadata = _copy(self.metadata)
        try:
            metadata.sign(signer, append=True)
        except UnsignedMetadataError as error:
            kind = type(error.__cause__ or error).__name__  # its text may repeat an address, and that a PIN
            msg = f"the key did not sign {self.role} {self.version} ({kind}); see that its token or service can be reached"
            raise KeyRefusedError(msg) from error
        return _document(metadata)

    def joined(self, other: Document[T], keyids: Collection[str]) -> Document[T]:
        """Take over signatures of a copy that was carried away.

        Args:
            other: the copy.
            keyids: whose signatures.

        Raises:
            PendingError: when the copy is of something else.
        """
        if other.payload != self.payload:
            if other.version < self.version:
                fault = f"is version {other.version} of {self.role}, and {self.version} is pending"
            else:
                fault = f"is another {self.role} {other.version} than the one that is pending, which was changed since"
            msg = f"what was carried {fault}; copy the pending file anew and have it signed again"
            raise PendingError(msg)
        metadata = _copy(self.metadata)
        metadata.signatures.update({k: s for k, s in other.metadata.signatures.items() if k in keyids})
        return _document(metadata)


def new(signed: T) -> Document[T]:
    """Begin a document without signatures.

    Raises:
        MetadataError: when it is larger than what boxes read.
    """
    return _document(Metadata(signed))


def _document(metadata: Metadata[T]) -> Document[T]:
    data = metadata.to_bytes()
    role = metadata.signed.type
    if len(data) > LARGEST[role]:
        msg = f"{role} {metadata.signed.version} has {len(data)} bytes, and boxes read {LARGEST[role]}; remove old releases"
        raise MetadataError(msg)
    return Document(metadata, data)


def _copy(metadata: Metadata[T]) -> Metadata[T]:
    return Metadata(metadata.signed, dict(metadata.signatures), dict(metadata.unrecognized_fields))


def _read(data: bytes, role: str, where: str) -> Metadata[T]:
    if len(data) > LARGEST[role]:
        msg = f"{where}: more than {LARGEST[role]} bytes; not metadata of {role}"
        raise MetadataError(msg)
    try:
        metadata: Metadata[T] = Metadata.from_bytes(data)
        metadata.signed_bytes  # noqa: B018 - what cannot be written canonically can carry no signature
    except (DeserializationError, SerializationError) as error:
        msg = f"{where}: cannot be read as signed metadata ({error.__cause__ or error}); fetch or copy it again"
        raise MetadataError(msg) from error
    if metadata.signed.type != role:
        msg = f"{where}: is metadata of {metadata.signed.type}, not of {role}; files were mixed up"
        raise MetadataError(msg)
    return metadata


def read_root(data: bytes, where: str) -> Document[Root]:
    """Read metadata of the root.

    Raises:
        MetadataError: when they are none.
    """
    return Document(_read(data, ROOT, where), data)


def read_targets(data: bytes, where: str) -> Document[Targets]:
    """Read metadata of targets.

    Raises:
        MetadataError: when they are none.
    """
    return Document(_read(data, TARGETS, where), data)


def read_snapshot(data: bytes, where: str) -> Document[Snapshot]:
    """Read metadata of a snapshot.

    Raises:
        MetadataError: when they are none.
    """
    return Document(_read(data, SNAPSHOT, where), data)


def read_timestamp(data: bytes, where: str) -> Document[Timestamp]:
    """Read metadata of a timestamp.

    Raises:
        MetadataError: when they are none.
    """
    return Document(_read(data, TIMESTAMP, where), data)
