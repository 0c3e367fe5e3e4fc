"""What the shipped models make of Belgian plates that go by: the sample from which the bench of hits draws its reads.

``python -m benchmarks.anpr_misreads COUNT`` reads so many passages and writes the sample anew; what is there already is kept,
for each passage has a seed of its own.

Rules:

- Passages are rendered as for :mod:`benchmarks.anpr_passage`, with alphabets that training never saw, and of plates of one
  series; what is kept is what the box's consensus says of all pictures, and what the reader says of one.
- Pictures in which the plate is narrower than a box asks of its camera are left out: where it is mounted as it asks, there are
  none. A passage of which nothing is read is kept as such.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import msgspec
import numpy as np

from benchmarks.figure import Skipped
from benchmarks.samples import read_sample, write_sample
from models.bundle.bundle import load_bundle, zoo
from models.bundle.reading import Reading

SAMPLE = Path(__file__).with_name("anpr_misreads.json.zst")
SERIES = "be-car"
NARROWEST = 60.0
"""Pixels: the default of ``least_px``, below which a box says that its camera is too far."""
SEED = 50_002
_LEAST = 1e-3
"""Probability from which a reading is kept: a tenth of what is plausible by default."""
Readings: TypeAlias = tuple[tuple[str, float], ...]
"""Text and probability, the most probable first."""


class Read(msgspec.Struct, frozen=True, array_like=True):
    """One passage.

    Attributes:
        truth: what stands on the plate.
        passage: readings of all pictures together.
        look: readings of the one in the middle.
    """

    truth: str
    passage: Readings
    look: Readings


class Sample(msgspec.Struct, frozen=True):
    """All of them.

    Attributes:
        reader: SHA-256 of the file that read them.
        reads: in the order in which they were drawn.
    """

    reader: str
    reads: tuple[Read, ...]


def load(path: Path = SAMPLE) -> Sample:
    """Read the sample.

    Raises:
        Skipped: it is not there, or is none.
    """
    return read_sample(path, Sample, "python -m benchmarks.anpr_misreads 2000")


def draw(first: int, last: int) -> Iterator[Read]:
    """Draw passages, and read them."""
    from benchmarks.passages import seen, shipped_chain  # noqa: PLC0415 - a look at the sample needs none
    from edge.analytics.anpr.consensus import READINGS, fuse  # noqa: PLC0415 - likewise
    from models.bundle.reading import read_best  # noqa: PLC0415 - likewise
    from models.synthesis.material import Material  # noqa: PLC0415 - likewise
    from models.synthesis.passage import drawn_passage  # noqa: PLC0415 - likewise
    from models.synthesis.series import series  # noqa: PLC0415 - likewise

    chain = shipped_chain()
    (chosen,) = [entry for entry in series() if entry.name == SERIES]
    for number in range(first, last):
        material = Material("evaluate", packages=False)
        passage = drawn_passage(np.random.default_rng([SEED, number]), material, f"plate {number}", of=chosen)
        sights = [sight for sight in seen(chain, passage) if sight is not None and sight.width >= NARROWEST]
        look = read_best(sights[len(sights) // 2].columns, READINGS) if sights else []
        yield Read(passage.text, _kept(fuse(sights, _LEAST)), _kept(look))


def _kept(readings: Sequence[Reading]) -> Readings:
    return tuple((reading.text, round(reading.probability, 4)) for reading in readings if reading.probability >= _LEAST)


def _file() -> Path:
    return zoo() / "plate-reader" / "plate-reader.int8.onnx"


def main(count: int) -> None:
    """Make the sample as large as asked for."""
    bundle = load_bundle(zoo() / "plate-reader")
    (digest,) = (variant.sha256 for variant in bundle.manifest.variants if variant.file == _file().name)
    try:
        before = load()
    except Skipped:
        before = Sample(digest, ())
    kept = before.reads if before.reader == digest else ()
    after = Sample(digest, (*kept, *draw(len(kept), count)))
    write_sample(SAMPLE, after)
    print(f"{len(after.reads)} passages, {SAMPLE.stat().st_size} bytes")


if __name__ == "__main__":
    main(int(sys.argv[1]))
