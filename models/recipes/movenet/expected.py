"""What the 32-bit reference makes of people of frames 201-400: what the variants are judged by, kept beside each recipe.

There is no outside truth for poses here: what is measured is what quantisation costs, not how right MoveNet is. The reference
is too large to be kept, its answers are not. ``python -m models.recipes.movenet.expected NAME PACKAGE`` writes them anew.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.bundle.bundle import BundleError
from models.bundle.detections import Window
from models.bundle.keypoints import window_of
from models.factory.assemble import write_vectors
from models.factory.clip import frames
from models.factory.session import open_session
from models.factory.square import CLIP
from models.recipes.movenet.calibrate import REGION
from models.recipes.movenet.people import MEASURED, MEASURED_FRAMES, Picture, cut, known
from models.recipes.movenet.pose import Pose

NAME = "expected.npz"
CROPS, REGIONS = "person crops", f"{REGION}-pixel regions"
RECIPES = Path(__file__).parents[1]


def shown(pose: Pose) -> Iterator[tuple[int, str, Picture]]:
    """Yield number of the frame, condition, and what the network is shown: uint8 (1, side, side, 3), RGB."""
    boxes = known(MEASURED)
    for number, rgb in frames(CLIP, boxes, MEASURED_FRAMES[-1]):
        height, width = rgb.shape[:2]
        for box in boxes[number]:
            yield number, CROPS, cut(rgb, window_of(box, width, height), pose.network.side)
        for left, top, right, bottom in boxes[number][:1] if pose.several else ():
            x = min(max((left + right - REGION) // 2, 0), width - REGION)
            y = min(max((top + bottom - REGION) // 2, 0), height - REGION)
            yield number, REGIONS, cut(rgb, Window(x, y, REGION, REGION, width, height), pose.network.side)


def read_expected(pose: Pose) -> npt.NDArray[np.float32]:
    """The reference's poses for all that is shown, in order: float32 (n, ...)."""
    with np.load(_path(pose), allow_pickle=False) as archive:
        return np.asarray(archive["poses"], np.float32)


def check_made_by(pose: Pose, reference: Path) -> None:
    """Refuse answers of another reference.

    Raises:
        BundleError: saying how to make them anew.
    """
    with np.load(_path(pose), allow_pickle=False) as archive:
        made_by = bytes(archive["reference"]).hex()
    if made_by != hashlib.sha256(reference.read_bytes()).hexdigest():
        command = f"python -m models.recipes.movenet.expected {pose.name} PACKAGE"
        msg = f"{_path(pose)}: answers of another reference; make them anew: {command}"
        raise BundleError(msg)


def _path(pose: Pose) -> Path:
    return RECIPES / pose.name.replace("-", "_") / NAME


def main() -> None:
    """Write the answers."""
    from models.recipes.movenet.convert import convert  # noqa: PLC0415 - needs TensorFlow, which reading does not

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=["pose-single", "pose-multi"])
    parser.add_argument("package", type=Path, help="the npm package, unpacked")
    options = parser.parse_args()
    pose: Pose = importlib.import_module(f"models.recipes.{options.name.replace('-', '_')}.recipe").POSE
    reference = Path(f"{options.name}.fp32.onnx")
    convert(pose.network, options.package / "models" / pose.model, reference)
    session = open_session(reference)
    poses = np.stack([session.run(["poses"], {"image": picture})[0] for _, _, picture in shown(pose)])
    digest = np.frombuffer(hashlib.sha256(reference.read_bytes()).digest(), np.uint8)
    write_vectors(_path(pose), {"poses": poses.astype(np.float32), "reference": digest})
    reference.unlink()


if __name__ == "__main__":
    main()
