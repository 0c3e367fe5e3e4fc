"""Putting a bundle together: files, hashes, golden vectors, manifest, model card.

Rule: a bundle is made beside its place and moved there whole, after its manifest has been read back and every variant has
answered the golden vectors.
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
from models.factory.examine import examine, expected
from protocol.manifest import Manifest, Variant

ONNX_RUNTIMES = {"onnxruntime", "tensorrt"}
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


def finish(staging: Path, target: Path, manifest: Manifest, runs: Mapping[str, Run]) -> None:
    """Write manifest and card, check everything as a device would, and move the bundle to its place.

    Args:
        staging: folder with variants and golden vectors.
        target: where the bundle goes; replaced whole.
        manifest: complete.
        runs: how each variant is run, by file name.

    Raises:
        BundleError: when a variant cannot run on the boxes or fails its golden vectors, or a file differs.
    """
    encoded = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    (staging / MANIFEST).write_bytes(encoded + b"\n")
    (staging / "MODEL_CARD.md").write_text(card(manifest), "utf-8")
    bundle = load_bundle(staging)
    for item in manifest.variants:
        bundle.read(item)
        if item.runtime in ONNX_RUNTIMES:
            examine(staging / item.file, expected(manifest.input, manifest.output))
        check_golden(bundle, item, runs[item.file])
    if target.exists():
        shutil.rmtree(target)
    shutil.move(str(staging), str(target))


def card(manifest: Manifest) -> str:
    """The model card, from the manifest alone."""
    lines = [
        f"# {manifest.name} {manifest.version}\n",
        f"**Intended purpose.** {manifest.intended_purpose}\n",
        "**Prohibited uses**\n",
        *(f"- {use}" for use in manifest.prohibited_uses),
        "\n**Limits**\n",
        *(f"- {limit}" for limit in manifest.limits),
        f"\n**Quantisation.** {manifest.quantisation}\n",
        "| figure | value | 95% interval | n | on |\n|---|---|---|---|---|",
        *(f"| {m.name} | {m.value:.3g} | {m.low:.3g} to {m.high:.3g} | {m.n} | {m.on} |" for m in manifest.metrics),
        "\n| operating point | thresholds | IoU | chosen on |\n|---|---|---|---|",
        *(
            f"| {name} | {', '.join(f'{k} {v:g}' for k, v in point.thresholds.items())} | {point.iou:g} | {point.chosen_on} |"
            for name, point in manifest.operating_points.items()
        ),
        "\n| data | use | licence | origin |\n|---|---|---|---|",
        *(f"| {d.name} | {d.use} | {d.licence} | {d.origin} |" for d in manifest.data),
        "\n| weights from | version | licence |\n|---|---|---|",
        *(f"| {s.name} | {s.version} | {s.licence} |" for s in manifest.sources),
        f"\nRisk register: {manifest.risk_id}. Labels: {', '.join(manifest.labels)}.\n",
    ]
    return "\n".join(lines)
