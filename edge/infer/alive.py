"""Signs of life while a model is loaded: a large one on a small board takes long, and one that hangs gives none."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy.typing as npt

from edge.infer.accelerator import Accelerator, Network, Tensor

EVERY_S = 0.5
"""Between two signs at least: most models are ready before the first."""


class Alive:
    """An accelerator that gives signs of life between the steps of a load: opening a model, each look of it.

    Args:
        accelerator: runs the models.
        sign: gives a sign.

    Attributes:
        loading: whether signs are wanted.
    """

    def __init__(self, accelerator: Accelerator, sign: Callable[[], None]) -> None:
        self._accelerator, self._sign = accelerator, sign
        self._signed_s = 0.0
        self.loading = False

    def begin(self) -> None:
        """A model is about to be loaded."""
        self.loading, self._signed_s = True, time.monotonic()

    def load(self, model: bytes, name: str) -> Network:
        """See :class:`edge.infer.accelerator.Accelerator`."""
        network = self._accelerator.load(model, name)
        self.step()
        return _AliveNetwork(network, self)

    def step(self) -> None:
        """A step is done."""
        if self.loading and (now_s := time.monotonic()) - self._signed_s >= EVERY_S:
            self._signed_s = now_s
            self._sign()


class _AliveNetwork:
    """A model of such an accelerator."""

    def __init__(self, network: Network, alive: Alive) -> None:
        self._network, self._alive = network, alive

    @property
    def outputs(self) -> tuple[str, ...]:
        """See :class:`edge.infer.accelerator.Network`."""
        return self._network.outputs

    def run(self, image: npt.NDArray[Any]) -> tuple[Tensor, ...]:
        """See :class:`edge.infer.accelerator.Network`."""
        outputs = self._network.run(image)
        self._alive.step()
        return outputs
