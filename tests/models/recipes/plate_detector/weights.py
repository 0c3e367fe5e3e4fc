"""Weights of the plate detector's shape that nothing has trained, made without a training library."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from models.recipes.plate_detector.shape import OUTPUTS, STAGES, STEM, SUMS


def untrained(seed: int = 0) -> dict[str, npt.NDArray[np.float32]]:
    """All weights by name; kernels as He and others (2015) start them."""
    random = np.random.default_rng(seed)
    weights: dict[str, npt.NDArray[np.float32]] = {}

    def conv(name: str, inside: int, outside: int, side: int) -> None:
        spread = np.sqrt(2 / (inside * side * side))
        weights[f"{name}.weight"] = (random.standard_normal((outside, inside, side, side)) * spread).astype(np.float32)

    def block(name: str, inside: int, outside: int) -> None:
        conv(f"{name}.0", inside, outside, 3)
        for part, low, high in (
            ("weight", 0.5, 1.5),
            ("bias", -0.2, 0.2),
            ("running_mean", -0.1, 0.1),
            ("running_var", 0.5, 1.5),
        ):
            weights[f"{name}.1.{part}"] = random.uniform(low, high, outside).astype(np.float32)

    block("stem.0", 3, STEM[0])
    block("stem.1", STEM[0], STEM[1])
    widths = (STEM[1], *STAGES)
    for at, (inside, outside) in enumerate(pairwise(widths)):
        block(f"stages.{at}.0", inside, outside)
        block(f"stages.{at}.1.first", outside, outside)
        block(f"stages.{at}.1.second", outside, outside)
    for at, (above, feature, width) in enumerate(zip((STAGES[-1], *SUMS[:-1]), widths[-2::-1], SUMS, strict=True)):
        conv(f"down.{at}", above, width, 1)
        conv(f"across.{at}", feature, width, 1)
        weights[f"down.{at}.bias"] = weights[f"across.{at}.bias"] = np.zeros(width, np.float32)
        block(f"mixed.{at}", width, width)
    conv("head", SUMS[-1], OUTPUTS, 1)
    weights["head.bias"] = np.zeros(OUTPUTS, np.float32)
    return weights
