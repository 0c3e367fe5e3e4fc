"""Gates: the figures that a bundle must reach before it may enter the zoo.

Rules:

- A gate names the figure, the data that it is measured on, and the least or the most that it may be.
- A figure that is missing, not a number, or measured on other data counts as missed; so does one that stands twice and differs.
- A gate that names no variant holds for all that were measured: the worst is judged.
- The point value is judged, and the interval is shown beside it.
- Lowering a gate is a decision: what was wanted stays as its goal, with the record (ADR) that says why less is let in; card,
  list and benches go on saying that the goal was missed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Annotated

from msgspec import Meta

from models.factory.statistics import Estimate
from protocol.basis import Struct


class Gate(Struct, frozen=True):
    """One condition for entering the zoo."""

    figure: Annotated[str, Meta(min_length=1, max_length=64, description="Name of the figure")]
    on: Annotated[str, Meta(min_length=1, max_length=600, description="Data or machine on which it is measured")]
    at_least: float | None = None
    at_most: float | None = None
    unit: Annotated[str, Meta(max_length=16, description="Of the figure; empty for a share")] = ""
    variant: Annotated[str, Meta(max_length=32, description="Variant that it holds for; empty for all")] = ""
    condition: Annotated[str, Meta(max_length=64, description="Condition that it holds for; empty for all together")] = ""
    goal: Annotated[float | None, Meta(description="What was wanted, where the limit was lowered")] = None
    decision: Annotated[
        str,
        Meta(
            max_length=128, pattern=r"^([0-9]{4}-[a-z0-9-]+\.md)?\Z", description="Record of the lowering: its file in docs/adr"
        ),
    ] = ""

    def __post_init__(self) -> None:
        """Refuse a gate that cannot be missed, or was lowered without a record.

        Raises:
            ValueError: unless exactly one finite limit is given, and a goal is finite, stricter, and has its record.
        """
        limits = [limit for limit in (self.at_least, self.at_most) if limit is not None]
        if len(limits) != 1 or not math.isfinite(limits[0]):
            msg = f"gate {self.figure!r}: give at_least or at_most, one of them, a finite number"
            raise ValueError(msg)
        if (self.goal is None) != (not self.decision):
            msg = f"gate {self.figure!r}: a lowered gate has both a goal and a decision (the file of its record in docs/adr)"
            raise ValueError(msg)
        if self.goal is not None and (
            not math.isfinite(self.goal) or self.goal == self.limit or not self.reached_by(self.goal)
        ):
            msg = f"gate {self.figure!r}: the goal {self.goal:g} is no stricter than the limit {self.limit:g}"
            raise ValueError(msg)

    @property
    def wanted(self) -> float:
        """What should be reached: the goal where there is one, else the limit."""
        return self.limit if self.goal is None else self.goal

    @property
    def limit(self) -> float:
        """The number that decides."""
        return self.at_most if self.at_least is None else self.at_least  # type: ignore[return-value] # one is there

    def reached_by(self, value: float) -> bool:
        """Whether a value keeps the gate; one that is not a number never does."""
        return self._kept(self.limit, value)

    def fulfilled_by(self, value: float) -> bool:
        """Whether a value is all that was wanted."""
        return self._kept(self.wanted, value)

    def _kept(self, limit: float, value: float) -> bool:
        return value <= limit if self.at_least is None else value >= limit


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

    @property
    def fulfilled(self) -> bool:
        """Whether it was reached, and its goal with it."""
        return self.reached and (self.value is None or self.gate.fulfilled_by(self.value))


def verdict(result: GateResult) -> str:
    """What became of a gate in a few words, its goal included."""
    gate = result.gate
    if not result.reached:
        return f"MISSED, {result.reason}"
    if result.fulfilled:
        return "reached"
    return f"goal {gate.wanted:g} MISSED (ADR {gate.decision.split('-', 1)[0].lstrip('0')})"


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
