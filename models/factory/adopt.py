"""A detector of the user's own becomes a bundle: files and what is said of them, ``bundle.toml``, in one folder.

Rules: what can be known from the files (sizes, hashes, golden vectors) is not said but found; everything else is in the
manifest's own names and nothing is guessed; the first variant is the reference whose answers the others, and every box, must
give; the bundle appears whole or not at all, and by the same checks as those of the zoo. What is compiled for the Edge TPU runs
on boxes only, which ask its golden vectors themselves.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import cv2
import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta

from models.bundle.boxes import BoxReader
from models.bundle.bundle import BundleError, fetched
from models.bundle.fit import placed_in
from models.bundle.golden import ANSWERING, Run
from models.factory.assemble import EDGETPU, ONNX_RUNTIMES, finish, variant, write_vectors
from models.factory.clip import frames
from models.factory.declared import Declared, parse
from models.factory.detector import runner
from models.factory.examine import examine, expected
from models.factory.square import CLIP
from protocol.manifest import DECODERS, FileName, Manifest, ManifestError, Precision, check_law, check_manifest

FILE = "bundle.toml"
_TFLITE, _COMPILED = b"TFL3", b"edgetpu-custom-op"
"""What a TFLite file has at its fifth byte; the operator that the Edge TPU's compiler leaves in the place of those it takes."""

Part: TypeAlias = tuple[int, int, int, int, int]
"""Number of the frame; left, top, width and height in pixels."""
PARTS: tuple[Part, ...] = ((50, 0, 0, 768, 576), (100, 0, 0, 768, 576), (60, 384, 128, 256, 256), (20, 384, 192, 128, 128))
"""People on the square, as whole frames and closer: a detector that sees nobody there is none of people."""


class Own(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A compiled form."""

    file: FileName
    runtime: Annotated[str, Meta(pattern=r"^(onnxruntime|litert|edgetpu)\Z")]
    precision: Precision
    tolerance: Annotated[float, Meta(gt=0)]
    """Of its golden vectors: how far it may be from the first; the same of all in this precision."""


class Origin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the weights come from."""

    name: str
    version: str
    licence: str


class Adopted(Declared, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    origin: Origin
    variants: Annotated[tuple[Own, ...], Meta(min_length=1, max_length=8)]

    @property
    def tolerance(self) -> dict[str, float]:
        """By precision, as the manifest says it."""
        return {item.precision: item.tolerance for item in self.variants}


def adopt(folder: Path, target: Path | None = None) -> Path:
    """Make a bundle of a folder.

    Args:
        folder: with ``bundle.toml`` and the files that it names.
        target: folder of bundles; the user's by default.

    Returns:
        The bundle's folder.

    Raises:
        BundleError: naming what is wrong and what to do; what was there before is as it was.
    """
    own = _read(folder / FILE)
    target = (target or fetched()) / own.name
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".adopting-") as scratch:
        staging = Path(scratch) / own.name
        staging.mkdir()
        for item in own.variants:
            try:
                shutil.copyfile(folder / item.file, staging / item.file)
            except OSError as error:
                msg = f"{folder / item.file}: {error.strerror}; put the file beside {FILE}"
                raise BundleError(msg) from error
        draft = _manifest(own, staging, "0" * 64, 1)
        for item in own.variants:
            if item.runtime in ONNX_RUNTIMES:
                examine(staging / item.file, expected(draft.input, draft.output))
            elif item.runtime == EDGETPU:
                _check_compiled(staging / item.file)
        here = [item.file for item in own.variants if item.runtime != EDGETPU]
        runs = {item.file: runner(draft, staging / item.file, item.runtime) for item in own.variants if item.file in here}
        golden = staging / "golden.npz"
        write_vectors(golden, vectors(draft, runs[own.variants[0].file]))
        data = golden.read_bytes()
        finish(staging, target, _manifest(own, staging, hashlib.sha256(data).hexdigest(), len(data)), runs)
    return target


def vectors(manifest: Manifest, run: Run) -> Mapping[str, npt.NDArray[Any]]:
    """Golden parts of the square, fitted as the manifest says, and what the reference answers.

    Raises:
        BundleError: when it finds none of the people there.
    """
    its = manifest.input
    wanted = {part[0] for part in PARTS}
    pictures = dict(frames(CLIP, wanted, max(wanted)))
    shown = []
    for number, left, top, wide, high in PARTS:
        placed = placed_in(wide, high, (its.width, its.height), its.fit)
        scaled = cv2.resize(pictures[number][top : top + high, left : left + wide], (placed.width, placed.height))
        shown.append(placed.frame(np.asarray(scaled, np.uint8), its.fill))
    inputs = np.concatenate(shown)
    answers = [run(image[None]) for image in inputs]
    reader = BoxReader(manifest)
    if max(float(reader.parts(answer)[0][:, 0].max()) for answer in answers) < ANSWERING:
        remedy = f"check [manifest.input] and the classes of [manifest.output] in its {FILE}"
        msg = f"{manifest.name}: finds no {manifest.labels[0]} where there are people; {remedy}"
        raise BundleError(msg)
    roles = DECODERS[manifest.output.decoder]
    return {"inputs": inputs, **{role: np.stack(each) for role, each in zip(roles, zip(*answers, strict=True), strict=True)}}


def _read(path: Path) -> Adopted:
    own = parse(path, Adopted, "docs/ml-engineer.md shows a whole one")
    try:
        check_law(own.name, own.manifest["labels"], own.manifest["intended_purpose"])
    except (ManifestError, KeyError, TypeError) as error:
        reason = f"[manifest] has no {error}" if isinstance(error, KeyError) else str(error)
        msg = f"{path}: {reason}; correct it"
        raise BundleError(msg) from error
    if own.variants[0].runtime == EDGETPU:
        why = f"the first variant is the reference, and nothing here runs {own.variants[0].file}"
        msg = f"{path}: {why}; begin with what a CPU runs"
        raise BundleError(msg)
    for item in own.variants:
        if item.tolerance != own.tolerance[item.precision]:
            msg = f"{path}: variants in {item.precision} have tolerances that differ; a bundle has one for each precision"
            raise BundleError(msg)
    return own


def _check_compiled(path: Path) -> None:
    """Check that a file is a TFLite model that the Edge TPU's compiler has been over."""
    data = path.read_bytes()
    if data[4:8] != _TFLITE or _COMPILED not in data:
        msg = f"{path.name}: nothing in it is for the Edge TPU; compile it: edgetpu_compiler MODEL.tflite"
        raise BundleError(msg)


def _manifest(own: Adopted, staging: Path, golden_sha256: str, golden_size: int) -> Manifest:
    described = [variant(staging / item.file, item.runtime, item.precision) for item in own.variants]
    fields = own.manifest | {
        "name": own.name,
        "variants": msgspec.to_builtins(described),
        "golden": {"file": "golden.npz", "sha256": golden_sha256, "size": golden_size, "tolerance": own.tolerance},
        "sources": [msgspec.to_builtins(own.origin) | {"sha256": described[0].sha256}],
    }
    try:
        manifest = msgspec.convert(fields, type=Manifest)
        check_manifest(manifest)
    except (msgspec.ValidationError, ManifestError) as error:
        msg = f"{own.name}: {error}; correct its {FILE}"
        raise BundleError(msg) from error
    return manifest
