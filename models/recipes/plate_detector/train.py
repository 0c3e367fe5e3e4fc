"""Training: scenes drawn as they are needed, none twice, through the factory's loop.

``lamplighter models train plate-detector`` begins, or goes on from the checkpoint in that folder; the averaged
weights lie there at the end (``weights.npz``) and are copied beside this file.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from models.bundle.corners import LARGEST_OFFSET, STRIDE, Plates, Region, decode
from models.factory.training import Plan
from models.recipes.plate_detector.network import Network
from models.recipes.plate_detector.shape import HEIGHT, WIDTH
from models.recipes.plate_detector.targets import LEFT_OUT, OFFSETS, SCORE, SIZE, target
from models.synthesis.material import Material
from models.synthesis.recording import Scene, draw_scene, record
from models.synthesis.scene import compose

COMPOSITIONS, RECORDINGS = 6, 3
"""A batch is so many scenes, each recorded so often: drawing costs more than recording."""
STEPS = 10_000
"""180,000 pictures."""
PLAN = Plan(steps=STEPS, rate=2e-3, decay=0.02, warm_up=300, average=0.9995, clip=5.0)
CHECKED = 160
"""Scenes of the evaluation split that are measured at each checkpoint."""
CORNERS_WEIGHT = 1.0
LEAST_SIZE = 6.0
"""Pixels; errors of corners are measured in plate widths and heights, but of no smaller plate."""


class PlateDetector:
    """The task, as the factory's training takes it."""

    def network(self) -> nn.Module:
        """A network, untrained."""
        return Network()

    def batch(self, random: np.random.Generator) -> tuple[np.ndarray, ...]:
        """Pictures uint8 (n, height, width, 3) and targets float32 (n, 12, height / 4, width / 4)."""
        material = Material("train")
        scenes: list[Scene] = []
        for _ in range(COMPOSITIONS):
            composition = compose(random, material, WIDTH, HEIGHT)
            scenes += [record(random, composition, WIDTH, HEIGHT) for _ in range(RECORDINGS)]
        return np.stack([scene.picture for scene in scenes]), np.stack([target(scene) for scene in scenes])

    def loss(self, network: nn.Module, tensors: tuple[torch.Tensor, ...], done: float) -> tuple[torch.Tensor, dict[str, float]]:
        """Quality focal loss of the score (Li and others, 2020), L1 of the corners in widths and heights of the plate."""
        del done  # the same from first to last
        pictures, targets = tensors
        answer = network(_planes(pictures))
        wanted = targets[:, SCORE]
        logit = answer[:, 0]
        error = (wanted - logit.sigmoid()).detach().abs()
        cross = functional.binary_cross_entropy_with_logits(logit, wanted, reduction="none")
        counted = 1 - targets[:, LEFT_OUT]
        plates = wanted.sum().clamp(min=1)
        score = (error**2 * cross * counted).sum() / plates * 4
        steps = STRIDE * torch.sinh(answer[:, 1:].clamp(-LARGEST_OFFSET, LARGEST_OFFSET))
        size = targets[:, SIZE].clamp(min=LEAST_SIZE).repeat(1, 4, 1, 1)
        off = functional.smooth_l1_loss(steps / size, targets[:, OFFSETS] / size, reduction="none", beta=0.05).mean(dim=1)
        corners = (off * wanted).sum() / plates * 8
        return score + CORNERS_WEIGHT * corners, {"score": float(score.detach()), "corners": float(corners.detach())}

    def check(self, network: nn.Module) -> dict[str, float]:
        """Recall, false boxes a picture and error of corners on scenes of the evaluation split, at a score of one half."""
        hits = plates = false = 0
        errors: list[float] = []
        for scene in _checked():
            found = found_by(network, scene.picture)
            for at, quad in enumerate(scene.corners):
                plates += 1
                overlaps = [_box_iou(quad, other) for other in found.corners]
                best = int(np.argmax(overlaps)) if overlaps else -1
                if best >= 0 and overlaps[best] >= 0.5:  # noqa: PLR2004 - the usual IoU
                    hits += 1
                    wide = float(np.linalg.norm(quad[1] - quad[0]))
                    errors.append(float(np.abs(found.corners[best] - scene.corners[at]).mean()) / wide)
            known = [*scene.corners, *scene.unclear]
            false += sum(all(_box_iou(quad, other) < 0.3 for other in known) for quad in found.corners)  # noqa: PLR2004 - near misses are no inventions
        return {
            "recall": hits / max(plates, 1),
            "false_per_picture": false / CHECKED,
            "corner_error": float(np.mean(errors)) if errors else 1.0,
        }


def found_by(network: nn.Module, picture: np.ndarray, threshold: float = 0.5) -> Plates:
    """Plates in one picture of the input's size."""
    with torch.no_grad():
        answer = network(_planes(torch.from_numpy(picture[None])))
    scores, offsets = answer[:, 0].sigmoid().numpy(), answer[:, 1:].numpy()
    return decode(scores, offsets, Region(0, 0, WIDTH, HEIGHT), threshold)


def _planes(pictures: torch.Tensor) -> torch.Tensor:
    return pictures.permute(0, 3, 1, 2).float().contiguous(memory_format=torch.channels_last)


@cache
def _checked() -> tuple[Scene, ...]:
    material = Material("evaluate")
    return tuple(draw_scene(np.random.default_rng([2, at]), material, WIDTH, HEIGHT) for at in range(CHECKED))


def _box_iou(first: np.ndarray, second: np.ndarray) -> float:
    low = np.maximum(first.min(axis=0), second.min(axis=0))
    high = np.minimum(first.max(axis=0), second.max(axis=0))
    shared = float(np.prod(np.maximum(high - low, 0)))
    whole = float(np.prod(np.ptp(first, axis=0)) + np.prod(np.ptp(second, axis=0))) - shared
    return shared / whole if whole > 0 else 0.0


def task() -> PlateDetector:
    """What ``lamplighter models train plate-detector`` trains."""
    return PlateDetector()
