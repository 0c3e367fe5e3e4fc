"""The reader's network: a plain convolutional network that keeps columns and folds rows.

Rules: the crop is standardised before the first convolution, so that the values that 8-bit arithmetic must span are the same
by day and by night; only convolutions, batch norm and rectifiers follow, which every accelerator has; the last layers have a
group for each line of the plate, so that lines are found without being asked for.
"""

from __future__ import annotations

import torch
from torch import nn

from models.bundle.reading import ALPHABET
from models.recipes.plate_reader.shape import FLOOR, HEAD, LINES, SPAN, STEM


def standardise(pictures: torch.Tensor) -> torch.Tensor:
    """Turn RGB (n, 3, height, width) of 0 to 255 into values of mean 0 and deviation 1 over each crop, all colours together."""
    mean = pictures.mean(dim=(1, 2, 3), keepdim=True)
    deviation = ((pictures - mean) ** 2).mean(dim=(1, 2, 3), keepdim=True).sqrt()
    return ((pictures - mean) / (deviation + FLOOR)).clamp(-SPAN, SPAN)


def _layer(
    before: int,
    after: int,
    stride: tuple[int, int] = (1, 1),
    pad: tuple[int, int] = (1, 1),
) -> nn.Sequential:
    convolution = nn.Conv2d(before, after, (3, 3), stride, pad, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.ReLU(inplace=True))


def _along(channels: int) -> nn.Sequential:
    """Along a line, each line apart."""
    convolution = nn.Conv2d(channels, channels, (1, 5), padding=(0, 2), groups=LINES, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(channels), nn.ReLU(inplace=True))


class Reader(nn.Module):
    """From crops (n, 3, 48, 144), float 0 to 255, to logits (n, LINES, classes, COLUMNS)."""

    def __init__(self) -> None:
        super().__init__()
        a, b, c, d, e = STEM
        wide = LINES * HEAD
        self.stem = nn.Sequential(
            _layer(3, a, stride=(2, 2)),
            _layer(a, b),
            _layer(b, c, stride=(2, 2)),
            _layer(c, c),
            _layer(c, d, stride=(2, 1)),
        )
        self.residual = nn.Sequential(
            _layer(d, d), nn.Sequential(nn.Conv2d(d, d, (3, 3), padding=(1, 1), bias=False), nn.BatchNorm2d(d))
        )
        self.fold = nn.Sequential(_layer(d, e, stride=(2, 1)), _layer(e, wide, pad=(0, 1)))
        self.context = nn.Sequential(_along(wide), _along(wide))
        self.drop = nn.Dropout2d(0.1)
        self.classes = nn.Conv2d(wide, LINES * (len(ALPHABET) + 1), 1, groups=LINES)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Read."""
        seen = self.stem(standardise(pictures))
        seen = torch.relu(seen + self.residual(seen))
        logits = self.classes(self.drop(self.context(self.fold(seen))))
        return logits[:, :, 0].unflatten(1, (LINES, len(ALPHABET) + 1))
