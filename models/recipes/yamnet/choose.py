"""Choosing the operating point: on half of the sources of fireworks and everyday sounds; the other half is reported.

``python -m models.recipes.yamnet.choose MODEL.tflite --data DIR`` prints the threshold to write into ``fetch.toml``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.recipes.yamnet.judge import EVERYDAY, FIREWORKS, FOLDERS, chooses, clips, open, recording, source  # noqa: A004

FALSE_SHARE = 0.02
"""Of clips without a shot that may be called one, in the mean of fireworks and everyday sounds."""


def threshold_at(groups: Sequence[Sequence[float]], share: float) -> float:
    """Least threshold, in hundredths, that at most a share of the clips reaches, in the mean of the groups."""
    for hundredths in range(1, 100):
        reached = [np.mean(np.array(group) >= hundredths / 100) for group in groups]
        if np.mean(reached) <= share:
            return hundredths / 100
    return 1.0


def choose(path: Path, data: Path) -> float:
    """The threshold of a file."""
    ear = open(path)
    return threshold_at(
        [[ear(recording(file)) for file in clips(data, FOLDERS[on]) if chooses(source(file))] for on in (FIREWORKS, EVERYDAY)],
        FALSE_SHARE,
    )


def main() -> None:
    """Print the threshold for a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    sys.stdout.write(f"gunshot = {choose(options.model, options.data):.2f}\n")


if __name__ == "__main__":
    main()
