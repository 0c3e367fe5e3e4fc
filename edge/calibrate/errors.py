"""What ends a calibration; the message says what to do."""

from __future__ import annotations

from edge.errors import EdgeError


class CalibrateError(EdgeError):
    """What was given is no calibration, or it cannot be written."""
