"""Gates: the figures that a bundle must reach before it may enter the zoo.

Rules:

- A gate names the figure, the data that it is measured on, and the least or the most that it may be.
- A figure that is missing, not a number, or measured on other data counts as missed; so does one that stands twice and differs.
- A gate that names no variant holds for all that were measured: the worst is judged.
- The point value is judged, and the interval is shown beside it. Lowering a gate is a decision that needs a record (ADR).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Annotated

from msgspec import Meta

from models.factory.statistics import Estimate
from protocol.events import Struct


class Gate(Struct, frozen=True):
    """One condition for entering the zoo."""

    figure: Annotated[str, Meta(min_length=1, max_length=64, description="Name of the figure")]
    on: Annotated[str, Meta(min_length=1, max_length=600, description="Data or machine on which it is measured")]
    at_least: float | None = None
    at_most: float | None = None
    unit: Annotated[str, Meta(max_length=16, description="Of the figure; empty for a share")] = ""
    variant: Annotated[str, Meta(max_length=32, description="Variant that it holds for; empty for all")] = ""
    condition: Annotated[str, Meta(max_length=64, description="Condition that it holds for; empty for all together")] = ""

    def __post_init__(self) -> None:
        """Refuse a gate that cannot be missed.

        Raises:
            ValueError: unless exactly one finite limit is given.
        """
        limits = [limit for limit in (self.at_least, self.at_most) if limit is not None]
        if len(limits) != 1 or not math.isfinite(limits[0]):
            msg = f"gate {self.figure!r}: give at_least or at_most, one of them, a finite number"
            raise ValueError(msg)

    @property
    def limit(self) -> float:
        """The number that decides."""
        return self.at_most if self.at_least is None else self.at_least  # type: ignore[return-value] # one is there

    def reached_by(self, value: float) -> bool:
        """Whether a value keeps the gate; one that is not a number never does."""
        return value <= self.limit if self.at_least is None else value >= self.limit


class GateResult(Struct, frozen=True):
    """What became of a gate."""

    gate: Gate
    reached: bool
    value: float | None = None
    """The worst value found; ``None`` when there is none that counts."""
    low: float | None = None
    high: float | None = None
    reason: str = ""
    """Why it was missed."""


def check_gates(gates: Sequence[Gate], figures: Iterable[Estimate]) -> tuple[GateResult, ...]:
    """Judge every gate; the order of gates stays."""
    there = list(figures)
    return tuple(_judge(gate, there) for gate in gates)


def missed(results: Iterable[GateResult]) -> list[str]:
    """One line for each gate that was missed, for the person who wonders why nothing was built."""
    return [f"{describe(result.gate)}: {result.reason}" for result in results if not result.reached]


def describe(gate: Gate) -> str:
    """A gate in words: ``plate-reader.eu_top1 at least 0.98``."""
    sense = "at most" if gate.at_least is None else "at least"
    where = "".join(f" ({part})" for part in (gate.variant, gate.condition) if part)
    return f"{gate.figure}{where} {sense} {gate.limit:g}{' ' if gate.unit else ''}{gate.unit}"


def _judge(gate: Gate, figures: Sequence[Estimate]) -> GateResult:
    named = [f for f in figures if f.metric.name == gate.figure and f.condition == gate.condition]
    if gate.variant:
        named = [f for f in named if f.variant == gate.variant]
    found = [f for f in named if f.metric.on == gate.on]
    if not named:
        return GateResult(gate, reached=False, reason="not measured; measure it, or give the data that it needs")
    if not found:
        others = "; ".join(sorted({f.metric.on for f in named}))
        return GateResult(gate, reached=False, reason=f"measured on {others}, not on {gate.on}")
    for variant in {f.variant for f in found}:
        if len({f.metric.value for f in found if f.variant == variant}) > 1:
            return GateResult(gate, reached=False, reason="measured twice with different results; keep one run")
    broken = [f for f in found if not math.isfinite(f.metric.value)]
    if broken:
        return GateResult(gate, reached=False, reason=f"{broken[0].metric.value} is not a number; measure it again")
    worst = max(found, key=lambda f: f.metric.value if gate.at_least is None else -f.metric.value).metric
    reached = gate.reached_by(worst.value)
    sense = "above" if gate.at_least is None else "below"
    reason = "" if reached else f"{worst.value:.4g} is {sense} {gate.limit:g}"
    return GateResult(gate, reached, worst.value, worst.low, worst.high, reason)
