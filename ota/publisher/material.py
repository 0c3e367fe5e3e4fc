"""What of a bundle's folder becomes a release.

A box needs the manifest, the golden vectors, which it answers before it runs a model, and one variant. The card and the
evaluation are for people, who have them where the bundle was built; on the boxes nobody reads them, and they would be a tenth
of what an update costs.

Rules: nothing is taken but what the manifest names; each file is checked against it while it is read, and what was read is what
is released.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from models.bundle.bundle import BundleError, load_bundle
from ota.publisher.errors import ReleaseRefusedError
from protocol.errors import ProtocolError
from protocol.manifest import GoldenVectors, Variant, read_manifest
from protocol.release import DELTA_SUFFIX, MANIFEST_FILE, Form


@dataclass(frozen=True)
class Material:
    """Files of a release, in memory."""

    bundle: str
    version: str
    files: tuple[str, ...]
    """That every box needs."""
    forms: tuple[Form, ...]
    content: Mapping[str, bytes]
    """Of all of them, by name."""

    @property
    def manifest_sha256(self) -> str:
        """What the release is called by: the manifest holds the hashes of all others."""
        return hashlib.sha256(self.content[MANIFEST_FILE]).hexdigest()


def read_material(folder: Path) -> Material:
    """Read and check a bundle.

    Raises:
        ReleaseRefusedError: when it is none, a file is missing or differs from the manifest, or it cannot be deployed.
    """
    try:
        bundle = load_bundle(folder)
        items: tuple[Variant | GoldenVectors, ...] = (*bundle.manifest.variants, bundle.manifest.golden)
        content = {item.file: bundle.read(item) for item in items}
        manifest = (folder / MANIFEST_FILE).read_bytes()
        if read_manifest(manifest) != bundle.manifest:
            msg = f"{folder}: its manifest changed while it was read; try again when nobody builds it"
            raise ReleaseRefusedError(msg)
    except (BundleError, ProtocolError, OSError) as error:
        raise ReleaseRefusedError(str(error)) from error
    for name in content:
        if name.endswith(DELTA_SUFFIX):
            msg = f"{folder / name}: is called as deltas are; give the file another name in the bundle's recipe"
            raise ReleaseRefusedError(msg)
    forms = tuple(Form(variant.file, variant.runtime, variant.precision) for variant in bundle.manifest.variants)
    files = (MANIFEST_FILE, bundle.manifest.golden.file)
    return Material(bundle.manifest.name, bundle.manifest.version, files, forms, {MANIFEST_FILE: manifest, **content})
