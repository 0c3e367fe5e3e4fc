"""What can be wrong with a ground.

::

    GroundError
     +-- UnfitError      points that put no ground before the camera
     +-- ShapeError      a picture of another shape than the one that was clicked on
     +-- HorizonError    something that reaches to where the ground is not known
"""

from __future__ import annotations

from typing import ClassVar


class GroundError(ValueError):
    """Root of the errors of this package; the message says what to do."""

    code: ClassVar[str] = "ground"
    """Of the reason with which a box says it."""


class UnfitError(GroundError):
    """The points determine no ground that lies before the camera."""

    code = "ground-unfit"


class ShapeError(GroundError):
    """The picture has another shape than the one that was clicked on: it shows another part of the scene."""

    code = "ground-shape"


class HorizonError(GroundError):
    """An area reaches over the horizon, or too far beyond the points that were measured."""

    code = "ground-horizon"
