"""What the shipped reader makes of rendered Belgian plates: the sample from which the bench of hits draws its reads.

``python -m benchmarks.anpr_misreads COUNT`` reads so many plates and writes the sample anew; what is there already is kept, for
each plate has a seed of its own.

Rules:

- Alphabets and cameras are those that training never saw (the split ``evaluate``), pens alone, so that it can be drawn
  everywhere. Pictures in which the plate is narrower than a box asks of its camera are drawn again.
- A plate is looked at LOOKS times, the shortest passage that counts as one. Each look has its own view, light, blur and noise:
  a passage whose light is bad from beginning to end is worse than this.
- Looks are joined as the reader joins its own two (:mod:`models.bundle.looks`): the mean of what they say, nothing more.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import msgspec
import numpy as np
import zstandard

from benchmarks.figure import Skipped
from models.bundle.bundle import load_bundle, zoo
from models.bundle.reading import Reading
from protocol.plates import fold

SAMPLE = Path(__file__).with_name("anpr_misreads.json.zst")
SERIES = "be-car"
NARROWEST = 60.0
"""Pixels: the default of ``least_px``, below which a box says that its camera is too far."""
SIZE = 288, 96
"""Of a crop: twice the reader's input, so that a second look has something to go closer to."""
SEED = 50_001
LOOKS = 5
MOST_BYTES = 1 << 25
_LEAST = 1e-3
"""Probability from which a reading of one look is kept: a tenth of what is plausible by default."""
Readings: TypeAlias = tuple[tuple[str, float], ...]
"""Text and probability, the most probable first."""


class Read(msgspec.Struct, frozen=True, array_like=True):
    """One plate.

    Attributes:
        truth: what stands on it.
        looks: readings of each look.
    """

    truth: str
    looks: tuple[Readings, ...]

    def joined(self) -> Readings:
        """What all looks say together; texts that are not told apart are one."""
        found: dict[str, tuple[str, float]] = {}
        for text, probability in itertools.chain.from_iterable(self.looks):
            first, before = found.get(fold(text), (text, 0.0))
            found[fold(text)] = first, before + probability / len(self.looks)
        return tuple(sorted(found.values(), key=lambda reading: -reading[1]))


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
    try:
        with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as stream:
            return msgspec.json.decode(stream.read(MOST_BYTES), type=Sample)
    except (OSError, zstandard.ZstdError, msgspec.DecodeError) as error:
        msg = f"{path.name} cannot be used ({error}); make it anew with `python -m benchmarks.anpr_misreads 2000`"
        raise Skipped(msg) from error


def draw(first: int, last: int) -> Iterator[Read]:
    """Draw plates, photograph and read them."""
    from models.recipes.plate_reader.judge import open as open_reader  # noqa: PLC0415 - a look at the sample needs none
    from models.synthesis.camera import photograph  # noqa: PLC0415 - likewise
    from models.synthesis.plate import draw_plate  # noqa: PLC0415 - likewise
    from models.synthesis.series import series  # noqa: PLC0415 - likewise

    read = open_reader(_file())
    (chosen,) = [entry for entry in series() if entry.name == SERIES]
    for number in range(first, last):
        random = np.random.default_rng([SEED, number])
        plate = draw_plate(random, "evaluate", fonts=False, of=chosen)
        photos = (photograph(plate, random, SIZE, "evaluate", fonts=False) for _ in itertools.count())
        wide = itertools.islice((photo for photo in photos if photo.plate_width >= NARROWEST), LOOKS)
        yield Read(plate.text, tuple(_kept(read(photo.picture)) for photo in wide))


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
    beside = SAMPLE.with_suffix(".new")
    beside.write_bytes(zstandard.ZstdCompressor(level=19).compress(msgspec.json.encode(after)))
    beside.replace(SAMPLE)
    print(f"{len(after.reads)} plates, {SAMPLE.stat().st_size} bytes")


if __name__ == "__main__":
    main(int(sys.argv[1]))
