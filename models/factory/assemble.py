"""Putting a bundle together: files, hashes, golden vectors, manifest.

Rule: a bundle is made beside its place and moved there whole, after its manifest has been read back and every variant has
answered the golden vectors; the one before it is moved aside and removed only when the new one stands.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from models.bundle.bundle import MANIFEST, load_bundle
from models.bundle.golden import Run, check_golden
from models.factory.card import CARD, card
from models.factory.examine import examine, expected
from models.factory.report import Report
from protocol.manifest import Manifest, Variant

ONNX_RUNTIMES = {"onnxruntime", "tensorrt"}
EDGETPU = "edgetpu"
"""Runtime of what nothing runs where bundles are made: each box asks its golden vectors before the first picture."""
_EPOCH = (1980, 1, 1, 0, 0, 0)


def variant(path: Path, runtime: str, precision: str) -> Variant:
    """Describe one compiled form."""
    data = path.read_bytes()
    return Variant(path.name, hashlib.sha256(data).hexdigest(), len(data), runtime, precision)


def write_vectors(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write an npz whose bytes depend on the arrays alone (numpy's own carries the time of day)."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.save(buffer, array, allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, buffer.getvalue(), compresslevel=9)


def finish(staging: Path, target: Path, manifest: Manifest, runs: Mapping[str, Run], report: Report | None = None) -> None:
    """Write manifest and card, check everything as a device would, and move the bundle to its place.

    Args:
        staging: folder with variants and golden vectors.
        target: where the bundle goes; replaced whole.
        manifest: complete.
        runs: how each variant is run, by file name; one for the Edge TPU is not.
        report: what was measured, for the card.

    Raises:
        BundleError: when a variant cannot run on the boxes or fails its golden vectors, or a file differs.
    """
    encoded = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    (staging / MANIFEST).write_bytes(encoded + b"\n")
    (staging / CARD).write_text(card(manifest, report), "utf-8")
    bundle = load_bundle(staging)
    for item in manifest.variants:
        bundle.read(item)
        if item.runtime in ONNX_RUNTIMES:
            examine(staging / item.file, expected(manifest.input, manifest.output))
        if item.runtime != EDGETPU:
            check_golden(bundle, item, runs[item.file])
    _replace(staging, target)


def put_back(target: Path) -> None:
    """Put a bundle back that a killed build had moved aside, before anything else is done with its place."""
    aside = _aside(target)
    if aside.exists():
        if target.exists():
            shutil.rmtree(aside)
        else:
            aside.rename(target)


def _replace(staging: Path, target: Path) -> None:
    """Let a folder take another one's place; at no moment is neither of them there."""
    put_back(target)
    aside = _aside(target)
    if target.exists():
        target.rename(aside)
    try:
        staging.rename(target)
    finally:
        put_back(target)


def _aside(target: Path) -> Path:
    return target.with_name(f".replaced-{target.name}")
