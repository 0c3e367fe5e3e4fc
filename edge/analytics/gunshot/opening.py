"""The first shot of an incident: which onset it is, what came before it, how and from where it was heard, what followed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.analytics.gunshot.confirm import Verdict
from edge.analytics.gunshot.direction import SLOWEST, direction, extent
from edge.analytics.gunshot.hearing import OVERLOADED, hear
from edge.analytics.gunshot.incident import Incident
from edge.analytics.gunshot.instep import in_step
from edge.analytics.gunshot.onsets import Onset
from edge.analytics.gunshot.pick import Pick, pick
from edge.analytics.gunshot.rounds import Round, find_rounds, pattern
from edge.analytics.gunshot.rumble import reach, without_rumble
from edge.analytics.gunshot.shock import led
from protocol.config import Microphone
from protocol.gunshot import Bearing

NEITHER = 0.3
"""Of the loudest onset's height, below which an earlier one is something else: neither the blast nor its shock wave."""
HEIGHT_S = 0.01
NEAR_S = 0.02
"""Of a blast, in which there is no other round."""
FIRST_PROBABILITY = 0.98
"""That the blast of an incident is a round: the incident's own probability is told beside it."""
OTHER, OTHER_PROBABILITY = 0.5, 0.8
"""Of the first shot's height that one that sounds otherwise has; and that it is one: it may be a late reflection."""
OVERLOADED_S = 8e-4
"""Standard deviation of an onset whose blast overloaded the microphone, beside the picker's: what a converter's filter rings
before a blast stands out then: up to 2 ms at 24 dB over full scale, 3 ms at 36."""
ARRAY_S = 0.03
"""Longest delay between channels whose places are not known: ten metres."""


@dataclass(frozen=True, repr=False)
class Stretch:
    """A part of a stream, for as long as it is looked at.

    Attributes:
        sound: float32 (channels, n).
        begin: index in the stream of its first sample.
        until: index in the stream up to which rounds are believed; what comes after has not come to its end yet.
        channel: that is listened to.
        well: bool (channels,), those that can be believed so far.
    """

    sound: npt.NDArray[np.float32]
    begin: int
    until: int
    channel: int
    well: npt.NDArray[np.bool_]


def loud_onsets(sound: npt.NDArray[np.float32], rate: int, begin: int, onsets: Sequence[Onset]) -> list[Onset]:
    """Onsets from the first on that is loud enough to be the shot that was heard.

    Args:
        sound: float32 (n,).
        rate: samples a second.
        begin: index in the stream of its first sample.
        onsets: in the stream, at least one.
    """
    heights = [height_of(sound, rate, onset.index - begin) for onset in onsets]
    return list(onsets[next(number for number, height in enumerate(heights) if height >= NEITHER * max(heights)) :])


def open_incident(
    number: int, microphone: Microphone, stretch: Stretch, onsets: Sequence[Onset], verdict: Verdict
) -> Incident | None:
    """Begin an incident; ``None`` where none of its onsets can be picked.

    Args:
        number: of the incident.
        microphone: its configuration.
        stretch: to the last sample that has come.
        onsets: in the stream, the first of them the shot's or its shock wave's.
        verdict: of the network.
    """
    rate, sound, begin = microphone.rate_hz, stretch.sound[stretch.channel], stretch.begin
    picks = [one for onset in onsets if (one := pick(sound, rate, onset.index - begin)) is not None]
    if not picks:
        return None
    came = led(sound, rate, picks)
    blast = picks[came.blast]
    known = pattern(sound, rate, blast.index)
    rounds: list[Round] = []
    if known is not None:
        rounds, known = find_rounds(sound, rate, known, blast.index)
    places = np.array(microphone.positions, np.float64).reshape(-1, 3)
    longest = extent(places) / SLOWEST if len(places) else ARRAY_S
    well = in_step(stretch.sound, rate, blast.index, longest) & stretch.well
    heard = hear(
        sound,
        rate,
        blast.index,
        full_scale_db=microphone.full_scale_db,
        microphones=microphone.channels,
        faulty=int((~well).sum()),
    )
    cut_off = OVERLOADED_S * rate if heard.clipped >= OVERLOADED else 0.0
    first = Pick(blast.index + begin, math.hypot(blast.sigma, cut_off), blast.peak, blast.noise)
    bearing = _bearing(microphone, stretch, well, blast.index)
    height = height_of(sound, rate, round(blast.index))
    incident = Incident(number, rate, first, came, heard, bearing, verdict, known, height)
    after = [one for one in rounds if one.index > blast.index + NEAR_S * rate]
    incident.add([Round(blast.index, 1.0, FIRST_PROBABILITY), *after], begin, first.index, max(stretch.until, first.index + 1))
    return incident


def join_other(incident: Incident, stretch: Stretch, onset: Onset) -> bool:
    """Take a shot that sounds otherwise than the ones before: another weapon, or from another place.

    Args:
        incident: that goes on.
        stretch: to the last sample that has come.
        onset: in the stream; the network confirms it, in windows that hold no earlier shot.

    Returns:
        Whether it was taken: it is about as loud, and can be picked.
    """
    rate, sound, begin = incident.rate, stretch.sound[stretch.channel], stretch.begin
    picked = pick(sound, rate, onset.index - begin)
    if picked is None or height_of(sound, rate, onset.index - begin) < OTHER * incident.height:
        return False
    known = pattern(sound, rate, picked.index)
    rounds: list[Round] = []
    if known is not None:
        rounds, incident.shape = find_rounds(sound, rate, known, picked.index)
    after = [one for one in rounds if one.index > picked.index + NEAR_S * rate]
    first = Round(picked.index, 1.0, OTHER_PROBABILITY)
    return incident.add([first, *after], begin, picked.index + begin, max(stretch.until, picked.index + begin + 1)) > 0


def _bearing(microphone: Microphone, stretch: Stretch, well: npt.NDArray[np.bool_], onset: float) -> Bearing | None:
    where = microphone.where
    if not microphone.positions or where is None or where.heading is None or not well[stretch.channel]:
        return None
    others = [channel for channel in np.flatnonzero(well).tolist() if channel != stretch.channel]
    order = [stretch.channel, *others]
    places = [microphone.positions[channel] for channel in order]
    return direction(stretch.sound[order], microphone.rate_hz, onset, places, where.heading)


def height_of(sound: npt.NDArray[np.float32], rate: int, index: int) -> float:
    """Largest magnitude of the first milliseconds of an onset."""
    edge = reach(rate)
    part = sound[max(0, index - edge) : index + round(HEIGHT_S * rate) + edge]
    return float(np.abs(without_rumble(part, rate)).max(initial=0.0)) if len(part) > 2 * edge else 0.0
