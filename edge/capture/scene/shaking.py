"""Whether a camera shakes: its landmarks go to and fro together. Pure.

Rules: their way since a picture of some seconds ago is the median of what each has gone (optical flow; Lucas and Kanade, 1981,
in the pyramids of Bouguet), so that whoever walks before some of them is outvoted; phase correlation of whole pictures erred by
up to 1.4 small pixels with people, this by 0.05. A camera that is turned goes once and does not come back: that is no shaking. The
picture that is compared with is in memory, for ten seconds at most.
"""

from __future__ import annotations

from collections import deque

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
_ANCHOR_S = 10.0
_POINTS = 24
_LOOKS = 8
"""Ways without which nothing can be said."""
_LOOSE_PX, _FIRM_PX = 0.7, 0.35
"""Standard deviation of the way, small pixels: a swing of 4 and of 2 pixels to either side in 768. People in motion, noise and
exposure make 0.05."""
_TURNS = 2
"""Changes of direction among them that make it a swing: a camera that is turned, or pushed and let go, makes one at most."""


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
        self._anchor: tuple[float, Plane, Points] | None = None
        self._ways: deque[tuple[float, float, float]] = deque()
        """Time, and way of the view since the anchor's picture."""

    def look(self, small: Plane, landmarks: Points, at_s: float) -> None:
        """Take one picture.

        Args:
            small: (height, width), as it is.
            landmarks: (n, 2), where what stands still is, small pixels.
            at_s: seconds in the stream.
        """
        if self._anchor is None or not 0 <= at_s - self._anchor[0] < _ANCHOR_S:
            self._begin(small, landmarks, at_s)
            return
        _, before, points = self._anchor
        now, found, _ = cv2.calcOpticalFlowPyrLK(before, small, points, points.copy(), winSize=(11, 11), maxLevel=2)
        ways = (now - points)[found.ravel() == 1]
        if len(ways) >= LEAST:
            x, y = np.median(ways, axis=0).tolist()
            self._ways.append((at_s, x, y))
        while self._ways and at_s - self._ways[0][0] > SPAN_S:
            self._ways.popleft()
        if len(self._ways) >= _LOOKS:
            self._judge(small.shape[1], at_s)

    def _begin(self, small: Plane, landmarks: Points, at_s: float) -> None:
        """Compare with this picture from now on."""
        few = landmarks[:: max(1, len(landmarks) // _POINTS)][:_POINTS]
        self._anchor = None if len(few) < LEAST else (at_s, small.copy(), few.astype(np.float32))
        self._ways.clear()

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
