"""Things that happen in a share of all pictures."""

from __future__ import annotations

import numpy as np


def chance(random: np.random.Generator, share: float) -> bool:
    """Whether something happens that happens in this share of cases (0 to 1)."""
    return bool(random.random() < share)


def case(random: np.random.Generator, *edges: float) -> int:
    """Which of several cases happens.

    Args:
        random: draws once.
        edges: ascending shares from 0 to 1; case 0 happens below the first, case 1 from there to the second, and so on.
    """
    drawn = random.random()
    return sum(drawn >= edge for edge in edges)
