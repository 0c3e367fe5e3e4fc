"""The usual small detector as a peer of ours: it sees the same people, in the picture's own pixels wherever it looked."""

from __future__ import annotations

from models.bundle.detections import Window, pairwise_iou
from models.recipes.person_vehicle_fast import judge
from tests.models.data import needed


def test_the_peer_answers_in_pixels_of_the_whole_picture() -> None:
    (peer,) = judge.peers().values()
    look = peer(needed(str(judge.YOLOX)).parents[1])
    _, rgb = next(judge.frames())
    height, width = rgb.shape[:2]
    whole = look(rgb, Window(0, 0, width, height, width, height))
    left, top, w, h = 300, 100, 468, 400
    part = look(rgb[top : top + h, left : left + w], Window(left, top, w, h, width, height))
    sure = whole.select(whole.scores > 0.6)
    inside = sure.select((sure.boxes[:, 0] > left + 5) & (sure.boxes[:, 1] > top + 5) & (sure.boxes[:, 3] < top + h - 5))
    assert len(inside) >= 3
    assert (pairwise_iou(inside.boxes, part.boxes).max(axis=1) > 0.7).all()
