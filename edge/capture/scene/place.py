"""Whether a camera looks where it looked: its landmarks are learnt, kept, and looked for. Pure.

Rules:

- A landmark is a corner that stays: it has been found in place in each of several looks. People, cars and shadows do not stay.
- A camera has moved when more of its landmarks agree that they lie elsewhere than that they lie where they were. A crowd, a
  lorry or the night hide landmarks; they do not carry them away together.
- A camera that was turned far enough shows none of them. That is told later, and only of a view with corners enough that stay
  meanwhile: a crowd that covers the ground has corners enough, and this of all times is none to stop measuring it.
- New landmarks are learnt only while the view is in place, so that those of the day and those of the lamps are known alike;
  what has not been found for longest makes room. Where the camera has moved, nothing is learnt.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from edge.capture.faults import Fault, FaultCode
from edge.capture.scene.landmarks import Finder, Landmarks, Shift, in_place, shift
from edge.capture.scene.lasting import Lasting

MOVED_S, LOST_S, BACK_S = 10.0, 60.0, 10.0
"""How long landmarks must lie elsewhere, or nowhere, or in place again. Whoever cleans a lens pushes the camera for seconds."""
LOOK_EVERY_S = 2.0
"""A look costs 0.6 ms."""

MOST = 200
"""Landmarks of a view."""
_ENOUGH = 24
"""Landmarks with which a view is known: twice as many as must agree."""
_ROUNDS = 5
"""Looks in which a corner must be found in place."""
_ROUND_EVERY_S = 2.0
_LEARN_AGAIN_S = 60.0
_AWAY_PX, _HERE_PX = 2.0, 1.2
"""Way of the view, small pixels: 8 and 5 in 768, 1% of the width; what is measured on the square is good to 0.2."""
_CORNERS = 120
"""Corners of the 150 that are looked for, without which a view is too empty to say that its landmarks are gone: a square has
150, behind water fewer."""


class Place:
    """Of one view.

    Args:
        known: its landmarks, where they were kept.
        moved: whether the camera had moved when they were.

    Attributes:
        fault: what stands.
        learnt: there are new landmarks. Whoever keeps them sets it back.
        turned: the fault has come or gone. Likewise.
    """

    def __init__(self, known: Landmarks | None = None, *, moved: bool = False) -> None:
        self.known = Landmarks.none() if known is None else known
        self.fault: Fault | None = None
        self.learnt = self.turned = False
        self._finder = Finder()
        self._moved, self._lost = Lasting(MOVED_S, BACK_S), Lasting(LOST_S, BACK_S)
        if moved:
            self._moved.stands = True
            self._say("moved when the box was last on")
        self._seen_s: npt.NDArray[np.float64] = np.zeros(len(self.known))
        """When each landmark was found last."""
        self._instead = Landmarks.none()
        """Corners of what was first seen when no landmark was."""
        self._learning = Landmarks.none()
        self._rounds = 0
        self._round_s = -np.inf
        self._looked_s = -np.inf

    @property
    def is_known(self) -> bool:
        """Whether there are landmarks enough to judge by."""
        return len(self.known) >= _ENOUGH

    def look(self, mean: npt.NDArray[np.float32], at_s: float, *, clear: bool) -> None:
        """Take the view as it is now; looked at every two seconds.

        Args:
            mean: (height, width), small, without noise; not of a dark view.
            at_s: seconds in the stream.
            clear: whether it is free and sharp, and may be learnt.
        """
        if 0 <= at_s - self._looked_s < LOOK_EVERY_S:
            return
        self._looked_s = at_s
        seen = self._finder.find(np.asarray(cv2.convertScaleAbs(mean), np.uint8))
        here = True
        if self.is_known:
            here = self._judge(seen, mean.shape[1], mean.shape[0], at_s)
        if here and clear and not self._moved.stands:
            self._learn(seen, at_s)

    def skip(self, at_s: float) -> None:
        """The view cannot be judged at that second: what stands stays, and what begins begins anew."""
        self._moved.judge(worse=False, better=False, at_s=at_s)
        self._lost.judge(worse=False, better=False, at_s=at_s)

    def _judge(self, seen: Landmarks, width: int, height: int, at_s: float) -> bool:
        """Returns whether the view is in place now."""
        found = shift(self.known, seen, width, height)
        elsewhere = found is not None and found.moved_px > _AWAY_PX
        here = found is not None and found.moved_px < _HERE_PX
        nowhere = found is None and self._is_another(seen)
        before = self._moved.stands or self._lost.stands
        self._moved.judge(worse=elsewhere, better=here, at_s=at_s)
        self._lost.judge(worse=nowhere, better=here, at_s=at_s)
        if self._moved.stands or self._lost.stands:
            if self.fault is None:
                self._say("moved: no landmark is in view" if found is None else _told(found, width))
        else:
            self.fault = None
        self.turned = self.turned or before != (self.fault is not None)
        return here

    def _is_another(self, seen: Landmarks) -> bool:
        """Whether what hides all landmarks is another view, whose corners stay; those of a crowd do not."""
        another = len(seen) >= _CORNERS and int(in_place(self._instead, seen).sum()) >= _ENOUGH
        if not another:
            self._instead = seen.select(~in_place(seen, self.known))
        return another

    def _say(self, what: str) -> None:
        self.fault = Fault(FaultCode.MOVED, f"{what}; turn it back or calibrate anew: no metres are told")

    def _learn(self, seen: Landmarks, at_s: float) -> None:
        """Let corners that stay become landmarks."""
        if at_s - self._round_s < (_ROUND_EVERY_S if self._rounds or not self.is_known else _LEARN_AGAIN_S):
            return
        self._round_s = at_s
        self._seen_s[in_place(self.known, seen)] = at_s
        stayed = in_place(self._learning, seen)
        if not self._rounds:
            self._learning = seen.select(~in_place(seen, self.known))
        else:
            self._learning = self._learning.select(stayed)
        self._rounds += 1
        if self._rounds <= _ROUNDS:
            return
        self._rounds = 0
        if len(self._learning) >= (1 if self.is_known else _ENOUGH):
            self._keep(self._learning, at_s)

    def _keep(self, new: Landmarks, at_s: float) -> None:
        known, seen_s = self.known.plus(new), np.append(self._seen_s, np.full(len(new), at_s))
        latest = np.zeros(len(known), np.bool_)
        latest[np.argsort(-seen_s, kind="stable")[:MOST]] = True
        self.known, self._seen_s = known.select(latest), seen_s[latest]
        self.learnt = True


def _told(found: Shift, width: int) -> str:
    return f"moved by {found.middle_px / width:.1%} of its width, {found.turned:.1f} degrees, zoom {found.scale:.2f}"
