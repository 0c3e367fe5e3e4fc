"""What can go wrong with breaking things."""

from __future__ import annotations


class FaultUnavailableError(Exception):
    """This machine does not allow the fault; the message says what it would need."""
