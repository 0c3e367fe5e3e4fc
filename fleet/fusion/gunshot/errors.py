"""What can go wrong when people say how sure shots have to be before they are told.

GunshotsError
├── NotAllowedError      the role does not include it
├── ReasonError          it is missing, or too long
├── TimeError            it ends too late, or has ended
└── NotHeldError         there is nothing to let go
"""

from __future__ import annotations


class GunshotsError(Exception):
    """Something that cannot be done; the message says why."""


class NotAllowedError(GunshotsError):
    """The role does not include it."""


class ReasonError(GunshotsError):
    """The reason is missing, or too long."""


class TimeError(GunshotsError):
    """The end is in the past, or too far ahead."""


class NotHeldError(GunshotsError):
    """Alerts are not held."""
