"""Samples that take long to draw and lie beside the benches that draw from them: JSON, compressed."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec
import zstandard

from benchmarks.figure import Skipped

MOST_BYTES = 1 << 26
_Sample = TypeVar("_Sample")


def read_sample(path: Path, kind: type[_Sample], make: str) -> _Sample:
    """Read one.

    Args:
        path: of the file.
        kind: what it is.
        make: the command that makes it.

    Raises:
        Skipped: it is not there, or is none.
    """
    try:
        with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as stream:
            return msgspec.json.decode(stream.read(MOST_BYTES), type=kind)
    except (OSError, zstandard.ZstdError, msgspec.DecodeError) as error:
        msg = f"{path.name} cannot be used ({error}); make it anew with `{make}`"
        raise Skipped(msg) from error


def write_sample(path: Path, sample: object) -> None:
    """Write one, whole or not at all."""
    beside = path.with_suffix(".new")
    beside.write_bytes(zstandard.ZstdCompressor(level=19).compress(msgspec.json.encode(sample)))
    beside.replace(path)
