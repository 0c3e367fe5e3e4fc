"""Judging a new model by what was measured of it. Pure.

Rules:

- A reading that the box cannot take judges nothing, for or against.
- Time is powered time: a lamppost that has light by night only is on probation by night only.
- Nothing that the street does is the model's fault: where nobody asks, nothing is answered, and a hot day is hot for the old
  model as well.
- A shadow run that has seen too little lets it pass, because probation follows; a probation that has seen too little does not,
  but does not blame the release either.
- Of a model that nothing on the box uses, nothing more will be known than its golden vectors: it passes when its time is over.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from typing import TypeGuard

from ota.device.errors import Why
from ota.device.trial import Golden, Health, Shadow


class Decision(enum.Enum):
    """What follows."""

    GOOD = "good"
    WAIT = "wait"
    BAD = "bad"


@dataclass(frozen=True)
class Verdict:
    """A decision, and why."""

    decision: Decision
    why: Why | None = None
    detail: str = ""
    blame: bool = True
    """Whether the release is at fault."""


@dataclass(frozen=True)
class Criteria:
    """Limits; what is not said otherwise is set for a box that counts people at some looks a second."""

    latency_ms: float | None = None
    """Of a look; ``None`` = only the old model's is a measure."""
    latency_ratio: float = 1.5
    """New over old. A look of 80 ms that takes 120 still fits ten looks a second on two cores; twice as slow does not."""
    memory_mb: float | None = None
    """Ceiling of the board's profile."""
    temperature_c: float = 84.0
    """Just below where a Raspberry Pi 5 begins to throttle (85 degrees); a Jetson's limits are higher."""
    warmer_c: float = 3.0
    """Above what the old model had, to be the new one's doing."""
    failures: float = 0.02
    """Share of looks that may fail. The old model's own, with a deadline missed now and then, is below one in a hundred."""
    agreement: float = 0.8
    """Share of looks. A retrained model agrees in 19 of 20; one with swapped classes or a wrong scale in fewer than half."""
    drift: float = 0.25
    """Population stability index."""
    shadow_s: float = 60.0
    """At least: the accelerator's clocks and caches have settled by then."""
    shadow_looks: int = 100
    """From which a share of 0.8 has an interval of 0.71 to 0.87 (Wilson, 95%)."""
    shadow_longest_s: float = 3600.0
    probation_s: float = 1800.0
    """Heat sinks of sealed boxes are warm through after a quarter of an hour."""
    probation_looks: int = 200
    probation_longest_s: float = 48 * 3600.0
    """Powered: four nights of a lamppost in winter."""
    stall_s: float = 60.0
    """Asked for so long without an answer it hangs; a restart of an accelerator's process takes some seconds."""
    look_s: float = 5.0
    """Between two readings."""
    alive_s: float = 120.0
    """After so long in good health a start was no part of a crash loop."""


GOOD = Verdict(Decision.GOOD)
WAIT = Verdict(Decision.WAIT)
_FEWEST = 50
"""Looks before a share of failures means anything: one in fifty is the limit itself."""


def judge_golden(found: Golden, old_latency_ms: float | None, criteria: Criteria) -> Verdict:
    """Judge golden vectors."""
    if not found.passed:
        return Verdict(Decision.BAD, Why.GOLDEN, found.detail or "it answers otherwise than its reference on this machine")
    return _slow(found.latency_ms, old_latency_ms, criteria) or _large(found.memory_mb, criteria) or GOOD


def judge_shadow(found: Shadow, passed_s: float, criteria: Criteria) -> Verdict:
    """Judge a shadow run after so many powered seconds."""
    if found.unable:
        return GOOD
    looked = found.looks + found.failures
    bad = (
        _failing(found.failures, looked, criteria)
        or _large(found.memory_mb, criteria)
        or (_slow(found.latency_ms, found.old_latency_ms, criteria) if looked >= _FEWEST else None)
    )
    if bad is not None:
        return bad
    if found.looks >= criteria.shadow_looks and passed_s >= criteria.shadow_s:
        if found.agreement is not None and not found.agreement >= criteria.agreement:
            share = f"{found.agreement:.0%} of {found.looks} looks, {criteria.agreement:.0%} are needed"
            detail = f"it agrees with the old model in {share}"
            return Verdict(Decision.BAD, Why.AGREEMENT, detail)
        return GOOD
    return GOOD if passed_s >= criteria.shadow_longest_s else WAIT


