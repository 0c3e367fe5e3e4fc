"""How quantities are drawn that span decades."""

from __future__ import annotations

import numpy as np

Random = np.random.Generator


def evenly(random: Random, low: float, high: float) -> float:
    """Even in the logarithm: each doubling is as likely as any other."""
    return float(np.exp(random.uniform(np.log(low), np.log(high))))
