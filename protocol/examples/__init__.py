"""One valid example of each message, for the page, the AsyncAPI document and the tests.

Rules: an example is built from the types and written by the codec, so that it cannot differ from what the software sends.
Nothing in it names a real place, box or person.
"""

from protocol.examples.basis import BOOT, DEVICE, FLEET
from protocol.examples.box import (
    ACK,
    COMMAND,
    DESIRED,
    ENROL_REQUEST,
    ENROL_RESPONSE,
    REPLY,
    REPORTED,
    STATE,
    TELEMETRY,
    WILL,
)
from protocol.examples.events import EVENTS
from protocol.examples.lists import KEY_BUNDLE, LIST_CHANGE, LIST_HEADER, LIST_SEAL
from protocol.examples.models import MANIFEST, ORDERS, TARGET

__all__ = [
    "ACK",
    "BOOT",
    "COMMAND",
    "DESIRED",
    "DEVICE",
    "ENROL_REQUEST",
    "ENROL_RESPONSE",
    "EVENTS",
    "FLEET",
    "KEY_BUNDLE",
    "LIST_CHANGE",
    "LIST_HEADER",
    "LIST_SEAL",
    "MANIFEST",
    "ORDERS",
    "REPLY",
    "REPORTED",
    "STATE",
    "TARGET",
    "TELEMETRY",
    "WILL",
]
