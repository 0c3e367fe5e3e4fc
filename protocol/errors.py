"""What can be wrong with something on the wire.

::

    ProtocolError
     +-- InvalidNameError      a fleet, device or channel name
     +-- InvalidTopicError     a topic that is not ours
     +-- MalformedError        bytes that do not decode; carries a machine-readable reason
     +-- TooLargeError         over the size cap of its channel
     +-- UnknownEventTypeError
     +-- NewerSchemaError      a later minor version: keep it raw, acknowledge it
     +-- GeometryError         a zone, a line or a calibration that cannot be used
"""

from __future__ import annotations


class ProtocolError(ValueError):
    """Root of the errors of this package."""

    reason = "protocol"
    """Short machine-readable name, stored with a quarantined message."""


class InvalidNameError(ProtocolError):
    """A name with characters or a length that the wire does not allow."""

    reason = "invalid-name"


class InvalidTopicError(ProtocolError):
    """A topic that does not follow ``lamplighter/v1/<fleet>/<device>/<channel>``."""

    reason = "invalid-topic"


class MalformedError(ProtocolError):
    """Bytes that do not decode to what the channel carries."""

    reason = "malformed"


class TooLargeError(ProtocolError):
    """A payload over the cap of its channel."""

    reason = "too-large"


class UnknownEventTypeError(ProtocolError):
    """An event type that this version of the contract does not know."""

    reason = "unknown-type"


class NewerSchemaError(ProtocolError):
    """An event written to a later minor version of the contract than this side knows."""

    reason = "newer-schema"


class GeometryError(ProtocolError):
    """A polygon, line or set of points that crosses itself, is degenerate or leaves the picture."""

    reason = "geometry"
