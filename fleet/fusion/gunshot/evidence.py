"""How probable it is that several boxes heard shots, by what each says. Pure.

Rules:

- All heard the same sound and err alike: what the surest of them says counts, and more boxes that say the same are no further
  evidence. They are evidence that there was something to hear, and are asked for where alerts are raised
  (:mod:`fleet.fusion.gunshot.raising`).
- A box's word counts as far as it could hear: a shot comes out of the quiet; what a network takes for one comes often from the
  middle of crackling or of a barrage, or from far away.
- It counts as far as the box is trusted beside the others; what one box alone says, as far as it is trusted at all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from fleet.fusion.gunshot.detections import Detection

CLEAR_SNR_DB, CLEARER_DB = 20.0, 6.0
"""Of a first blast over the sound just before it: where a box's word counts by half, and in which it gains an e-fold."""
_LEAST_ODDS = 1e-3
_MOST_EXPONENT = 50.0


def probability(heard: Sequence[Detection], trust: Sequence[float]) -> float:
    """Whether it was shots, within (0, 1).

    Args:
        heard: of one sound, at least one.
        trust: of the box of each, (0, 1].
    """
    best = max(trust)
    odds = max(t / best * _clearness(d.snr_db) * _log_odds(d.posterior) for t, d in zip(trust, heard, strict=True))
    found = 1 / (1 + math.exp(-odds))
    return found if len({d.node for d in heard}) > 1 else found * best


def _clearness(snr_db: float | None) -> float:
    """How far a box's word counts, by how clearly it could hear; wholly where it does not say."""
    return 1.0 if snr_db is None else 1 / (1 + math.exp(-max((snr_db - CLEAR_SNR_DB) / CLEARER_DB, -_MOST_EXPONENT)))


def _log_odds(posterior: float) -> float:
    bounded = min(max(posterior, _LEAST_ODDS), 1 - _LEAST_ODDS)
    return math.log(bounded / (1 - bounded))
