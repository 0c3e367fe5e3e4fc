"""Random cameras over a plane: what is before them, and calibrations as a person would click them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edge.analytics.ground.homography import Floats, apply
from protocol.config import Calibration, GroundPoint

Random = np.random.Generator


@dataclass(frozen=True)
class Camera:
    """A pinhole over the plane z = 0."""

    matrix: Floats
    """(3, 3) from metres to pixels."""
    size: tuple[int, int]
    pixels: Floats
    """(m, 2) places all over the ground that it sees, at most six of its heights and ten metres away."""
    metres: Floats

    def calibration(self, chosen: list[int], random: Random, noise_px: float = 3.0, sigma_px: float = 3.0) -> Calibration:
        """These places, clicked with noise."""
        clicked = self.pixels[chosen] + random.normal(0, noise_px, (len(chosen), 2))
        points = np.clip(clicked / np.array(self.size), 0, 1).tolist()
        pairs = zip(points, self.metres[chosen].tolist(), strict=True)
        return Calibration(tuple(GroundPoint((u, v), (x, y)) for (u, v), (x, y) in pairs), self.size, sigma_px)

    def spread(self, n: int, random: Random) -> list[int]:
        """Places far from one another, one after the other, not quite the farthest."""
        chosen = [int(random.integers(len(self.pixels)))]
        while len(chosen) < n:
            away = np.linalg.norm(self.pixels[:, None] - self.pixels[chosen][None], axis=2).min(axis=1)
            chosen.append(int((away * random.uniform(0.5, 1, len(away))).argmax()))
        return chosen


def camera(random: Random) -> Camera:
    """Of 640 to 1920 pixels, 3 to 12 m up, 10 to 55 degrees down, on a ground whose frame lies anyhow."""
    while True:
        width = int(random.choice([640, 768, 1280, 1920]))
        height = int(width * random.choice([0.5625, 0.75]))
        focal, up = width * random.uniform(0.6, 1.6), random.uniform(3, 12)
        tilt, pan, roll = np.radians(random.uniform(10, 55)), random.uniform(0, 2 * np.pi), np.radians(random.normal(0, 2))
        ahead = np.array([np.cos(pan) * np.cos(tilt), np.sin(pan) * np.cos(tilt), -np.sin(tilt)])
        right = np.array([np.sin(pan), -np.cos(pan), 0.0])
        down = np.cross(ahead, right)
        axes = np.stack([np.cos(roll) * right + np.sin(roll) * down, np.cos(roll) * down - np.sin(roll) * right, ahead])
        place = np.array([random.uniform(-20, 20), random.uniform(-20, 20), up])
        whole = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]]) @ axes
        matrix = np.column_stack([whole[:, 0], whole[:, 1], -whole @ place])
        pixels = random.uniform(0.03, 0.97, (400, 2)) * [width, height]
        back = np.linalg.inv(matrix)
        metres = apply(back * np.sign(back[2] @ [width / 2, height * 0.97, 1]), pixels)
        near = np.hypot(*(metres - place[:2]).T) < 6 * up + 10
        if near.sum() >= 60:
            return Camera(matrix, (width, height), pixels[near], metres[near])
