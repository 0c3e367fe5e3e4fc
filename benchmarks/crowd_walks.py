"""Walks of crowds that :mod:`benchmarks.crowd_dense` renders: the sample that lies beside it.

``python -m benchmarks.crowd_walks`` (``make crowd-walks``) walks them anew, in two minutes; it needs the extra ``sim``.

Rules: each walk has a seed of its own; even ones are there to choose constants on, odd ones to report on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from benchmarks.samples import read_sample, write_sample
from simulator.worlds.pedestrians import Exit, Walk, bottleneck, square

SAMPLE = Path(__file__).with_name("crowd_walks.json.zst")
LEVELS = (10, 25, 50, 100, 200, 350, 500)
SQUARE_M = (16.0, 25.0)
EXIT = Exit(0.8)
"""A door that lets 1.3 people a second pass."""
INFLOWS = (2.2, 2.4, 2.6, 2.8)
"""People a second: more than the exit lets pass; the less, the slower the crush comes."""
EMPTIES = (1.2, 1.6, 2.0, 3.6)
"""Widths of exits through which a hall empties as fast as they let it."""
_SQUARE_S, _CRUSH_S, _EMPTIES_S = 25.0, 260.0, 200.0


class Sample(msgspec.Struct, frozen=True):
    """All walks.

    Attributes:
        levels: of a square, by the number of people; even seeds first.
        crushes: before an exit into which more come than go, by the number of them and the seed.
        everyday: before an exit that a hall empties through and that copes.
    """

    levels: dict[int, tuple[Walk, Walk]]
    crushes: tuple[tuple[Walk, Walk], ...]
    everyday: tuple[tuple[Walk, Walk], ...]


def load(path: Path = SAMPLE) -> Sample:
    """Read the sample.

    Raises:
        Skipped: it is not there, or is none.
    """
    return read_sample(path, Sample, "make crowd-walks")


def _pair(walks: Iterator[Walk]) -> tuple[Walk, Walk]:
    return next(walks), next(walks)


def steady(people: float) -> Callable[[float], float]:
    """So many people a second come, always."""
    return lambda _: people


def _emptying(second: float) -> float:
    """A hall empties: as many as can come, for a minute and a half, then stragglers."""
    return 3.0 if 20.0 <= second < 110.0 else 0.2


def main() -> None:
    """Make the sample."""
    levels = {n: _pair(square(n, SQUARE_M, _SQUARE_S, seed) for seed in (2 * n, 2 * n + 1)) for n in LEVELS}
    crushes = tuple(
        _pair(bottleneck(EXIT, steady(more), _CRUSH_S, 2 * i + seed) for seed in (0, 1)) for i, more in enumerate(INFLOWS)
    )
    everyday = tuple(
        _pair(bottleneck(Exit(wide), _emptying, _EMPTIES_S, 2 * i + seed) for seed in (0, 1)) for i, wide in enumerate(EMPTIES)
    )
    write_sample(SAMPLE, Sample(levels, crushes, everyday))
    print(f"{SAMPLE.name}: {SAMPLE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
