"""What can be wrong for those who publish.

::

    PublisherError
     +-- WorkshopError        no workshop, one of another format, or one that contradicts the public folder
     |    +-- BusyError       somebody else works in it
     +-- KeyRefusedError      a key that cannot be read or used, a wrong password
     +-- MetadataError        metadata that cannot be read or contradict themselves
     |    +-- ExpiredError    metadata that no box takes any more
     +-- PendingError         nothing is pending, or what is carried is not what is pending here
     +-- SignatureError       too few signatures, or one that does not count
     +-- ReleaseRefusedError  a bundle or number that cannot become a release

Every message says what was wrong, with what value, and what to do.
"""

from __future__ import annotations


class PublisherError(Exception):
    """Root of the errors of this package."""


class WorkshopError(PublisherError):
    """No workshop, one of another format, or one that contradicts the public folder."""


class BusyError(WorkshopError):
    """Somebody else works in it."""


class KeyRefusedError(PublisherError):
    """A key that cannot be read or used, a wrong password."""


class MetadataError(PublisherError):
    """Metadata that cannot be read or contradict themselves."""


class ExpiredError(MetadataError):
    """Metadata that no box takes any more."""


class PendingError(PublisherError):
    """Nothing is pending, or what is carried is not what is pending here."""


class SignatureError(PublisherError):
    """Too few signatures, or one that does not count."""


class ReleaseRefusedError(PublisherError):
    """A bundle or number that cannot become a release."""
