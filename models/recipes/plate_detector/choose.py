"""Choosing the operating point: on drawn scenes, so that photos stay for reporting.

``python -m models.recipes.plate_detector.choose MODEL.onnx`` prints the threshold to write into ``recipe.toml``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from models.factory.figures import column, flat
from models.factory.operating import Promise, choose_threshold
from models.recipes.plate_detector.finder import LEAST, open_finder
from models.recipes.plate_detector.judge import drawn

FALSE_PER_PICTURE = 0.08
"""Promise on drawn scenes, each the region of a vehicle: with 1.5 regions a photo, 0.12 of the 0.15 that it may have."""
SCENES = 1000
SEED = 11
"""Other scenes than those that are reported."""


def choose(path: Path) -> float:
    """The lowest threshold that keeps the promise."""
    outcomes = list(drawn(open_finder(path), LEAST, range(SCENES), SEED))
    scores, hits = flat(outcomes, "scores")[0], flat(outcomes, "hits")[0]
    return choose_threshold(scores, hits, float(column(outcomes, "pictures").sum()), Promise.FALSE_ALARMS, FALSE_PER_PICTURE)


def main() -> None:
    """Print the threshold for a model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    sys.stdout.write(f"plate = {choose(parser.parse_args().model):.3f}\n")


if __name__ == "__main__":
    main()
