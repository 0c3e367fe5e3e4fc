"""From a part of a picture to a model's input."""

from __future__ import annotations

import av
import cv2
import numpy as np
import pytest

from edge.capture.file import FilePort
from edge.infer.prepare import Preparer
from edge.region import Region, Size
from tests.edge.capture.clips import SQUARE


@pytest.mark.parametrize("region", [Region(0, 0, 768, 576), Region(100, 150, 256, 256), Region(511, 319, 257, 257)])
@pytest.mark.parametrize("size", [Size(300, 300), Size(301, 299)])
def test_it_looks_like_colouring_first_and_scaling_afterwards(region: Region, size: Size) -> None:
    picture = next(FilePort(str(SQUARE)).pictures())
    image = Preparer(size).prepare((picture.y, picture.u, picture.v), region)
    with av.open(str(SQUARE)) as container:
        whole = next(container.decode(video=0)).to_ndarray(format="rgb24")
    cut = whole[region.top : region.bottom, region.left : region.right]
    expected = cv2.resize(cut, (size.width, size.height), interpolation=cv2.INTER_LINEAR)
    assert image.shape == (1, size.height, size.width, 3)
    difference = np.abs(image[0].astype(int) - expected.astype(int))
    assert difference.mean() < 4.0
    assert np.abs((image[0].astype(int) - expected.astype(int)).mean(axis=(0, 1))).max() < 2.0


@pytest.mark.parametrize(
    ("yuv", "rgb"),
    [
        ((16, 128, 128), (0, 0, 0)),
        ((235, 128, 128), (255, 255, 255)),
        ((81, 90, 240), (254, 0, 0)),  # BT.601 red
        ((41, 240, 110), (0, 0, 255)),
    ],
)
def test_colours_are_bt601_in_video_range(yuv: tuple[int, int, int], rgb: tuple[int, int, int]) -> None:
    y = np.full((64, 64), yuv[0], np.uint8)
    u, v = (np.full((32, 32), value, np.uint8) for value in yuv[1:])
    image = Preparer(Size(16, 16)).prepare((y, u, v), Region(0, 0, 64, 64))
    assert image[0, 8, 8].tolist() == pytest.approx(rgb, abs=3)
