"""What is special to pose-single."""

from __future__ import annotations

from models.recipes.movenet.calibrate import crops
from models.recipes.movenet.pose import SINGLE, Pose

POSE = Pose(
    name="pose-single",
    network=SINGLE,
    model="movenet-lightning.json",
    pictures=crops,
    golden=(
        (5, 456, 151, 98, 98),
        (45, 342, 166, 102, 102),
        (60, 572, 224, 136, 136),
        (75, 536, 189, 119, 119),
        (80, 528, 178, 115, 115),
        (90, 340, 168, 99, 99),
        (95, 538, 152, 108, 108),
        (100, 345, 170, 96, 96),
    ),
)
"""The golden parts show people with 13 keypoints or more, among them those on which 8 bits stay closest to the reference: a
picture in which a keypoint is about to jump to the other leg says nothing about faults."""
