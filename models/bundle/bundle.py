"""Reading a bundle: a folder with a manifest, variants of one model and golden vectors.

Rules: nothing is used before its size and hash agree with the manifest; reads are bounded by the size that is named; every
refusal names the file and the remedy.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from protocol.events import ModelRef
from protocol.manifest import GoldenVectors, Manifest, ManifestError, Variant, read_manifest

MANIFEST = "manifest.json"
_MANIFEST_BYTES = 1 << 18


class BundleError(Exception):
    """A bundle that cannot be used; the message names the file and the remedy."""


@dataclass(frozen=True)
class Bundle:
    """A bundle whose manifest has been checked; its files are checked when they are read."""

    folder: Path
    manifest: Manifest

    def read(self, item: Variant | GoldenVectors) -> bytes:
        """Read one file whole.

        Raises:
            BundleError: when it is missing, or its size or hash differ from the manifest.
        """
        path = self.folder / item.file
        try:
            with path.open("rb") as file:
                data = file.read(item.size + 1)
        except OSError as error:
            msg = f"{path}: cannot be read ({error.strerror}); install {self.manifest.name} again"
            raise BundleError(msg) from error
        if len(data) != item.size or hashlib.sha256(data).hexdigest() != item.sha256:
            again = f"install {self.manifest.name} {self.manifest.version} again"  # short: all of it must fit into a reason
            msg = f"{path}: differs from its manifest; {again}"
            raise BundleError(msg)
        return data

    def ref(self, variant: Variant, operating_point: str) -> ModelRef:
        """How events name this model."""
        return ModelRef(self.manifest.name, self.manifest.version, variant.sha256, operating_point)


def load_bundle(folder: Path) -> Bundle:
    """Read and check the manifest of a bundle.

    Raises:
        BundleError: when the folder is no bundle or its manifest cannot be deployed.
    """
    path = folder / MANIFEST
    try:
        with path.open("rb") as file:
            data = file.read(_MANIFEST_BYTES + 1)
    except OSError as error:
        msg = f"{folder}: not a bundle ({error.strerror}: {MANIFEST}); `lamplighter models list` names those that are here"
        raise BundleError(msg) from error
    if len(data) > _MANIFEST_BYTES:
        msg = f"{path}: over {_MANIFEST_BYTES} bytes; not a manifest"
        raise BundleError(msg)
    try:
        return Bundle(folder, read_manifest(data))
    except ManifestError as error:
        msg = f"{path}: {error}"
        raise BundleError(msg) from error


def zoo() -> Path:
    """Folder of the bundles that come with the installation."""
    return Path(__file__).resolve().parents[1] / "zoo"


def fetched(environment: Mapping[str, str] = os.environ) -> Path:
    """Folder of the bundles that were made of fetched weights: the user's.

    ``$LAMPLIGHTER_MODELS`` where it is set; else ``lamplighter/models`` under the user's data (XDG Base Directory
    Specification, which has a path ignored that is not absolute).
    """
    if named := environment.get("LAMPLIGHTER_MODELS"):
        return Path(named).expanduser()
    data = Path(environment.get("XDG_DATA_HOME", ""))
    return (data if data.is_absolute() else Path.home() / ".local" / "share") / "lamplighter" / "models"
