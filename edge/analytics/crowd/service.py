"""Level of service of a walkway after Fruin, and the densities at which crowds become dangerous. Pure.

The thresholds are those for walkways in J. J. Fruin, Pedestrian Planning and Design (1971), chapter 4 (also Highway Research
Record 355, 1971): 35, 25, 15, 10 and 5 square feet for each person. Those for queues and stairs are others, and not used here.
"""

from __future__ import annotations

from bisect import bisect_right

from protocol.events import ServiceLevel

_SQUARE_FOOT_M2 = 0.092_903_04
_SQUARE_FEET = (35.0, 25.0, 15.0, 10.0, 5.0)

FROM_DENSITY = tuple(1.0 / (feet * _SQUARE_FOOT_M2) for feet in _SQUARE_FEET)
"""People per square metre from which B, C, D, E and F hold: 0.31, 0.43, 0.72, 1.08, 2.15."""


def service_level(density: float) -> ServiceLevel:
    """Level of service at a density, people per square metre."""
    return tuple(ServiceLevel)[bisect_right(FROM_DENSITY, density)]
