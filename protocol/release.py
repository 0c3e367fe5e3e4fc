r"""What the signed repository calls a release of a bundle, and what its metadata say of it beside lengths and hashes.

Rules:

- A release is a whole bundle under a number that only rises, by bundle. The manifest's version is for people; going back to an
  older content is a new, higher release of it.
- Every file of a release is a target of its own, ``BUNDLE/RELEASE/FILE``, so that a box fetches the variant that it runs and no
  other. What the release fits stands in the signed metadata, at the target of its manifest: a box decides before it fetches.
- A delta is a target beside the file that it makes, named by the file that it needs; one that needs none is the file, packed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta

from protocol.basis import Struct
from protocol.errors import ProtocolError
from protocol.identifiers import Name, Ordinal, check_name
from protocol.manifest import FileName, Precision, Sha256

MOST_TIMESTAMP_DAYS = 30
"""Longest validity of a timestamp: boxes reckon backwards from its end when it was signed, and so how late it is at least."""

MANIFEST_FILE = "manifest.json"
DELTA_SUFFIX = ".delta"
_BASE_CHARACTERS = 16
"""Of the base's SHA-256 in a delta's name: 64 bits, to find it by; the whole hash stands in its metadata."""
NOTHING = hashlib.sha256(b"").hexdigest()
"""Base of a delta that needs none: the whole file, packed. Every box has it."""


class ReleaseError(ProtocolError):
    """Metadata of a release that cannot be read."""

    reason = "release"


class Form(Struct, frozen=True):
    """One variant of the model, as far as a box must know it to choose."""

    file: FileName
    runtime: Annotated[str, Meta(pattern=r"^(onnxruntime|tensorrt|litert|edgetpu)\Z", description="What runs it")]
    precision: Precision


class Release(Struct, frozen=True):
    """What the metadata say at the target of a release's manifest."""

    bundle: Name
    release: Annotated[Ordinal, Meta(description="Rises with every release of the bundle")]
    version: Annotated[str, Meta(pattern=r"^[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}\Z", description="Of the manifest, for people")]
    files: Annotated[
        tuple[FileName, ...], Meta(min_length=1, max_length=32, description="What every box needs beside its variant")
    ]
    forms: Annotated[tuple[Form, ...], Meta(min_length=1, max_length=16, description="Variants, of which a box needs one")]
    hardware: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=90)], ...],
        Meta(max_length=32, description="Beginnings of the names of boards that it fits; empty = all"),
    ] = ()
    agent: Annotated[str, Meta(pattern=r"^[0-9]{1,4}(\.[0-9]{1,4}){1,2}\Z", description="Oldest agent that can run it")] = "0.1"


class Difference(Struct, frozen=True):
    """What the metadata say at the target of a delta."""

    base: Annotated[Sha256, Meta(description="Of the file that it needs")]
    result: Annotated[Sha256, Meta(description="Of the file that it makes")]
    size: Annotated[int, Meta(ge=0, le=200_000_000, description="Bytes of the file that it makes")]


class Custom(Struct, frozen=True):
    """The ``custom`` object of a target in the signed repository: one of them, or neither."""

    release: Annotated[Release, Meta(description="At the manifest of a release")] | None = None
    difference: Annotated[Difference, Meta(description="At a delta")] | None = None


@dataclass(frozen=True)
class TargetName:
    """Path of one file of a release in the repository.

    Raises:
        ProtocolError: when a part of it is no name.
    """

    bundle: str
    release: int
    file: str

    def __post_init__(self) -> None:
        check_name(self.bundle, "bundle")
        try:
            msgspec.convert((self.release, self.file), tuple[Ordinal, FileName])
        except msgspec.ValidationError as error:
            msg = f"target {self.release}/{self.file[:80]!r} of {self.bundle} has no valid name: {error}"
            raise ReleaseError(msg) from error

    @property
    def path(self) -> str:
        """As the metadata name it."""
        return f"{self.bundle}/{self.release}/{self.file}"

    def delta_from(self, base_sha256: str) -> str:
        """Path of the delta that makes this file out of another."""
        return f"{self.path}.from-{base_sha256[:_BASE_CHARACTERS]}{DELTA_SUFFIX}"


def to_custom(item: Release | Difference) -> dict[str, object]:
    """As the ``custom`` object of a target."""
    custom = Custom(release=item) if isinstance(item, Release) else Custom(difference=item)
    made: dict[str, object] = msgspec.to_builtins(custom)
    return made


def release_of(custom: object) -> Release:
    """Read what stands at a manifest's target.

    Raises:
        ReleaseError: when it is no release.
    """
    found = _read(custom).release
    if found is None:
        msg = "the metadata say nothing of a release; sign it again with this project's publisher"
        raise ReleaseError(msg)
    return found


def difference_of(custom: object) -> Difference:
    """Read what stands at a delta's target.

    Raises:
        ReleaseError: when it is no delta.
    """
    found = _read(custom).difference
    if found is None:
        msg = "the metadata say nothing of a delta; sign it again with this project's publisher"
        raise ReleaseError(msg)
    return found


def _read(custom: object) -> Custom:
    try:
        return msgspec.convert(custom or {}, Custom)
    except msgspec.ValidationError as error:
        msg = f"the metadata of a target cannot be read: {error}; sign it again with this project's publisher"
        raise ReleaseError(msg) from error
