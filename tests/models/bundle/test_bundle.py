"""Nothing of a bundle is used before it is what its manifest says."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.bundle.bundle import MANIFEST, Bundle, BundleError, load_bundle, zoo
from protocol.manifest import GoldenVectors, Variant

PERSON = "person-vehicle-fast"
INT8 = f"{PERSON}.int8.onnx"


def items(bundle: Bundle) -> list[Variant | GoldenVectors]:
    return [*bundle.manifest.variants, bundle.manifest.golden]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a bundle of the zoo."""
    return Path(shutil.copytree(zoo() / PERSON, tmp_path / PERSON))


def test_every_bundle_of_the_zoo_is_whole() -> None:
    found = sorted(path.parent for path in zoo().glob(f"*/{MANIFEST}"))
    assert found
    for path in found:
        bundle = load_bundle(path)
        assert bundle.manifest.name == path.name
        for item in items(bundle):
            assert len(bundle.read(item)) == item.size
        named = {item.file for item in items(bundle)}
        assert {entry.name for entry in path.iterdir()} == named | {MANIFEST, "MODEL_CARD.md", "evaluation.json"}
        assert {variant.precision for variant in bundle.manifest.variants} <= set(bundle.manifest.golden.tolerance)


def test_how_events_name_it() -> None:
    bundle = load_bundle(zoo() / PERSON)
    variant = bundle.manifest.variants[0]
    ref = bundle.ref(variant, "default")
    assert (ref.name, ref.version, ref.digest) == (PERSON, bundle.manifest.version, variant.sha256)
    assert ref.operating_point == "default"


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


TAMPERS: dict[str, Callable[[Path], object]] = {
    "one bit": flip,
    "a byte less": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "a byte more": lambda path: path.write_bytes(path.read_bytes() + b"\0"),
    "empty": lambda path: path.write_bytes(b""),
    "another file": lambda path: shutil.copy(path.parent / "MODEL_CARD.md", path),
}


@pytest.mark.parametrize("how", TAMPERS)
@pytest.mark.parametrize("file", [INT8, f"{PERSON}.fp16.onnx", "golden.npz"])
def test_a_file_that_was_changed_is_refused(folder: Path, file: str, how: str) -> None:
    TAMPERS[how](folder / file)
    bundle = load_bundle(folder)
    item = next(i for i in items(bundle) if i.file == file)
    with pytest.raises(BundleError, match=rf"{file}: differs from its manifest.*install {PERSON} 1\.0\.0"):
        bundle.read(item)


def test_a_file_that_is_gone_is_named(folder: Path) -> None:
    (folder / INT8).unlink()
    bundle = load_bundle(folder)
    with pytest.raises(BundleError, match=rf"{INT8}: cannot be read \(No such file.*install"):
        bundle.read(bundle.manifest.variants[0])


def test_a_file_without_end_is_not_read_to_its_end(folder: Path) -> None:
    (folder / INT8).unlink()
    (folder / INT8).symlink_to("/dev/zero")
    bundle = load_bundle(folder)
    with pytest.raises(BundleError, match="differs from its manifest"):
        bundle.read(bundle.manifest.variants[0])


def edit(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda manifest: manifest.update(changes)


def variant(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda manifest: manifest["variants"][0].update(changes)


def without(field: str) -> Callable[[dict[str, Any]], None]:
    return lambda manifest: manifest.pop(field)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        *((without(field), field) for field in ("intended_purpose", "prohibited_uses", "risk_id", "golden", "data", "metrics")),
        (edit(prohibited_uses=[]), "prohibited_uses"),
        (edit(metrics=[]), "metrics"),
        (edit(colour="red"), "unknown field `colour`"),
        (edit(version="1.0"), "version"),
        (edit(labels=["person", "emotion"]), r"label 'emotion' is forbidden: AI Act, article 5\(1\)\(f\)"),
        (edit(labels=["person-male"]), r"label 'person-male' is forbidden: AI Act, article 5\(1\)\(g\)"),
        (edit(labels=["person", "person"]), "a label stands twice"),
        (edit(intended_purpose="Face recognition of passers-by"), r"purpose is forbidden: AI Act, article 5\(1\)\(h\)"),
        (edit(labels=["person"]), "operating point 'vehicles' names labels that are not there: bicycle, bus, car"),
        (variant(file="../outside.onnx"), r"variants\[0\]\.file|variants\[\.\.\.\]\.file"),
        (variant(file="/etc/passwd"), r"\.file"),
        (variant(file="golden.npz"), "a file is named twice"),
        (variant(file="manifest.json"), "a file is named twice"),
        (variant(sha256="00"), "sha256"),
        (variant(size=0), "size"),
        (variant(runtime="shell"), "runtime"),
    ],
)
def test_a_manifest_that_cannot_be_deployed(folder: Path, change: Callable[[dict[str, Any]], None], words: str) -> None:
    manifest = json.loads((folder / MANIFEST).read_bytes())
    change(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(BundleError, match=rf"{MANIFEST}: manifest.*({words})"):
        load_bundle(folder)


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "manifest"), (b"{", "manifest"), (b"\xff\xfe", "manifest"), (b"[]", "manifest"), (b" " * 300_000, "not a manifest")],
)
def test_what_is_no_manifest(folder: Path, data: bytes, words: str) -> None:
    (folder / MANIFEST).write_bytes(data)
    with pytest.raises(BundleError, match=words):
        load_bundle(folder)


def test_what_is_no_bundle_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"nothing: not a bundle.*lamplighter models list"):
        load_bundle(tmp_path / "nothing")
