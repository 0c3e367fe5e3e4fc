"""Small bundles that are bundles: a manifest that can be deployed, variants, golden vectors; in the variants there is noise."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping
from pathlib import Path

import msgspec

from protocol.codec import encode_body
from protocol.examples import MANIFEST
from protocol.manifest import GoldenVectors, Manifest, Variant
from protocol.release import MANIFEST_FILE, Form, Release

GOLDEN_FILE = "golden.npz"
FORMS = (("int8.onnx", "onnxruntime", "int8"), ("fp16.onnx", "tensorrt", "fp16"))
MODEL_BYTES = 9_000


def files_of(name: str, release: int, seed: int = 1, model_bytes: int = MODEL_BYTES) -> dict[str, bytes]:
    """Files of a bundle, by name. From release to release a tenth of the model changes, and its golden answers.

    Args:
        name: of the bundle.
        release: which; gives the version, too.
        seed: of the noise.
        model_bytes: length of each variant.
    """
    golden = _noise(f"{name} inputs {seed}", 1500) + _noise(f"{name} answers {release} {seed}", 500)
    files = {GOLDEN_FILE: golden}
    variants = []
    for suffix, runtime, precision in FORMS:
        body = _noise(f"{name} {suffix} {seed}", model_bytes * 9 // 10)
        files[f"{name}.{suffix}"] = body + _noise(f"{name} {suffix} head {release} {seed}", model_bytes // 10)
        variants.append(variant_of(f"{name}.{suffix}", files[f"{name}.{suffix}"], runtime, precision))
    manifest = msgspec.structs.replace(
        MANIFEST,
        name=name,
        version=f"1.{release}.0",
        variants=tuple(variants),
        golden=GoldenVectors(GOLDEN_FILE, _sha256(golden), len(golden), {"int8": 0.16, "fp16": 0.02}),
    )
    return {MANIFEST_FILE: encode_body(manifest), **files}


def variant_of(file: str, data: bytes, runtime: str, precision: str) -> Variant:
    """How a manifest names a variant."""
    return Variant(file, _sha256(data), len(data), runtime, precision)


def release_of(files: Mapping[str, bytes], release: int, hardware: tuple[str, ...] = (), agent: str = "0.1") -> Release:
    """What is signed of a bundle."""
    manifest = msgspec.json.decode(files[MANIFEST_FILE], type=Manifest)
    return Release(
        bundle=manifest.name,
        release=release,
        version=manifest.version,
        files=(MANIFEST_FILE, manifest.golden.file),
        forms=tuple(Form(variant.file, variant.runtime, variant.precision) for variant in manifest.variants),
        hardware=hardware,
        agent=agent,
    )


def write_to(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write a bundle into a folder, as an installation brings it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def _noise(what: str, count: int) -> bytes:
    return random.Random(what).randbytes(count)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
