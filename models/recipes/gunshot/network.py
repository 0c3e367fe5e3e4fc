"""The network: plain convolutions over the picture of a window, then what is heard in it anywhere.

Rules: nothing but convolutions, batch norm and rectifiers before the last layers, which every accelerator has; the second head,
with the teacher's other classes, exists in training alone: whoever tells a dog from a drum knows better what a shot is not.
"""

from __future__ import annotations

import torch
from torch import nn

from models.bundle.gunshot import BANDS, FRAMES
from models.recipes.gunshot.shape import FEATURES, LABELS, LAYERS, MIDDLE, SPREAD, TAUGHT


def _layer(before: int, after: int, size: int, stride: int) -> nn.Sequential:
    convolution = nn.Conv2d(before, after, size, stride, size // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.ReLU(inplace=True))


class Ear(nn.Module):
    """From pictures (n, 1, 96, 64) to logits (n, labels)."""

    def __init__(self) -> None:
        super().__init__()
        layers, before = [], 1
        for after, size, stride in LAYERS:
            layers.append(_layer(before, after, size, stride))
            before = after
        self.layers = nn.Sequential(*layers)
        self.mix = nn.Sequential(nn.Linear(2 * before, FEATURES), nn.ReLU(inplace=True))
        self.drop = nn.Dropout(0.1)
        self.labels = nn.Linear(FEATURES, len(LABELS))
        self.taught = nn.Linear(FEATURES, TAUGHT)

    def features(self, pictures: torch.Tensor) -> torch.Tensor:
        """Everything that the heads are told: (n, FEATURES)."""
        seen = self.layers((pictures - MIDDLE) / SPREAD)
        found: torch.Tensor = self.mix(torch.cat([seen.mean(dim=(2, 3)), seen.amax(dim=(2, 3))], dim=1))
        return found

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Hear: what devices run."""
        if pictures.shape[2:] != (FRAMES, BANDS):
            msg = f"a picture is {FRAMES} x {BANDS}, not {tuple(pictures.shape[2:])}"
            raise ValueError(msg)
        logits: torch.Tensor = self.labels(self.features(pictures))
        return logits

    def all(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of the labels and of all that is taught."""
        found = self.drop(self.features(pictures))
        return self.labels(found), self.taught(found)
