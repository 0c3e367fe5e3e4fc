"""What a box says of shots that it heard: when, how many, from where, and how well it could hear. Never the sound itself.

Rules: ``captured_at`` of the event is the onset of the first muzzle blast at the microphone, to the microsecond; how far it may
be trusted is ``onset_sigma_ms`` together with the clock's own sigma. No kind of weapon is named: published work is wrong more
often than right there.
"""

from __future__ import annotations

import enum
from typing import Annotated

from msgspec import Meta

from protocol.basis import Code, Estimate, Probability, Struct

MOST_ONSETS = 64


class FireMode(str, enum.Enum):
    """How shots followed one another."""

    SINGLE = "single"
    BURST = "burst"
    AUTOMATIC = "automatic"
    UNKNOWN = "unknown"


class Shock(str, enum.Enum):
    """Whether the shock wave of a bullet faster than sound was heard before the blast."""

    FOUND = "found"
    NONE = "none"
    UNKNOWN = "unknown"


class Bearing(Struct, frozen=True):
    """Where a sound came from, seen from the microphones."""

    azimuth_deg: Annotated[float, Meta(ge=0, lt=360, description="Degrees clockwise from true north")]
    sigma_deg: Annotated[float, Meta(gt=0, le=180, description="Standard deviation, degrees")]
    elevation_deg: Annotated[float, Meta(ge=-90, le=90, description="Degrees above the horizon; null = not told")] | None = None


class Hearing(Struct, frozen=True):
    """How well the microphone could hear."""

    level_db: Annotated[float, Meta(ge=-200, le=20, description="Largest sample of the first blast, dB of full scale")]
    snr_db: Annotated[float, Meta(ge=-100, le=200, description="First blast over the sound before it, both RMS of 20 ms, dB")]
    clipped: Annotated[float, Meta(ge=0, le=1, description="Share of the first blast's samples at full scale")] = 0.0
    wind_db: (
        Annotated[
            float, Meta(ge=-200, le=20, description="Level below 80 Hz in the second before, dB of full scale; null = unknown")
        ]
        | None
    ) = None
    spl_db: (
        Annotated[
            float, Meta(ge=0, le=250, description="Peak sound pressure level, dB re 20 micropascals; null = not calibrated")
        ]
        | None
    ) = None
    microphones: Annotated[int, Meta(ge=1, le=8, description="That were listened to")] = 1
    faulty: Annotated[int, Meta(ge=0, le=8, description="Of them, silent, clipped for long or out of step")] = 0


class Confuser(Struct, frozen=True):
    """What else it could have been."""

    name: Annotated[Code, Meta(description="The model's label")]
    probability: Probability


class GunshotDetected(Struct, frozen=True):
    """Shots were heard."""

    shots: Annotated[Estimate, Meta(description="How many")]
    onsets_ms: Annotated[
        tuple[float, ...],
        Meta(min_length=1, max_length=MOST_ONSETS, description="Of each muzzle blast after the first, which is 0; ascending"),
    ]
    onset_sigma_ms: Annotated[
        float, Meta(gt=0, le=1000, description="Standard deviation of the first onset in the box's own clock, milliseconds")
    ]
    mode: FireMode
    hearing: Hearing
    confuser: Annotated[Confuser, Meta(description="The strongest; null = none was plausible")] | None = None
    cadence_rpm: (
        Annotated[Estimate, Meta(description="Shots a minute while it fired; null = fewer than three shots")] | None
    ) = None
    shock: Shock = Shock.UNKNOWN
    shock_lead_ms: Annotated[Estimate, Meta(description="From shock wave to muzzle blast, ms; null = none found")] | None = None
    bearing: Annotated[Bearing, Meta(description="Null = one microphone, or no answer")] | None = None
