"""What the manager knows of the models behind events: their own manifests, for the card of an alert (AI Act, article 13)."""

from __future__ import annotations

from pathlib import Path

from fleet.control_room.wording import Limits
from models.bundle.bundle import BundleError, load_bundle, zoo


def known_limits(folder: Path | None = None) -> dict[tuple[str, str], Limits]:
    """Read intended purpose and limits of every bundle in a folder (the zoo by default), by name and version.

    A bundle that cannot be read is left out: what holds of all models is then said instead.
    """
    found: dict[tuple[str, str], Limits] = {}
    root = zoo() if folder is None else folder
    for path in sorted(root.iterdir()) if root.is_dir() else ():
        try:
            manifest = load_bundle(path).manifest
        except BundleError:
            continue
        found[manifest.name, manifest.version] = Limits(manifest.intended_purpose, "; ".join(manifest.limits))
    return found
