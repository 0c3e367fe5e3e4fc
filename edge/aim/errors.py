"""What ends aiming; the message says what to do."""

from __future__ import annotations

from edge.errors import EdgeError


class AimError(EdgeError):
    """The picture cannot be shown."""
