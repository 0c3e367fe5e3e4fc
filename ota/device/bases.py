"""Files of a bundle that are on the box already, for deltas to begin from."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from models.bundle.bundle import MANIFEST, BundleError, load_bundle
from ota.deltafile import Content
from ota.device.store import Store
from protocol.manifest import GoldenVectors, Variant
from protocol.release import NOTHING

_MANIFEST_BYTES = 1 << 18
_EMPTY = Content(0, NOTHING)


class Bases:
    """Looks among what is staged and what came with the installation.

    Args:
        store: what is staged.
        installed: folders of the bundles that came with the installation, by name.
    """

    def __init__(self, store: Store, installed: Mapping[str, Path]) -> None:
        self._store = store
        self._installed = installed
        self._known: dict[str, dict[Content, Path]] = {}

    def of(self, bundle: str) -> dict[Content, Path]:
        """Files by what is in them, as far as their sizes agree; whoever uses one hashes it.

        A bundle of the installation that cannot be read has none: it is of no use here, and no fault of an order.
        """
        found: dict[Content, Path] = {}
        if bundle in self._installed:
            if not self._known.get(bundle):  # what came with the installation stays as it is
                self._known[bundle] = _of_folder(self._installed[bundle])
            found.update(self._known[bundle])
        for staged in self._store.state.staged:
            if staged.bundle == bundle and self._store.is_whole(staged):
                folder = self._store.folder(staged.bundle, staged.release)
                found.update({part.content: folder / part.file for part in staged.parts})
        return found

    def contents(self, bundle: str) -> list[Content]:
        """What deltas may begin from: files that are here, and nothing, for what is only packed."""
        return [_EMPTY, *self.of(bundle)]

    def open(self, bundle: str, sha256: str) -> BinaryIO | None:
        """Open one for reading; ``None`` when it is not here any more."""
        if sha256 == NOTHING:
            return io.BytesIO()
        for content, path in self.of(bundle).items():
            if content.sha256 == sha256:
                return path.open("rb")
        return None


def _of_folder(folder: Path) -> dict[Content, Path]:
    try:
        manifest = load_bundle(folder).manifest
        with (folder / MANIFEST).open("rb") as file:
            found = {Content.of(file.read(_MANIFEST_BYTES)): folder / MANIFEST}
        items: tuple[Variant | GoldenVectors, ...] = (*manifest.variants, manifest.golden)
        for item in items:
            if (folder / item.file).stat().st_size == item.size:
                found[Content(item.size, item.sha256)] = folder / item.file
    except (BundleError, OSError):
        return {}
    return found