@dataclass(frozen=True)
class Before:
    """What the old model had."""

    latency_ms: float | None = None
    temperature_c: float | None = None


def judge_probation(found: Health, passed_s: float, stalled_s: float, before: Before, criteria: Criteria) -> Verdict:
    """Judge a probation.

    Args:
        found: the latest reading.
        passed_s: powered seconds of probation.
        stalled_s: powered seconds for which it was asked and has not answered.
        before: what the old model had.
        criteria: the limits.
    """
    if stalled_s >= criteria.stall_s:
        return Verdict(Decision.BAD, Why.STALLED, f"no answer for {stalled_s:.0f} s, though it was asked")
    bad = _failing(found.failures, found.answered + found.failures, criteria)
    if bad is None and found.answered >= _FEWEST:
        bad = _slow(found.latency_ms, before.latency_ms, criteria) or _drifting(found.drift, criteria)
    bad = bad or _large(found.memory_mb, criteria) or _hot(found.temperature_c, before.temperature_c, criteria)
    if bad is not None:
        return bad
    if passed_s >= criteria.probation_s and (found.answered >= criteria.probation_looks or not found.used):
        return GOOD
    if passed_s >= criteria.probation_longest_s:
        detail = f"{found.answered} looks in {passed_s / 3600:.0f} h say too little, {criteria.probation_looks} are needed"
        return Verdict(Decision.BAD, Why.UNPROVEN, detail, blame=False)
    return WAIT


def _slow(new_ms: float | None, old_ms: float | None, criteria: Criteria) -> Verdict | None:
    if new_ms is None:
        return None
    if criteria.latency_ms is not None and not new_ms <= criteria.latency_ms:
        return Verdict(Decision.BAD, Why.SLOW, f"a look takes {new_ms:.1f} ms, at most {criteria.latency_ms:.1f}")
    if old_ms is not None and not new_ms <= criteria.latency_ratio * old_ms:
        return Verdict(
            Decision.BAD,
            Why.SLOW,
            f"a look takes {new_ms:.1f} ms, at most {criteria.latency_ratio:g} times the old model's {old_ms:.1f}",
        )
    return None


def _known(reading: float | None) -> TypeGuard[float]:
    """A sensor that gives no number says nothing of a model; a model that gives none has failed, and is counted so."""
    return reading is not None and math.isfinite(reading)


def _large(memory_mb: float | None, criteria: Criteria) -> Verdict | None:
    if not _known(memory_mb) or criteria.memory_mb is None or memory_mb <= criteria.memory_mb:
        return None
    return Verdict(Decision.BAD, Why.MEMORY, f"it takes {memory_mb:.0f} MB, at most {criteria.memory_mb:.0f}")


def _failing(failures: int, looked: int, criteria: Criteria) -> Verdict | None:
    if looked < _FEWEST or failures <= criteria.failures * looked:
        return None
    return Verdict(Decision.BAD, Why.FAILING, f"{failures} of {looked} looks failed, at most {criteria.failures:.0%}")


def _hot(now_c: float | None, before_c: float | None, criteria: Criteria) -> Verdict | None:
    if not _known(now_c) or now_c <= criteria.temperature_c:
        return None
    if before_c is not None and now_c <= before_c + criteria.warmer_c:
        return None
    was = "" if before_c is None else f", {before_c:.0f} with the old model"
    return Verdict(Decision.BAD, Why.HOT, f"the board has {now_c:.0f} degrees, at most {criteria.temperature_c:.0f}{was}")


def _drifting(drift: float | None, criteria: Criteria) -> Verdict | None:
    if drift is None or drift <= criteria.drift:
        return None
    return Verdict(
        Decision.BAD, Why.DRIFT, f"what it answers is spread otherwise than before ({drift:.2f}, at most {criteria.drift:g})"
    )
