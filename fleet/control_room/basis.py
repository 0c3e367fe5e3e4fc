"""What every view is made of."""

from __future__ import annotations

import msgspec

from protocol.basis import Estimate


class View(msgspec.Struct, frozen=True):
    """Base of what goes to a page."""


class EstimateView(View, frozen=True):
    """A number with its interval."""

    v: float
    lo: float
    hi: float
    level: float


def estimate_view(estimate: Estimate) -> EstimateView:
    """Show an estimate."""
    return EstimateView(estimate.value, estimate.low, estimate.high, estimate.level)
