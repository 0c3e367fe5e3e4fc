"""Whether a camera shakes: its landmarks go to and fro together. Pure.

Rules: their way since a picture of some seconds ago is the median of what each has gone (optical flow; Lucas and Kanade, 1981,
in the pyramids of Bouguet), so that whoever walks before some of them is outvoted; phase correlation of whole pictures erred
by up to 1.4 small pixels with people, this by 0.05. A camera that is turned goes once and does not come back: that is no
shaking. The picture that is compared with is in memory, for eight seconds and a look.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np

from edge.capture.faults import Fault, FaultCode
from edge.capture.port import Plane
from edge.capture.scene.landmarks import LEAST, Points
from edge.capture.scene.lasting import Lasting

SHAKING_S, FIRM_S = 5.0, 5.0
"""How long it must last: a lorry that goes by shakes a pole for two or three seconds."""
SPAN_S = 5.0
"""Over which ways are compared, before that."""
_ANCHOR_S = 8.0
"""Pictures are in memory for ten seconds at most."""
_POINTS = 24
_LIKE = 20.0
"""Mean difference of grey levels around a landmark that was followed; more, and it is something else."""
_TOGETHER_PX, _MOST = 1.0, 0.5
"""What goes together: more than half of the landmarks, to a pixel."""
_LOOKS = 8
"""Ways without which nothing can be said."""
_LOOSE_PX, _FIRM_PX = 0.7, 0.35
"""Standard deviation of the way, small pixels: a swing of 4 and of 2 pixels to either side in 768. People in motion, noise and
exposure make 0.05."""
_TURNS = 2
"""Changes of direction among them that make it a swing: a camera that is turned, or pushed and let go, makes one at most."""


@dataclass(frozen=True)
class _Anchor:
    """What is compared with."""

    at_s: float
    picture: Plane
    points: Points
    way: tuple[float, float]
    """Where the view was in it."""


class Shaking:
    """Of one view.

    Attributes:
        trembles: whether it shook lately, told or not: sharpness means nothing meanwhile.
        fault: what stands.
    """

    def __init__(self) -> None:
        self.trembles = False
        self.fault: Fault | None = None
        self._shaking = Lasting(SHAKING_S, FIRM_S)
        self._anchor: _Anchor | None = None
        self._ways: deque[tuple[float, float, float]] = deque()
        """Times, and where the view was, small pixels."""

    def look(self, small: Plane, landmarks: Points, at_s: float) -> None:
        """Take one picture.

        Args:
            small: (height, width), as it is.
            landmarks: (n, 2), where what stands still is, small pixels.
            at_s: seconds in the stream.
        """
        way = self._way(small)
        if way is None:
            self.forget()
        else:
            self._ways.append((at_s, *way))
        if self._anchor is None or not 0 <= at_s - self._anchor.at_s < _ANCHOR_S:
            self._anchor = None
            few = landmarks[:: max(1, len(landmarks) // _POINTS)][:_POINTS]
            if len(few) >= LEAST:
                self._anchor = _Anchor(at_s, small.copy(), few.astype(np.float32), way or (0.0, 0.0))
        while self._ways and at_s - self._ways[0][0] > SPAN_S:
            self._ways.popleft()
        if len(self._ways) >= _LOOKS:
            self._judge(small.shape[1], at_s)

    def forget(self) -> None:
        """Let go of the picture that is compared with."""
        self._anchor, self.trembles = None, False
        self._ways.clear()

    def _way(self, small: Plane) -> tuple[float, float] | None:
        """Where the view is, small pixels; ``None`` without anything to compare with, and where it is another view."""
        if self._anchor is None:
            return None
        points = self._anchor.points
        now, found, errors = cv2.calcOpticalFlowPyrLK(
            self._anchor.picture, small, points, points.copy(), winSize=(11, 11), maxLevel=2
        )
        ways = (now - points)[(found.ravel() == 1) & (errors.ravel() <= _LIKE)]
        if len(ways) < LEAST:
            return None
        x, y = np.median(ways, axis=0).tolist()
        if (np.hypot(*(ways - [x, y]).T) <= _TOGETHER_PX).mean() <= _MOST:
            return None
        return self._anchor.way[0] + x, self._anchor.way[1] + y

    def _judge(self, width: int, at_s: float) -> None:
        ways = np.array(self._ways)[:, 1:]
        axis = int(np.argmax(ways.std(axis=0)))
        spread = float(ways[:, axis].std())
        steps = np.diff(ways[:, axis])
        steps = steps[np.abs(steps) > _FIRM_PX]
        swings = int((np.sign(steps[1:]) != np.sign(steps[:-1])).sum()) >= _TURNS
        self.trembles = spread > _LOOSE_PX and swings
        if not self._shaking.judge(worse=self.trembles, better=spread < _FIRM_PX, at_s=at_s):
            self.fault = None
        elif self.fault is None:
            part = spread * np.sqrt(2) / width
            self.fault = Fault(
                FaultCode.SHAKING, f"swings by {part:.1%} of its width to either side; fasten camera, arm and pole"
            )
