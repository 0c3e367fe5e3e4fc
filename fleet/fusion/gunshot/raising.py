"""Which incidents are raised as alerts to the control room. Pure.

Rules:

- An echo is never raised. What is not raised is kept as it is: this says who is called, not what is true.
- On nights of fireworks a person may hold alerts to high confidence (:attr:`Standard.HIGH`): then fewer false ones are raised,
  and more real shots are missed, as ``bench gunshot-newyear`` says of both. Whoever looks at the page has to be told so.
- What one box alone heard has to be as probable on any night: a second box shows that there was something to hear, and where.
  And one that always shouts raises nothing alone: its trust is in the probability (:mod:`fleet.fusion.gunshot.associate`).
"""

from __future__ import annotations

import enum

from fleet.fusion.gunshot.incidents import Incident


class Standard(str, enum.Enum):
    """What an alert must reach."""

    NORMAL = "normal"
    HIGH = "high"


LEAST = {Standard.NORMAL: 0.53, Standard.HIGH: 0.92}
"""Probability from which what several boxes heard is raised. Chosen on nights of the sounds with an even number of
:mod:`benchmarks.gunshot_hearings`; :mod:`benchmarks.gunshot_bars` says what to put here when network or sample are others."""


def raised(incident: Incident, standard: Standard) -> bool:
    """Whether an incident, as it is now, is an alert. One that was an alert remains one: whoever raised it remembers."""
    return incident.echo_of is None and incident.probability >= LEAST[standard if incident.boxes > 1 else Standard.HIGH]
