"""What is loaded beside what runs when another release of a bundle is tried: who uses it decides. Pure but for the planner.

Rules:

- A bundle that looks at pictures is loaded with every model of its accelerator, looks at live pictures, and may take its place.
- Sound stays in the process that captured it (docs/adr/0022-sound-stays-in-one-process.md), so a bundle that listens is tried
  on none: its golden vectors and its time, in a process that nobody asks and that takes nobody's place. Of one that nothing
  uses yet no more can be known either.
- A release that does not suit who uses the bundle is at fault.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from edge.infer.messages import ModelOrder
from edge.runtime.plan import NoPlan, Plan, Planner, bundles_of
from protocol.config import Microphone, Source


class RehearsalError(Exception):
    """A release cannot be tried here; the message says why.

    Args:
        message: for people.
        blame: whether that is the release's fault.
    """

    def __init__(self, message: str, *, blame: bool) -> None:
        super().__init__(message)
        self.blame = blame


class Use(enum.Enum):
    """What a bundle does on this box."""

    LOOKS = "looks"
    LISTENS = "listens"
    NOTHING = "nothing"


def use_of(bundle: str, sources: Iterable[Source], microphones: Iterable[Microphone]) -> Use:
    """What a bundle does there."""
    if any(bundle in bundles_of(source) for source in sources):
        return Use.LOOKS
    return Use.LISTENS if any(microphone.model == bundle for microphone in microphones) else Use.NOTHING


@dataclass(frozen=True)
class Cast:
    """What is loaded, and where.

    Attributes:
        accelerator: its name.
        entry: where that is made.
        models: all that it is to hold.
        tried: names of those that are of the bundle.
        looks: whether it looks at pictures, and may take the place of what does; else it is only proven.
    """

    accelerator: str
    entry: str
    models: tuple[ModelOrder, ...]
    tried: frozenset[str]
    looks: bool


def cast_of(bundle: str, sources: Sequence[Source], microphones: Sequence[Microphone], planner: Planner) -> Cast:
    """Choose.

    Args:
        bundle: whose release is tried.
        sources: all of the box.
        microphones: likewise.
        planner: as it is with the release.

    Raises:
        RehearsalError: the release does not suit who uses the bundle, or nothing here runs it.
    """
    plans = [planner.plan(source) for source in sources if bundle in bundles_of(source)]
    heard = [planner.listens(microphone) for microphone in microphones if microphone.model == bundle]
    for plan in (*plans, *heard, *(plan.plates for plan in plans if isinstance(plan, Plan))):
        if isinstance(plan, NoPlan):
            raise RehearsalError(plan.detail, blame=True)
    suited = [plan for plan in plans if isinstance(plan, Plan)]
    if not suited:
        return _proven(bundle, planner)
    first = suited[0]
    others = [planner.plan(source) for source in sources if bundle not in bundles_of(source)]
    held = [plan for plan in (*suited, *others) if isinstance(plan, Plan) and plan.accelerator == first.accelerator]
    orders = {order.name: order for plan in held for order, _ in plan.held}
    tried = frozenset(order.name for plan in suited for order, ref in plan.held if ref.name == bundle)
    return Cast(first.accelerator, first.entry, tuple(orders.values()), tried, looks=True)


def _proven(bundle: str, planner: Planner) -> Cast:
    proof = planner.proves(bundle)
    if isinstance(proof, NoPlan):
        raise RehearsalError(proof.detail, blame=proof.code != "model-missing")
    return Cast(proof.accelerator, proof.entry, (proof.model,), frozenset({proof.model.name}), looks=False)
