"""How the network is trained: it says what the teacher says, of anything that can be heard in a street and of much else.

Rules: what the simulator calls a shot is a label of its own and mixes with none of the teacher's: the teacher may hear a
firework there, and what it hears came from the world, while its ear has never been beside a dry blast in an open field. Scenes
of the check are drawn apart, and recordings of free packages that the check plays are played in training too: what it measures
is how well the student follows its teacher, not how well either hears.
"""

from __future__ import annotations

import functools

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from models.bundle.detections import Floats
from models.bundle.yamnet import COLUMNS
from models.factory.training import Plan
from models.recipes.gunshot.drawn import SCENES, WINDOWS, shard
from models.recipes.gunshot.network import Ear
from models.recipes.gunshot.sample import backgrounds, draw_samples
from models.recipes.gunshot.shape import FIRST_TAUGHT, LABELS
from models.recipes.gunshot.teacher import teacher
from models.synthesis.sound.recordings import check_packages

SHARDS = 400
"""240,000 windows; each is learned from some ten times."""
BATCH_SHARDS, BATCH_WINDOWS = 4, 32
"""A batch: so many windows of each of so many shards."""
PLAN = Plan(steps=20_000, rate=2e-3, decay=0.02)
CONTINUED = Plan(steps=8_000, rate=1.2e-3, decay=0.02, seed=3, behind=0.3)
"""From weights that learned of fewer windows, in which other places were as loud."""
CHECKED = 160
SEED_OF_CHECK = 20_270
LABELS_WEIGHT, TAUGHT_WEIGHT, BLAST_WEIGHT = 20.0, 100.0, 1.0
"""Of the mean over labels, and over all classes, most of which are silent in any window."""
LEAST_WEIGHT = 0.15
"""Of a window in which nothing is like a shot, where one is sure to hear one: 1.15."""
SURE = 0.002
"""The teacher's scores are kept from 0 and 1 by this much: below, they are noise."""
HEARD = 0.3
"""Score from which the teacher hears a shot, as the check counts them."""
_GUNSHOT = LABELS.index("gunshot")
_PLACES = [column - FIRST_TAUGHT for column, _ in COLUMNS.values()]


class EarTask:
    """The task, as the factory's training asks for it."""

    def network(self) -> nn.Module:
        """Return the network, untrained.

        Raises:
            SoundError: when packages of sounds are not installed.
            BundleError: when the teacher is not here.
            FileNotFoundError: when ESC-10 is not here.
        """
        check_packages()
        teacher()
        backgrounds()
        return Ear()

    def batch(self, random: np.random.Generator) -> tuple[Floats, ...]:
        """Take pictures, scores and shots from shards, those in which a shot may be heard more often."""
        parts = []
        for number in random.integers(SHARDS, size=BATCH_SHARDS):
            of = shard(int(number))
            weights = LEAST_WEIGHT + of.scores[:, _PLACES].max(axis=1).astype(np.float64)
            rows = np.sort(random.choice(SCENES * WINDOWS, BATCH_WINDOWS, p=weights / weights.sum()))
            parts.append([array[rows].astype(np.float32) for array in (of.pictures, of.scores, of.shots)])
        return tuple(np.concatenate(arrays) for arrays in zip(*parts, strict=True))

    def loss(self, network: nn.Module, tensors: tuple[torch.Tensor, ...], done: float) -> tuple[torch.Tensor, dict[str, float]]:
        """Cross-entropy with the teacher's scores, of the labels and of everything, and with what the simulator knows."""
        del done
        pictures, scores, shots = tensors
        labels, taught = _ear(network).all(pictures[:, None])
        scores, known = scores.clamp(SURE, 1 - SURE), ~torch.isnan(shots)
        cost = functional.binary_cross_entropy_with_logits
        own = cost(labels[:, : len(_PLACES)], scores[:, _PLACES])
        every = cost(taught, scores)
        blast = cost(labels[known, -1], shots[known].clamp(SURE, 1 - SURE))
        whole = LABELS_WEIGHT * own + TAUGHT_WEIGHT * every + BLAST_WEIGHT * blast
        return whole, {"labels": float(own.detach()), "taught": float(every.detach()), "blast": float(blast.detach())}

    def check(self, network: nn.Module) -> dict[str, float]:
        """How far the student is from its teacher, and from the simulator, on scenes drawn apart."""
        pictures, scores, shots = (torch.from_numpy(array) for array in _checked())
        with torch.no_grad():
            found = torch.cat([torch.sigmoid(network(part[:, None])) for part in pictures.split(64)])
        known, wanted = ~torch.isnan(shots), scores[:, _PLACES]
        pair = torch.stack([found[:, _GUNSHOT], wanted[:, _GUNSHOT]])
        return {
            "error": float((found[:, : len(_PLACES)] - wanted).abs().mean()),
            "gunshot_error": float((pair[0] - pair[1]).abs().mean()),
            "gunshot_correlation": float(torch.corrcoef(pair)[0, 1]),
            "blast_error": float((found[known, -1] - shots[known]).abs().mean()),
            "heard": float((wanted[:, _GUNSHOT] > HEARD).float().mean()),
        }


def _ear(network: nn.Module) -> Ear:
    if not isinstance(network, Ear):
        msg = f"trains an Ear, not {type(network).__name__}"
        raise TypeError(msg)
    return network


@functools.cache
def _checked() -> tuple[Floats, Floats, Floats]:
    made = draw_samples(np.random.default_rng(SEED_OF_CHECK), CHECKED, 3)
    return made.pictures, made.scores, made.shots


def task() -> EarTask:
    """What ``lamplighter models train gunshot`` trains."""
    return EarTask()
