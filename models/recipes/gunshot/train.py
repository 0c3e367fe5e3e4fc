"""How the network is trained: it says what the teacher says, of anything that can be heard in a street and of much else.

Rules: labels of the simulation are never taught: what it calls a shot, the teacher may hear as a firework, and what the teacher
hears is what came from the world. Scenes of the check are drawn apart, and recordings of free packages that the check plays are
played in training too: what it measures is how well the student follows its teacher, not how well either hears.
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
from models.recipes.gunshot.network import Ear
from models.recipes.gunshot.drawn import SCENES, WINDOWS, shard
from models.recipes.gunshot.sample import backgrounds, draw_samples
from models.recipes.gunshot.shape import FIRST_TAUGHT, LABELS
from models.recipes.gunshot.teacher import teacher
from models.synthesis.sound.recordings import check_packages

SHARDS = 400
"""240,000 windows; each is learned from some ten times."""
BATCH_SHARDS, BATCH_WINDOWS = 4, 32
"""A batch: so many windows of each of so many shards."""
PLAN = Plan(steps=20_000, rate=2e-3, decay=0.02)
CHECKED = 160
SEED_OF_CHECK = 20_270
LABELS_WEIGHT, TAUGHT_WEIGHT = 20.0, 100.0
"""Of the mean over labels, and over all classes, most of which are silent in any window."""
LEAST_WEIGHT = 0.15
"""Of a window in which nothing is like a shot, where one is sure to hear one: 1.15."""
SURE = 0.002
"""The teacher's scores are kept from 0 and 1 by this much: below, they are noise."""
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
        """Take pictures (n, 96, 64) and scores (n, TAUGHT) from shards, those in which a shot may be heard more often."""
        parts = [shard(int(number)) for number in random.integers(SHARDS, size=BATCH_SHARDS)]
        pictures, scores = [], []
        for shown, heard in parts:
            weights = LEAST_WEIGHT + heard[:, _PLACES].max(axis=1).astype(np.float64)
            rows = np.sort(random.choice(SCENES * WINDOWS, BATCH_WINDOWS, p=weights / weights.sum()))
            pictures.append(shown[rows].astype(np.float32))
            scores.append(heard[rows].astype(np.float32))
        return np.concatenate(pictures), np.concatenate(scores)

    def loss(self, network: nn.Module, tensors: tuple[torch.Tensor, ...], done: float) -> tuple[torch.Tensor, dict[str, float]]:
        """Cross-entropy with the teacher's scores, of the labels and of everything."""
        del done
        pictures, scores = tensors
        labels, taught = _ear(network).all(pictures[:, None])
        scores = scores.clamp(SURE, 1 - SURE)
        own = functional.binary_cross_entropy_with_logits(labels, scores[:, _PLACES])
        every = functional.binary_cross_entropy_with_logits(taught, scores)
        return LABELS_WEIGHT * own + TAUGHT_WEIGHT * every, {"labels": float(own.detach()), "taught": float(every.detach())}

    def check(self, network: nn.Module) -> dict[str, float]:
        """How far the student is from its teacher on scenes drawn apart."""
        pictures, scores = _checked()
        with torch.no_grad():
            found = torch.cat([torch.sigmoid(network(part[:, None])) for part in pictures.split(64)])
        wanted = scores[:, _PLACES]
        gunshot = LABELS.index("gunshot")
        pair = torch.stack([found[:, gunshot], wanted[:, gunshot]])
        return {
            "error": float((found - wanted).abs().mean()),
            "gunshot_error": float((pair[0] - pair[1]).abs().mean()),
            "gunshot_correlation": float(torch.corrcoef(pair)[0, 1]),
            "heard": float((wanted[:, gunshot] > 0.3).float().mean()),
        }


def _ear(network: nn.Module) -> Ear:
    if not isinstance(network, Ear):
        msg = f"trains an Ear, not {type(network).__name__}"
        raise TypeError(msg)
    return network


@functools.cache
def _checked() -> tuple[torch.Tensor, torch.Tensor]:
    pictures, scores = draw_samples(np.random.default_rng(SEED_OF_CHECK), CHECKED, 3)
    return torch.from_numpy(pictures), torch.from_numpy(scores)


def task() -> EarTask:
    """What ``lamplighter models train gunshot`` trains."""
    return EarTask()
