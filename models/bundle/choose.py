"""Choosing a variant for what the box has, and saying why each other one was not chosen. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from protocol.manifest import Manifest, Variant

Times: TypeAlias = Mapping[tuple[str, str], float]
"""Milliseconds of an inference as measured on this box, by a variant's SHA-256 and the accelerator's name."""

UNMEASURED: Times = MappingProxyType({})

QUICKER = 0.9
"""Part of the other's time below which one is quicker: less is what else runs."""


@dataclass(frozen=True)
class Offer:
    """What one accelerator of the box can run."""

    accelerator: str
    runtime: str
    precisions: tuple[str, ...]
    """In the order in which it runs them best."""
    available: bool
    reason: str = ""
    """Why it is not available."""


@dataclass(frozen=True)
class Rejection:
    """A variant on an accelerator that was not chosen."""

    variant: str
    accelerator: str
    reason: str


@dataclass(frozen=True)
class Choice:
    """What runs where."""

    variant: Variant | None
    accelerator: str
    rejected: tuple[Rejection, ...]


def choose(manifest: Manifest, offers: Sequence[Offer], times: Times = UNMEASURED) -> Choice:
    """Take the first offer, in the order given, that can run a variant, in the precision that it runs best; or what is quicker.

    Args:
        manifest: of the bundle.
        offers: best accelerator first.
        times: what has been measured on this box; what has not is never quicker.
    """
    able: list[tuple[Variant, Offer]] = []
    refused: list[Rejection] = []
    for offer in offers:
        for variant in sorted(manifest.variants, key=lambda v: _rank(v, offer)):
            reason = _objection(variant, offer)
            if reason is None:
                able.append((variant, offer))
            else:
                refused.append(Rejection(variant.file, offer.accelerator, reason))
    if not able:
        return Choice(None, "", tuple(refused))
    chosen = _quickest(able, times)
    variant, offer = chosen
    others = [Rejection(v.file, o.accelerator, _why((v, o), chosen, times)) for v, o in able if (v, o) != chosen]
    return Choice(variant, offer.accelerator, (*others, *refused))


def _quickest(able: Sequence[tuple[Variant, Offer]], times: Times) -> tuple[Variant, Offer]:
    """The first, or the quickest of those that are quicker by more than chance."""
    first = able[0]
    limit = QUICKER * _time(first, times)
    return min((one for one in able if _time(one, times) < limit), key=lambda one: _time(one, times), default=first)


def _time(one: tuple[Variant, Offer], times: Times) -> float:
    variant, offer = one
    return times.get((variant.sha256, offer.accelerator), math.inf)


def _why(one: tuple[Variant, Offer], chosen: tuple[Variant, Offer], times: Times) -> str:
    name = f"{chosen[0].file} on {chosen[1].accelerator}"
    here, there = _time(one, times), _time(chosen, times)
    if math.isinf(here) or math.isinf(there):
        return f"{name} is better"
    return f"{name} {'is quicker' if there < QUICKER * here else 'is better'}: {there:.1f} ms, here {here:.1f}"


def _rank(variant: Variant, offer: Offer) -> int:
    return offer.precisions.index(variant.precision) if variant.precision in offer.precisions else len(offer.precisions)


def _objection(variant: Variant, offer: Offer) -> str | None:
    if not offer.available:
        return offer.reason or "not available"
    if variant.runtime != offer.runtime:
        return f"made for {variant.runtime}, this accelerator runs {offer.runtime}"
    if variant.precision not in offer.precisions:
        return f"{variant.precision} is not run here ({', '.join(offer.precisions)})"
    return None
