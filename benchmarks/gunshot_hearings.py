"""What boxes say of sounds of a city, each heard at several distances: the sample from which the bench of New Year's Eve draws.

``python -m benchmarks.gunshot_hearings COUNT`` (``make gunshot-hearings``) listens to so many fireworks and blows, and to a
quarter as many shots, and writes the sample anew; what is there already is kept as long as the network is the same, for each
sound has a seed of its own. 45 ms of one core for each hearing: 1,000 in a quarter of an hour.

Rules:

- Sounds are rendered (:mod:`benchmarks.gunshot_abroad`) and go through a box's whole chain, network and all; what is kept is
  what would be told at the end of an incident, or nothing.
- Sounds with an even number are there to choose constants on, those with an odd one to report on.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.figure import Skipped
from benchmarks.gunshot_abroad import BEFORE_S, METRES, Source, What
from benchmarks.gunshot_network import Network, shipped
from benchmarks.samples import read_sample, write_sample
from edge.analytics.gunshot.analytics import GunshotAnalytics
from edge.analytics.gunshot.incident import Shots
from models.bundle.bundle import zoo
from models.bundle.yamnet import RATE_HZ
from protocol.config import Microphone
from protocol.events import Assessed, Phase
from protocol.gunshot import GunshotDetected

SAMPLE = Path(__file__).with_name("gunshot_hearings.json.zst")
SEED = 2026
_QUARTER = 4


class Told(msgspec.Struct, frozen=True, array_like=True):
    """What one box said.

    Attributes:
        after_ms: from the arrival of the sound's first moment to the onset that is told.
        detected: as in the event at the end of the incident.
        assessed: likewise.
        messages: that told it: the first, what changed, the end.
    """

    after_ms: float
    detected: GunshotDetected
    assessed: Assessed
    messages: int


class Hearing(msgspec.Struct, frozen=True, array_like=True):
    """One sound at one place.

    Attributes:
        metres: from its source.
        told: the incidents that the box there made of it.
    """

    metres: float
    told: tuple[Told, ...]


class Sound(msgspec.Struct, frozen=True, array_like=True):
    """One sound at all places."""

    hearings: tuple[Hearing, ...]


class Sample(msgspec.Struct, frozen=True):
    """All of them.

    Attributes:
        network: the bundle that listened, with its version.
        sounds: by what they are, in the order in which they were drawn.
    """

    network: str
    sounds: dict[What, tuple[Sound, ...]]


def load(path: Path = SAMPLE) -> Sample:
    """Read the sample.

    Raises:
        Skipped: it is not there, or is none.
    """
    return read_sample(path, Sample, "make gunshot-hearings")


def draw(ear: Network, what: What, first: int, last: int) -> Iterator[Sound]:
    """Draw sounds, and listen to them."""
    kind = list(What).index(what)
    for number in range(first, last):
        source = Source(what, (SEED, kind, number))
        yield Sound(
            tuple(
                Hearing(metres, listen(ear, source.heard(np.random.default_rng((SEED, kind, number, place)), metres)))
                for place, metres in enumerate(METRES[what])
            )
        )


def listen(ear: Network, sound: np.ndarray) -> tuple[Told, ...]:
    """What a box tells of a sound, float32 (n,) at 16 kHz."""
    analytics = GunshotAnalytics(Microphone(id="lamppost", uri="rendered"), ear.labels, ear.hear, ear.calibration)
    shots = [*analytics.take(sound[None]), *analytics.close()]
    return tuple(_told(one, sum(other.incident == one.incident for other in shots)) for one in shots if one.phase is Phase.END)


def _told(shots: Shots, messages: int) -> Told:
    return Told(round(1000 * (shots.index / RATE_HZ - BEFORE_S), 3), shots.detected, shots.assessed, messages)


def main(count: int) -> None:
    """Make the sample as large as asked for."""
    ear = shipped(zoo() / "gunshot")
    try:
        before = load()
    except Skipped:
        before = Sample(ear.name, {})
    kept = before.sounds if before.network == ear.name else {}
    sounds = {}
    for what in What:
        there = kept.get(what, ())
        wanted = count // _QUARTER if what is What.SHOT else count
        sounds[what] = (*there, *draw(ear, what, len(there), wanted))
    write_sample(SAMPLE, Sample(ear.name, sounds))
    counts = ", ".join(f"{len(found)} of {what.value}" for what, found in sounds.items())
    print(f"{counts}: {SAMPLE.stat().st_size} bytes")


if __name__ == "__main__":
    main(int(sys.argv[1]))
