"""Which incidents are raised as alerts to the control room. Pure.

Rules:

- An echo is never raised. What is not raised is kept as it is: this says who is called, not what is true.
- The more boxes heard it, the less sure each need be: a second one shows that there was something to hear, and where.
- On nights of fireworks a person may hold alerts to high confidence (:attr:`Standard.HIGH`): then fewer false ones are raised,
  and more real shots are missed, as ``bench gunshot-newyear`` says of both. Whoever looks at the page has to be told so.
- A box that always shouts raises nothing alone: its trust is in the probability (:mod:`fleet.fusion.gunshot.associate`).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from fleet.fusion.gunshot.incidents import Incident

Least = tuple[float, ...]
"""Least probability of an incident that one box heard, two, and so on; the last holds for all that more heard."""


class Standard(str, enum.Enum):
    """What an alert must reach."""

    NORMAL = "normal"
    HIGH = "high"


@dataclass(frozen=True)
class Standards:
    """Constants.

    Attributes:
        normal: for ordinary nights.
        high: while alerts are held to high confidence.
    """

    normal: Least
    high: Least

    def of(self, standard: Standard) -> Least:
        """What one standard asks for."""
        match standard:
            case Standard.NORMAL:
                return self.normal
            case Standard.HIGH:
                return self.high


STANDARDS = Standards(normal=(0.95, 0.88, 0.88), high=(0.992, 0.992, 0.992))
"""Chosen on the sounds with an even number of :mod:`benchmarks.gunshot_hearings`, each alone and before incidents are joined.
:mod:`benchmarks.gunshot_bars`, which joins them too, says what to put here when the network or the sample is another."""


def raised(incident: Incident, standard: Standard) -> bool:
    """Whether an incident, as it is now, is an alert. One that was an alert remains one: whoever raised it remembers."""
    if incident.echo_of is not None:
        return False
    least = STANDARDS.of(standard)
    return incident.probability >= least[min(incident.boxes, len(least)) - 1]
