"""Which incidents are told to people. Pure."""

from __future__ import annotations

import enum

from fleet.fusion.gunshot.associate import CONFIRMS
from fleet.fusion.gunshot.incidents import Incident

_LEAST = {"normal": 0.5, "high": 0.8}


class Standard(str, enum.Enum):
    """How sure an incident has to be before it is told."""

    NORMAL = "normal"
    HIGH = "high"


def raised(incident: Incident, standard: Standard) -> bool:
    """Whether an incident is told."""
    return incident.echo_of is None and incident.boxes >= CONFIRMS and incident.probability >= _LEAST[standard.value]
