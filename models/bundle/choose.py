"""Choosing a variant for what the box has, and saying why each other one was not chosen. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from protocol.manifest import Manifest, Variant


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


def choose(manifest: Manifest, offers: Sequence[Offer]) -> Choice:
    """Take the first offer, in the order given, that can run a variant, in the precision that it runs best.

    Args:
        manifest: of the bundle.
        offers: best accelerator first.
    """
    chosen: tuple[Variant, Offer] | None = None
    rejected: list[Rejection] = []
    for offer in offers:
        ranked = sorted(manifest.variants, key=lambda v: _rank(v, offer))
        for variant in ranked:
            reason = _objection(variant, offer)
            if reason is None and chosen is None:
                chosen = (variant, offer)
            elif reason is None and chosen is not None:
                rejected.append(
                    Rejection(variant.file, offer.accelerator, f"{chosen[0].file} on {chosen[1].accelerator} is better")
                )
            else:
                rejected.append(Rejection(variant.file, offer.accelerator, reason or ""))
    if chosen is None:
        return Choice(None, "", tuple(rejected))
    return Choice(chosen[0], chosen[1].accelerator, tuple(rejected))


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
