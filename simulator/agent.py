"""An agent of a box whose clock is set: `lamplighter edge run` in all else.

The demo's boxes share this machine's clock. Between them it is right, whether or not anything has set it by UTC, and a box that
listens is located by nothing else; a machine whose kernel knows of no time server would say that no box's clock is to be
believed. What a box with a receiver for satellites or a near time server says of its clock is said instead.
"""

from __future__ import annotations

from pathlib import Path

from edge.cli import run_agent
from hardware.clock import KernelClock

SIGMA_MS = 1.0
"""Standard deviation that such a clock states, and this one keeps easily."""


def kernel() -> KernelClock:
    """What the kernel of such a box says."""
    return KernelClock(synchronised=True, offset_ms=0.0, sigma_ms=SIGMA_MS)


def run(config: str) -> None:
    """Run it in this process until it is told to end; ``config`` is the box's file."""
    run_agent(Path(config), kernel=kernel)
