"""What stands against the scene of one source, looked at twice a second. Pure.

Rules: the small grey picture is the gate's, made once. A look costs a fifth of a millisecond and is had for few pictures.
"""

from __future__ import annotations

from edge.capture.faults import Fault
from edge.capture.port import Plane
from edge.capture.scene.sight import Sight

LOOK_EVERY_S = 0.5
"""Conditions last for seconds."""


class SceneWatch:
    """Judges one view."""

    def __init__(self) -> None:
        self._sight = Sight()
        self._looked_s: float | None = None
        self.faults: tuple[Fault, ...] = ()
        """What stands against it."""

    def is_due(self, at_s: float) -> bool:
        """Whether a picture of that time is to be looked at, seconds in the stream."""
        return self._looked_s is None or not 0 <= at_s - self._looked_s < LOOK_EVERY_S

    def look(self, small: Plane, at_s: float) -> None:
        """Look at a picture that is due.

        Args:
            small: (height, width), the small picture of :mod:`edge.gate.motion`.
            at_s: its time in the stream, seconds.
        """
        self._looked_s = at_s
        self.faults = self._sight.look(small, at_s)
