"""The network, for training: features at strides 4 to 32, summed from above (Lin and others, 2017), one head at stride 4.

Rule: every name here is read again by ``export``.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

from models.recipes.plate_detector.shape import OUTPUTS, STAGES, STEM, SUMS

_RARE = -4.6
"""Logit of 1%: before training a cell is a plate as rarely as in a scene, and the many empty cells do not shake the weights."""


class _Conv(nn.Sequential):
    def __init__(self, inside: int, outside: int, stride: int = 1, *, relu: bool = True) -> None:
        parts: list[nn.Module] = [
            nn.Conv2d(inside, outside, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outside),
        ]
        super().__init__(*parts, *([nn.ReLU(inplace=True)] if relu else []))


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _Conv(channels, channels)
        self.second = _Conv(channels, channels, relu=False)

    def forward(self, value: torch.Tensor) -> torch.Tensor:
        return functional.relu(value + self.second(self.first(value)))


class Network(nn.Module):
    """Plate detector.

    Takes float32 (n, 3, height, width), RGB from 0 to 255; gives float32 (n, 9, height / 4, width / 4): logit of a plate's
    middle, then x and y of its corners from the middle of the cell, as asinh of a quarter of the pixels.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(_Conv(3, STEM[0], 2), _Conv(STEM[0], STEM[1], 2))
        widths = (STEM[1], *STAGES)
        self.stages = nn.ModuleList(nn.Sequential(_Conv(a, b, 2), _Residual(b)) for a, b in pairwise(widths))
        above = (STAGES[-1], *SUMS[:-1])
        self.down = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in zip(above, SUMS, strict=True))
        self.across = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in zip(widths[-2::-1], SUMS, strict=True))
        self.mixed = nn.ModuleList(_Conv(width, width) for width in SUMS)
        self.head = nn.Conv2d(SUMS[-1], OUTPUTS, 1)
        with torch.no_grad():
            self.head.bias.zero_()
            self.head.bias[0] = _RARE

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """See the class."""
        value = self.stem(pictures / 128 - 1)
        features = [value]
        for stage in self.stages:
            value = stage(value)
            features.append(value)
        for down, across, mixed, feature in zip(self.down, self.across, self.mixed, features[-2::-1], strict=True):
            above = functional.interpolate(down(value), scale_factor=2, mode="nearest")
            value = mixed(across(feature) + above)
        result: torch.Tensor = self.head(value)
        return result
