"""How the reader is trained: first where characters stand, which the renderer knows, then what is read in the end.

Rules: pictures are rendered, never photographed; what is checked on the way is drawn with alphabets that training never sees.
"""

from __future__ import annotations

import functools

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from models.bundle.reading import read_greedily
from models.factory.training import Plan
from models.recipes.plate_reader.network import Reader
from models.recipes.plate_reader.sample import Sample, draw_samples
from models.recipes.plate_reader.shape import COLUMNS, LINES
from models.synthesis.glyphs import check_fonts
from protocol.plates import fold

BATCH = 64
SHOTS = 2
"""Pictures of each plate in a batch."""
FILMED = 0.5
"""Share of pictures out of streams; the rest are of cameras that send JPEG, and of photographs."""
PLAN = Plan(steps=22_000, rate=3e-3)
"""1.4 million crops."""
CONTINUED = Plan(steps=7_000, rate=1.5e-3, seed=3, behind=0.5, kept=0.5)
"""450,000 more, when what is drawn has changed: places were learned, and a larger rate would forget them."""
PLACES_ALONE = 0.05
"""Share of training in which only the places of characters count: from them the network learns to see within minutes."""
PLACES_LATER = 0.3
"""Weight of places in the second half, when the whole number counts more."""
CHECKED = 512
SEED_OF_CHECK = 20_260


class ReaderTask:
    """The task, as the factory's training asks for it."""

    def network(self) -> nn.Module:
        """Return the reader, untrained.

        Raises:
            FontError: when typefaces that plates are drawn with are not installed.
        """
        check_fonts("train", "evaluate")
        return Reader()

    def batch(self, random: np.random.Generator) -> tuple[np.ndarray, ...]:
        """Draw crops uint8 (n, height, width, 3), columns, classes and lengths."""
        samples = draw_samples(random, BATCH // SHOTS, SHOTS, filmed=FILMED)
        return (
            np.stack([sample.picture for sample in samples]),
            np.stack([sample.columns for sample in samples]),
            np.stack([sample.classes for sample in samples]),
            np.array([sample.length for sample in samples]),
        )

    def loss(self, network: nn.Module, tensors: tuple[torch.Tensor, ...], done: float) -> tuple[torch.Tensor, dict[str, float]]:
        """Cross-entropy of columns, and later the likelihood of the whole number."""
        pictures, columns, classes, lengths = tensors
        logits = network(_planes(pictures))
        scores = logits.log_softmax(dim=2)
        places = functional.nll_loss(scores.transpose(1, 2).contiguous(), columns)
        if done < PLACES_ALONE:
            return places, {"places": float(places.detach())}
        whole = scores.permute(1, 3, 0, 2).reshape(LINES * COLUMNS, len(pictures), -1)
        steps = torch.full_like(lengths, LINES * COLUMNS)
        number = functional.ctc_loss(whole, classes, steps, lengths, zero_infinity=True)
        loss = (1.0 if done < 0.5 else PLACES_LATER) * places + 0.5 * number  # noqa: PLR2004 - the second half
        return loss, {"places": float(places.detach()), "number": float(number.detach())}

    def check(self, network: nn.Module) -> dict[str, float]:
        """Share of whole numbers read right among rendered crops with unseen alphabets, in all and by kind of plate."""
        samples = _checked()
        right: list[bool] = []
        with torch.no_grad():
            for start in range(0, len(samples), BATCH):
                part = samples[start : start + BATCH]
                pictures = torch.from_numpy(np.stack([sample.picture for sample in part]))
                scores = (
                    network(_planes(pictures)).log_softmax(dim=2).permute(0, 1, 3, 2).reshape(len(part), LINES * COLUMNS, -1)
                )
                found = [read_greedily(scores_of_one).text for scores_of_one in scores.numpy()]
                right.extend(fold(text) == fold(sample.text) for text, sample in zip(found, part, strict=True))
        groups = {
            "all": [True] * len(samples),
            "belgian": [sample.series.startswith("be-") for sample in samples],
            "american": [sample.series.startswith("us-") for sample in samples],
            "bare": [sample.rows == 0 for sample in samples],
            "two_rows": [sample.rows == LINES for sample in samples],
        }
        return {name: float(np.mean(np.array(right)[np.array(group)])) for name, group in groups.items() if any(group)}


def _planes(pictures: torch.Tensor) -> torch.Tensor:
    return pictures.permute(0, 3, 1, 2).float().contiguous(memory_format=torch.channels_last)


@functools.cache
def _checked() -> list[Sample]:
    return draw_samples(np.random.default_rng(SEED_OF_CHECK), CHECKED, 1, "evaluate")


def task() -> ReaderTask:
    """What ``lamplighter models train plate-reader`` trains."""
    return ReaderTask()
