"""Comparing two models on the same data in one run: bundles of the zoo, bundles elsewhere, one's own, or a recipe's peers.

Rules: both answer for the same items, in one process, one after the other; every figure that both of their judges know is
compared, with a paired test; their times are not (`bench zoo`). A peer is a model that only measures and is never shipped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.bundle.bundle import BundleError, load_bundle
from models.factory.comparison import Comparison, compare
from models.factory.declared import RECIPES
from models.factory.forms import form, preferred
from models.factory.listing import folder_of
from models.factory.owned import own_detector
from models.factory.steps import Judge, Progress, load_judge
from models.factory.subject import names

_SEED = 1


@dataclass(frozen=True)
class Rival:
    """A model that takes part.

    Attributes:
        name: for people.
        recipe: of its bundle.
        judge: who opened it, and asks it.
        model: opened.
    """

    name: str
    recipe: str
    judge: Judge
    model: Any


def rival(name: str, folders: Sequence[Path], data: Path, recipes: Path = RECIPES) -> Rival:
    """Find and open a model.

    Args:
        name: of a bundle (``plate-reader``), with a precision (``plate-reader:fp32``); the folder of one; or of a recipe's
            peer (``plate-reader/cct-xs-v1``).
        folders: where bundles are looked for, in this order.
        data: folder of data, which holds the peers.
        recipes: folder of recipes.

    Raises:
        BundleError: when there is none, naming those that there are.
    """
    recipe, _, peer = name.partition("/")
    if peer and recipe in names(recipes):
        judge = load_judge(recipe)
        peers = judge.peers()
        if peer not in peers:
            msg = f"{recipe} has no peer {peer!r}; it has {', '.join(peers) or 'none'}"
            raise BundleError(msg)
        return Rival(name, recipe, judge, peers[peer](data))
    where, _, precision = name.partition(":")
    folder = folder_of(where, folders) or Path(where)
    bundle = load_bundle(folder)
    manifest = bundle.manifest
    own = own_detector(manifest, recipes)
    if own is None and manifest.name not in names(recipes):
        msg = f"{folder}: no recipe {manifest.name!r} that could judge it; there are: {', '.join(names(recipes))}"
        raise BundleError(msg)
    variant = next((v for v in manifest.variants if form(v) == precision), None) if precision else preferred(manifest)
    if variant is None:
        msg = f"{folder}: has no variant {precision or 'for the CPU'}; it has {', '.join(v.file for v in manifest.variants)}"
        raise BundleError(msg)
    bundle.read(variant)
    asks = own or load_judge(manifest.name)
    return Rival(name, manifest.name, asks, asks.open(folder / variant.file))


def confront(first: Rival, second: Rival, data: Path, progress: Progress) -> Sequence[Comparison]:
    """Judge both and compare every figure.

    Raises:
        BundleError: when they do not do the same task, or no data for it are here.
        EvaluationError: when a figure cannot be compared.
    """
    judges = [part.judge for part in (first, second)]
    shared = {(asked.name, asked.on) for asked in judges[1].figures()}
    both = [asked for asked in judges[0].figures() if (asked.name, asked.on) in shared]
    if not both:
        told = ("; ".join(sorted({f"{asked.name} on {asked.on}" for asked in judge.figures()})) for judge in judges)
        msg = f"{first.name} and {second.name} have no figure in common ({' | '.join(told)}); compare models for one task"
        raise BundleError(msg)
    answers = []
    for part, judge in zip((first, second), judges, strict=True):
        progress(f"asking {part.name}")
        answers.append(judge.judge(part.model, data, progress).outcomes)
    found = [
        compare(
            answers[0][asked.on],
            answers[1][asked.on],
            asked.figure,
            np.random.default_rng(_SEED),
            name=asked.name,
            names=(first.name, second.name),
            on=asked.on,
        )
        for asked in both
        if asked.on in answers[0] and asked.on in answers[1]
    ]
    if not found:
        wanted = ", ".join(sorted({asked.on for asked in both}))
        msg = f"{data}: holds none of the data that {first.recipe} is judged on ({wanted})"
        raise BundleError(msg)
    return found
