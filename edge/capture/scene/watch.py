"""What stands against the scene of one source, looked at twice a second.

Rules: the small grey picture is the gate's, made once. A look costs a quarter of a millisecond, every fifth half of one more,
and few pictures are looked at. Of a calibrated source the landmarks are kept, at once when the camera has moved or is back,
else seldom; a disk that takes nothing is told of by the outbox, and the landmarks are learnt again.
"""

from __future__ import annotations

import contextlib
import math

from edge.capture.faults import Fault
from edge.capture.port import Plane
from edge.capture.scene.kept import read_landmarks, write_landmarks
from edge.capture.scene.place import Place
from edge.capture.scene.post import Post
from edge.capture.scene.shaking import Shaking
from edge.capture.scene.sight import Sight

LOOK_EVERY_S = 0.5
"""About: conditions last for seconds."""
_TURNS_S = (LOOK_EVERY_S, 0.7, 0.4)
"""Seconds between looks, in turn: a pole that swings twice a second would be seen in one position by even looks."""
_EARLY_S = 0.02
"""A look is due if it is so much too early: pictures do not come to the millisecond."""
_KEEP_EVERY_S = 1800.0
"""New landmarks of the same view are not worth a card's writes more often."""


class SceneWatch:
    """Judges one view.

    Args:
        post: where its landmarks are kept; ``None`` without a calibration.
    """

    def __init__(self, post: Post | None = None) -> None:
        self._post = post
        self._sight, self._place, self._shaking = Sight(), Place(), Shaking()
        self._shape: tuple[int, ...] = ()
        self._looks = 0
        self._looked_s: float | None = None
        self._kept_s = -math.inf
        self.faults: tuple[Fault, ...] = ()
        """What stands against it."""

    def set_post(self, post: Post | None) -> None:
        """Another calibration holds: where the camera looks now is where it should look."""
        if post != self._post:
            self._post, self._shape = post, ()

    def is_due(self, at_s: float) -> bool:
        """Whether a picture of that time is to be looked at, seconds in the stream."""
        return self._looked_s is None or not 0 <= at_s - self._looked_s < _TURNS_S[self._looks % len(_TURNS_S)] - _EARLY_S

    def look(self, small: Plane, at_s: float) -> None:
        """Look at a picture that is due.

        Args:
            small: (height, width), the small picture of :mod:`edge.gate.motion`.
            at_s: its time in the stream, seconds.
        """
        self._looked_s = at_s
        self._looks += 1
        height, width = small.shape
        if small.shape != self._shape:
            self._begin(width, height)
        faults = self._sight.look(small, at_s, comparable=not self._shaking.trembles)
        if self._sight.dark:
            self._shaking.forget()
        else:
            self._shaking.look(small, self._place.known.points, at_s)
        if self._sight.dark or self._sight.mean is None or self._shaking.trembles or self._shaking.fault is not None:
            self._place.skip(at_s)
        else:
            self._place.look(self._sight.mean, at_s, clear=self._sight.clear)
        others = (self._shaking.fault, self._place.fault)
        self.faults = (*faults, *(fault for fault in others if fault is not None))
        self._keep(width, height, at_s)

    def _begin(self, width: int, height: int) -> None:
        kept = None if self._post is None else read_landmarks(self._post, width, height)
        self._sight, self._place = Sight(), Place() if kept is None else Place(kept[0], moved=kept[1])
        self._shaking = Shaking()
        self._shape, self._kept_s = (height, width), -math.inf

    def _keep(self, width: int, height: int, at_s: float) -> None:
        place = self._place
        if self._post is None or not (place.turned or (place.learnt and at_s - self._kept_s >= _KEEP_EVERY_S)):
            return
        place.turned = place.learnt = False
        self._kept_s = at_s
        with contextlib.suppress(OSError):
            write_landmarks(self._post, width, height, place.known, moved=place.fault is not None)
