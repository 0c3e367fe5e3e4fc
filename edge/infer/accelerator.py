"""What the agent needs from an accelerator: load a compiled model, run it on one input.

Rules: an accelerator lives in a process of its own and is used by one thread; it may hang or die and take nothing with it; what
it cannot do it refuses with :class:`AcceleratorError`, whose message says what to do.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, Protocol

import numpy.typing as npt

Tensor = npt.NDArray[Any]


class AcceleratorError(Exception):
    """The accelerator cannot do what was asked."""


class Network(Protocol):
    """A compiled model on an accelerator."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs, in the order in which :meth:`run` gives them."""

    def run(self, image: npt.NDArray[Any]) -> tuple[Tensor, ...]:
        """Run the model on one input.

        Args:
            image: of the shape and type that the bundle's manifest says (:func:`models.bundle.boxes.fed`).

        Returns:
            The outputs, in the order of :attr:`outputs`.

        Raises:
            AcceleratorError: when the device refuses.
        """


class Accelerator(Protocol):
    """A device that runs models."""

    def load(self, model: bytes, name: str) -> Network:
        """Load a compiled model.

        Args:
            model: the file's content, which agrees with its manifest.
            name: of the file, for messages.

        Raises:
            AcceleratorError: when the file is not a model for this device.
        """


def make(entry: str) -> Accelerator:
    """Make an accelerator from ``package.module:Class``, which is called without arguments."""
    module, _, name = entry.partition(":")
    factory: Callable[[], Accelerator] = getattr(importlib.import_module(module), name)
    return factory()
