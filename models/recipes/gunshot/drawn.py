"""Windows that were drawn before training, in shards on the disk: drawing costs ten times what learning from them does.

``python -m models.recipes.gunshot.drawn FIRST LAST`` draws shards, in as many processes as one likes to start beside one
another. Rules: a shard follows from its number alone; it appears whole or not at all, and one that is missing is drawn when it
is asked for.
"""

from __future__ import annotations

import argparse
import functools
import os
from pathlib import Path

import numpy as np

from models.recipes.gunshot.sample import Samples, draw_samples

FOLDER = Path(os.environ.get("LAMPLIGHTER_DRAWN", "artefacts/drawn/gunshot"))
SCENES, WINDOWS = 100, 6
"""Of a shard."""
SEED = 20_271
_PARTS = ("pictures", "scores", "shots")


@functools.lru_cache(maxsize=1024)
def shard(number: int, folder: Path = FOLDER) -> Samples:
    """A shard of 600 windows, float16; views of files.

    Args:
        number: of the shard; the seed of all that is in it.
        folder: of the shards.
    """
    target = folder / f"{number:05d}"
    if not target.is_dir():
        made = draw_samples(np.random.default_rng([SEED, number]), SCENES, WINDOWS)
        staging = folder / f".{number:05d}-{os.getpid()}"
        staging.mkdir(parents=True)
        for part in _PARTS:
            np.save(staging / f"{part}.npy", getattr(made, part).astype(np.float16))
        staging.rename(target)
    return Samples(*(np.load(target / f"{part}.npy", mmap_mode="r") for part in _PARTS))


def main() -> None:
    """Draw some."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", type=int)
    parser.add_argument("last", type=int)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    options = parser.parse_args()
    for number in range(options.first, options.last + 1):
        made = shard(number, options.folder)
        shard.cache_clear()
        print(f"shard {number}: {len(made.shots)} windows", flush=True)  # noqa: T201 - it is asked


if __name__ == "__main__":
    main()
