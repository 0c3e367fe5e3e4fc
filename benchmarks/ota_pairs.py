"""The models that ``ota-bytes`` measures: a release and three successors, really trained, kept small.

Kept are ``ota_pairs.json``, which says how each came about, and ``ota_pairs.tar.zst``: of every release the files that a box
fetches. Both are made by ``make ota-pairs`` (:mod:`benchmarks.ota_training`). They do not change when the zoo does, so that the
figures of two versions of the code can be compared.

Rules: nothing is used whose hash is not the recorded one; the archive is read in memory and its names lead nowhere.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

import msgspec
import zstandard

from benchmarks.figure import Skipped

BUNDLE = "plate-reader"
FIRST = "first"
"""Name of the release that the others succeed."""
MODEL = f"{BUNDLE}.int8.onnx"
PARTS = (MODEL, "golden.npz", "manifest.json")
"""What a box with ONNX Runtime fetches of a bundle: the variant that it runs, golden vectors, manifest. It has no use for other
variants, the card and the evaluation."""
RECORD = Path(__file__).with_name("ota_pairs.json")
ARCHIVE = Path(__file__).with_name("ota_pairs.tar.zst")

_WINDOW_LOG = 22
"""4 MB: all releases lie in one window, so that what they share is kept once."""
_MOST = 1 << _WINDOW_LOG


class Release(msgspec.Struct, frozen=True):
    """How a model came about."""

    name: str
    learnt: str
    """What was trained, in a few words."""
    steps: int
    batch: int
    crops: int
    """Different ones that it learnt from."""
    rate: float
    """Largest learning rate."""
    seed: int
    weights_changed: int
    read_right: float
    """Share of whole numbers read right on rendered crops with unseen alphabets, in 32-bit floating point."""
    sha256: dict[str, str]
    """By file."""


class Record(msgspec.Struct, frozen=True):
    """How all came about."""

    bundle: str
    weights: int
    """Of the network."""
    checked_on: int
    """Crops behind ``read_right``."""
    made_with: str
    releases: tuple[Release, ...]


Files = Mapping[str, bytes]
"""What a box fetches, by name."""


def pack(record: Record, files: Mapping[str, Files]) -> tuple[bytes, bytes]:
    """Make the record's and the archive's bytes; the same from the same files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for release in record.releases:
            for part in PARTS:
                info = tarfile.TarInfo(f"{release.name}/{part}")
                info.size = len(files[release.name][part])
                archive.addfile(info, io.BytesIO(files[release.name][part]))
    parameters = zstandard.ZstdCompressionParameters.from_level(22, window_log=_WINDOW_LOG, enable_ldm=1, write_checksum=1)
    compressed = zstandard.ZstdCompressor(compression_params=parameters).compress(packed.getvalue())
    return msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n", compressed


def read(record: Path = RECORD, archive: Path = ARCHIVE) -> tuple[Record, dict[str, Files]]:
    """Read what is kept.

    Raises:
        Skipped: when it is not here (it is no part of an installation).
        ValueError: when a file is not the recorded one.
    """
    try:
        known = msgspec.json.decode(record.read_bytes(), type=Record)
        packed = archive.read_bytes()
    except FileNotFoundError as error:
        msg = f"{error.filename}: not here; run the bench in a clone of the repository, or make it anew: make ota-pairs"
        raise Skipped(msg) from error
    return known, {release.name: files for release, files in zip(known.releases, _unpacked(known, packed), strict=True)}


def _unpacked(record: Record, packed: bytes) -> list[Files]:
    data = zstandard.ZstdDecompressor(max_window_size=_MOST).decompress(packed, max_output_size=_MOST)
    found: list[Files] = []
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        for release in record.releases:
            files = {}
            for part, expected in release.sha256.items():
                member = archive.extractfile(f"{release.name}/{part}")
                content = b"" if member is None else member.read()
                if hashlib.sha256(content).hexdigest() != expected:
                    msg = f"{release.name}/{part}: not the recorded file; take both files of the pairs from one version"
                    raise ValueError(msg)
                files[part] = content
            found.append(files)
    return found
