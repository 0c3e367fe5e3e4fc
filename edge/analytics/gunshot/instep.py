"""Which channels of an array can be believed at one blast: those that heard it, whole, and when the others did.

Rule: no channel is the judge of the others; what most of them say counts, and where there is no majority none is left out.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from edge.analytics.gunshot.delays import Channels
from edge.analytics.gunshot.hearing import FULL
from edge.analytics.gunshot.pick import pick

FAINTER_DB = 25.0
"""Below the median of the channels: microphones of an array are alike."""
CUT = 0.05
"""Share of a blast's first milliseconds at full scale above which its front is cut off."""
LOOK_S = 0.005
SLACK_S = 5e-4
"""By which a pick may be off, beyond the length of the array."""


def in_step(sound: Channels, rate: int, onset: float, longest_s: float) -> npt.NDArray[np.bool_]:
    """Channels to believe.

    Args:
        sound: float32 (m, n).
        rate: samples a second.
        onset: index of the blast in one of them.
        longest_s: that sound takes from one end of the array to the other.

    Returns:
        bool (m,).
    """
    reach = round((LOOK_S + longest_s) * rate)
    start = max(0, round(onset) - round(longest_s * rate))
    parts = sound[:, start : start + 2 * reach]
    heights = np.abs(parts - parts.mean(axis=1, keepdims=True)).max(axis=1, initial=0.0)
    well: npt.NDArray[np.bool_] = heights > np.median(heights) * 10 ** (-FAINTER_DB / 20)
    well &= heights > 0
    well &= np.mean(np.abs(parts) >= FULL, axis=1) < CUT if parts.shape[1] else False
    onsets = np.full(len(sound), np.nan)
    for channel in np.flatnonzero(well):
        picked = pick(sound[channel], rate, onset)
        if picked is not None:
            onsets[channel] = picked.index
    known = well & np.isfinite(onsets)
    if known.sum() > 2:  # noqa: PLR2004 - of two, neither is the majority
        off = np.abs(onsets - np.median(onsets[known])) > (longest_s + SLACK_S) * rate
        if 2 * int((off & known).sum()) < int(known.sum()):
            well &= ~(off & known)
    return well
