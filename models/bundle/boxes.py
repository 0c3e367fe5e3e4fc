"""Detectors of objects as boxes: what each is fed, and how its outputs become detections, as its manifest says. Pure numpy.

Rules: pictures come as uint8 (1, height, width, 3), RGB, of the input's size; colours, layout and scale are the model's own
affair; classes that the bundle's labels do not name never leave this module.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from models.bundle import yolox
from models.bundle.bundle import BundleError
from models.bundle.detections import Detections, Floats, Window, decode
from protocol.manifest import Input, Manifest

DECODERS = ("boxes-and-scores", "yolox")
"""Ways of giving boxes that are read here."""


def fed(its: Input, image: npt.NDArray[np.uint8]) -> npt.NDArray[Any]:
    """Make a network's input of a picture, uint8 (1, height, width, 3), RGB."""
    values: npt.NDArray[Any] = image[..., ::-1] if its.colour == "BGR" else image
    if its.layout == "NCHW":
        values = values.transpose(0, 3, 1, 2)
    values = np.ascontiguousarray(values, its.dtype)
    if any(its.mean) or set(its.deviation) != {1.0}:
        shape = (1, 3, 1, 1) if its.layout == "NCHW" else (1, 1, 1, 3)
        values -= np.array(its.mean, np.float32).reshape(shape)
        values /= np.array(its.deviation, np.float32).reshape(shape)
    return values


class BoxReader:
    """Reads the outputs of a bundle's network.

    Args:
        manifest: of the bundle.

    Raises:
        BundleError: when its decoder gives no boxes, or a label is no class of the network.
    """

    def __init__(self, manifest: Manifest) -> None:
        self._decoder, self._labels = manifest.output.decoder, len(manifest.labels)
        self._size = (manifest.input.width, manifest.input.height)
        if self._decoder not in DECODERS:
            msg = f"{manifest.name}: {self._decoder} gives no boxes; {' or '.join(DECODERS)} does"
            raise BundleError(msg)
        classes = manifest.output.classes
        self._count = None if classes else len(yolox.COCO)
        needed = classes or self._decoder == "yolox"
        self._columns = yolox.columns(manifest.labels, classes) if needed else None

    def answers(self, outputs: Sequence[npt.NDArray[Any]]) -> tuple[Floats, ...]:
        """What golden vectors hold of the outputs, which come in the decoder's order.

        Raises:
            BundleError: when they have another shape than the manifest promises.
        """
        if self._decoder == "yolox" and self._columns is not None:
            scores, boxes = yolox.heads(outputs[0], self._columns, self._size, self._count)
            return (np.concatenate([boxes, scores], axis=1),)
        try:
            boxes = outputs[1].reshape(-1, 4)
            scores = outputs[0].reshape(len(boxes), -1)
        except ValueError:
            shapes = " and ".join(str(output.shape) for output in outputs)
            msg = f"the model gives {shapes}, not scores and boxes of the same places; the manifest names other outputs"
            raise BundleError(msg) from None
        columns = self._columns
        if columns is None and scores.shape[1] == self._labels:
            return scores, boxes
        if columns is None or scores.shape[1] <= max(max(each) for each in columns):
            there = f"the model gives {scores.shape[1]} classes, the manifest has {self._labels} labels"
            msg = f"{there}; say in output.classes which"
            raise BundleError(msg)
        return yolox.picked(scores, columns), boxes

    def parts(self, answers: tuple[Floats, ...]) -> tuple[Floats, Floats]:
        """Scores (n, labels) and boxes (n, 4) of what :meth:`answers` gave."""
        scores, boxes = yolox.apart(answers[0]) if self._decoder == "yolox" else answers
        return scores, boxes

    def detections(self, answers: tuple[Floats, ...], lens: Window, thresholds: Floats) -> Detections:
        """Detections, before suppression, of what :meth:`answers` gave; ``lens`` is what the whole input shows."""
        return decode(*self.parts(answers), lens, thresholds)
