"""What is special to pose-multi."""

from __future__ import annotations

from models.recipes.movenet.calibrate import crops_and_regions
from models.recipes.movenet.pose import MULTI, Pose

POSE = Pose(
    name="pose-multi",
    network=MULTI,
    model="movenet-multipose.json",
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
