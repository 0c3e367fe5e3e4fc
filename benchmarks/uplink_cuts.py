"""Which cuts a run makes: drawn from a seed. Pure.

Rules: of every ten cuts each kind has its fixed number, so that the short form meets all of them; order, box and lengths are
drawn; the same seed gives the same plan, while the moment within the traffic belongs to the machine.
"""

from __future__ import annotations

import enum
import random
from dataclasses import dataclass


class Kind(str, enum.Enum):
    """What is cut."""

    AGENT = "agent"
    """The agent's process is killed."""
    AGENT_OFFLINE = "agent-offline"
    """Likewise, after its link has been silent for a while: what it holds has been sent to nobody."""
    BROKER = "broker"
    """The broker is killed, and starts again with nothing remembered."""
    BROKER_FROZEN = "broker-frozen"
    """The broker stands still, for longer than the MQTT keepalive allows, and goes on with all that it remembers."""
    INGEST = "ingest"
    """The manager's ingest is killed."""
    COMMIT = "commit"
    """Likewise, exactly between the store's commit and the acknowledgement."""
    LINK = "link"
    """The box's connections are reset, and new ones refused."""
    SILENCE = "silence"
    """Nothing passes on the box's link, for longer than the MQTT keepalive allows."""


OF_TEN = {
    Kind.AGENT: 2,
    Kind.AGENT_OFFLINE: 1,
    Kind.BROKER: 1,
    Kind.BROKER_FROZEN: 1,
    Kind.INGEST: 1,
    Kind.COMMIT: 2,
    Kind.LINK: 1,
    Kind.SILENCE: 1,
}
KEEPALIVE_S = 2
"""Of the boxes. Both ends give a silent link up within twice that (the broker after one and a half times; MQTT 5, 3.1.2.10)."""

_AWAY_S = {
    Kind.AGENT: (0.0, 1.0),
    Kind.AGENT_OFFLINE: (1.0, 4.0),
    Kind.BROKER: (0.0, 3.0),
    Kind.BROKER_FROZEN: (2.2 * KEEPALIVE_S, 3.2 * KEEPALIVE_S),
    Kind.INGEST: (0.0, 1.0),
    Kind.COMMIT: (0.0, 1.0),
    Kind.LINK: (0.0, 3.0),
    Kind.SILENCE: (2.2 * KEEPALIVE_S, 3.2 * KEEPALIVE_S),
}
_PAUSE_S = (0.0, 1.0)


@dataclass(frozen=True)
class Cut:
    """One cut.

    Attributes:
        kind: what is cut.
        box: which box, from 0; of no meaning for what all boxes share.
        pause_s: how long what is to be cut has worked before.
        away_s: how long it is away; before the kill of an agent whose link is silent: for how long it is.
    """

    kind: Kind
    box: int
    pause_s: float
    away_s: float

    @property
    def shared(self) -> bool:
        """Whether all boxes meet it."""
        return self.kind in {Kind.BROKER, Kind.BROKER_FROZEN, Kind.INGEST, Kind.COMMIT}


def plan(seed: int, cuts: int, boxes: int) -> tuple[Cut, ...]:
    """Draw a run's cuts.

    Args:
        seed: of everything.
        cuts: how many, a multiple of ten.
        boxes: how many there are.

    Raises:
        ValueError: not a multiple of ten.
    """
    if cuts % 10:
        msg = f"{cuts} cuts: a multiple of ten, please, so that each kind has its share"
        raise ValueError(msg)
    rng = random.Random(seed)
    kinds = [kind for kind, count in OF_TEN.items() for _ in range(count * cuts // 10)]
    rng.shuffle(kinds)
    return tuple(Cut(kind, rng.randrange(boxes), rng.uniform(*_PAUSE_S), rng.uniform(*_AWAY_S[kind])) for kind in kinds)
